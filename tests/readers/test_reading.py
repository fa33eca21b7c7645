"""Laws of reading: many parents at once, and the failure of one is nobody else's."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from tap_msteams.errors import (
    AuthenticationError,
    ForbiddenError,
    RejectedError,
    UnavailableError,
)
from tap_msteams.readers.reader import Reader
from tests.client.fake_graph import FakeGraph, body
from tests.loop import LONG
from tests.readers.library import Books, LibraryTap, Reading, Shelves, numbered, shelves


def books_of(shelf):
    return f"/shelves/{shelf}/books"


# Parents and children


async def test_what_is_found_while_others_are_read_is_read_below():
    graph = FakeGraph(
        {
            "/shelves": [body("a", following="/shelves?2")],
            "/shelves?2": [body("b")],
            books_of("a"): [body("1", "2", following="/more")],
            "/more": [body("3")],
            books_of("b"): [body("4")],
        }
    )
    reading = Reading(graph, Shelves, Books)
    await reading.read()

    assert reading.ids(Shelves) == ["a", "b"]
    found = [(row["shelfId"], row["id"]) for row in reading.rows["books"]]
    assert sorted(found) == [("a", "1"), ("a", "2"), ("a", "3"), ("b", "4")]
    assert [id_ for shelf, id_ in found if shelf == "a"] == ["1", "2", "3"]
    assert reading.issues == []


async def test_parents_that_nobody_wants_are_listed_for_their_ids_alone():
    reading = Reading(shelves("a"), Books)
    await reading.read()
    assert (reading.ids(Shelves), reading.ids(Books)) == ([], [books_of("a")])


async def test_nothing_to_read_is_read_at_once():
    reading = Reading(shelves(), Shelves, Books)
    await reading.read()
    assert (reading.rows, reading.issues) == ({}, [])


class DistinctBooks(Books):
    """Books of shelves that several lists show."""

    distinct_parents = True


class DistinctTap(LibraryTap):
    kinds = (Shelves, DistinctBooks)


@pytest.mark.parametrize(
    ("books", "tap", "times"), [(Books, LibraryTap, 2), (DistinctBooks, DistinctTap, 1)]
)
async def test_what_is_below_a_parent_that_comes_twice_is_read_once_where_streams_say_so(
    books, tap, times
):
    reading = Reading(shelves("a", "a", "b"), books, tap=tap)
    await reading.read()
    assert sorted(reading.ids(Books)) == [*[books_of("a")] * times, books_of("b")]


async def test_only_so_many_parents_are_open_at_once():
    graph, most = shelves(*numbered(100)), 0

    def look(url):
        nonlocal most
        most = max(most, reading.run.streams[Books].open)
        return body(url)

    graph._default = look
    reading = Reading(graph, Books, concurrency=2)
    await reading.read()

    assert most == 4 * 2
    assert len(reading.ids(Books)) == 100


async def test_a_parent_that_graph_makes_wait_stops_nobody():
    done = threading.Event()
    slow = books_of("000")
    graph = shelves(*numbered(30), **{slow: [lambda url: done.wait(LONG) and body(url)]})
    reading = Reading(graph, Books)

    async def emit(stream, records):
        await Reading.emit(reading, stream, records)
        if len(reading.ids(Books)) == 29:
            done.set()

    reading.run.emit = emit
    await reading.read()
    assert reading.ids(Books)[-1] == slow


async def test_the_next_page_is_asked_for_once_the_last_one_is_written():
    graph = FakeGraph(
        {
            "/shelves": [body("a", following="/2")],
            "/2": [body("b", following="/3")],
            "/3": [body("c")],
        }
    )
    reading, log = Reading(graph, Shelves), []

    async def emit(_, records):
        log.append((len(records), list(graph.sent)))
        await asyncio.sleep(1)  # a target that takes its time
        log.append((len(records), list(graph.sent)))

    reading.run.emit = emit
    await reading.read()
    pages = ["/shelves", "/2", "/3"]
    assert log == [(1, pages[:n]) for n in (1, 1, 2, 2, 3, 3)]


async def test_who_lists_more_parents_than_enough_waits_between_pages():
    pages = {
        f"/shelves?{n}": [body(*(f"{n}-{i}" for i in range(999)), following=f"/shelves?{n + 1}")]
        for n in range(30)
    }
    paused = UnavailableError("/x", 503, retry_after=600.0)
    graph = FakeGraph({"/shelves": pages["/shelves?0"], **pages}, lambda _: paused)
    reading = Reading(graph, Books)
    task = asyncio.create_task(reading.read())
    await asyncio.sleep(1)

    assert reading.run.streams[Books].feed.waiting == 10_000
    assert len([url for url in graph.sent if "books" not in url]) == 11
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# Failures


async def test_a_failure_is_a_gap_of_its_parent():
    refusals = {
        books_of("001"): [ForbiddenError("/x", 403, message="closed")],
        books_of("004"): [UnavailableError("/x", 503)],
    }
    reading = Reading(shelves(*numbered(8), **refusals), Shelves, Books)
    await reading.read()

    assert sorted(reading.ids(Books)) == [books_of(it) for it in numbered(8) if it not in "001 004"]
    assert len(reading.ids(Shelves)) == 8
    assert [(it.severity, it.stream, it.subject) for it in reading.issues] == [
        ("gap", "books", {"shelfId": "001"}),
        ("gap", "books", {"shelfId": "004"}),
    ]
    assert reading.run.streams[Books].failed == 2


async def test_a_failure_on_a_later_page_keeps_what_was_read_before():
    graph = shelves(
        "a", **{books_of("a"): [body("1", following="/2")], "/2": [RejectedError("/2", 400)]}
    )
    reading = Reading(graph, Books)
    await reading.read()
    assert (reading.ids(Books), len(reading.issues)) == (["1"], 1)


async def test_an_error_nobody_thought_of_is_a_gap_of_its_parent_alone(caplog):
    caplog.set_level(logging.DEBUG)
    mistake = books_of("002")
    graph = shelves(*numbered(5), **{mistake: [ZeroDivisionError("a mistake of ours")]})
    reading = Reading(graph, Books)
    await reading.read()

    assert len(reading.ids(Books)) == 4
    [issue] = reading.issues
    assert (issue.severity, issue.subject) == ("gap", {"shelfId": "002"})
    assert "ZeroDivisionError" in str(issue)
    with_traceback = [it for it in caplog.records if it.exc_info or "Traceback" in it.getMessage()]
    told = [(it.levelname, it.getMessage()) for it in with_traceback]
    assert told == [("DEBUG", "books: an unforeseen error")]
    assert reading.run.streams[Books].failed == 1
    assert not any("a mistake of ours" in it for it in caplog.messages)


async def test_what_graph_never_allows_ends_the_run_as_itself():
    error = AuthenticationError("no token")
    graph = shelves(*numbered(20), **{books_of("003"): [error]})
    reading = Reading(graph, Shelves, Books)
    with pytest.raises(AuthenticationError) as caught:
        await reading.read()

    assert caught.value is error
    assert reading.issues == []
    assert len(graph.sent) < 20


async def test_what_cannot_be_written_ends_the_run_as_itself():
    reading = Reading(shelves(*numbered(20)), Shelves, Books)

    async def emit(*_):
        raise BrokenPipeError

    reading.run.emit = emit
    with pytest.raises(BrokenPipeError):
        await reading.read()
    assert reading.issues == []


def readers_below(kind):
    return [kind, *(it for child in kind.__subclasses__() for it in readers_below(child))]


def test_a_reader_stands_on_three_others_at_most():
    for it in readers_below(Reader):
        assert len(it.__mro__) - 1 <= 4, it.__mro__  # less `object`
