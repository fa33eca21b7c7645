"""Laws of streams of which Graph answers nothing."""

from __future__ import annotations

import asyncio

import pytest

from tap_msteams.bounds import THROTTLED
from tap_msteams.client import Patience
from tap_msteams.errors import ForbiddenError, ThrottledError, UnavailableError
from tests.client.fake_graph import FakeGraph, body, connected, read

PATIENCE = Patience(unanswered=9_000)
THROTTLING = [ThrottledError("/", 429), ThrottledError("/", 429, retry_after=60.0)]
FAILURES = [UnavailableError("/", 503), UnavailableError("/", 504, retry_after=20.0)]
TOLD = "members: nothing but 429 and failures: what is left of it is left to the next run"


def now():
    return asyncio.get_running_loop().time()


async def errors_of(stream, urls):
    """What reading one URL after the other raises."""
    found = []
    for url in urls:
        try:
            await read(stream, url)
        except (ForbiddenError, ThrottledError, UnavailableError) as error:
            found.append(type(error))
    return found


@pytest.mark.parametrize("error", THROTTLING + FAILURES)
async def test_a_stream_of_which_nothing_is_answered_is_given_up(error, caplog):
    graph = FakeGraph(default=lambda url: error if "members" in url else body("0"))
    async with connected(graph, patience=PATIENCE) as it:
        silent, other = it.stream("members"), it.stream("tabs")
        lanes = [[f"/teams/{lane}/members?{n}" for n in range(1000)] for lane in range(8)]
        async with asyncio.TaskGroup() as tasks:
            reading = [tasks.create_task(errors_of(silent, urls)) for urls in lanes]
        seconds, sent = now(), len(graph.sent)
        assert await read(other, "/teams/0/tabs") == ["0"]
        assert it.is_idle

    assert [task.result() for task in reading] == [[type(error)] * 1000] * len(lanes)
    assert PATIENCE.unanswered / len(lanes) <= seconds <= THROTTLED.value + 120
    assert sent < 4000
    assert caplog.text.count(TOLD) == 1


@pytest.mark.parametrize("answer", [body("0"), ForbiddenError("/", 403)])
async def test_a_stream_of_which_anything_is_answered_is_not_given_up(answer, caplog):
    error = UnavailableError("/", 503)
    graph = FakeGraph(default=lambda url: answer if url.endswith("9") else error)
    async with connected(graph, patience=Patience(unanswered=600)) as it:
        found = await errors_of(it.stream("members"), [f"/{n}" for n in range(100)])

    assert found.count(UnavailableError) == 90
    assert TOLD not in caplog.text


async def test_what_one_parent_waits_for_gives_up_no_other():
    error = ThrottledError("/", 429, retry_after=30.0)
    graph = FakeGraph(default=lambda url: error if url == "/0" else body("0"))
    async with connected(graph, patience=Patience()) as it:
        found = await errors_of(it.stream("members"), [f"/{n}" for n in range(10)])

    assert found == [ThrottledError]


async def test_time_in_which_nothing_is_asked_gives_up_nothing():
    error = UnavailableError("/", 503)
    graph = FakeGraph(default=lambda url: error if url in {"/0", "/1"} else body("0"))
    async with connected(graph, patience=PATIENCE) as it:
        stream, found = it.stream("members"), []
        for url in ("/0", "/1", "/2"):
            found += await errors_of(stream, [url])
            await asyncio.sleep(10 * PATIENCE.unanswered)

    assert found == [UnavailableError] * 2


async def test_an_outage_of_less_than_half_an_hour_costs_throttled_requests_nothing():
    error = ThrottledError("/", 429, retry_after=30.0)
    time = asyncio.get_running_loop().time
    graph = FakeGraph(default=lambda _: error if time() < THROTTLED.value - 200 else body("0"))
    async with connected(graph, patience=Patience()) as it:
        assert await errors_of(it.stream("members"), [f"/{n}" for n in range(10)]) == []
