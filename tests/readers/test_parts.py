"""Laws of parts: those of one parent are read side by side, and none stops the others."""

from __future__ import annotations

import json
import threading

import pytest

from tap_msteams.errors import (
    AuthenticationError,
    MissingError,
    RejectedError,
)
from tests.client.fake_graph import FakeGraph, body
from tests.loop import LONG
from tests.readers.library import Covers, Reading, numbered


def covers(*ids):
    return json.dumps({"value": [{"id": it} for it in ids]}).encode()


def cover(url):
    return json.dumps({"id": url.split("/")[2].partition("?")[0], "colour": "red"}).encode()


async def test_a_part_that_fails_stops_no_other_and_concerns_its_own_row():
    graph = FakeGraph(
        {
            "/shelves": [body("a", "b")],
            "/shelves/a/covers": [covers("1", "2", "3")],
            "/shelves/b/covers": [covers("4")],
            "/covers/1": [MissingError("/x", 404)],
            "/covers/2": [ZeroDivisionError()],
        },
        cover,
    )
    reading = Reading(graph, Covers)
    await reading.read()

    assert sorted(reading.ids(Covers)) == ["3", "4"]
    assert sorted(it.subject["coverId"] for it in reading.issues) == ["1", "2"]


async def test_parts_that_have_begun_are_read_whatever_becomes_of_the_parent():
    done = threading.Event()
    following = {"value": [{"id": "1"}], "@odata.nextLink": "/next"}

    def refuse(url):
        done.set()
        return RejectedError(url, 400)

    graph = FakeGraph(
        {
            "/shelves": [body("a")],
            "/shelves/a/covers": [json.dumps(following).encode()],
            "/covers/1": [lambda url: done.wait(LONG) and cover(url)],
            "/next": [refuse],
        }
    )
    reading = Reading(graph, Covers)
    await reading.read()

    assert reading.ids(Covers) == ["1"]
    assert [it.subject for it in reading.issues] == [{"shelfId": "a"}]


async def test_a_parent_is_done_once_all_of_its_parts_are():
    done = []

    def look(url):
        done.append(reading.run.streams[Covers].metrics.done)
        return cover(url)

    graph = FakeGraph({"/shelves": [body("a")], "/shelves/a/covers": [covers("1", "2", "3")]}, look)
    reading = Reading(graph, Covers)
    await reading.read()
    metrics = reading.run.streams[Covers].metrics

    assert done == [0, 0, 0]
    assert (metrics.parents, metrics.done, metrics.rows) == (1, 1, 3)
    assert metrics.started <= metrics.ended


async def test_an_error_that_ends_the_run_cancels_the_parts_of_all():
    graph = FakeGraph(
        {"/shelves": [body("a")], "/shelves/a/covers": [covers(*numbered(50))]},
        lambda _: AuthenticationError("no token"),
    )
    reading = Reading(graph, Covers)
    with pytest.raises(AuthenticationError):
        await reading.read()
    assert len(graph.sent) < 10
