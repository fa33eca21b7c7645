"""Artifacts: the transcript and the recording of a call."""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.areas.meetings.meeting import GRAPH
from tap_msteams_sandbox.company import prose
from tap_msteams_sandbox.instants import MINUTE, SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.areas.meetings.attendance import Attendee
    from tap_msteams_sandbox.areas.meetings.meeting import Meeting, Session
    from tap_msteams_sandbox.company.company import Company

LINES = 8
"""How much is said in a call of the sandbox."""

FILM = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
"""How an MPEG-4 file starts."""


def transcript(tenant: Company, meeting: Meeting, session: Session) -> dict[str, Any]:
    """Return the transcript of a call."""
    row = _artifact(tenant, meeting, session, "transcripts")
    return {**row, "transcriptContentUrl": _place(meeting, row["id"], "transcripts")}


def recording(tenant: Company, meeting: Meeting, session: Session) -> dict[str, Any]:
    """Return the recording of a call."""
    row = _artifact(tenant, meeting, session, "recordings")
    return {**row, "recordingContentUrl": _place(meeting, row["id"], "recordings")}


def artifact_id(session: Session, kind: str) -> str:
    """Return the id of a call's transcript or recording."""
    inner = uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}/{session.call_id}")
    return base64.b64encode(f"1##0##{inner}".encode()).decode().rstrip("=")


def _artifact(tenant: Company, meeting: Meeting, session: Session, kind: str) -> dict[str, Any]:
    """Return the properties common to transcripts and recordings."""
    key = artifact_id(session, kind)
    organizer = meeting.organizer
    # Right after the call it is still being made, and has no end.
    ready = session.end + MINUTE <= tenant.now()
    return {
        "id": key,
        "meetingId": meeting.id,
        "callId": session.call_id,
        "createdDateTime": iso(session.start + 40 * SECOND),
        "endDateTime": iso(session.end) if ready else None,
        "contentCorrelationId": f"{session.call_id}-0",
        "meetingOrganizer": {
            "application": None,
            "device": None,
            "user": {
                "@odata.type": "#microsoft.graph.teamworkUserIdentity",
                "id": organizer.id,
                "displayName": None,
                "userIdentityType": "aadUser",
                "tenantId": organizer.tenant_id,
            },
        },
    }


def _place(meeting: Meeting, key: str, kind: str) -> str:
    """Return the address of an artifact's content."""
    user = meeting.organizer.id
    return f"{GRAPH}/users/{user}/onlineMeetings/{meeting.id}/{kind}/{key}/content"


def spoken(tenant: Company, session: Session, present: list[Attendee]) -> Iterator[tuple[str, str]]:
    """Yield the speakers and their sentences."""
    random = tenant.random("transcript", session.call_id)
    for number in range(LINES):
        speaker = present[number % len(present)]
        person = speaker.person
        if number % 2 or person is None:
            yield speaker.name, prose.answer(random)
        else:
            text = prose.opening(random, person.department, person.country.language)
            yield speaker.name, text


def web_vtt(tenant: Company, session: Session, present: list[Attendee]) -> bytes:
    """Return a transcript as text/vtt."""
    parts = ["WEBVTT"]
    for number, (name, text) in enumerate(spoken(tenant, session, present)):
        begin, end = _clock(number * 7), _clock(number * 7 + 5)
        parts.append(f"{begin} --> {end}\n<v {name}>{text}</v>")
    return "\r\n\r\n".join(parts).replace("\n<v", "\r\n<v").encode()


def unattributed(tenant: Company, session: Session, present: list[Attendee]) -> bytes:
    """Return a transcript that does not say who speaks."""
    parts = ["WEBVTT"]
    for number, (_, text) in enumerate(spoken(tenant, session, present)):
        parts.append(f"{_clock(number * 7)} --> {_clock(number * 7 + 5)}\r\n{text}")
    return "\r\n\r\n".join(parts).encode()


def speech(tenant: Company, session: Session, present: list[Attendee]) -> bytes:
    """Return the metadata of a transcript: one JSON object a line, as text/vtt too."""
    parts = ["WEBVTT"]
    for number, (name, text) in enumerate(spoken(tenant, session, present)):
        begin, end = _clock(number * 7), _clock(number * 7 + 5)
        said = {"startDateTime": iso(session.start), "speakerName": name, "spokenText": text}
        parts.append(f"{begin} --> {end}\r\n{msgspec.json.encode(said).decode()}")
    return "\r\n\r\n".join(parts).encode()


def _clock(seconds: int) -> str:
    """Return a position in a transcript as hours, minutes and seconds."""
    return f"0{timedelta(seconds=seconds)}.000"
