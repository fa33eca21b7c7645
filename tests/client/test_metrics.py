"""Laws of counting: what requests come to, and how long they were held back."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tap_msteams.client.metrics import Metrics, endpoint
from tap_msteams.errors import ForbiddenError, ThrottledError, UnavailableError
from tap_msteams.throttle.gate import HEADROOM, Gate
from tests.client.fake_graph import FakeGraph, body, connected, get, read_all
from tests.loop import LONG

ROOT = "https://graph.microsoft.com/v1.0"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/teams?$top=9", "/teams"),
        (f"{ROOT}/teams/19-ab/members?a=/b", "/teams/{id}/members"),
        ("/teams/1/channels/19:x@thread.tacv2/tabs", "/teams/{id}/channels/{id}/tabs"),
        ("/users/adele@contoso.example/chats/getAllMessages", "/users/{id}/chats/getAllMessages"),
        ("/reports/getTeamsUserActivity(date=2026-11-19)", "/reports/getTeamsUserActivity()"),
        ("/drives/b!x/microsoft.graph.delta(token='t')", "/drives/{id}/microsoft.graph.delta()"),
    ],
)
def test_an_endpoint_is_the_same_for_all_parents(url, shown):
    assert endpoint(url) == shown


async def test_every_sending_is_counted_with_its_status():
    unavailable, cut_off = UnavailableError("", 503), UnavailableError("", None)
    graph = FakeGraph(
        {
            "/teams/1": [unavailable, cut_off, b"<html>", body("x")],
            "/teams/2": [ThrottledError("", 429, retry_after=0.0), body("y")],
        }
    )
    async with connected(graph) as client:
        stream = client.stream("things")
        await read_all(stream, ["/teams/1", "/teams/2"])

    metrics = stream.metrics
    assert {key: answers.number for key, answers in metrics.answers.items()} == {
        ("/teams/{id}", 503): 1,
        ("/teams/{id}", None): 1,
        ("/teams/{id}", 429): 1,
        ("/teams/{id}", 200): 3,
    }
    assert (metrics.requests, metrics.retries, metrics.throttled) == (6, 4, 1)
    assert metrics.under_way == 0


async def test_a_refusal_is_counted_and_no_retry():
    graph = FakeGraph({"/teams/1": [ForbiddenError("", 403)]})
    async with connected(graph) as client:
        stream = client.stream("things")
        with pytest.raises(ForbiddenError):
            await stream.page(get("/teams/1"))

    assert [*stream.metrics.answers] == [("/teams/{id}", 403)]
    assert (stream.metrics.requests, stream.metrics.retries) == (1, 0)


async def test_what_has_not_been_answered_is_under_way():
    loop, asked, done = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def slow(url):
        loop.call_soon_threadsafe(asked.set)
        done.wait(LONG)
        return body(url)

    async with connected(FakeGraph(default=slow)) as client, asyncio.TaskGroup() as tasks:
        stream = client.stream("things")
        tasks.create_task(stream.page(get("/0")))
        await asked.wait()
        assert stream.metrics.under_way == 1
        done.set()

    assert stream.metrics.under_way == 0


def test_what_graph_asks_for_twice_at_a_time_is_waited_once():
    metrics = Metrics()
    metrics.throttle(100.0, 10.0)
    metrics.throttle(104.0, 10.0)
    metrics.throttle(105.0, 1.0)
    metrics.throttle(200.0, 5.0)
    assert (metrics.throttled, metrics.throttled_seconds) == (4, 19.0)


async def test_only_what_the_limits_hold_back_counts_as_waiting():
    async with connected(FakeGraph(), 2, Gate(1.0)) as client:
        free, paced = client.stream("free"), client.stream("paced")
        await read_all(free, [f"/x/{n}" for n in range(9)])
        await read_all(paced, [f"/teams/{n}" for n in range(33)])

    # https://learn.microsoft.com/graph/throttling-limits: 30 a second, a tenth of them at once.
    assert free.metrics.waited == 0.0
    assert paced.metrics.waited == pytest.approx(30 / (30 * HEADROOM), rel=0.02)
    assert paced.metrics.held_since is None


async def test_a_pause_counts_as_waiting():
    error = UnavailableError("/0", 503, retry_after=60.0)
    async with connected(FakeGraph({"/0": [error, body("0")]})) as client:
        stream = client.stream("things")
        await stream.page(get("/0"))
        await asyncio.sleep(100)

    assert stream.metrics.waited == pytest.approx(60.0)


async def test_what_waits_at_the_end_has_waited_until_then():
    loop = asyncio.get_running_loop()
    error = UnavailableError("/0", 503, retry_after=60.0)
    async with connected(FakeGraph({"/0": [error]})) as client:
        stream = client.stream("things")
        stream.metrics.started = loop.time()
        reading = asyncio.create_task(stream.page(get("/0")))
        await asyncio.sleep(20)
        reading.cancel()

    assert stream.metrics.waited == pytest.approx(20.0)
    assert (stream.metrics.seconds, stream.metrics.held_since) == (20.0, None)
