"""Laws of sending again: what passes leaves no trace, and what lasts is told after a while."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext
from dataclasses import replace

import pytest

from tap_msteams.bounds import ASKED, FAILING, THROTTLED, UNREACHED
from tap_msteams.client import Patience, Request
from tap_msteams.client.patience import Attempt, next_pause
from tap_msteams.errors import (
    AuthenticationError,
    DamagedError,
    ForbiddenError,
    TapError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
)
from tests.client.fake_graph import HASTY, IDS, FakeGraph, Sent, body, connected, get, read


def refusal(status):
    """An error in the body of an answer whose status was good."""
    inner = {"code": str(status)}
    return json.dumps({"error": {"code": "x", "message": "late", "innerError": inner}}).encode()


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (UnavailableError("/bad", 503), HASTY.fewest),
        (UnavailableError("/bad", 503, retry_after=0.001), HASTY.fewest),
        (ThrottledError("/bad", 429), HASTY.fewest),
        (ThrottledError("/bad", 429, retry_after=0.001), HASTY.fewest),
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


async def test_an_entity_that_is_an_error_after_all_is_asked_for_again():
    graph = FakeGraph({"/0": [refusal(503), b'{"id":"0","error":{"code":"its own"}}']})
    async with connected(graph) as it:
        page = await it.stream("things").page(Request("/0", IDS, single=True))

    assert [row["id"] for row in page.rows] == ["0"]
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
    assert len(graph.sent) == HASTY.fewest


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
    async with connected(
        sent.graph, patience=replace(HASTY, pause=lambda tries: 10.0**tries)
    ) as it:
        assert await read(it.stream("things"), "/0") == ["0"]

    assert sent.pauses == pytest.approx([10, 100, 1000, 10_000])


async def test_throttling_and_failures_have_tries_of_their_own():
    failed, throttled = UnavailableError("/0", 503), ThrottledError("/0", 429)
    answers = [failed, throttled] * (HASTY.fewest - 1)
    sent = Sent(*answers, body("0"))
    async with connected(sent.graph) as it:
        assert await read(it.stream("things"), "/0") == ["0"]

    assert len(sent.moments) == 2 * HASTY.fewest - 1


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


# For how long


@pytest.mark.parametrize(
    ("spent", "waited", "tries", "kind", "pause"),
    [
        (0, 0, 1, {}, 50),
        (0, 0, 4, {}, 100),
        (99.5, 0, 4, {}, 0.5),
        (99.9996, 0, 4, {}, None),
        (100, 0, 4, {}, None),
        (100, 0, 2, {}, 100),
        (100, 0, 3, {}, None),
        (300, 250, 4, {}, 50),
        (990, 990, 4, {}, 10),
        (4, 0, 4, {"reached": False}, 6),
        (900, 0, 4, {"throttled": True}, 100),
        (900, 0, 4, {"throttled": True, "reached": False}, 100),
    ],
)
def test_what_is_left_of_the_time_is_the_longest_pause(spent, waited, tries, kind, pause):
    patience = Patience(failing=100, unreached=10, throttled=1000, pause=lambda tries: 50.0 * tries)
    attempt = Attempt(get("/0"), (), waited=waited)
    failures = [attempt.fail(5000 + n, throttled=n % 3 == 0) for n in range(5)]
    kind = {"throttled": False, "reached": True, **kind}

    assert failures == [1, 1, 2, 2, 3]
    assert patience.next(attempt, tries, 5000 + spent, **kind) == pause


def now():
    return asyncio.get_running_loop().time()


async def until_told(error, *, reached=True, requests=1):
    """The seconds after which a lasting error is told, what each is told, and what was sent."""
    graph = FakeGraph(default=lambda _: error)
    graph.reached = reached
    async with connected(graph, patience=Patience()) as it:
        stream = it.stream("things")
        reading = [
            asyncio.create_task(read(stream, f"/teams/{n}/members")) for n in range(requests)
        ]
        await asyncio.wait(reading)
        assert it.is_idle
    return now(), [task.exception() for task in reading], graph.sent


@pytest.mark.parametrize("asked", [None, 0.0, 0.2])
async def test_a_failure_is_told_after_about_a_minute_whatever_graph_asks(asked):
    seconds, _, sent = await until_told(UnavailableError("/0", 503, retry_after=asked))
    assert seconds == pytest.approx(FAILING.value, abs=0.5)
    assert len(sent) < 100


@pytest.mark.parametrize("asked", [None, 0.0, 0.2, 30.0])
async def test_throttling_is_told_after_half_an_hour_whatever_graph_asks(asked):
    seconds, _, sent = await until_told(ThrottledError("/0", 429, retry_after=asked))
    assert THROTTLED.value - 1 <= seconds <= THROTTLED.value + 40
    assert len(sent) < 200


async def test_a_graph_that_was_never_there_is_told_after_a_quarter_of_a_minute():
    seconds, [error], _ = await until_told(UnavailableError("/0"), reached=False)
    assert seconds == pytest.approx(UNREACHED.value, abs=0.5)
    assert type(error) is TapError


async def test_an_outage_of_less_than_half_a_minute_costs_nothing():
    failing = UnavailableError("/0", 503, retry_after=0.2)
    time = asyncio.get_running_loop().time
    graph = FakeGraph({"/0": [lambda _: failing if time() < 20 else body("0")]})
    async with connected(graph, patience=Patience()) as it:
        assert await read(it.stream("things"), "/0") == ["0"]


async def test_a_failure_that_takes_long_is_asked_for_again_all_the_same():
    async def slow():
        graph = FakeGraph(default=lambda _: UnavailableError("/0"))
        client = connected(graph, patience=Patience(pause=lambda _: 1000.0))
        async with client as it:
            with pytest.raises(UnavailableError):
                await read(it.stream("things"), "/0")
        return graph.sent

    assert len(await slow()) == Patience().fewest


@pytest.mark.parametrize("kind", [UnavailableError, ThrottledError])
async def test_a_wait_of_a_day_is_said_at_once_and_a_gap(caplog, kind):
    seconds, errors, sent = await until_told(kind("/0", 429, retry_after=86_400.0))
    assert seconds == 0
    assert len(errors) == len(sent) == 1
    assert (
        "things: Graph asks to wait 86,400 seconds: what needs it is left to the next run"
        in caplog.text
    )


async def test_who_is_held_up_for_a_day_by_the_same_limit_is_not_asked(caplog):
    graph = FakeGraph(default=lambda _: ThrottledError("/0", 429, retry_after=1e300))
    urls = [f"/teams/1/members?{n}" for n in range(100)]
    async with connected(graph, patience=Patience()) as it:
        stream = it.stream("things")
        reading = [asyncio.create_task(read(stream, url)) for url in urls]
        await asyncio.wait(reading)
        graph._default = body
        assert await read(stream, "/chats/1/members") == ["/chats/1/members"]

    assert now() < ASKED.value
    assert {type(task.exception()) for task in reading} == {ThrottledError}
    assert len(graph.sent) <= 4 + 1
    assert caplog.text.count("Graph asks to wait") == 1


async def test_a_wait_of_minutes_is_said_at_once_and_waited(caplog):
    error = ThrottledError("/0", 429, retry_after=300.0)
    sent = Sent(error, body("0"))
    async with connected(sent.graph, patience=Patience()) as it:
        assert await read(it.stream("things"), "/0") == ["0"]
    assert "things: Graph asks to wait 300 seconds: others go on" in caplog.text
    assert 300 <= sent.pauses[0] < 340


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (UnavailableError("/0", 503), 0.5),
        (ThrottledError("/0", 429), 0.5),
        (TokenRejectedError("/0", 401), 0.0),
    ],
)
async def test_where_graph_asks_for_no_wait_the_next_try_comes_after_the_pause(error, pause):
    sent = Sent(error, body("0"))
    async with connected(sent.graph, patience=Patience(pause=lambda _: 0.5)) as it:
        assert await read(it.stream("things"), "/0") == ["0"]
    assert pause <= sent.pauses[0] <= 1.5 * pause  # a limit opens for one after the other


async def test_who_is_throttled_holds_up_the_others_of_the_limit_for_the_pause():
    first, second = "/teams/1/members?0", "/teams/1/members?1"
    asked = []
    graph = FakeGraph(
        {
            first: [ThrottledError(first, 429), body("0")],
            second: [lambda _: asked.append(it.clock()) or body("1")],
        }
    )
    async with connected(graph, concurrency=1, patience=Patience(pause=lambda _: 5.0)) as it:
        await asyncio.gather(*(read(it.stream("things"), url) for url in (first, second)))
    assert asked
    assert asked[0] >= 5


@pytest.mark.parametrize(("wait", "is_read"), [(200.0, True), (50.0, False)])
async def test_only_long_waits_that_graph_asks_for_are_no_time_of_the_request(wait, is_read):
    sent = Sent(*[UnavailableError("/0", 503, retry_after=wait)] * 5, body("0"))
    async with connected(sent.graph, patience=Patience(pause=lambda _: 0.1)) as it:
        with nullcontext() if is_read else pytest.raises(UnavailableError):
            assert await read(it.stream("things"), "/0") == ["0"]
    assert (len(sent.moments) == 6) == is_read
