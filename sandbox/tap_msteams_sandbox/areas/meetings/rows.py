"""All rows of meetings, complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.meetings import artifacts, attendance
from tap_msteams_sandbox.areas.meetings.answers import newest, recorded, transcribed
from tap_msteams_sandbox.areas.meetings.area import AREA
from tap_msteams_sandbox.areas.meetings.calendar import Meetings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company


@AREA.rows("online_meetings")
def online_meetings(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the meetings that are still open."""
    for meeting in tenant.part(Meetings).visible():
        yield {"userId": meeting.organizer.id, **meeting.describe(tenant)}


@AREA.rows("attendance_reports")
def attendance_reports(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield who was there, meeting by meeting."""
    meetings = tenant.part(Meetings)
    for meeting in meetings.visible():
        ids = {"userId": meeting.organizer.id, "meetingId": meeting.id}
        for other, session in newest(meetings, meeting):
            present = meetings.attendees(session.call_id)
            yield {**ids, **attendance.report(other, session, present)}


@AREA.rows("attendance_records")
def attendance_records(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield each of those who were there."""
    meetings = tenant.part(Meetings)
    for meeting in meetings.visible():
        ids = {"userId": meeting.organizer.id, "meetingId": meeting.id}
        for other, session in newest(meetings, meeting):
            ids["reportId"] = attendance.report_id(session)
            for attendee in meetings.attendees(session.call_id):
                yield {**ids, **attendance.record(other, attendee)}


@AREA.rows("transcripts")
def transcripts(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the transcripts."""
    for meeting in tenant.part(Meetings).visible():
        for session in transcribed(meeting):
            row = artifacts.transcript(tenant, meeting, session)
            yield {"userId": meeting.organizer.id, **row}


@AREA.rows("recordings")
def recordings(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the recordings."""
    for meeting in tenant.part(Meetings).visible():
        for session in recorded(meeting):
            row = artifacts.recording(tenant, meeting, session)
            yield {"userId": meeting.organizer.id, **row}
