"""Laws of a walk: what it may yield, and what becomes of errors on its way."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest
from tap_msteams.graph import Page, Request
from tap_msteams.sweep import (
    TRIES,
    TRIES_AT_FIRST,
    TRIES_THROTTLED,
    Promise,
    Walk,
    next_pause,
)

from tap_msteams.errors import (
    AuthenticationError,
    ForbiddenError,
    MissingError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
)
from tests.swept import Graph, events, lane_of, outcome, paged, sweeping


@pytest.fixture
def sweep():
    with ExitStack() as stack:
        yield lambda *given, **options: stack.enter_context(sweeping(*given, **options))


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
