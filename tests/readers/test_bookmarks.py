"""Laws of bookmarks: one moves when all that it stands for has been written and read below."""

from __future__ import annotations

import json
import threading

import pytest

from tap_msteams.errors import (
    ForbiddenError,
    MissingError,
    UnavailableError,
)
from tests.client.fake_graph import FakeGraph, body
from tests.loop import LONG
from tests.readers.library import Loans, Reading, Reminders, shelves


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
