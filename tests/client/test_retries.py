"""Laws of sending again: what passes leaves no trace, and what lasts is told after a while."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest

from tap_msteams.client import client, next_pause
from tap_msteams.errors import (
    AuthenticationError,
    DamagedError,
    ForbiddenError,
    TapError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
)
from tests.client.fake_graph import FakeGraph, body, connected, get, read


class Sent:
    """A Graph that notes when it is asked for /0."""

    def __init__(self, *answers):
        self.moments = []
        clock = asyncio.get_running_loop().time

        def noted(answer):
            return lambda _: self.moments.append(clock()) or answer

        self.graph = FakeGraph({"/0": [noted(answer) for answer in answers]})

    @property
    def pauses(self):
        return [later - sooner for sooner, later in pairwise(self.moments)]


def refusal(status):
    """An error in the body of an answer whose status was good."""
    inner = {"code": str(status)}
    return json.dumps({"error": {"code": "x", "message": "late", "innerError": inner}}).encode()


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (UnavailableError("/bad", 503), client.TRIES),
        (UnavailableError("/bad", 503, retry_after=0.001), client.TRIES),
        (ThrottledError("/bad", 429), client.TRIES_THROTTLED),
        (ThrottledError("/bad", 429, retry_after=0.001), client.TRIES_THROTTLED),
        (TokenRejectedError("/bad", 401), 2),
        (ForbiddenError("/bad", 403), 1),
    ],
)
async def test_an_error_that_lasts_is_told_after_so_many_tries(error, sent):
    graph = FakeGraph({"/bad": [error]})
    async with connected(graph) as it:
        stream = it.stream("things")
        with pytest.raises(type(error)) as caught:
            await stream.page(get("/bad"))
        assert await read(stream, "/good") == ["/good"]
        assert it.is_idle

    assert caught.value is error
    assert graph.sent.count("/bad") == sent
    assert stream.metrics.retries == sent - 1


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("/0", 503),
        UnavailableError("/0", None),
        ThrottledError("/0", 429, retry_after=0.0),
        TokenRejectedError("/0", 401),
    ],
)
async def test_an_error_that_passes_leaves_no_trace(error):
    async with connected(FakeGraph({"/0": [error, body("0")]})) as it:
        assert await read(it.stream("things"), "/0") == ["0"]


BESIDE_ROWS = b'{"value":[],' + refusal(503)[1:]


@pytest.mark.parametrize("late", [b"<html>", b'{"value":', refusal(503), refusal(429), BESIDE_ROWS])
async def test_an_answer_that_is_none_after_all_is_asked_for_again(late):
    graph = FakeGraph({"/0": [late, body("0")]})
    async with connected(graph) as it:
        assert await read(it.stream("things"), "/0") == ["0"]

    assert graph.sent == ["/0", "/0"]


async def test_an_answer_that_came_whole_is_not_asked_for_again():
    graph = FakeGraph({"/0": [b'{"value": 5}', body("0")]})
    async with connected(graph) as it:
        with pytest.raises(DamagedError):
            await read(it.stream("things"), "/0")

    assert graph.sent == ["/0"]


async def test_a_refusal_in_an_answer_whose_status_was_good_is_what_it_says():
    graph = FakeGraph({"/0": [refusal(403)]})
    async with connected(graph) as it:
        stream = it.stream("things")
        with pytest.raises(ForbiddenError, match="late"):
            await stream.page(get("/0"))

    assert graph.sent == ["/0"]
    assert [status for _, status in stream.metrics.answers] == [403]


async def test_who_has_a_new_token_is_given_another_try_for_each_request():
    rejected = TokenRejectedError("/0", 401)
    graph = FakeGraph({"/0": [rejected, body("0", following="/1")], "/1": [rejected, body("1")]})
    async with connected(graph) as it:
        assert await read(it.stream("things"), "/0") == ["0", "1"]


async def test_nobody_waits_long_for_a_graph_that_was_never_there():
    graph = FakeGraph({"/0": [UnavailableError("/0", message="nobody is there")]})
    graph.reached = False
    async with connected(graph) as it:
        with pytest.raises(TapError, match="cannot be reached: nobody is there") as caught:
            await read(it.stream("things"), "/0")

    assert type(caught.value) is TapError
    assert len(graph.sent) == client.TRIES_AT_FIRST


async def test_a_token_that_graph_never_took_ends_the_run():
    graph = FakeGraph({"/0": [TokenRejectedError("/0", 401)]})
    graph.started = None
    async with connected(graph) as it:
        with pytest.raises(AuthenticationError, match="accepts no token"):
            await read(it.stream("things"), "/0")


@pytest.mark.parametrize(
    "error", [AuthenticationError("no token"), ValueError("a mistake"), KeyError("id")]
)
async def test_whatever_is_no_answer_of_graphs_is_not_asked_for_again(error):
    graph = FakeGraph({"/bad": [error]})
    async with connected(graph) as it:
        with pytest.raises(type(error)) as caught:
            await read(it.stream("things"), "/bad")
        assert it.is_idle

    assert caught.value is error
    assert graph.sent == ["/bad"]


# When


@pytest.mark.parametrize("kind", [UnavailableError, ThrottledError])
async def test_what_graph_asks_to_wait_is_waited_and_no_more(kind):
    error = kind("/0", 503, retry_after=150.0)
    sent = Sent(error, error, body("0"))
    async with connected(sent.graph) as it:
        assert await read(it.stream("things"), "/0") == ["0"]

    assert all(150 <= pause < 166 for pause in sent.pauses)


async def test_pauses_are_by_the_number_of_tries_where_graph_asks_for_nothing():
    sent = Sent(*[UnavailableError("/0", 503)] * 4, body("0"))
    async with connected(sent.graph, pause=lambda tries: 10.0**tries) as it:
        assert await read(it.stream("things"), "/0") == ["0"]

    assert sent.pauses == pytest.approx([10, 100, 1000, 10_000])


async def test_throttling_and_failures_have_tries_of_their_own():
    failed, throttled = UnavailableError("/0", 503), ThrottledError("/0", 429)
    answers = [failed, throttled] * (client.TRIES - 1)
    sent = Sent(*answers, body("0"))
    async with connected(sent.graph) as it:
        assert await read(it.stream("things"), "/0") == ["0"]

    assert len(sent.moments) == 2 * client.TRIES - 1


async def test_a_pause_holds_no_slot():
    error = UnavailableError("/0", 503, retry_after=60.0)
    async with connected(FakeGraph({"/0": [error, body("0")]}), 1) as it:
        stream = it.stream("things")
        paused = asyncio.create_task(read(stream, "/0"))
        await asyncio.sleep(1)
        assert await read(stream, "/1") == ["/1"]
        assert asyncio.get_running_loop().time() == 1
        assert not it.is_idle
        assert await paused == ["0"]
        assert it.is_idle


def test_pauses_grow_and_are_never_nothing():
    assert [next_pause(n, jitter=float) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert next_pause(1, jitter=lambda _: 0.0) == 0.1
    assert all(0.1 <= next_pause(4) <= 8 for _ in range(100))
