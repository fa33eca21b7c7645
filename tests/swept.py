"""A sweep over a Graph that does what a test says."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import contextmanager

from tap_msteams.graph import Page, Request
from tap_msteams.sweep import Failure, Lane, Sweep, Walk

from tap_msteams.throttle import Gate

LONG = 10.0
"""Seconds after which something that should have happened has not."""


class Graph:
    """Answers what it was told to: a page, an error to raise, or whatever a call returns."""

    def __init__(self, answers=(), default=None):
        self.reached = True
        self.answers = {url: list(given) for url, given in dict(answers).items()}
        self.default = default or (lambda url: Page([{"id": url}]))
        self.sent = []
        self.lock = threading.Lock()

    def send(self, request):
        with self.lock:
            self.sent.append(request.url)
            given = self.answers.get(request.url)
            answer = (given.pop(0) if len(given) > 1 else given[0]) if given else self.default
        if callable(answer):
            answer = answer(request.url)
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def sweeping(graph, *lanes, workers=4, gate=None, **options):
    """A sweep that does not wait between tries; closed at the end, workers and all."""
    sweep = Sweep(graph, gate or Gate(0), workers, **{"pause": lambda _: 0.0, **options})
    for lane in lanes:
        sweep.add(lane)
    try:
        yield sweep
    finally:
        sweep.close()
        for thread in sweep._workers.threads:
            if thread.ident:
                thread.join(LONG)
                assert not thread.is_alive()


def paged(url):
    """The steps of a parent with pages."""
    request = Request(url, None)
    while request:
        page = yield request
        yield page.value
        request = request.following(page)


def lane_of(*urls, name="things", steps=paged):
    return Lane(name, iter([Walk({"url": url}, steps(url)) for url in urls]))


def events(sweep, heartbeat=0.05):
    """What a sweep yields; fails if nothing comes for long."""
    idle = 0
    for event in sweep.run(heartbeat):
        idle = 0 if event else idle + 1
        assert idle * heartbeat < LONG, "the sweep hangs"
        if event:
            yield event


def outcome(sweep):
    """Ids by lane, and the errors by subject."""
    ids, failures = defaultdict(list), {}
    for lane, found in events(sweep):
        if isinstance(found, Failure):
            failures[found.walk.subject["url"]] = found.error
        else:
            ids[lane.name] += [row["id"] for row in found]
    return ids, failures
