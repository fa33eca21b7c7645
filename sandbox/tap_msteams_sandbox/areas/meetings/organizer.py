"""Artifacts of all meetings of an organizer, for applications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.meetings import artifacts
from tap_msteams_sandbox.areas.meetings.answers import (
    given_out,
    recorded,
    transcribed,
    user_of,
)
from tap_msteams_sandbox.areas.meetings.area import AREA, RECORDING, TRANSCRIPT
from tap_msteams_sandbox.areas.meetings.calendar import Meetings
from tap_msteams_sandbox.instants import parse
from tap_msteams_sandbox.odata import PAGED, Paging, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

PAGING = Paging(10, 50)

REPEATED = 2
"""How many rows of a page come again after the empty page between two.

https://learn.microsoft.com/en-us/graph/api/onlinemeeting-getalltranscripts
"""


@AREA.endpoint(
    "GET /users/{id}/onlineMeetings/getAllTranscripts()", "onlinemeeting-getalltranscripts",
    application=TRANSCRIPT, delegated=None, options=PAGED, paging=PAGING,
)  # fmt: skip
def transcripts(call: Call) -> bytes:
    """GET /users/{id}/onlineMeetings/getAllTranscripts(...)."""
    given_out(call)
    return _made_between(call, "transcripts")


@AREA.endpoint(
    "GET /users/{id}/onlineMeetings/getAllRecordings()", "onlinemeeting-getallrecordings",
    application=RECORDING, delegated=None, options=PAGED, paging=PAGING,
)  # fmt: skip
def recordings(call: Call) -> bytes:
    """GET /users/{id}/onlineMeetings/getAllRecordings(...)."""
    return _made_between(call, "recordings")


def _made_between(call: Call, kind: str) -> bytes:
    """Return what was made between the two instants of the path."""
    user = user_of(call)
    if call.arguments.get("meetingOrganizerUserId") != user.id:
        msg = "MeetingOrganizerUserId has to be given, and to be the user of the path."
        raise GraphError.bad_request(msg)
    low, high = call.span
    rows = all_of(call.tenant, user, kind)
    found = [row for row in rows if low < parse(row["createdDateTime"]) < high]
    return _on_pages(call, kind, found)


def _on_pages(call: Call, kind: str, rows: list[Row]) -> bytes:
    """Return a page; every second one is empty, and the next one repeats some rows."""
    number, size = call.query.number() or 0, call.size
    start, is_empty = number // 2 * size, number % 2
    shown = [] if is_empty else rows[max(start - REPEATED, 0) : start + size]
    has_more = is_empty or start + size < len(rows)
    context = call.context(f"Collection(call{kind.capitalize()[:-1]})")
    more = call.next_link(number + 1) if has_more else None
    return page(context, [pick(row, None) for row in shown], next_link=more)


def all_of(tenant: Company, person: Person, kind: str) -> Iterator[Row]:
    """Yield what was made of the meetings of a person, those in channels left out."""
    is_transcript = kind == "transcripts"
    chosen = transcribed if is_transcript else recorded
    describe = artifacts.transcript if is_transcript else artifacts.recording
    for meeting in tenant.part(Meetings).visible():
        if meeting.organizer is person and not meeting.in_channel:
            for session in chosen(meeting):
                yield describe(tenant, meeting, session)


def _everybody(tenant: Company, kind: str) -> Iterator[Row]:
    for person in tenant.people:
        for row in all_of(tenant, person, kind):
            yield {"userId": person.id, **row}


@AREA.rows("organizer_transcripts")
def all_transcripts(tenant: Company) -> Iterator[Row]:
    """Yield the transcripts of all meetings that are not in channels."""
    return _everybody(tenant, "transcripts")


@AREA.rows("organizer_recordings")
def all_recordings(tenant: Company) -> Iterator[Row]:
    """Yield the recordings of all meetings that are not in channels."""
    return _everybody(tenant, "recordings")
