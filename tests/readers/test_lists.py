"""Laws of lists that were not read whole: what is read below them is not all there is."""

from __future__ import annotations

from tap_msteams.errors import ForbiddenError
from tests.client.fake_graph import FakeGraph, body
from tests.readers.library import Books, Reading, Reminders

# What is read below a list


async def test_a_list_that_was_not_read_leaves_everything_below_it_incomplete():
    reading = Reading(FakeGraph({"/shelves": [ForbiddenError("/shelves", 403)]}), Books, Reminders)
    await reading.read()
    assert [it.is_complete for it in reading.run.streams.values() if it.emits] == [False, False]


async def test_everything_below_a_list_that_was_read_is_complete():
    reading = Reading(FakeGraph({"/shelves": [body("a")]}), Books, Reminders)
    await reading.read()
    assert [it.is_complete for it in reading.run.streams.values() if it.emits] == [True, True]
