"""Laws of size: what a run holds, asks for and writes does not grow beyond the tenant."""

from __future__ import annotations

import gc
import sys
from itertools import count

import pytest

from tap_msteams.errors import ForbiddenError
from tap_msteams.run import Seen
from tap_msteams.throttle import Gate
from tests.client.fake_graph import FakeGraph, connected, read_all
from tests.clock import Clock
from tests.conftest import selection
from tests.readers.library import Books, Reading, numbered, shelves
from tests.target import LIST, HastyTap, TalkativeTap, first_place, opener
from tests.work import measured

LISTED = "GET /teams/{id}/channels/{id}/messages"
LONG = {"seed": 3, "teams": 1, "channels": 1, "messages": 300, "users": 8}
MINUTE = 60


@pytest.fixture
def target(open_sandbox):
    return opener(open_sandbox)


def test_a_million_keys_are_told_apart_in_little_memory():
    seen = Seen(None)
    number = 150_000
    for n in range(number):
        assert seen.is_new([f"19:{n}@thread.v2"])
    assert not any(seen.is_new([f"19:{n}@thread.v2"]) for n in range(0, number, 7))
    assert sys.getsizeof(seen._young._numbers) < 25 * number


@pytest.mark.parametrize(("streams", "is_whole"), [(["chats"], False), (["chat_members"], True)])
async def test_what_others_are_read_below_is_remembered_whole(shared_sandbox, streams, is_whole):
    tap = HastyTap(config=shared_sandbox.config(), catalog=selection(streams))
    run = tap.new_run([tap.streams[name] for name in streams], None)
    stream = tap.streams["chats"]

    assert (stream.read.reader(run, stream).known._seen._generation is None) == is_whole


def cost_of_new_buckets(alive):
    """Processor time for buckets of further calls beside those that are alive."""
    gate = Gate()
    for n in range(alive):
        gate.admit(gate.keys(f"/communications/callRecords/{n}/sessions"), 0.0)
    with measured(times := []):
        for n in range(300):
            gate.admit(gate.keys(f"/communications/callRecords/new-{n}/sessions"), 0.0)
    return times[0]


def test_a_new_bucket_costs_the_same_however_many_are_alive():
    few, many = (min(cost_of_new_buckets(alive) for _ in range(3)) for alive in (1_000, 20_000))
    assert many < 10 * few


def test_buckets_that_nobody_needs_are_dropped():
    gate, now = Gate(), count(step=1.0)
    for n in range(40_000):
        gate.admit(gate.keys(f"/communications/callRecords/{n}/sessions"), next(now))
    assert len(gate._buckets) < 10_000


async def cost_of_waiting(number):
    """Processor time for each of so many requests that wait for one limit."""
    urls = [f"/teams/{n}/channels/{n}/messages" for n in range(number)]
    async with connected(FakeGraph(), 50, Gate()) as client:
        with measured(times := []):
            await read_all(client.stream("messages"), urls)
    return times[0] / number


async def test_a_request_costs_the_same_however_many_wait_for_its_limit():
    assert await cost_of_waiting(4_000) < 3 * await cost_of_waiting(400)


async def test_refusals_leave_nothing_for_the_garbage_collection():
    names = numbered(200)
    graph = shelves(*names, default=lambda url: ForbiddenError(url, 403))
    reading = Reading(graph, Books)
    gc.collect()
    gc.disable()
    try:
        await reading.read()
        left = gc.collect()
    finally:
        gc.enable()

    assert len(reading.issues) == len(names)
    assert left < 5 * len(names)


@pytest.mark.parametrize("last", [130, 200, 270])
def test_a_long_list_goes_on_at_the_page_where_it_was_killed(target, last):
    clock = Clock()
    reader = target(LIST, tenant=LONG, page_size=5, clock=clock, settings={"lookback_minutes": 0})
    sandbox, reader.tap = reader.sandbox, TalkativeTap
    tenant, place = sandbox.tenant, first_place(sandbox.tenant)
    posts = tenant.teams[place[0]].channels[place[1]].threads
    reader.run(last=last)
    before, pages = sandbox.count()[LISTED], len(posts) // 5
    for act in ("edit", "react"):
        clock.forward(MINUTE)
        tenant.post(*place)
        getattr(tenant, act)(*place, str(next(iter(posts))))
    clock.forward(MINUTE)
    output = reader.run()

    assert reader.state["bookmarks"]["messages"].keys() == {"version", "listed"}
    assert output.code == 0
    assert reader.rows() == reader.shown()
    # Two pages for what is new, and those of which the last STATE did not know.
    assert sandbox.count()[LISTED] - before < pages - before + 8


def test_a_link_of_a_list_that_graph_refuses_is_dropped_and_the_list_read_again(target):
    reader = target(LIST, tenant=LONG, page_size=5, clock=Clock())
    reader.tap = TalkativeTap
    reader.run(last=150)
    [windows] = reader.state["bookmarks"]["messages"]["open_channels"].values()
    [window] = windows.values()
    window["next"] = window["next"].replace("skiptoken=", "skiptoken=gone")
    output = reader.run()

    assert output.code == 0
    assert reader.rows() == reader.shown()


def test_a_night_without_changes_writes_its_state_once(target):
    reader = target({}, "messages", "drive_items", "call_records", clock=Clock())
    reader.run()

    assert len(reader.run().states) == 1


def test_all_states_of_a_backfill_are_little_beside_its_records(target):
    reader = target(LIST, "messages", "drive_items", "chat_messages", "teams", "channels")
    reader.tap = TalkativeTap
    output = reader.run()
    sizes = {"RECORD": 0, "STATE": 0}
    for line, message in zip(output.lines, output.messages, strict=True):
        if message["type"] in sizes:
            sizes[message["type"]] += len(line)

    assert len(output.states) > 5
    assert sizes["STATE"] <= 0.05 * sizes["RECORD"]
