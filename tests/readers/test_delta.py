"""Laws of Graph's own links to what changed: none runs ahead of its rows, no deletion is lost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from singer_sdk import typing as th

from tap_msteams.errors import (
    ExpiredError,
    ForbiddenError,
    MissingError,
    RejectedError,
    UnavailableError,
    UnsupportedError,
)
from tap_msteams.readers import Delta, GraphStream
from tests.client.fake_graph import NOON, FakeGraph, body
from tests.readers.library import LibraryTap, Reading, Shelves


class Notes(GraphStream):
    """Notes on a shelf, of which Graph tells what changed since its own link."""

    name = "notes"
    path = "/shelves/{shelfId}/notes"
    read = Delta()
    parents = (Shelves,)
    permission = "Note.Read.All"
    entity = "note"
    primary_keys = ("shelfId", "id")
    properties = th.PropertiesList(
        th.Property("shelfId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("text", th.StringType),
    )


class NotesTap(LibraryTap):
    kinds = (Shelves, Notes)


class PlainTap(NotesTap):
    """A tap for whom nobody has selected the text of notes."""

    def discover_streams(self):
        streams = super().discover_streams()
        streams[-1].metadata["properties", "text"].selected = False
        return streams


LATER = NOON + timedelta(days=1)
FIRST = "/shelves/{}/notes?$select=id,text"
DELETIONS = FIRST + "&token={}"
BEFORE_NOON, BEFORE_LATER = "2026-11-20T11:55:00.000Z", "2026-11-21T11:55:00.000Z"
AT_NOON, AT_LATER = "2026-11-20T12:00:00.000Z", "2026-11-21T12:00:00.000Z"


def changes(*ids, following=None, link=None):
    """A page of notes."""
    links = {"@odata.nextLink": following, "@odata.deltaLink": link}
    return json.dumps({"value": [{"id": it} for it in ids], **links}).encode()


def since(text):
    """A moment in an address."""
    return text.replace(":", "%3A")


def known(until, link, **more):
    """The state of a shelf whose notes go on at a link."""
    return {"version": 1, "open": {"a": {"until": until, "next": link}}, **more}


async def read(answers, state=None, *, now=NOON, shelves=("a",), **settings):
    """A run over the notes of some shelves, and the state that it leaves."""
    graph = FakeGraph({"/shelves": [body(*shelves)]})
    graph._answers |= {url: [it] for url, it in answers.items()}
    graph.started = now
    before = {"bookmarks": {"notes": state}} if state else None
    reading = Reading(graph, Notes, tap=NotesTap, state=before, **settings)
    reading.asked = graph.sent
    await reading.read()
    return reading, reading.state["notes"]


def gaps(reading):
    return [(it.subject, it.verdict) for it in reading.issues if it.severity == "gap"]


async def test_a_run_goes_on_at_the_link_of_the_last_one():
    first = {FIRST.format("a"): changes("1", following="/2"), "/2": changes("2", link="/link")}
    reading, state = await read(first)
    assert (reading.ids(Notes), state) == (["1", "2"], known(AT_NOON, "/link"))
    assert reading.run.streams[Notes].bookmark_before is None

    reading, state = await read({"/link": changes("3", link="/later")}, state, now=LATER)
    assert (reading.asked[1:], reading.ids(Notes)) == (["/link"], ["3"])
    assert state == known(AT_LATER, "/later")
    assert reading.run.streams[Notes].bookmark_before == AT_NOON


async def test_all_is_asked_for_since_a_link_never_tells_of_other_properties():
    graph = FakeGraph({"/shelves": [body("a")]}, lambda _: changes(link="/link"))
    await Reading(graph, Notes, tap=PlainTap).read()
    assert graph.sent[-1] == FIRST.format("a")


async def test_a_drive_is_read_whole_whatever_time_the_settings_choose():
    first = {FIRST.format("a"): changes("1", link="/link")}
    reading, _ = await read(first, start_date="2026-11-19T00:00:00Z")
    assert reading.run.streams[Notes].is_complete


async def test_a_link_is_of_the_moment_since_which_all_was_read():
    broken = UnavailableError("/2", 503)
    reading, state = await read({FIRST.format("a"): changes("1", following="/2"), "/2": broken})
    assert gaps(reading) == [({"shelfId": "a"}, "unavailable")]
    assert state == known(AT_NOON, "/2")

    broken = {"/2": changes("2", following="/3"), "/3": broken}
    _, state = await read(broken, state, now=LATER)
    assert state == known(AT_NOON, "/3")

    _, state = await read({"/3": changes("3", link="/link")}, state, now=LATER)
    assert state == known(AT_LATER, "/link")


async def test_a_link_stays_where_a_row_before_it_could_not_be_read():
    broken = b'{"value":[null],"@odata.deltaLink":"/link"}'
    reading, state = await read({"/old": broken}, known(AT_NOON, "/old"), now=LATER)
    assert len(gaps(reading)) == 1
    assert state == known(AT_NOON, "/old")


# Links that Graph refuses


@pytest.mark.parametrize(
    "error",
    [
        ExpiredError("/old", 410),
        MissingError("/old", 404),
        RejectedError("/old", 400),
        UnsupportedError("/old", 405),
        UnavailableError("/old", 409),
    ],
)
async def test_a_link_that_is_refused_is_read_from_the_start_and_what_was_deleted_since(
    error, caplog
):
    deletions = DELETIONS.format("a", since(BEFORE_NOON))
    answers = {
        "/old": error,
        FIRST.format("a"): changes("1", link="/link"),
        deletions: changes("2", link="/other"),
    }
    reading, state = await read(answers, known(AT_NOON, "/old"), now=LATER)

    assert (reading.asked[-1], reading.ids(Notes)) == (deletions, ["1", "2"])
    assert (gaps(reading), state) == ([], known(AT_LATER, "/link"))
    told = "notes a: Graph has forgotten what changed since 2026-11-20: everything is read again: "
    assert [it.removeprefix(told) for it in caplog.messages] == [str(error)]


async def test_a_link_that_is_refused_is_not_asked_for_again():
    answers = {"/old": ExpiredError("/old", 410), FIRST.format("a"): UnavailableError("/x", 503)}
    _, state = await read(answers, known(AT_NOON, "/old"), now=LATER)
    assert state == {"version": 1, "deletions": {BEFORE_NOON: ["a"]}}


@pytest.mark.parametrize("is_gone", [True, False])
async def test_a_shelf_that_is_gone_lacks_nothing(is_gone):
    gone = MissingError("/x", 404)
    answers = {FIRST.format("a"): gone, **({"/shelves/a": gone} if is_gone else {})}
    reading, _ = await read(answers)
    assert [it.severity for it in reading.issues] == (["notice"] if is_gone else ["gap"])


@pytest.mark.parametrize("error", [UnavailableError("/old", 503), ForbiddenError("/old", 403)])
async def test_a_link_that_fails_otherwise_is_kept(error):
    reading, state = await read({"/old": error}, known(AT_NOON, "/old"), now=LATER)
    assert (len(gaps(reading)), state) == (1, known(AT_NOON, "/old"))


@pytest.mark.parametrize(
    "error", [RejectedError("/x", 400, message="no"), UnsupportedError("", 405)]
)
async def test_deletions_that_graph_cannot_tell_are_a_gap_once(error):
    state = known(AT_NOON, "/old", deletions={BEFORE_NOON: ["a"]})
    answers = {"/old": changes(link="/link"), DELETIONS.format("a", since(BEFORE_NOON)): error}
    reading, state = await read(answers, state, now=LATER)

    assert gaps(reading) == [({"shelfId": "a"}, "expired")]
    told = f"what was deleted since 2026-11-20 cannot be seen: {error.message}"
    assert reading.issues[0].message == told
    assert state == known(AT_LATER, "/link")


@pytest.mark.parametrize("answer", [UnavailableError("/x", 503), b'{"value":[null]}'])
async def test_deletions_that_were_not_read_are_owed_to_the_next_run(answer):
    before = known(AT_NOON, "/old", deletions={BEFORE_NOON: ["a"]})
    answers = {"/old": changes(link="/link"), DELETIONS.format("a", since(BEFORE_NOON)): answer}
    reading, state = await read(answers, before, now=LATER)
    assert len(gaps(reading)) == 1
    assert state == known(AT_LATER, "/link", deletions={BEFORE_NOON: ["a"]})


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (None, {"deletions": {BEFORE_LATER: ["a"]}, "begun": BEFORE_LATER}),
        (known(AT_NOON, "/old"), {"deletions": {BEFORE_NOON: ["a"]}}),
    ],
)
async def test_a_round_without_a_link_at_its_end_begins_again_and_owes_deletions(before, left):
    answers = {"/old": changes("1"), FIRST.format("a"): changes("1", following="/2")}
    reading, state = await read({**answers, "/2": changes("2")}, before, now=LATER)
    assert gaps(reading) == [({"shelfId": "a"}, "expired")]
    assert reading.issues[0].message == "its last page has no link to later changes"
    assert state == {"version": 1, **left}


# First readings that were killed


async def test_the_start_of_a_first_reading_is_in_state_before_its_first_row():
    graph = FakeGraph({"/shelves": [body("a", "b")]}, lambda _: changes("1", link="/l"))
    reading, saved = Reading(graph, Notes, tap=NotesTap, concurrency=1), []

    def checkpoint():
        reading.session.save()
        saved.append(({**reading.state["notes"]}, len(reading.ids(Notes))))

    reading.run.checkpoint = checkpoint
    await reading.read()
    assert saved == [({"version": 1, "begun": BEFORE_NOON}, 0)]


async def test_a_reading_that_was_killed_owes_deletions_to_all_that_have_no_link():
    state = known(AT_NOON, "/old", begun=BEFORE_NOON)
    deletions = DELETIONS.format("b", since(BEFORE_NOON))
    answers = {
        "/old": changes(link="/a"),
        FIRST.format("b"): changes("1", link="/b"),
        deletions: changes("2", link="/other"),
    }
    reading, state = await read(answers, state, now=LATER, shelves=("a", "b"))

    assert sorted(reading.asked[1:]) == sorted(answers)
    assert "begun" not in state
    assert state["open"].keys() == {"a", "b"}


@pytest.mark.parametrize("broken", ["/shelves", FIRST.format("b")])
async def test_the_start_is_kept_until_all_have_a_link(broken):
    answers = {FIRST.format(it): changes("1", link=f"/{it}") for it in "ab"}
    answers[broken] = (
        b'{"value":[{"id":"a"},null]}' if broken == "/shelves" else UnavailableError("/x", 503)
    )
    _, state = await read(answers, shelves=("a", "b"))
    assert state["begun"] == BEFORE_NOON
