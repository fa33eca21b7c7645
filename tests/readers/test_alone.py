"""Laws of reading one stream for the SDK: `--test` and batches."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import islice

import pytest

from tap_msteams.errors import AuthenticationError, ForbiddenError, TapError
from tests.client.fake_graph import FakeGraph, body
from tests.readers.library import LibraryTap, anything

SHELVES = [f"{n:03}" for n in range(40)]


def library(answers=None):
    return FakeGraph({"/shelves": [body(*SHELVES)], **(answers or {})}, anything)


def alone(graph, stream="books"):
    """The records of one stream, as they are asked for."""
    tap = LibraryTap(graph)
    return tap.read_alone(tap.streams[stream])


def test_the_records_of_one_stream_come_as_plain_values():
    page = b'{"value":[{"id":"1","title":"x","new":{"a":[1.5]}}]}'
    graph = FakeGraph({"/shelves": [body("a")], "/shelves/a/books": [page]})
    assert list(alone(graph)) == [
        {"shelfId": "a", "id": "1", "title": "x", "additionalData": {"new": {"a": [1.5]}}}
    ]
    assert graph.sent == ["/shelves", "/shelves/a/books"]


def test_all_records_come():
    assert sorted(row["shelfId"] for row in alone(library())) == SHELVES


def test_no_more_is_asked_for_than_whoever_takes_the_records_can_take():
    graph = library()
    records = alone(graph)
    next(records)
    assert len(graph.sent) <= 1 + 4 * 2 + 2  # as many as are open at once, and those under way
    assert len(list(records)) == 39


def test_the_next_page_is_asked_for_once_the_records_of_the_last_one_have_been_taken():
    pages = {"/shelves/a/books": [body(*"123", following="/2")], "/2": [body("4", following="/3")]}
    graph = FakeGraph({"/shelves": [body("a")], **pages, "/3": [body("5")]})
    records, asked = alone(graph), ["/shelves", "/shelves/a/books"]
    assert [(next(records)["id"], graph.sent == asked) for _ in range(3)] == [
        (id_, True) for id_ in "123"
    ]
    assert (next(records)["id"], graph.sent == [*asked, "/2"]) == ("4", True)
    assert [row["id"] for row in records] == ["5"]


@pytest.mark.parametrize("number", [0, 1, 5])
def test_whoever_has_enough_waits_for_nothing_more(number):
    graph = library()
    records = alone(graph)
    assert len(list(islice(records, number))) == number
    records.close()
    assert len(graph.sent) < 30


def test_what_ends_a_run_is_told_to_whoever_takes_the_records():
    error = AuthenticationError("no token")
    with pytest.raises(AuthenticationError) as caught:
        list(alone(library({"/shelves/003/books": [error]})))
    assert caught.value is error


def test_what_was_not_read_is_an_issue_and_the_others_come(caplog):
    records = list(alone(library({"/shelves/003/books": [ForbiddenError("/x", 403)]})))
    assert len(records) == 39
    assert "gap: books shelfId=003" in caplog.text


@pytest.mark.parametrize(
    ("on_error", "selected", "said"),
    [
        ("fail_at_end", ["books", "covers"], "selected, and could not be read: covers;"),
        ("fail_at_end", ["books"], None),
        ("report", ["books", "covers"], None),
        ("report", ["covers"], None),
    ],
)
def test_a_connection_is_good_where_all_that_is_selected_can_be_read(on_error, selected, said):
    refusal = ForbiddenError("/shelves/000/covers", 403)
    graph = library({f"/shelves/{it}/covers": [refusal] for it in SHELVES})
    tap = LibraryTap(graph, on_error=on_error)
    for name in ("books", "covers"):
        list(tap.read_alone(tap.streams[name]))

    with pytest.raises(TapError, match=said) if said else nullcontext():
        tap.check_test(selected)


def test_a_connection_is_bad_where_nothing_can_be_read():
    tap = LibraryTap(FakeGraph({"/shelves": [ForbiddenError("/shelves", 403)]}), on_error="report")
    list(tap.read_alone(tap.streams["books"]))
    with pytest.raises(TapError, match="nothing could be read"):
        tap.check_test(["books"])
