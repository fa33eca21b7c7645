"""Laws of how reading ends: by itself, by a signal, and when everybody waits for somebody else."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from tap_msteams.errors import ThrottledError, UnavailableError
from tests.client.fake_graph import FakeGraph, body
from tests.loop import LONG
from tests.readers.library import Books, Covers, Reading, Shelves, anything

SHELVES = [f"{n:03}" for n in range(40)]


def now():
    return asyncio.get_running_loop().time()


async def test_tasks_that_wait_for_each_other_end_the_run():
    reading = Reading(FakeGraph({"/shelves": [body("a")]}), Books)
    reading.run.streams[Books].feed._producers += 1  # who will never list anything
    with pytest.raises(RuntimeError, match="every task waits for another"):
        await reading.read()
    assert now() < 10


async def test_who_waits_for_a_target_waits_for_nobody_else():
    reading = Reading(FakeGraph({"/shelves": [body(*SHELVES[:9])]}), Books, concurrency=4)
    target = asyncio.Lock()

    async def emit(stream, records):
        async with target:
            await asyncio.sleep(60)
            await Reading.emit(reading, stream, records)

    reading.run.emit = emit
    await reading.read()
    assert (len(reading.ids(Books)), now()) == (9, 9 * 60)


@pytest.mark.parametrize("kind", [ThrottledError, UnavailableError])
async def test_who_waits_for_graph_waits_for_nobody_else(kind):
    error = kind("/x", 429, retry_after=600.0)
    graph = FakeGraph({"/shelves": [error, body("a")]})
    reading = Reading(graph, Books)
    await reading.read()

    assert reading.ids(Books) == ["/shelves/a/books"]
    assert 600 <= reading.run.streams[Books].metrics.ended <= now() < 670


async def test_the_clock_is_looked_at_at_once_and_every_second():
    error = UnavailableError("/x", 503, retry_after=60.0)
    reading = Reading(FakeGraph({"/shelves": [error, body()]}), Shelves)
    moments = []
    await reading.read(lambda: moments.append(now()))

    assert moments == pytest.approx(range(61), abs=0.01)


async def test_nobody_waits_for_the_clock_at_the_end():
    graph = FakeGraph({"/shelves": [body(*SHELVES)]}, anything)
    reading = Reading(graph, Shelves, Books, Covers)
    await reading.read()
    assert now() == 0.0


async def test_a_signal_ends_a_run_at_once_and_says_nothing_of_what_it_cuts_short(caplog):
    caplog.set_level(logging.WARNING)
    done, asked = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(url):
        if len(graph.sent) > 10:
            loop.call_soon_threadsafe(asked.set)
            done.wait(LONG)
        return anything(url)

    graph = FakeGraph({"/shelves": [body(*SHELVES)]}, slow)
    reading = Reading(graph, Shelves, Books, Covers)
    task = asyncio.create_task(reading.read())
    await asked.wait()
    reading.session.stop()
    await task
    done.set()

    assert now() == 0.0
    assert 0 < len(reading.ids(Books)) < len(SHELVES)
    assert reading.issues == []
    assert caplog.messages == []


@pytest.mark.parametrize("number", range(1, 60, 4))
async def test_a_signal_may_come_at_any_moment(number, caplog):
    caplog.set_level(logging.WARNING)

    def answered(url):
        if len(graph.sent) == number:
            reading.session.stop()
        return anything(url)

    paused = UnavailableError("/x", 503, retry_after=60.0)
    shelves = [lambda url: answered(url) and body(*SHELVES)]
    graph = FakeGraph({"/shelves": shelves, "/shelves/003/books": [paused]}, answered)
    reading = Reading(graph, Shelves, Books, Covers)
    await reading.read()

    assert now() == 0.0
    assert len(reading.ids(Books)) < len(SHELVES)
    assert reading.issues == []
    assert caplog.messages == []
