"""Laws of the sweep: many walks at once, over a Graph that does what a test says."""

from __future__ import annotations

import threading
import time
from collections import defaultdict

import pytest

from tap_msteams.errors import (
    AuthenticationError,
    ForbiddenError,
    MissingError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
)
from tap_msteams.graph import Page, Request
from tap_msteams.sweep import (
    TRIES,
    TRIES_AT_FIRST,
    TRIES_THROTTLED,
    WALKS_PER_WORKER,
    Failure,
    Lane,
    Promise,
    Sweep,
    Walk,
    next_pause,
)
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


@pytest.fixture
def sweep():
    """Makes sweeps, and closes them."""
    made = []

    def opened(graph, *lanes, workers=4, gate=None, **options):
        options = {"pause": lambda _: 0.0, **options}
        found = Sweep(graph, gate or Gate(0), workers, **options)
        for lane in lanes:
            found.add(lane)
        made.append(found)
        return found

    yield opened
    for found in made:
        found.close()
        for thread in found._threads:
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

    # The one at hand, and two for each worker.
    for _ in range(1 + 2 * workers):
        assert answered.acquire(timeout=LONG)
    assert not answered.acquire(timeout=0.2)
    assert len(graph.sent) == 1 + 2 * workers
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


def test_a_walk_may_have_an_answer_to_an_error(sweep):
    def steps(url):
        try:
            yield Request(url, None)
        except MissingError:
            page = yield Request("/instead", None)
            yield page.value

    graph = Graph({"/gone": [MissingError("/gone", 404)]})
    ids, failures = outcome(sweep(graph, lane_of("/gone", steps=steps)))

    assert (ids["things"], failures) == (["/instead"], {})


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (UnavailableError("/bad", 503), TRIES),
        (UnavailableError("/bad", 503, retry_after=0.001), TRIES),
        (ThrottledError("/bad", 429), TRIES_THROTTLED),
        (ThrottledError("/bad", 429, retry_after=0.001), TRIES_THROTTLED),
        (TokenRejectedError("/bad", 401), 2),
        (ForbiddenError("/bad", 403), 1),
    ],
)
def test_an_error_that_lasts_is_a_failure_after_so_many_tries(sweep, error, sent):
    graph = Graph({"/bad": [error]})
    ids, failures = outcome(sweep(graph, lane_of("/bad", "/good")))

    assert (ids["things"], failures) == (["/good"], {"/bad": error})
    assert graph.sent.count("/bad") == sent


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("/0", 503),
        ThrottledError("/0", 429, retry_after=0.0),
        TokenRejectedError("/0", 401),
    ],
)
def test_an_error_that_passes_leaves_no_trace(sweep, error):
    graph = Graph({"/0": [error, Page([{"id": "/0"}])]})

    assert outcome(sweep(graph, lane_of("/0"))) == ({"things": ["/0"]}, {})


def test_nobody_waits_long_for_a_graph_that_was_never_there(sweep):
    graph = Graph({"/0": [UnavailableError("/0")]})
    graph.reached = False
    _, failures = outcome(sweep(graph, lane_of("/0")))

    assert failures
    assert len(graph.sent) == TRIES_AT_FIRST


@pytest.mark.parametrize("kind", [UnavailableError, ThrottledError])
def test_what_graph_asks_to_wait_is_waited(sweep, kind):
    times = []
    error = kind("/0", 503, retry_after=0.15)
    answers = [lambda _: times.append(time.monotonic()) or error] * 2 + [Page([{"id": "/0"}])]
    reading = sweep(Graph({"/0": answers}), lane_of("/0"))
    outcome(reading)
    times.append(time.monotonic())

    assert times[1] - times[0] >= 0.15
    assert times[2] - times[1] >= 0.15


def test_pauses_grow_and_are_never_nothing():
    assert [next_pause(n, jitter=float) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert next_pause(1, jitter=lambda _: 0.0) == 0.1
    assert all(0.1 <= next_pause(4) <= 8 for _ in range(100))


@pytest.mark.parametrize(
    "error", [AuthenticationError("no token"), ValueError("a mistake"), KeyError("id")]
)
def test_whatever_is_no_answer_of_graphs_ends_the_run(sweep, error):
    graph = Graph({"/bad": [error]})

    with pytest.raises(type(error)) as caught:
        outcome(sweep(graph, lane_of("/1", "/bad", "/2")))
    assert caught.value is error


def test_a_mistake_in_a_walk_ends_the_run(sweep):
    def steps(url):
        page = yield Request(url, None)
        yield page.value[5]

    with pytest.raises(IndexError):
        outcome(sweep(Graph(), lane_of("/0", steps=steps)))


def test_a_walk_goes_on_once_its_records_have_been_written(sweep):
    log = []

    def steps(url):
        for number in range(3):
            page = yield Request(f"{url}/{number}", None)
            yield page.value
            log.append(f"after {number}")

    for _, rows in events(sweep(Graph(), lane_of("/0", steps=steps))):
        log.append(f"written {rows[0]['id'][-1]}")

    assert log == [f"{what} {n}" for n in range(3) for what in ("written", "after")]


def test_a_walk_may_send_others_beside_it(sweep):
    def steps(url):
        page = yield Request(url, None)
        for number in range(3):
            yield Walk({"url": f"{url}/{number}"}, paged(f"{url}/{number}"))
        yield page.value

    lane = lane_of("/0", "/1", steps=steps)
    ids, _ = outcome(sweep(Graph(), lane))

    assert sorted(ids["things"]) == sorted(
        f"/{parent}{child}" for parent in (0, 1) for child in ("", "/0", "/1", "/2")
    )
    assert lane.finished


def test_a_promise_resumes_whoever_waits_for_it(sweep):
    promise = Promise()

    def waiting(url):
        value = yield promise
        page = yield Request(f"{url}/{value}", None)
        yield page.value

    def promising(url):
        page = yield Request(url, None)
        yield page.value
        promise.settle("kept")

    lanes = [lane_of("/a", "/b", name="waiting", steps=waiting), lane_of("/c", steps=promising)]
    ids, _ = outcome(sweep(Graph(), *lanes))

    assert sorted(ids["waiting"]) == ["/a/kept", "/b/kept"]


@pytest.mark.parametrize("before", [True, False])
def test_a_promise_that_fails_is_an_error_of_whoever_waits(sweep, before):
    promise, error = Promise(), MissingError("/c", 404)
    if before:
        promise.fail(error)

    def waiting(_):
        yield promise

    def failing(url):
        yield Request(url, None)
        promise.fail(error)

    lanes = [lane_of("/a", "/b", name="waiting", steps=waiting), lane_of("/c", steps=failing)]
    _, failures = outcome(sweep(Graph(), *lanes))

    assert failures == {"/a": error, "/b": error}


def test_a_promise_is_kept_only_once(sweep):
    promise = Promise()
    promise.settle(1)
    promise.settle(2)
    promise.fail(MissingError("/0", 404))
    seen = []

    def waiting(_):
        seen.append((yield promise))

    outcome(sweep(Graph(), lane_of("/0", steps=waiting)))
    assert seen == [1]


def test_walks_that_wait_for_each_other_end_the_run(sweep):
    def waiting(_):
        yield Promise()

    with pytest.raises(RuntimeError, match="waits for another"):
        outcome(sweep(Graph(), lane_of("/0", steps=waiting)))


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
    for thread in reading._threads:
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
