"""Virtual events: webinars and town halls, answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.events import rows
from tap_msteams_sandbox.areas.products import EVENTS, require
from tap_msteams_sandbox.odata import entity, page
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

A = TypeVar("A", bound="Callable[[Call], bytes]")

READ = ("VirtualEvent.Read.All",)
MINE = ("VirtualEvent.Read", "VirtualEvent.ReadWrite")
ATTENDANCE = ("OnlineMeetingArtifact.Read.All",)
ROOT = "/solutions/virtualEvents"

AREA = Area("Virtual events", roles=(*READ, MINE[0], *ATTENDANCE))

SUMMARY = ("id", "subject", "startDateTime", "endDateTime", "joinWebUrl", "@odata.type")
"""What the list of sessions has.

https://learn.microsoft.com/en-us/graph/api/virtualevent-list-sessions#response
"""

SESSION = "/{id}/sessions/{id}"


def of_each_kind(
    path: str, page: str, application: tuple[str, ...] | None, delegated: tuple[str, ...] | None
) -> Callable[[A], A]:
    """Declare an endpoint of webinars, and the same of town halls; `{kind}` is filled in."""

    def declare(answer: A) -> A:
        for kind in rows.KINDS:
            pattern = f"GET {ROOT}/{kind}{path}"
            where = page.replace("{kind}", kind).replace("{one}", kind[:-1])
            AREA.endpoint(pattern, where, application=application, delegated=delegated)(answer)
        return answer

    return declare


def _kind(call: Call) -> str:
    """Return the kind of event that the path names."""
    return call.endpoint.path.split("/")[3]


def _answer(call: Call, what: str, found: Iterable[Row]) -> bytes:
    encoded = [msgspec.json.encode(row) for row in found]
    return page(call.context(f"solutions/virtualEvents/{what}"), encoded)


def _event(call: Call) -> Row:
    """Return the event that the path names; a user reads only their own."""
    require(call, EVENTS)
    for row, host in rows.events(call.tenant, _kind(call)):
        if row["id"] == call.names[0] and call.caller.user in {None, host.id}:
            return row
    msg = f"Virtual event {call.names[0]}"
    raise GraphError.not_found(msg)


def _session(call: Call) -> tuple[Row, Row]:
    """Return the event and the session that the path names."""
    event = _event(call)
    for session in rows.sessions(call.tenant, event):
        if session["id"] == call.names[1]:
            return event, session
    msg = f"Session {call.names[1]}"
    raise GraphError.not_found(msg)


@of_each_kind("", "virtualeventsroot-list-{kind}", READ, None)
def listing(call: Call) -> bytes:
    """GET /solutions/virtualEvents/...: the events of all organizers who have a policy."""
    require(call, EVENTS)
    kind = _kind(call)
    return _answer(call, kind, (row for row, _ in rows.events(call.tenant, kind)))


@of_each_kind("/getByUserRole()", "virtualevent{one}-getbyuserrole", None, MINE)
def mine(call: Call) -> bytes:
    """GET /solutions/virtualEvents/.../getByUserRole(role='...')."""
    require(call, EVENTS)
    role = call.names[0]
    if role not in {"role='organizer'", "role='coOrganizer'"}:
        msg = "The role has to be organizer or coOrganizer."
        raise GraphError.bad_request(msg)
    kind, own = _kind(call), role == "role='organizer'"
    found = rows.events(call.tenant, kind)
    return _answer(call, kind, (it for it, by in found if (by.id == call.caller.user) is own))


@of_each_kind("/{id}/sessions", "virtualevent-list-sessions", READ, MINE)
def sessions(call: Call) -> bytes:
    """GET /solutions/virtualEvents/.../{id}/sessions: a summary, the rest is null."""
    found = rows.sessions(call.tenant, _event(call))
    brief = ({name: it[name] if name in SUMMARY else None for name in it} for it in found)
    return _answer(call, "sessions", brief)


@of_each_kind(SESSION, "virtualeventsession-get", READ, MINE)
def session(call: Call) -> bytes:
    """GET /solutions/virtualEvents/.../{id}/sessions/{id}."""
    return entity(call.context("sessions/$entity"), msgspec.json.encode(_session(call)[1]))


@of_each_kind("/{id}/presenters", "virtualevent-list-presenters", READ, MINE)
def presenters(call: Call) -> bytes:
    """GET /solutions/virtualEvents/.../{id}/presenters."""
    return _answer(call, "presenters", rows.presenters(call.tenant, _event(call)))


@AREA.endpoint(
    f"GET {ROOT}/webinars/{{id}}/registrations",
    "virtualeventwebinar-list-registrations",
    application=READ,
    delegated=MINE,
)
def registrations(call: Call) -> bytes:
    """GET /solutions/virtualEvents/webinars/{id}/registrations."""
    return _answer(call, "registrations", rows.registrations(call.tenant, _event(call)))


@of_each_kind(
    f"{SESSION}/attendanceReports", "meetingattendancereport-list", ATTENDANCE, ATTENDANCE
)
def attendance_reports(call: Call) -> bytes:
    """GET /solutions/virtualEvents/.../{id}/sessions/{id}/attendanceReports."""
    return _answer(call, "attendanceReports", [rows.report(*_session(call))])


@of_each_kind(
    f"{SESSION}/attendanceReports/{{id}}/attendanceRecords",
    "attendancerecord-list",
    ATTENDANCE,
    ATTENDANCE,
)
def attendance_records(call: Call) -> bytes:
    """GET /solutions/virtualEvents/.../attendanceReports/{id}/attendanceRecords."""
    event, _ = _session(call)
    return _answer(call, "attendanceRecords", rows.attendance(call.tenant, event))


@AREA.rows("webinars")
def all_webinars(tenant: Company) -> Iterator[Row]:
    """Yield all webinars."""
    return (row for row, _ in rows.events(tenant, rows.WEBINARS))


@AREA.rows("townhalls")
def all_townhalls(tenant: Company) -> Iterator[Row]:
    """Yield all town halls."""
    return (row for row, _ in rows.events(tenant, rows.TOWNHALLS))


@AREA.rows("virtual_event_sessions")
def all_sessions(tenant: Company) -> Iterator[Row]:
    """Yield the sessions of all events."""
    for event, _ in rows.all_events(tenant):
        for row in rows.sessions(tenant, event):
            yield {"eventId": event["id"], **row}


@AREA.rows("virtual_event_presenters")
def all_presenters(tenant: Company) -> Iterator[Row]:
    """Yield the presenters of all events."""
    for event, _ in rows.all_events(tenant):
        for row in rows.presenters(tenant, event):
            yield {"eventId": event["id"], **row}


@AREA.rows("webinar_registrations")
def all_registrations(tenant: Company) -> Iterator[Row]:
    """Yield who has registered for which webinar."""
    for event, _ in rows.events(tenant, rows.WEBINARS):
        for row in rows.registrations(tenant, event):
            yield {"eventId": event["id"], **row}


@AREA.rows("event_attendance_reports")
def all_reports(tenant: Company) -> Iterator[Row]:
    """Yield the attendance reports of all sessions."""
    for event, _ in rows.all_events(tenant):
        for session in rows.sessions(tenant, event):
            ids = {"eventId": event["id"], "sessionId": session["id"]}
            yield {**ids, **rows.report(event, session)}


@AREA.rows("event_attendance_records")
def all_attendance(tenant: Company) -> Iterator[Row]:
    """Yield who came to which session."""
    for event, _ in rows.all_events(tenant):
        for session in rows.sessions(tenant, event):
            ids = {"eventId": event["id"], "sessionId": session["id"]}
            for row in rows.attendance(tenant, event):
                yield {**ids, "reportId": rows.report(event, session)["id"], **row}
