"""Laws of the client: many requests at once, and none that stops the others."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from contextlib import suppress

import pytest

from tap_msteams.client import GraphClient
from tap_msteams.errors import ForbiddenError, RejectedError, ThrottledError
from tap_msteams.throttle.gate import HEADROOM, Gate
from tests.client.fake_graph import FakeGraph, body, connected, get, read, read_all
from tests.loop import LONG


def team(name, number=0):
    """One of the addresses below a team, each of which falls under the team's limit."""
    return f"/teams/{name}/things/{number}"


@pytest.mark.parametrize("concurrency", [1, 3, 16])
async def test_pages_of_a_parent_come_in_their_order(concurrency):
    answers = {
        f"/{parent}/{n}": [body(f"{parent}-{n}", following=f"/{parent}/{n + 1}" if n < 5 else None)]
        for parent in range(20)
        for n in range(6)
    }
    async with connected(FakeGraph(answers), concurrency) as client:
        found = await read_all(client.stream("things"), [f"/{n}/0" for n in range(20)])

    assert found == {f"/{p}/0": [f"{p}-{n}" for n in range(6)] for p in range(20)}


async def test_an_empty_page_with_a_link_is_not_the_last():
    graph = FakeGraph({"/0": [body(following="/1")], "/1": [body(following="/2")]})
    async with connected(graph) as client:
        assert await read(client.stream("things"), "/0") == ["/2"]


@pytest.mark.parametrize("to", ["/0", "/1", "/2"])
async def test_a_link_that_leads_back_is_refused_once_its_page_was_read(to):
    graph = FakeGraph(
        {
            "/0": [body("a", following="/1")],
            "/1": [body("b", following="/2")],
            "/2": [body("c", following=to)],
        }
    )
    found = []

    async def look(stream):
        async for page in stream.pages(get("/0")):
            found.extend(row["id"] for row in page.rows)

    async with connected(graph) as client:
        with pytest.raises(RejectedError, match="leads back to a page already read") as caught:
            await look(client.stream("things"))

    assert found == ["a", "b", "c"]
    assert graph.sent == ["/0", "/1", "/2", *(["/2"] if to == "/2" else [])]
    assert caught.value.path == "/2"


async def test_a_page_that_is_known_is_not_asked_for_again():
    graph = FakeGraph({"/0": [body("a", following="/1")]})
    async with connected(graph) as client:
        stream = client.stream("things")
        first = await stream.page(get("/0"))
        found = [row["id"] async for page in stream.pages(get("/0"), first) for row in page.rows]

    assert (found, graph.sent) == (["a", "/1"], ["/0", "/1"])


async def test_a_slow_answer_stops_nobody():
    others = [f"/{n}" for n in range(50)]
    done = threading.Event()
    graph = FakeGraph({"/slow": [lambda url: done.wait(LONG) and body(url)]})
    async with connected(graph, 2) as client, asyncio.TaskGroup() as tasks:
        stream = client.stream("things")
        slow = tasks.create_task(read(stream, "/slow"))
        assert list(await read_all(stream, others)) == others
        assert not slow.done()
        done.set()

    assert slow.result() == ["/slow"]


async def test_a_throttled_request_stops_nobody_and_comes_in_its_time():
    throttled, others = team("a"), [team(n) for n in range(50)]
    refusal = ThrottledError(throttled, 429, retry_after=600.0)
    graph = FakeGraph({throttled: [refusal, body("late")]})
    clock = asyncio.get_running_loop().time
    async with connected(graph, 1) as client, asyncio.TaskGroup() as tasks:
        stream = client.stream("things")
        waiting = tasks.create_task(read(stream, throttled))
        await read_all(stream, others)
        assert (clock(), graph.sent.count(throttled)) == (0.0, 1)

    assert waiting.result() == ["late"]
    assert clock() == pytest.approx(600, rel=0.11)  # the gate adds up to a tenth


async def test_streams_take_turns():
    graph = FakeGraph()
    async with connected(graph, 1) as client, asyncio.TaskGroup() as tasks:
        for name, number in (("many", 60), ("few", 5)):
            urls = [f"/{name}/{n}" for n in range(number)]
            tasks.create_task(read_all(client.stream(name), urls))

    order = [url.split("/")[1] for url in graph.sent]
    assert len(order) == 65
    assert "few" not in order[11:]


@pytest.mark.parametrize("slots", [1, 4])
async def test_never_more_answers_are_in_memory_than_slots(slots):
    lock, held, most = threading.Lock(), 0, 0

    def count(by):
        nonlocal held, most
        with lock:
            held += by
            most = max(most, held)

    async def look(stream, url):
        await stream.page(get(url))
        count(-1)

    graph = FakeGraph(default=lambda url: count(1) or body(url))
    async with connected(graph, slots) as client, asyncio.TaskGroup() as tasks:
        stream = client.stream("things")
        for n in range(200):
            tasks.create_task(look(stream, f"/{n}"))

    assert (len(graph.sent), held) == (200, 0)
    assert most <= slots


async def test_many_requests_are_under_way_at_once():
    met = threading.Barrier(16)
    graph = FakeGraph(default=lambda url: met.wait(LONG) is not None and body(url))
    async with connected(graph, 16) as client:
        await read_all(client.stream("things"), [f"/{n}" for n in range(16)])

    assert len(graph.sent) == 16


async def test_the_limits_of_the_gate_are_kept_and_used():
    loop, moments = asyncio.get_running_loop(), []
    graph = FakeGraph(default=lambda url: moments.append(loop.time()) or body(url))
    async with connected(graph, 16, Gate(1.0)) as client:
        await read_all(client.stream("things"), [team("a", n) for n in range(21)])

    # https://learn.microsoft.com/graph/throttling-limits: 4 a second for a team.
    assert moments == pytest.approx([n / (4 * HEADROOM) for n in range(21)])


async def test_a_request_takes_a_token_of_every_limit_at_one_moment():
    loop, moments = asyncio.get_running_loop(), defaultdict(list)

    def answered(url):
        moments[url.split("/")[2]].append(loop.time())
        return body(url)

    # What waits for its team must not use up what all teams together may have: 30 a second.
    urls = [team("busy", n) for n in range(40)] + [team(f"other-{n}") for n in range(60)]
    async with connected(FakeGraph(default=answered), 100, Gate(1.0)) as client:
        await read_all(client.stream("things"), urls)

    last = max(moment for name, found in moments.items() if name != "busy" for moment in found)
    assert last <= (60 + 4 * 3) / (30 * HEADROOM)
    assert moments["busy"][-1] == pytest.approx(39 / (4 * HEADROOM), rel=0.05)


async def test_what_graph_throttles_is_closed_to_all_who_fall_under_it():
    loop, moments = asyncio.get_running_loop(), defaultdict(list)
    answers = iter([ThrottledError("/x", 429, retry_after=60.0)])

    def answered(url):
        moments[url.split("/")[2]].append(loop.time())
        return next(answers, body(url)) if "/a/" in url else body(url)

    async with connected(FakeGraph(default=answered), 1) as client:
        await read_all(client.stream("things"), [team(it, n) for n in range(9) for it in "ab"])

    assert moments["b"] == [0.0] * 9
    assert moments["a"][0] == 0.0
    assert all(60 <= moment < 67 for moment in moments["a"][1:])


async def test_nobody_polls():
    loop = asyncio.get_running_loop()
    refusal = ThrottledError("/0", 429, retry_after=600.0)
    graph = FakeGraph({"/0": [refusal, body("late")]})
    async with connected(graph) as client:
        assert await read(client.stream("things"), "/0") == ["late"]

    assert loop.time() >= 600
    assert loop.rounds < 30


async def test_a_refusal_is_an_error_of_who_asked_and_of_nobody_else():
    refused = ForbiddenError("/2", 403)
    graph = FakeGraph({"/2": [refused]})
    async with connected(graph) as client:
        stream = client.stream("things")
        reading = [asyncio.create_task(read(stream, f"/{n}")) for n in range(5)]
        await asyncio.wait(reading)

    assert [task.exception() for task in reading] == [None, None, refused, None, None]
    assert graph.sent.count("/2") == 1


# Cancelling


async def test_who_is_cancelled_before_its_turn_leaves_it_to_the_next():
    done = threading.Event()
    graph = FakeGraph({"/slow": [lambda url: done.wait(LONG) and body(url)]})
    async with connected(graph, 1) as client:
        stream = client.stream("things")
        slow, second, third = (
            asyncio.create_task(read(stream, url)) for url in ("/slow", "/2", "/3")
        )
        await asyncio.sleep(0)
        second.cancel()
        done.set()
        await asyncio.wait([slow, second, third])
        assert client.is_idle

    assert second.cancelled()
    assert third.result() == ["/3"]
    assert graph.sent == ["/slow", "/3"]


async def test_who_is_cancelled_at_its_turn_leaves_it_to_the_next():
    async with connected(FakeGraph(), 1) as client:
        stream = client.stream("things")

        async def first():
            await stream.page(get("/1"))
            second.cancel()  # which may go now, but has not gone

        _, second, third = tasks = [
            asyncio.create_task(it) for it in (first(), read(stream, "/2"), read(stream, "/3"))
        ]
        await asyncio.wait(tasks)
        assert client.is_idle

    assert second.cancelled()
    assert third.result() == ["/3"]


async def test_who_is_cancelled_while_graph_is_asked_gives_the_slot_back():
    done = threading.Event()
    graph = FakeGraph({"/slow": [lambda url: done.wait(LONG) and body(url)]})
    async with connected(graph, 2) as client:
        stream = client.stream("things")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await stream.page(get("/slow"))
        assert client.is_idle
        assert await read(stream, "/2") == ["/2"]
        done.set()


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("rounds", range(8))
async def test_all_may_be_cancelled_at_any_moment(rounds, concurrency):
    graph = FakeGraph({"/5": [ThrottledError("/5", 429, retry_after=60.0)]})
    async with connected(graph, concurrency, Gate(1.0)) as client:
        streams = [client.stream(name) for name in "ab"]
        reading = [asyncio.create_task(read(streams[n % 2], f"/{n}")) for n in range(20)]
        for _ in range(rounds):
            await asyncio.sleep(0)
        for task in reading:
            task.cancel()
        for task in reading:
            with suppress(asyncio.CancelledError):
                await task
        assert client.is_idle
        assert client._free == concurrency
        assert await read(streams[0], "/again") == ["/again"]


# The end


class Hanging:
    """A Graph that begins to answer, and does so when it is told to."""

    def __init__(self, requests):
        self.graph = FakeGraph(default=self._answer)
        self.asked, self.done, self.ended = asyncio.Event(), threading.Event(), threading.Event()
        self._requests, self._loop = requests, asyncio.get_running_loop()

    def _answer(self, url):
        if len(self.graph.sent) == self._requests:
            self._loop.call_soon_threadsafe(self.asked.set)
        self.done.wait(LONG)
        self.ended.set()
        return body(url)


async def test_what_is_under_way_at_the_end_keeps_nobody():
    hanging = Hanging(1)
    async with connected(hanging.graph, 2) as client:
        reading = asyncio.create_task(read(client.stream("things"), "/0"))
        await hanging.asked.wait()
        reading.cancel()
    assert not hanging.ended.is_set()
    hanging.done.set()
    assert hanging.ended.wait(LONG)


async def test_after_the_end_nothing_is_sent_and_no_thread_is_left():
    hanging, urls = Hanging(2), [f"/{n}" for n in range(9)]
    async with connected(hanging.graph, 2) as client:
        reading = asyncio.create_task(read_all(client.stream("things"), urls))
        await hanging.asked.wait()
        reading.cancel()
        threads = client._threads._threads
    with pytest.raises(asyncio.CancelledError):
        await reading
    hanging.done.set()
    for thread in threads:
        thread.join(LONG)
        assert not thread.is_alive()
    assert len(hanging.graph.sent) == 2


async def test_a_client_is_of_use_only_within_its_context():
    client = GraphClient(FakeGraph(), Gate(0), 1)
    with pytest.raises(RuntimeError, match="outside of its context"):
        await client.stream("things").page(get("/0"))


@pytest.mark.parametrize(("token", "minutes"), [("?token=y", 0), ("", 1)])
async def test_a_drive_that_goes_on_at_a_token_costs_half_of_one_that_is_listed(token, minutes):
    clock = asyncio.get_running_loop().time
    urls = [f"/drives/b!{n}/root/delta{token}" for n in range(1_100)]
    async with connected(FakeGraph(), 50, Gate()) as client:
        began = clock()
        await read_all(client.stream("drive_items"), urls)

    assert clock() - began == pytest.approx(60 * minutes / HEADROOM, abs=1)
