"""Laws of streams of which Graph answers nothing."""

from __future__ import annotations

import asyncio

import pytest

from tap_msteams.bounds import SILENT
from tap_msteams.client import Patience
from tap_msteams.errors import ForbiddenError, ThrottledError, UnavailableError
from tests.client.fake_graph import FakeGraph, body, connected, read

REFUSALS = [ThrottledError("/", 429), ThrottledError("/", 429, retry_after=60.0)]
FAILURES = [UnavailableError("/", 503), UnavailableError("/", 504, retry_after=20.0)]


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


@pytest.mark.parametrize("error", REFUSALS + FAILURES)
async def test_a_stream_of_which_nothing_is_answered_for_half_an_hour_is_given_up(error, caplog):
    graph = FakeGraph(default=lambda url: error if "members" in url else body("0"))
    async with connected(graph, patience=Patience()) as it:
        silent, other = it.stream("members"), it.stream("tabs")
        lists = [[f"/teams/{team}/members?{n}" for n in range(1000)] for team in range(8)]
        async with asyncio.TaskGroup() as tasks:
            reading = [tasks.create_task(errors_of(silent, urls)) for urls in lists]
        seconds, sent = now(), len(graph.sent)
        assert await read(other, "/teams/0/tabs") == ["0"]
        assert it.is_idle

    assert [task.result() for task in reading] == [[type(error)] * 1000] * len(lists)
    assert SILENT.value - 1 <= seconds <= SILENT.value + 120
    assert sent < 4000
    told = "members: only 429 and failures for 30 minutes: the rest is left to the next run"
    assert caplog.text.count(told) == 1


@pytest.mark.parametrize("answer", [body("0"), ForbiddenError("/", 403)])
async def test_a_stream_of_which_anything_is_answered_is_not_given_up(answer, caplog):
    error = UnavailableError("/", 503)
    graph = FakeGraph(default=lambda url: answer if url.endswith("9") else error)
    async with connected(graph, patience=Patience()) as it:
        found = await errors_of(it.stream("members"), [f"/{n}" for n in range(100)])

    assert found.count(UnavailableError) == 90
    assert now() > SILENT.value
    assert "the rest is left" not in caplog.text


async def test_an_outage_of_less_than_half_an_hour_costs_the_requests_of_that_time_alone():
    error = ThrottledError("/", 429, retry_after=30.0)
    time = asyncio.get_running_loop().time
    graph = FakeGraph(default=lambda _: error if time() < SILENT.value - 200 else body("0"))
    async with connected(graph, patience=Patience()) as it:
        assert await errors_of(it.stream("members"), [f"/{n}" for n in range(10)]) == []
