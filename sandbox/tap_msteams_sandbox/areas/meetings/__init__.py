"""Online meetings: who attended them, what was said and what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.area import Area
from tap_msteams_sandbox.areas.meetings import answers, artifacts, attendance
from tap_msteams_sandbox.areas.meetings.calendar import Meetings, day
from tap_msteams_sandbox.endpoints import Endpoint
from tap_msteams_sandbox.limits import Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_msteams_sandbox.endpoints import Call
    from tap_msteams_sandbox.replies import Reply
    from tap_msteams_sandbox.tenant import Tenant

__all__ = ["AREA", "Meetings"]

MEETING = ("OnlineMeetings.Read.All", "OnlineMeetings.ReadWrite.All")
OWN_MEETING = ("OnlineMeetings.Read", "OnlineMeetings.ReadWrite")
ATTENDANCE = ("OnlineMeetingArtifact.Read.All",)
TRANSCRIPT = ("OnlineMeetingTranscript.Read.All",)
RECORDING = ("OnlineMeetingRecording.Read.All",)

MONTH = 30 * 24 * 3600
MEETINGS = (
    "https://learn.microsoft.com/en-us/graph/throttling-limits#cloud-communication-service-limits"
)


def _both(
    path: str,
    page: str,
    application: tuple[str, ...],
    delegated: tuple[str, ...],
    answer: Callable[[Call], bytes | Reply],
    *options: str,
) -> tuple[Endpoint, Endpoint]:
    """Return an endpoint below a user, and the same for whoever is signed in."""
    known = frozenset(options)
    below = f"onlineMeetings{path}"
    return (
        Endpoint("GET", f"/users/{{id}}/{below}", page, application, delegated, answer, known),
        Endpoint("GET", f"/me/{below}", page, None, delegated, answer, known),
    )


ENDPOINTS = (
    *_both("", "onlinemeeting-get", MEETING, OWN_MEETING, answers.found, "$filter"),
    *_both("/{id}", "onlinemeeting-get", MEETING, OWN_MEETING, answers.meeting),
    *_both(
        "/{id}/attendanceReports", "meetingattendancereport-list",
        ATTENDANCE, ATTENDANCE, answers.attendance_reports,
    ),
    *_both(
        "/{id}/attendanceReports/{id}", "meetingattendancereport-get",
        ATTENDANCE, ATTENDANCE, answers.attendance_report, "$expand",
    ),
    *_both(
        "/{id}/attendanceReports/{id}/attendanceRecords", "attendancerecord-list",
        ATTENDANCE, ATTENDANCE, answers.attendance_records,
    ),
    *_both(
        "/{id}/transcripts", "onlinemeeting-list-transcripts",
        TRANSCRIPT, TRANSCRIPT, answers.transcripts,
    ),
    *_both(
        "/{id}/transcripts/{id}/content", "calltranscript-get",
        TRANSCRIPT, TRANSCRIPT, answers.transcript_content, "$format",
    ),
    *_both(
        "/{id}/transcripts/{id}/metadataContent", "calltranscript-get",
        TRANSCRIPT, TRANSCRIPT, answers.transcript_metadata,
    ),
    *_both(
        "/{id}/recordings", "onlinemeeting-list-recordings",
        RECORDING, RECORDING, answers.recordings,
    ),
    *_both(
        "/{id}/recordings/{id}/content", "callrecording-get",
        RECORDING, RECORDING, answers.recording_content,
    ),
)  # fmt: skip


def _online_meetings(tenant: Tenant) -> Iterator[dict[str, Any]]:
    for meeting in tenant.part(Meetings).visible():
        yield {"userId": meeting.organizer.id, **meeting.describe(tenant)}


def _attendance_reports(tenant: Tenant) -> Iterator[dict[str, Any]]:
    meetings = tenant.part(Meetings)
    for meeting in meetings.visible():
        ids = {"userId": meeting.organizer.id, "meetingId": meeting.id}
        for other, session in answers.newest(meetings, meeting):
            present = meetings.attendees(session.call_id)
            yield {**ids, **attendance.report(other, session, present)}


def _attendance_records(tenant: Tenant) -> Iterator[dict[str, Any]]:
    meetings = tenant.part(Meetings)
    for meeting in meetings.visible():
        ids = {"userId": meeting.organizer.id, "meetingId": meeting.id}
        for other, session in answers.newest(meetings, meeting):
            ids["reportId"] = attendance.report_id(session)
            for attendee in meetings.attendees(session.call_id):
                yield {**ids, **attendance.record(other, attendee)}


def _transcripts(tenant: Tenant) -> Iterator[dict[str, Any]]:
    for meeting in tenant.part(Meetings).visible():
        for session in answers.transcribed(meeting):
            row = artifacts.transcript(tenant, meeting, session)
            yield {"userId": meeting.organizer.id, **row}


def _recordings(tenant: Tenant) -> Iterator[dict[str, Any]]:
    for meeting in tenant.part(Meetings).visible():
        for session in answers.recorded(meeting):
            row = artifacts.recording(tenant, meeting, session)
            yield {"userId": meeting.organizer.id, **row}


AREA = Area(
    endpoints=ENDPOINTS,
    roles=(MEETING[0], OWN_MEETING[0], *ATTENDANCE, *TRANSCRIPT, *RECORDING),
    limits=(Limit("meetings", r"GET /users/\{id\}/onlineMeetings", 2000, MONTH, MEETINGS, "user"),),
    truth={
        "online_meetings": _online_meetings,
        "attendance_reports": _attendance_reports,
        "attendance_records": _attendance_records,
        "transcripts": _transcripts,
        "recordings": _recordings,
    },
    day=day,
)
