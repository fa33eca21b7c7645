"""Laws of what a failure means: for its own stream, for those below, and for who is told."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from tap_msteams.declaration import Delegated
from tap_msteams.errors import (
    DisabledError,
    ForbiddenError,
    GraphError,
    MissingError,
    NotEntitledError,
    NotGrantedError,
    NotLicensedError,
    RejectedError,
    UnsupportedError,
)
from tap_msteams.run.issues import DOUBLES, UNDECLARED
from tests.client.fake_graph import FakeGraph, body
from tests.readers.library import (
    Books,
    Covers,
    LibraryTap,
    Loans,
    Reading,
    Reminders,
    Shelves,
    shelves,
)
from tests.readers.tenant import page, read

REFUSED = ForbiddenError("/x", 403, message="closed")
GONE = MissingError("/x", 404)


class Rooms(Shelves):
    """Rooms, which tell of each other."""

    name = "rooms"
    path = "/rooms"
    fills = "roomId"
    entity = "room"
    permission = "Room.Read.All"


class Plants(Books):
    """Plants in a room, for whom a room of glass is barred."""

    name = "plants"
    path = "/rooms/{roomId}/plants"
    parents = (Rooms,)
    parent_facts = ("wall",)
    primary_keys = ("id",)
    entity = "plant"
    product = "Gardens"
    delegated = Delegated(permission="Mine")
    asked = ()

    @classmethod
    def barred(cls, facts, *, application, tenant_id):
        if facts.get("wall") == "glass":
            return RejectedError("", message=f"glass {application} {tenant_id}")
        return None

    @classmethod
    def meaning(cls, error, ids, facts, *, application):
        if type(error) is GraphError:
            return RejectedError("", message=f"{ids} {facts} {application}")
        return error


class Editions(Books):
    """Editions of books, which the id of a book does not tell from each other."""

    name = "editions"
    path = "/shelves/{shelfId}/editions"
    entity = "edition"
    primary_keys = ("shelfId", "id", "title")


class Labels(Books):
    """Labels of books, to which Graph gives no id."""

    name = "labels"
    path = "/shelves/{shelfId}/labels"
    entity = "label"
    facts = ("title",)
    computed: ClassVar = {"id": lambda _, row: row["title"]}


class RoomTap(LibraryTap):
    kinds = (Rooms, Plants, Shelves, Books, Editions, Labels)


def told(reading):
    return [(it.severity, it.stream, it.subject, it.verdict) for it in reading.issues]


@pytest.mark.parametrize(
    ("errors", "is_complete"),
    [
        ({"/shelves/a/books": REFUSED}, False),
        ({"/shelves/a/books": NotGrantedError("/x", 403)}, False),
        ({"/shelves/a/books": GONE}, False),
        ({"/shelves/a/books": GONE, "/shelves/a": GONE}, False),
        ({"/shelves/a/books": NotEntitledError("/x", 403)}, True),
        ({}, True),
    ],
)
async def test_a_version_is_of_all_rows_that_there_are(errors, is_complete):
    answers = {url: [error] for url, error in errors.items()}
    reading = Reading(shelves("a", "b", **answers), Books)
    activated = []
    reading.tap.streams["books"].activate_version = lambda: activated.append(Books)
    await reading.read()

    run = reading.run.streams[Books]
    assert (run.is_complete, bool(activated)) == (is_complete, is_complete)
    assert run.lists_all == is_complete
    assert reading.ids(Books)[-1] == "/shelves/b/books"


@pytest.mark.parametrize(("error", "unlisted"), [(REFUSED, {"loans"}), (GONE, set())])
async def test_what_is_below_a_list_that_was_not_read_is_a_gap_of_its_own(error, unlisted):
    answers = {"/shelves/a/loans": [error], "/shelves/a": [GONE]}
    reading = Reading(shelves("a", **answers), Reminders)
    await reading.read()

    run = reading.run.streams[Loans]
    assert (run.lists_all, run.is_complete, run.unlisted) == (False, False, unlisted)
    below = [it.message for it in reading.issues if it.stream == "reminders"]
    assert bool(below) == bool(unlisted)
    assert all("it is read below `loans`, which could not be read" in it for it in below)


async def test_a_record_without_its_details_is_a_gap_and_leaves_the_list_whole():
    listed = json.dumps({"value": [{"id": "1"}, {"id": "2"}]}).encode()
    answers = {"/shelves/a/covers": [listed], "/covers/1": [REFUSED], "/covers/2": [b'{"id":"2"}']}
    reading = Reading(shelves("a", **answers), Covers)
    await reading.read()

    run = reading.run.streams[Covers]
    assert told(reading) == [("gap", "covers", {"shelfId": "a", "coverId": "1"}, "refused")]
    assert (run.is_complete, run.lists_all, run.unlisted) == (False, True, set())


# Permissions


def refusal(**known):
    error = NotGrantedError("/x", 403)
    for name, value in known.items():
        setattr(error, name, value)
    return error


@pytest.mark.parametrize(
    ("error", "permission"),
    [
        (refusal(), "Book.Read.All"),
        (refusal(named=("Other.Read", "Book.Read.All")), "Book.Read.All"),
        (refusal(named=("Other.Read", "More.Read")), "Other.Read"),
        (refusal(permission="Known.Read"), "Known.Read"),
    ],
)
async def test_a_permission_that_no_shelf_has_granted_is_told_once_and_not_asked_for_any_more(
    error, permission
):
    names = [f"{n:02}" for n in range(40)]
    answers = {f"/shelves/{it}/books": [error] for it in names}
    reading = Reading(shelves(*names, **answers), Books, concurrency=1)
    await reading.read()

    assert [(it.permission, it.subject) for it in reading.issues] == [(permission, {})]
    assert len(reading.tap.graph.sent) < 20


async def test_a_permission_that_some_shelves_have_granted_is_asked_for_everywhere():
    names = [f"{n:02}" for n in range(40)]
    answers = {f"/shelves/{it}/books": [refusal()] for it in names[1:]}
    reading = Reading(shelves(*names, **answers), Books, concurrency=1)
    await reading.read()

    assert len(reading.issues) == 39
    assert {it.permission for it in reading.issues} == {"Book.Read.All"}
    assert {"shelfId": "07"} in [it.subject for it in reading.issues]
    assert len(reading.tap.graph.sent) == 41


# Streams that wait for a list


@pytest.mark.parametrize("error", [REFUSED, refusal()])
def test_messages_are_told_why_the_channels_of_their_team_are_not_known(error):
    answers = {
        "/teams?": page({"id": "T"}, {"id": "U"}),
        "/teams/T/allChannels": page({"id": "C"}),
        "/teams/U/allChannels": error,
        "/teams/T/channels/C/messages?": page({"id": "1"}),
        "/teams/T/channels/getAllMessages": UnsupportedError("/x", 402),
        "/teams/U/channels/getAllMessages": UnsupportedError("/x", 402),
    }
    output = read(answers, "channels", "messages", concurrency=1)

    assert [it["id"] for it in output.records["messages"]] == ["1"]
    gaps = {it["stream"]: it for it in output.records["sync_issues"]}
    assert gaps.keys() == {"channels", "messages"}
    assert gaps["channels"]["subject"] == {"teamId": "U"}
    # A permission that nobody is known to have granted is told without an id.
    assert gaps["messages"]["subject"] == ({"teamId": "U"} if error is REFUSED else {})
    assert {it["status"] for it in gaps.values()} == {403}
    permissions = {it["permission"] for it in gaps.values()}
    assert error is REFUSED or permissions == {"Channel.ReadBasic.All"}
    assert output.code == 3


def test_messages_wait_for_no_channels_once_no_team_has_granted_the_permission():
    def answer(request):
        return UnsupportedError("/x", 402) if "Messages" in request.url else refusal()

    answers = {"/teams?": page(*({"id": f"{n}"} for n in range(30))), "/teams/": answer}
    output = read(answers, "channels", "messages", concurrency=1)

    told = {(it["stream"], it["permission"]) for it in output.records["sync_issues"]}
    assert told == {(it, "Channel.ReadBasic.All") for it in ("channels", "messages")}
    assert len([it for it in output.asked if "allChannels" in it]) < 15


# What a stream makes of an error


async def test_a_stream_says_what_an_error_means_and_what_not_to_ask():
    rooms = json.dumps({"value": [{"id": "a", "wall": "glass"}, {"id": "b", "wall": "w"}]})
    graph = FakeGraph({"/rooms": [rooms.encode()], "/rooms/b/plants": [GraphError("/x", 400)]})
    reading = Reading(graph, Plants, tap=RoomTap)
    await reading.read()

    assert sorted(it.message for it in reading.issues) == [
        "glass True contoso",
        "{'roomId': 'b'} {'id': 'b', 'wall': 'w'} True",
    ]
    assert "/rooms/a/plants" not in graph.sent


@pytest.mark.parametrize("kind", [UnsupportedError, NotLicensedError, DisabledError])
@pytest.mark.parametrize(("rooms", "is_read"), [("bc", False), ("ab", True), ("bca", True)])
async def test_a_product_is_lacking_unless_somebody_has_shown_records(kind, rooms, is_read):
    refused = {f"/rooms/{it}/plants": [kind("/x", 403, message="no")] for it in "bc"}
    graph = FakeGraph({"/rooms": [body(*rooms)], **refused})
    reading = Reading(graph, Plants, tap=RoomTap, concurrency=1)
    await reading.read()

    [issue] = reading.issues
    verdict = ("gap", "unavailable") if is_read else ("notice", "lacking")
    assert (issue.severity, issue.verdict, issue.message) == (*verdict, "no")
    assert (issue.subject, issue.count) == (
        {"roomId": "b"} if is_read else {},
        rooms.count("c") + 1,
    )
    assert reading.run.streams[Plants].unlisted == ({"plants"} if is_read else set())
    assert is_read or "Gardens" in issue.remedy


@pytest.mark.parametrize("application", [True, False])
async def test_who_is_refused_is_told_the_permission_of_applications_or_of_users(application):
    graph = FakeGraph({"/rooms": [body("a")], "/rooms/a/plants": [refusal()]})
    graph._authenticator.is_application = application
    reading = Reading(graph, Plants, tap=RoomTap)
    await reading.read()

    assert [it.permission for it in reading.issues] == ["Book.Read.All" if application else "Mine"]


@pytest.mark.parametrize("error", [NotEntitledError("/x", 403), RejectedError("/x", 400)])
async def test_what_a_person_lacks_or_what_is_wrong_says_nothing_of_a_product(error):
    graph = FakeGraph({"/rooms": [body("b")], "/rooms/b/plants": [error]})
    reading = Reading(graph, Plants, tap=RoomTap)
    await reading.read()
    assert "lacking" not in [it.verdict for it in reading.issues]


# Rows


async def test_undeclared_properties_are_told_when_the_first_ones_come():
    rows = {"value": [{"id": "1", "new": 1}]}
    more = {"value": [{"id": "2", "new": 1, "newer": 2}]}
    answers = {
        "/shelves/a/books": [json.dumps(rows).encode()],
        "/shelves/b/books": [json.dumps(more).encode()],
    }
    reading = Reading(shelves("a", "b", **answers), Books, concurrency=1)
    await reading.read()

    [issue] = reading.issues
    assert (issue.severity, issue.code, issue.stream) == ("notice", UNDECLARED, "books")
    assert "Graph sends new, which this version does not declare" in issue.message
    assert "additionalData" in issue.remedy


async def test_a_value_that_is_none_costs_no_row_and_is_told():
    rows = b'{"value":[{"id":"1","title":NaN},{"id":"2","title":"x"}]}'
    reading = Reading(shelves("a", **{"/shelves/a/books": [rows]}), Books)
    await reading.read()

    assert [it.get("title") for it in reading.rows["books"]] == [None, "x"]
    assert told(reading) == [("gap", "books", {"shelfId": "a"}, "damaged")]
    assert "NaN" in reading.issues[0].message


@pytest.mark.parametrize(("kind", "codes"), [(Books, [DOUBLES]), (Editions, []), (Labels, [])])
async def test_rows_with_the_key_of_another_one_are_told_once(kind, codes):
    rows = [{"id": "1", "title": it} for it in "ab"]
    place = json.dumps({"value": rows}).encode()
    answers = {f"/shelves/{it}/{kind.name}": [place] for it in "ab"}
    reading = Reading(shelves("a", "b", **answers), kind, tap=RoomTap)
    await reading.read()

    assert len(reading.ids(kind)) == 4
    assert [it.code for it in reading.issues] == codes
    told = "targets keep the last one of them: ask Microsoft about the others"
    assert {it.remedy for it in reading.issues} <= {told}
