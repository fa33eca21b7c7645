"""Laws of lists that were not read whole: what is read below them is not all there is."""

from __future__ import annotations

import json

from tap_msteams.errors import ForbiddenError
from tests.client.fake_graph import FakeGraph, body
from tests.readers.library import Books, Reading, Reminders

BROKEN = b"null"


def page(*rows):
    return b'{"value":[%s]}' % b",".join(rows)


def row(id_, **more):
    return json.dumps({"id": id_, **more}).encode()


# What is read below a list


async def test_a_list_that_was_not_read_leaves_everything_below_it_incomplete():
    reading = Reading(FakeGraph({"/shelves": [ForbiddenError("/shelves", 403)]}), Books, Reminders)
    await reading.read()
    assert [it.is_complete for it in reading.run.streams.values() if it.emits] == [False, False]


async def test_everything_below_a_list_that_was_read_is_complete():
    reading = Reading(FakeGraph({"/shelves": [body("a")]}), Books, Reminders)
    await reading.read()
    assert [it.is_complete for it in reading.run.streams.values() if it.emits] == [True, True]


async def test_a_row_that_cannot_be_read_leaves_what_is_below_it_incomplete():
    graph = FakeGraph({"/shelves": [page(row("a"), BROKEN)]})
    reading = Reading(graph, Books, Reminders)
    await reading.read()
    assert len(reading.rows["books"]) == 1
    assert [it.is_complete for it in reading.run.streams.values() if it.emits] == [False, False]
