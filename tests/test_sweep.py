"""Laws of the sweep: many parents at once, and none that stops the others."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import ExitStack

import pytest
from tap_msteams.graph import Page, Request
from tap_msteams.sweep import (
    WALKS_PER_WORKER,
    Lane,
    Walk,
)

from tap_msteams.errors import (
    ForbiddenError,
    MissingError,
    ThrottledError,
)
from tap_msteams.throttle import Gate
from tests.swept import LONG, Graph, events, lane_of, outcome, paged, sweeping


@pytest.fixture
def sweep():
    with ExitStack() as stack:
        yield lambda *given, **options: stack.enter_context(sweeping(*given, **options))


def chapters(count, pages):
    """Parents with pages that lead from one to the next."""
    answers = {}
    for parent in range(count):
        for number in range(pages):
            following = f"/{parent}/{number + 1}" if number + 1 < pages else None
            answers[f"/{parent}/{number}"] = [Page([{"id": (parent, number)}], following)]
    return answers


@pytest.mark.parametrize("workers", [1, 3, 16])
def test_pages_of_a_parent_come_in_their_order(sweep, workers):
    lane = lane_of(*(f"/{parent}/0" for parent in range(20)))
    ids, failures = outcome(sweep(Graph(chapters(20, 6)), lane, workers=workers))

    found = defaultdict(list)
    for parent, number in ids["things"]:
        found[parent].append(number)
    assert failures == {}
    assert found == {parent: list(range(6)) for parent in range(20)}


def test_nothing_to_read_ends_at_once(sweep):
    assert list(sweep(Graph(), lane_of()).run()) == []


def test_who_reads_below_others_ends_with_them_and_waits_for_no_heartbeat(sweep):
    def below(lane):
        while not lane.finished:
            yield None

    first = lane_of("/1", name="first")
    second = Lane("second", below(first))
    third = Lane("third", below(second))

    # A heartbeat shows as None: one that waits for it would not end for a long time.
    reading = sweep(Graph(), third, second, first).run(heartbeat=LONG)
    assert None not in list(reading)


def test_a_slow_parent_stops_nobody(sweep):
    others = [f"/{n}" for n in range(50)]
    done = threading.Event()
    graph = Graph({"/slow": [lambda url: done.wait(LONG) and Page([{"id": url}])]})
    seen = []
    for _, rows in events(sweep(graph, lane_of("/slow", *others), workers=2)):
        seen += [row["id"] for row in rows]
        if len(seen) == len(others):
            done.set()

    assert seen[-1] == "/slow"
    assert sorted(seen[:-1]) == sorted(others)


def test_a_throttled_parent_stops_nobody(sweep):
    throttled = "/v1.0/teams/a/channels"
    others = [f"/v1.0/teams/{n}/channels" for n in range(50)]
    answers = {throttled: [ThrottledError(throttled, 429, retry_after=3600.0)]}
    reading = sweep(Graph(answers), lane_of(throttled, *others), workers=1)
    seen = []
    for _, rows in events(reading):
        seen += [row["id"] for row in rows]
        if len(seen) == len(others):
            break

    assert sorted(seen) == sorted(others)


def test_lanes_take_turns(sweep):
    many = lane_of(*(f"/many/{n}" for n in range(60)), name="many")
    few = lane_of(*(f"/few/{n}" for n in range(5)), name="few")
    order = [lane.name for lane, _ in events(sweep(Graph(), many, few, workers=1))]

    assert len(order) == 65
    assert "few" not in order[20:]


@pytest.mark.parametrize("workers", [1, 4])
def test_pages_that_nobody_has_taken_are_bounded(sweep, workers):
    answered = threading.Semaphore(0)
    graph = Graph(default=lambda url: answered.release() or Page([{"id": url}]))
    reading = events(sweep(graph, lane_of(*(f"/{n}" for n in range(200))), workers=workers))
    next(reading)

    # The one at hand, and one for each worker.
    for _ in range(1 + workers):
        assert answered.acquire(timeout=LONG)
    assert not answered.acquire(timeout=0.2)
    assert len(graph.sent) == 1 + workers
    assert len(list(reading)) == 199


def test_parents_are_started_as_they_are_needed(sweep):
    started = []

    def walks():
        for number in range(1000):
            started.append(number)
            yield Walk({"url": f"/{number}"}, paged(f"/{number}"))

    reading = events(sweep(Graph(), Lane("things", walks()), workers=2))
    next(reading)
    assert len(started) <= 2 * WALKS_PER_WORKER + 1
    assert len(list(reading)) == 999


def test_a_failure_is_a_value_of_its_parent(sweep):
    missing, forbidden = MissingError("/2", 404), ForbiddenError("/5", 403)
    graph = Graph({"/2": [missing], "/5": [forbidden]})
    ids, failures = outcome(sweep(graph, lane_of(*(f"/{n}" for n in range(8)))))

    assert failures == {"/2": missing, "/5": forbidden}
    assert sorted(ids["things"]) == ["/0", "/1", "/3", "/4", "/6", "/7"]
    assert graph.sent.count("/2") == 1


def test_parents_may_turn_up_while_others_are_read(sweep):
    found = []

    def finding(url):
        for number in range(4):
            page = yield Request(f"{url}/{number}", None)
            found.extend(row["id"] for row in page.value)

    first = lane_of("/parents", name="parents", steps=finding)

    def walks():
        position = 0
        while position < len(found) or not first.finished:
            if position == len(found):
                yield None
                continue
            yield Walk({"url": found[position]}, paged(f"/child{found[position]}"))
            position += 1

    ids, _ = outcome(sweep(Graph(), Lane("children", walks()), first))
    assert sorted(ids["children"]) == [f"/child/parents/{n}" for n in range(4)]


def test_a_lane_that_is_stopped_starts_no_more_walks(sweep):
    lane = lane_of(*(f"/{n}" for n in range(500)))
    seen = 0
    for _ in events(sweep(Graph(), lane, workers=2)):
        seen += 1
        lane.stop()

    assert 1 <= seen <= 2 * WALKS_PER_WORKER + 1
    assert lane.finished


def test_the_iteration_comes_round_at_every_heartbeat(sweep):
    done = threading.Event()
    graph = Graph(default=lambda url: done.wait(LONG) and Page([{"id": url}]))
    rounds = 0
    for event in sweep(graph, lane_of("/0")).run(heartbeat=0.01):
        rounds += event is None
        if rounds == 3:
            done.set()

    assert rounds >= 3


def test_a_wake_up_makes_it_come_round_at_once(sweep):
    done = threading.Event()
    graph = Graph(default=lambda url: done.wait(LONG) and Page([{"id": url}]))
    reading = sweep(graph, lane_of("/0"))
    reading.wake()
    started = time.monotonic()

    assert next(reading.run(heartbeat=60.0)) is None
    assert time.monotonic() - started < LONG
    done.set()


def test_closing_sends_nothing_more(sweep):
    graph = Graph()
    lane = lane_of(*(f"/{n}" for n in range(500)))
    reading = sweep(graph, lane, workers=2)
    next(events(reading))
    reading.close()
    for thread in reading._workers.threads:
        thread.join(LONG)
        assert not thread.is_alive()

    assert len(graph.sent) <= 1 + 2 * 2


def test_closing_does_not_wait_for_requests_under_way(sweep):
    done = threading.Event()
    graph = Graph({"/slow": [lambda url: done.wait(LONG) and Page([{"id": url}])]})
    reading = sweep(graph, lane_of("/slow", "/fast"), workers=2)
    next(events(reading))
    started = time.monotonic()
    reading.close()

    assert time.monotonic() - started < LONG / 2
    done.set()


def test_the_limits_of_the_gate_are_kept(sweep):
    times = []
    graph = Graph(default=lambda url: times.append(time.monotonic()) or Page([{"id": url}]))
    urls = [f"/v1.0/teams/a/things/{n}" for n in range(5)]
    outcome(sweep(graph, lane_of(*urls), workers=5, gate=Gate(4.0)))

    # A team allows 4 a second, here 16; one at once, and half of the next.
    assert max(times) - min(times) >= 3 / 16
