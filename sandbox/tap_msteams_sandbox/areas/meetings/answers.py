"""Answers: meetings, attendance, transcripts and recordings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.areas.meetings import artifacts
from tap_msteams_sandbox.areas.meetings.area import (
    ATTENDANCE,
    MEETING,
    OWN_MEETING,
    RECORDING,
    TRANSCRIPT,
    below_a_user,
)
from tap_msteams_sandbox.areas.meetings.attendance import record, report, report_id
from tap_msteams_sandbox.areas.meetings.calendar import Meetings
from tap_msteams_sandbox.instants import DAY
from tap_msteams_sandbox.odata import entity, page
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams_sandbox.areas.meetings.meeting import Meeting, Session
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

REPORTS = 50
"""The most reports that are listed, the newest ones.

https://learn.microsoft.com/en-us/graph/api/meetingattendancereport-list
"""

REPORTS_KEPT = 365 * DAY
"""https://learn.microsoft.com/en-us/graph/api/resources/meetingattendancereport"""

UNATTRIBUTED = "application/vnd.microsoft.graph.transcript+text"
"""The media type of transcripts without speakers, which only the header can ask for.

https://learn.microsoft.com/en-us/graph/api/calltranscript-get
"""

_JOINED_AT = re.compile(r"joinweburl eq '(?P<url>(?:[^']|'')*)'", re.IGNORECASE)
_NUMBERED = re.compile(r"joinMeetingIdSettings/joinMeetingId eq '(?P<number>\d+)'", re.IGNORECASE)


@below_a_user("", "onlinemeeting-get", "$filter", application=MEETING, delegated=OWN_MEETING)
def found(call: Call) -> bytes:
    """GET .../onlineMeetings?$filter=...: one meeting, for there is no list."""
    user = user_of(call)
    text, meetings = call.query.get("$filter") or "", call.tenant.part(Meetings)
    if match := _JOINED_AT.fullmatch(text):
        meeting = meetings.at(match["url"].replace("''", "'"))
    elif match := _NUMBERED.fullmatch(text):
        meeting = meetings.numbered(match["number"])
    else:
        msg = "A filter on joinWebUrl or on joinMeetingIdSettings/joinMeetingId is required."
        raise GraphError(400, "InvalidArgument", msg)
    shown = _open_to(meeting, user).describe(call.tenant)
    context = call.context(f"users('{user.id}')/onlineMeetings")
    return page(context, [msgspec.json.encode(shown)])


@below_a_user("/{id}", "onlinemeeting-get", application=MEETING, delegated=OWN_MEETING)
def meeting(call: Call) -> bytes:
    """GET .../onlineMeetings/{id}."""
    user = user_of(call)
    shown = _open_to(_named(call), user).describe(call.tenant)
    context = call.context(f"users('{user.id}')/onlineMeetings/$entity")
    return entity(context, msgspec.json.encode(shown))


@below_a_user(
    "/{id}/attendanceReports",
    "meetingattendancereport-list",
    application=ATTENDANCE,
    delegated=ATTENDANCE,
)
def attendance_reports(call: Call) -> bytes:
    """GET .../attendanceReports: of a channel's meeting those of all meetings of the channel."""
    meeting = _hosted(call)
    sessions = newest(call.tenant.part(Meetings), meeting)
    rows = [report(*it, _present(call, it[1])) for it in sessions]
    return _page(call, "attendanceReports", rows)


@below_a_user(
    "/{id}/attendanceReports/{id}",
    "meetingattendancereport-get",
    "$expand",
    application=ATTENDANCE,
    delegated=ATTENDANCE,
)
def attendance_report(call: Call) -> bytes:
    """GET .../attendanceReports/{id}, with or without its records."""
    meeting, session = _reported(call)
    if meeting.in_channel:
        msg = "Attendance reports of channel meetings can only be listed."
        raise GraphError.bad_request(msg)
    present = _present(call, session)
    row = report(meeting, session, present)
    expanded = call.query.get("$expand")
    if expanded not in {None, "attendanceRecords"}:
        msg = f"Could not find a property named '{expanded}'."
        raise GraphError.bad_request(msg)
    if expanded:
        row["attendanceRecords"] = [record(meeting, attendee) for attendee in present]
    return entity(call.context(_place(call, "attendanceReports/$entity")), msgspec.json.encode(row))


@below_a_user(
    "/{id}/attendanceReports/{id}/attendanceRecords",
    "attendancerecord-list",
    application=ATTENDANCE,
    delegated=ATTENDANCE,
)
def attendance_records(call: Call) -> bytes:
    """GET .../attendanceReports/{id}/attendanceRecords."""
    meeting, session = _reported(call)
    rows = [record(meeting, attendee) for attendee in _present(call, session)]
    return _page(call, f"attendanceReports('{report_id(session)}')/attendanceRecords", rows)


@below_a_user(
    "/{id}/transcripts",
    "onlinemeeting-list-transcripts",
    application=TRANSCRIPT,
    delegated=TRANSCRIPT,
)
def transcripts(call: Call) -> bytes:
    """GET .../transcripts."""
    meeting = _transcribed(call)
    rows = [artifacts.transcript(call.tenant, meeting, it) for it in transcribed(meeting)]
    return _page(call, "transcripts", rows)


@below_a_user(
    "/{id}/recordings", "onlinemeeting-list-recordings", application=RECORDING, delegated=RECORDING
)
def recordings(call: Call) -> bytes:
    """GET .../recordings."""
    meeting = scheduled(call)
    rows = [artifacts.recording(call.tenant, meeting, it) for it in recorded(meeting)]
    return _page(call, "recordings", rows)


@below_a_user(
    "/{id}/transcripts/{id}", "calltranscript-get", application=TRANSCRIPT, delegated=TRANSCRIPT
)
def transcript(call: Call) -> bytes:
    """GET .../transcripts/{id}."""
    meeting = scheduled(call)
    session = _artifact(call, "transcripts", transcribed(meeting))
    row = artifacts.transcript(call.tenant, meeting, session)
    return entity(call.context(_place(call, "transcripts/$entity")), msgspec.json.encode(row))


@below_a_user(
    "/{id}/recordings/{id}", "callrecording-get", application=RECORDING, delegated=RECORDING
)
def recording(call: Call) -> bytes:
    """GET .../recordings/{id}."""
    meeting = scheduled(call)
    session = _artifact(call, "recordings", recorded(meeting))
    row = artifacts.recording(call.tenant, meeting, session)
    return entity(call.context(_place(call, "recordings/$entity")), msgspec.json.encode(row))


@below_a_user(
    "/{id}/transcripts/{id}/content",
    "calltranscript-get",
    "$format",
    application=TRANSCRIPT,
    delegated=TRANSCRIPT,
)
def transcript_content(call: Call) -> Reply:
    """GET .../transcripts/{id}/content."""
    session = _artifact(call, "transcripts", transcribed(_transcribed(call)))
    present = _present(call, session)
    if call.headers.get("Accept") == UNATTRIBUTED:
        body = artifacts.unattributed(call.tenant, session, present)
        return Reply(body=body, headers={"Content-Type": UNATTRIBUTED})
    if call.tenant.part(Meetings).transcripts != "speakers":
        msg = "Speaker attribution is not allowed for this tenant."
        raise GraphError(403, "Forbidden", msg, inner="SpeakerAttributionNotAllowed")
    body = artifacts.web_vtt(call.tenant, session, present)
    return Reply(body=body, headers={"Content-Type": "text/vtt"})


@below_a_user(
    "/{id}/transcripts/{id}/metadataContent",
    "calltranscript-get",
    application=TRANSCRIPT,
    delegated=TRANSCRIPT,
)
def transcript_metadata(call: Call) -> Reply:
    """GET .../transcripts/{id}/metadataContent."""
    session = _artifact(call, "transcripts", transcribed(_transcribed(call)))
    body = artifacts.speech(call.tenant, session, _present(call, session))
    return Reply(body=body, headers={"Content-Type": "text/vtt"})


@below_a_user(
    "/{id}/recordings/{id}/content", "callrecording-get", application=RECORDING, delegated=RECORDING
)
def recording_content(call: Call) -> Reply:
    """GET .../recordings/{id}/content."""
    session = _artifact(call, "recordings", recorded(scheduled(call)))
    body = artifacts.FILM + session.call_id.encode()
    return Reply(body=body, headers={"Content-Type": "video/mp4"})


def newest(meetings: Meetings, meeting: Meeting) -> list[tuple[Meeting, Session]]:
    """Return the calls with reports of a meeting or of its channel's meetings, newest first."""
    kept_since = meetings.tenant.now() - REPORTS_KEPT
    held = [
        (other, session)
        for other in meetings.of_channel(meeting)
        for session in other.sessions
        if session.end > kept_since
    ]
    return sorted(held, key=lambda it: it[1].end, reverse=True)[:REPORTS]


def transcribed(meeting: Meeting) -> list[Session]:
    """Return the calls that were transcribed, the newest first."""
    if meeting.n % 2:
        return []
    return meeting.sessions[:-13:-1]


def recorded(meeting: Meeting) -> list[Session]:
    """Return the calls that were recorded, the newest first."""
    if meeting.n % 4:
        return []
    return meeting.sessions[:-7:-1]


def user_of(call: Call) -> Person:
    """Return the user that the path names."""
    if call.endpoint.path.startswith("/me/"):
        return call.tenant.users[call.caller.user or ""]
    user = call.tenant.users.get(call.names[0])
    if user is None:
        msg = f"User {call.names[0]}"
        raise GraphError.not_found(msg)
    if call.caller.user is not None:
        if call.caller.user != user.id:
            msg = "User in the request does not match the signed-in user."
            raise GraphError(403, "Forbidden", msg)
    elif user.id in call.tenant.part(Meetings).without_policy:
        # https://learn.microsoft.com/en-us/graph/cloud-communication-online-meeting-application-access-policy
        msg = "No application access policy found for this app on the user " + user.id
        raise GraphError(403, "Forbidden", msg)
    return user


def _names(call: Call) -> tuple[str, ...]:
    """Return the ids in the path, without the user's."""
    return call.names if call.endpoint.path.startswith("/me/") else call.names[1:]


def _named(call: Call) -> Meeting | None:
    return call.tenant.part(Meetings).get(_names(call)[0])


def _open_to(meeting: Meeting | None, user: Person) -> Meeting:
    """Return the meeting if it is open and the user knows it, or refuse."""
    if meeting is None or meeting.expired:
        msg = "3004: Online meeting"
        raise GraphError.not_found(msg)
    if not meeting.knows(user.id):
        msg = "3003: User does not have access to lookup meeting."
        raise GraphError(403, "Forbidden", msg)
    return meeting


def _hosted(call: Call) -> Meeting:
    """Return the meeting of the path, if the user hosts it."""
    user = user_of(call)
    meeting = _open_to(_named(call), user)
    if not meeting.hosted_by(user.id):
        msg = "Only the organizer and co-organizers of the meeting have access."
        raise GraphError(403, "Forbidden", msg)
    return meeting


def scheduled(call: Call) -> Meeting:
    """Return the meeting of the path, if Graph gives artifacts of its kind."""
    meeting = _open_to(_named(call), user_of(call))
    if meeting.in_channel and not call.tenant.part(Meetings).gives_channels:
        msg = "The requested operation is not supported for channel meetings."
        raise GraphError.bad_request(msg)
    return meeting


def _transcribed(call: Call) -> Meeting:
    """Return the meeting of the path, if the tenant gives out its transcripts."""
    given_out(call)
    return scheduled(call)


def given_out(call: Call) -> None:
    """Refuse if the tenant gives its transcripts to no application.

    https://learn.microsoft.com/en-us/graph/api/onlinemeeting-list-transcripts#error-responses
    """
    if call.tenant.part(Meetings).transcripts == "off":
        msg = "Graph API access to transcripts is disabled for this tenant."
        raise GraphError(403, "Forbidden", msg, inner="GraphAccessToTranscriptsDisabled")


def _reported(call: Call) -> tuple[Meeting, Session]:
    """Return the call of the report that the path names."""
    for meeting, session in newest(call.tenant.part(Meetings), _hosted(call)):
        if report_id(session) == _names(call)[1]:
            return meeting, session
    msg = f"Attendance report {_names(call)[1]}"
    raise GraphError.not_found(msg)


def _artifact(call: Call, kind: str, sessions: Iterable[Session]) -> Session:
    """Return the call of the transcript or recording that the path names."""
    for session in sessions:
        if artifacts.artifact_id(session, kind) == _names(call)[1]:
            return session
    msg = f"{kind} {_names(call)[1]}"
    raise GraphError.not_found(msg)


def _present(call: Call, session: Session) -> list[Any]:
    return call.tenant.part(Meetings).attendees(session.call_id)


def _place(call: Call, what: str) -> str:
    return f"users('{user_of(call).id}')/onlineMeetings('{_names(call)[0]}')/{what}"


def _page(call: Call, what: str, rows: list[dict[str, Any]]) -> bytes:
    """Return all rows at once."""
    encoded = [msgspec.json.encode(row) for row in rows]
    return page(call.context(_place(call, what)), encoded, count=len(encoded))
