"""Attendance: the attendees of a call, and Graph's reports of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.instants import SECOND, iso

if TYPE_CHECKING:
    from random import Random

    from tap_msteams_sandbox.areas.meetings.meeting import Meeting, Session
    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person

STRANGERS = ("Marek (Castellan)", "外部ゲスト", "Nordlys Møterom 4", "iPhone", "Zoë O'Neill")

ABSENT = 0.15
RETURNS = 0.2


@dataclass(frozen=True)
class Attendee:
    """Someone in a call: a colleague, a stranger without an account, or a telephone."""

    id: str
    name: str
    role: str
    stays: tuple[tuple[int, int], ...]
    """From when to when."""
    person: Person | None = None

    @property
    def phone(self) -> bool:
        """Whether the attendee dialled in."""
        return self.name.startswith("+")


def attendees(tenant: Company, meeting: Meeting, session: Session) -> list[Attendee]:
    """Return the attendees of a call, the organizer first."""
    random = tenant.random("attendance", session.call_id)
    found = [_colleague(random, session, meeting.organizer, "Organizer")]
    for person in meeting.people:
        if random.random() > ABSENT:
            role = "Presenter" if person is meeting.coorganizer else "Attendee"
            found.append(_colleague(random, session, person, role))
    strangers = session.crowd or int(random.random() < RETURNS)
    for number in range(strangers):
        name = random.choice(STRANGERS) + (f" {number + 1}" if session.crowd else "")
        found.append(_stranger(random, session, name))
    if meeting.n % 3 == 0:
        phone = f"{meeting.organizer.country.phone}{random.randint(1000, 9999)}".replace(" ", "")
        found.append(_stranger(random, session, phone))
    return found


def _colleague(random: Random, session: Session, person: Person, role: str) -> Attendee:
    return Attendee(person.id, person.display_name, role, _stays(random, session), person)


def _stranger(random: Random, session: Session, name: str) -> Attendee:
    key = str(uuid.UUID(int=random.getrandbits(128), version=4))
    return Attendee(key, name, "Attendee", _stays(random, session))


def _stays(random: Random, session: Session) -> tuple[tuple[int, int], ...]:
    """Return the intervals between joining and leaving."""
    length = session.end - session.start
    joined = session.start + random.randint(0, length // 5)
    left = session.end - random.randint(0, length // 5)
    if random.random() > RETURNS:
        return ((joined, left),)
    middle = joined + (left - joined) // 2
    return ((joined, middle), (middle + 20 * SECOND, left))


def report(meeting: Meeting, session: Session, present: list[Attendee]) -> dict[str, Any]:
    """Return the report of one call."""
    external = {"applicationId": str(uuid.UUID(int=meeting.n + 1)), "externalEventId": "event-7"}
    return {
        "id": report_id(session),
        "totalParticipantCount": len(present),
        "meetingStartDateTime": iso(session.start),
        "meetingEndDateTime": iso(session.end),
        "externalEventInformation": [external] if meeting.n % 6 == 0 else [],
    }


def report_id(session: Session) -> str:
    """Return the id of a call's report."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, session.call_id))


def record(meeting: Meeting, attendee: Attendee) -> dict[str, Any]:
    """Return the record of one person in a report."""
    person = attendee.person
    webinar = meeting.n % 6 == 0 and person is not None
    intervals = [
        {
            "joinDateTime": iso(joined),
            "leaveDateTime": iso(left),
            "durationInSeconds": (left - joined) // SECOND,
        }
        for joined, left in attendee.stays
    ]
    registered = f"r-{attendee.id[:8]}" if webinar else None
    return {
        "id": attendee.id,
        "emailAddress": person.mail if person else None,
        "totalAttendanceInSeconds": sum(it["durationInSeconds"] for it in intervals),
        "role": attendee.role,
        "registrationId": registered,
        "identity": _identity(attendee),
        "attendanceIntervals": intervals,
        "externalRegistrationInformation": {"referrer": "newsletter", "registrationId": registered}
        if webinar
        else None,
    }


def _identity(attendee: Attendee) -> dict[str, Any]:
    """Return the identity of an attendee."""
    key: str | None = None
    tenant: str | None = None
    kind = "Guest"
    if person := attendee.person:
        kind, key, tenant = "User", person.id, person.tenant_id
    elif attendee.phone:
        kind, key = "Phone", attendee.name
    return {
        "@odata.type": f"#microsoft.graph.communications{kind}Identity",
        "id": key,
        "displayName": attendee.name,
        "tenantId": tenant,
    }
