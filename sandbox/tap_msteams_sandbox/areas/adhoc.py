"""Ad hoc calls: transcripts and recordings of calls that no meeting leads to."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.directory import person_of
from tap_msteams_sandbox.areas.organization import with_link
from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.instants import DAY, MINUTE, SECOND, iso, parse
from tap_msteams_sandbox.odata import PAGED, Paging
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

TRANSCRIPTS = ("CallTranscripts.Read.All",)
RECORDINGS = ("CallRecordings.Read.All",)

AREA = Area("Ad hoc calls", roles=(*TRANSCRIPTS, *RECORDINGS))

FIRST, EVERY, LENGTH = 15 * DAY, 5 * DAY, 12 * MINUTE
"""The time since somebody's first call, from one to the next, and of one."""

PAGING = Paging(50, 50)


@AREA.endpoint(
    "GET /users/{id}/adhocCalls/getAllTranscripts()", "adhoccall-getalltranscripts",
    application=TRANSCRIPTS, delegated=None, options=PAGED, paging=PAGING,
)  # fmt: skip
def transcripts(call: Call) -> bytes:
    """GET /users/{id}/adhocCalls/getAllTranscripts(...)."""
    return _artifacts(call, "transcripts")


@AREA.endpoint(
    "GET /users/{id}/adhocCalls/getAllRecordings()", "adhoccall-getallrecordings",
    application=RECORDINGS, delegated=None, options=PAGED, paging=PAGING,
)  # fmt: skip
def recordings(call: Call) -> bytes:
    """GET /users/{id}/adhocCalls/getAllRecordings(...)."""
    return _artifacts(call, "recordings")


@AREA.endpoint(
    "GET /users/{id}/adhocCalls/{id}/transcripts/{id}/content", "calltranscript-get",
    application=TRANSCRIPTS, delegated=None,
)  # fmt: skip
def content(call: Call) -> Reply:
    """GET /users/{id}/adhocCalls/{id}/transcripts/{id}/content."""
    person = person_of(call)
    for row in _of(call.tenant, person, "transcripts"):
        if (row["callId"], row["id"]) == call.names[1:]:
            return Reply(body=spoken(person), headers={"Content-Type": "text/vtt"})
    msg = f"transcript {call.names[2]}"
    raise GraphError.not_found(msg)


def spoken(person: Person) -> bytes:
    """Return what is said in a call."""
    said = f"<v {person.display_name}>Can you hear me?</v>"
    return f"WEBVTT\r\n\r\n00:00:01.000 --> 00:00:03.000\r\n{said}".encode()


def _artifacts(call: Call, kind: str) -> bytes:
    """Return what was made between the two instants of the path."""
    person = person_of(call)
    if call.arguments.get("userId") != person.id:
        msg = "The parameter 'userId' has to be the user of the path."
        raise GraphError.bad_request(msg)
    low, high = call.span
    found = _of(call.tenant, person, kind)
    rows = (row for row in found if low <= parse(row["createdDateTime"]) < high)
    return with_link(call, f"users('{person.id}')/adhocCalls", rows)


def _of(tenant: Company, person: Person, kind: str) -> Iterator[Row]:
    """Yield what was made of the calls that a person has started up to now."""
    now = int(tenant.now())
    if not person.licensed or person.n % 3:
        return
    start = tenant.until - FIRST + person.n * SECOND
    for number, instant in enumerate(range(start, now, EVERY)):
        random = tenant.random("adhoc", person.id, str(number))
        called, correlated = guid(random), guid(random)
        key = base64.b64encode(f"{kind}/{called}".encode()).decode().rstrip("=")
        place = f"https://graph.microsoft.com/v1.0/users/{person.id}/adhocCalls/{called}"
        url = f"{place}/{kind}/{key}/content"
        yield {
            "id": key,
            "meetingId": None,
            "callId": called,
            "contentCorrelationId": correlated,
            "createdDateTime": iso(instant),
            "endDateTime": iso(instant + LENGTH) if instant + LENGTH < now else None,
            "meetingOrganizer": {
                "application": None,
                "device": None,
                "user": {
                    "@odata.type": "#microsoft.graph.teamworkUserIdentity",
                    "id": person.id,
                    "displayName": None,
                    "userIdentityType": "aadUser",
                    "tenantId": person.tenant_id,
                },
            },
            f"{kind[:-1]}ContentUrl": url,
        }


def _all(kind: str, tenant: Company) -> Iterator[Row]:
    for person in tenant.people:
        for row in _of(tenant, person, kind):
            yield {"userId": person.id, **row}


@AREA.rows("call_transcripts")
def all_transcripts(tenant: Company) -> Iterator[Row]:
    """Yield the transcripts of all calls."""
    return _all("transcripts", tenant)


@AREA.rows("call_recordings")
def all_recordings(tenant: Company) -> Iterator[Row]:
    """Yield the recordings of all calls."""
    return _all("recordings", tenant)
