"""Laws of bookmarks: one moves when all that it stands for has been written and read below."""

from __future__ import annotations

import json
import logging
import re
import threading
from copy import deepcopy

import pytest

from tap_msteams.errors import (
    ForbiddenError,
    MissingError,
    TapError,
    UnavailableError,
)
from tests.client.fake_graph import FakeGraph, body
from tests.conftest import selection
from tests.loop import LONG
from tests.readers.library import SETTINGS, LibraryTap, Loans, Reading, Reminders, shelves
from tests.readers.tenant import Mine, page, read
from tests.target import HastyTap


def lent(*ids):
    moment = "2026-11-20T10:00:00Z"
    return json.dumps({"value": [{"id": it, "lentDateTime": moment} for it in ids]}).encode()


def read_until(reading):
    """The shelves with a bookmark for their loans."""
    entries = reading.state.get("loans", {}).get("shelves", {})
    return {shelf: since for since, names in entries.items() for shelf in names}


async def test_a_bookmark_waits_for_the_streams_below():
    done = threading.Event()
    graph = FakeGraph(
        {
            "/shelves": [body("a", "b")],
            "/shelves/a/loans": [lent("1")],
            "/shelves/b/loans": [lent("2", "3")],
            "/loans/2/reminders": [lambda url: done.wait(LONG) and body(url)],
        }
    )
    reading = Reading(graph, Loans, Reminders)
    seen = []

    async def emit(stream, records):
        await Reading.emit(reading, stream, records)
        reading.tap.save_bookmarks()
        seen.append((records[0]["id"], read_until(reading).keys()))
        if len(reading.ids(Reminders)) == 2:
            done.set()

    reading.run.emit = emit
    await reading.read()

    assert not any("b" in shelves for _, shelves in seen)
    assert read_until(reading) == dict.fromkeys("ab", "2026-11-20T12:00:00.000Z")


@pytest.mark.parametrize(
    "error", [UnavailableError("/x", 503), ForbiddenError("/x", 403), ZeroDivisionError()]
)
async def test_a_child_that_was_missed_holds_the_bookmark_of_its_parent_alone(error):
    graph = FakeGraph(
        {
            "/shelves": [body("a", "b")],
            "/shelves/a/loans": [lent("1")],
            "/shelves/b/loans": [lent("2", "3")],
            "/loans/2/reminders": [error],
        }
    )
    reading = Reading(graph, Loans, Reminders)
    await reading.read()

    assert sorted(reading.ids(Loans)) == ["1", "2", "3"]
    assert read_until(reading).keys() == {"a"}


async def test_a_child_that_is_gone_holds_no_bookmark():
    graph = FakeGraph(
        {
            "/shelves": [body("a")],
            "/shelves/a/loans": [lent("1")],
            "/loans/1/reminders": [MissingError("/x", 404)],
            "/loans/1": [MissingError("/x", 404)],
        }
    )
    reading = Reading(graph, Loans, Reminders)
    await reading.read()
    assert read_until(reading).keys() == {"a"}


async def test_a_row_that_cannot_be_read_holds_the_bookmark():
    row = b'{"value":[{"id":"1","lentDateTime":"2026-11-20T10:00:00Z"},{"id":5}]}'
    reading = Reading(shelves("a", **{"/shelves/a/loans": [row]}), Loans)
    await reading.read()

    assert (reading.ids(Loans), read_until(reading)) == (["1"], {})
    assert [it.severity for it in reading.issues] == ["gap"]


# The start


def since(text):
    """The state of a shelf whose loans were read up to a moment."""
    return {"bookmarks": {"loans": {"version": 1, "shelves": {text: ["a"]}}}}


@pytest.mark.parametrize(
    ("state", "settings", "found"),
    [
        (None, {}, "0123"),
        (since("2026-11-20T10:05:00.000Z"), {}, "123"),
        (since("2026-11-20T10:05:00.000Z"), {"lookback_minutes": 4}, "3"),
        (None, {"start_date": "2026-11-20T10:00:00.001Z"}, "23"),
        (since("2026-11-20T10:05:00.000Z"), {"start_date": "2026-11-20T10:00:00.002Z"}, "3"),
        (since("2026-11-20T10:05:00.000Z"), {"start_date": "2026-11-20T09:00:00Z"}, "123"),
    ],
)
async def test_what_changed_since_the_bookmark_and_the_start_date_is_read(state, settings, found):
    times = ["09:59:59.999", "10:00:00", "10:00:00.0010", "10:02:00"]
    rows = [{"id": str(n), "lentDateTime": f"2026-11-20T{it}Z"} for n, it in enumerate(times)]
    loans = json.dumps({"value": rows}).encode()
    graph = shelves("a", **{"/shelves/a/loans": [loans]})
    reading = Reading(graph, Loans, state=state, **settings)
    await reading.read()

    assert reading.ids(Loans) == [*found]
    assert read_until(reading) == {"a": "2026-11-20T12:00:00.000Z"}
    [run] = [it for kind, it in reading.run.streams.items() if kind is Loans]
    assert (run.is_complete, run.lists_all) == (
        not {*settings} - {"lookback_minutes"},
        not state and not settings,
    )


@pytest.mark.parametrize(
    ("state", "settings", "told"),
    [
        (since("2126-11-20T10:00:00.000Z"), {}, "'loans' has a bookmark in the future (2126-11-2"),
        (None, {"start_date": "2126-11-20"}, "'start_date' (env TAP_MSTEAMS_START_DATE) is in the"),
    ],
)
async def test_a_start_in_the_future_ends_the_run(state, settings, told):
    reading = Reading(shelves("a"), Loans, state=state, **settings)
    with pytest.raises(TapError, match=re.escape(told)):
        await reading.read()


async def test_all_is_read_once_more_for_a_stream_that_comes_below(caplog):
    caplog.set_level(logging.INFO)
    answers = {"/shelves/a/loans": [lent("1")]}
    state = None
    for streams, found in [((Loans,), ["1"]), ((Loans,), []), ((Loans, Reminders), ["1"])]:
        reading = Reading(shelves("a", **answers), *streams, state=state)
        await reading.read()
        assert reading.ids(Loans) == found
        state = {"bookmarks": reading.state}
    assert state["bookmarks"]["loans"]["below"] == ["reminders"]
    assert reading.ids(Reminders) == ["/loans/1/reminders"]
    told = "loans: read from the start once more, for all that is below it in reminders"
    assert caplog.messages.count(told) == 1


class WholeTap(LibraryTap):
    """A tap whose catalog has loans read as a whole each time."""

    def discover_streams(self):
        streams = super().discover_streams()
        [loans] = [it for it in streams if isinstance(it, Loans)]
        loans.forced_replication_method = "FULL_TABLE"
        return streams


@pytest.mark.parametrize(
    ("streams", "tap", "is_kept"), [((Reminders,), LibraryTap, True), ((Loans,), WholeTap, False)]
)
async def test_loans_that_are_read_for_others_or_as_a_whole_know_no_bookmark(streams, tap, is_kept):
    answers = {"/shelves/a/loans": [lent("1")]}
    before = since("2026-11-20T11:00:00.000Z")
    reading = Reading(shelves("a", **answers), *streams, state=before, tap=tap)
    await reading.read()

    assert sum(map(len, reading.rows.values())) == 1
    assert not is_kept or reading.state["loans"] == before["bookmarks"]["loans"]


@pytest.mark.parametrize("is_listed", [True, False])
async def test_shelves_that_are_gone_are_noted_where_all_were_listed(is_listed):
    row = b"" if is_listed else b",null"
    graph = FakeGraph(
        {"/shelves": [b'{"value":[{"id":"b"}%s]}' % row], "/shelves/b/loans": [lent()]}
    )
    reading = Reading(graph, Loans, state=since("2026-11-20T10:00:00.000Z"))
    await reading.read()
    assert read_until(reading).keys() == {"a", "b"}
    unseen = {"unseen": {"2026-11-20": ["a"]}} if is_listed else {}
    assert {it: v for it, v in reading.state["loans"].items() if it == "unseen"} == unseen


def test_a_stream_that_a_user_cannot_read_keeps_its_bookmark():
    until = {"version": 1, "whole": {"2026-11-20T10:00:00.000Z": ["call_records"]}}
    state = {"bookmarks": {"call_records": deepcopy(until)}}
    output = read({}, "call_records", state=state, kind=Mine)
    assert [it["severity"] for it in output.records["sync_issues"]] == ["notice"]
    assert output.state["bookmarks"]["call_records"] == until


def test_the_state_of_people_who_are_hidden_knows_their_pseudonyms_alone():
    said = {"id": "1", "chatId": "X", "from": {"user": {"id": "anna"}}}
    answers = {"/users?": page({"id": "anna"}), "/users/anna/chats/getAllMessages": page(said)}
    hidden = {"people": "hash", "people_key": "0123456789abcdef"}
    first = read(answers, "chat_messages", **hidden)
    second = read(answers, "chat_messages", state=first.state, **hidden)

    assert first.state["bookmarks"] == second.state["bookmarks"]
    assert first.records["chat_messages"]
    assert "anna" not in json.dumps(first.messages)
    assert [it for it in second.asked if "lastModifiedDateTime%20gt" in it]
    plain = read(answers, "chat_messages")
    third = read(answers, "chat_messages", state=plain.state, **hidden)
    assert third.state["bookmarks"] == first.state["bookmarks"]
    assert second.asked == third.asked


def test_a_shard_keeps_its_own_state_and_refuses_that_of_another_one():
    answers = {"/teams?": page(*({"id": it} for it in "abcdefgh")), "/teams/": page()}
    state = read(answers, "messages", shards=2, shard=1).state
    assert state["bookmarks"]["messages"]["shard"] == "1-of-2"
    with pytest.raises(TapError, match="state of 'messages' is of shard 1-of-2, and this is"):
        read(answers, "messages", shards=2, shard=0, state=state)


def test_readers_change_nothing_until_they_begin(caplog):
    caplog.set_level(logging.INFO)
    states = {"teams": {}, "messages": {"version": 1, "teams": {"2026-11-19T12:00:00.000Z": ["T"]}}}
    names = ["messages", "hosted_contents", "presence", "drive_items", "user_activity"]
    tap = HastyTap(config=SETTINGS, catalog=selection(names), state=deepcopy({"bookmarks": states}))
    tap.graph = FakeGraph()
    run = tap.new_run([tap.streams[name] for name in names], None)
    before = [{**vars(it)} for it in run.streams.values()]
    caplog.clear()

    readers = [it.read.reader(run, it) for it in run.plan.streams.values()]
    assert [vars(it) for it in run.streams.values()] == before
    assert {name: it for name, it in tap.state["bookmarks"].items() if it} == {
        "messages": states["messages"]
    }
    assert caplog.messages == []

    for reader in readers:
        reader.begin()
    assert [vars(it) for it in run.streams.values()] != before
    assert "teams" not in tap.state["bookmarks"]["messages"]
    assert "messages: read from the start once more" in caplog.text
