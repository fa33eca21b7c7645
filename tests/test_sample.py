"""Laws of samples: a little of each stream, and nobody in front of it waits for long."""

from __future__ import annotations

import asyncio

import pytest

from tap_msteams.errors import (
    ForbiddenError,
    NotGrantedError,
    ThrottledError,
    UnavailableError,
)
from tap_msteams.preflight.sample import PATIENCE, Measure, Sampling
from tests.client.fake_graph import FakeGraph, body
from tests.readers.library import Books, Covers, LibraryTap, Loans, Reminders, Shelves, anything

SHELVES = [f"{n:03}" for n in range(30)]


async def sample(graph, *streams, **measure):
    """What came of each stream."""
    tap = LibraryTap(graph)
    sampling = Sampling(tap, [tap.streams[it.name] for it in streams], Measure(**measure))
    sampling.run.client.clock = asyncio.get_running_loop().time
    await sampling._read()
    return sampling.parts


def library(answers=None, default=anything):
    return FakeGraph({"/shelves": [body(*SHELVES, following="/more")], **(answers or {})}, default)


def below(graph):
    """The shelves that were asked for something."""
    return [url.split("/")[2] for url in graph.sent if url.count("/") == 3]


async def test_one_page_of_one_parent_is_enough():
    graph = library({"/shelves/000/books": [body("1", following="/further")]})
    parts = await sample(graph, Shelves, Books)

    assert graph.sent == ["/shelves", "/shelves/000/books"]
    assert {name: (it.parents_read, it.good, it.rows) for name, it in parts.items()} == {
        "shelves": (1, 1, 30),
        "books": (1, 1, 1),
    }
    assert (parts["shelves"].cut, parts["books"].cut, parts["books"].found) == (True, True, 30)


async def test_so_many_parents_and_pages_are_read_as_are_asked_for():
    pages = {f"/{n}": [body("x", following=f"/{n + 1}")] for n in range(9)}
    graph = library({"/shelves/000/books": [body("1", following="/0")], **pages})
    parts = await sample(graph, Books, parents=3, pages=4)

    assert below(graph) == ["000", "001", "002"]
    assert [url for url in graph.sent if url in pages] == ["/0", "/1", "/2"]
    assert (parts["books"].good, parts["books"].rows) == (3, 4 + 1 + 1)


async def test_where_nothing_is_found_others_are_tried_for_what_is_below():
    empty = {f"/shelves/{it}/loans": [body()] for it in SHELVES[:2]}
    graph = library(empty)
    parts = await sample(graph, Loans, Reminders)

    assert below(graph)[:3] == ["000", "001", "002"]
    assert parts["reminders"].good == 1


async def test_not_all_are_tried_where_nothing_is_found():
    graph = library(default=lambda _: body())
    parts = await sample(graph, Loans, Reminders, spare=4)
    assert (below(graph), parts["reminders"].parents_read) == (SHELVES[:5], 0)


@pytest.mark.parametrize("error", [ForbiddenError("/x", 403), NotGrantedError("/x", 403)])
async def test_a_parent_that_refuses_is_followed_by_another(error):
    graph = library({"/shelves/000/books": [error]})
    parts = await sample(graph, Books, spare=1)

    assert parts["books"].refusals
    assert parts["books"].refusals[0][1] is error


async def test_of_the_parts_of_a_parent_the_first_tells_enough():
    graph = library({"/shelves/000/covers": [body(*"12345")]})
    parts = await sample(graph, Covers)

    assert [url for url in graph.sent if url.startswith("/covers")] == ["/covers/1"]
    assert (parts["covers"].more, parts["covers"].more_read) == (5, 1)


async def test_nothing_is_written_and_no_version_is_activated():
    tap = LibraryTap(library())
    tap.write_message = pytest.fail
    sampling = Sampling(tap, [tap.streams["shelves"], tap.streams["books"]], Measure())
    sampling.run.client.clock = asyncio.get_running_loop().time
    await sampling._read()


async def test_a_sample_whose_tasks_wait_for_each_other_ends():
    tap = LibraryTap(library({"/shelves": [body()]}))
    sampling = Sampling(tap, [tap.streams["books"]], Measure())
    sampling.run.client.clock = asyncio.get_running_loop().time
    sampling.run.streams[Books].feed._producers += 1  # who will never list anything
    with pytest.raises(RuntimeError, match="every task waits for another"):
        await sampling._read()


@pytest.mark.parametrize("kind", [ThrottledError, UnavailableError])
async def test_a_short_wait_that_graph_asks_for_is_waited(kind):
    parts = await sample(
        library({"/shelves/000/books": [kind("/x", 429, retry_after=5.0), body()]}), Books
    )
    assert parts["books"].good == 1
    assert 5 <= asyncio.get_running_loop().time() < 6


@pytest.mark.parametrize("kind", [ThrottledError, UnavailableError])
async def test_a_long_wait_that_graph_asks_for_is_told_at_once(kind):
    error = kind("/x", 429, retry_after=600.0)
    parts = await sample(library({"/shelves/000/books": [error]}), Books, spare=0)

    assert parts["books"].refusals == [({"shelfId": "000"}, error)]
    assert asyncio.get_running_loop().time() == 0.0


async def test_what_graph_allows_nobody_at_present_is_not_waited_for():
    error = ThrottledError("/x", 429, retry_after=600.0)
    graph = library({"/shelves/000/books": [error]})
    parts = await sample(graph, Books, spare=4)

    assert below(graph) == ["000"]
    assert {type(refusal) for _, refusal in parts["books"].refusals} == {ThrottledError}
    assert asyncio.get_running_loop().time() == 0.0


@pytest.mark.parametrize("kind", [ThrottledError, UnavailableError])
async def test_many_short_waits_are_not_waited_for_long(kind):
    error = kind("/x", 429, retry_after=4.0)
    parts = await sample(library({"/shelves/000/books": [error]}), Books, spare=0)

    [(_, refusal)] = parts["books"].refusals
    assert isinstance(refusal, ThrottledError)
    assert asyncio.get_running_loop().time() == PATIENCE
