"""Call records, their participants, sessions and segments, and the logs of telephone calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.area import Area
from tap_msteams_sandbox.areas.calls import answers
from tap_msteams_sandbox.areas.calls.log import Calls, day
from tap_msteams_sandbox.areas.calls.telephony import Telephony
from tap_msteams_sandbox.endpoints import Endpoint
from tap_msteams_sandbox.limits import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.tenant import Tenant

__all__ = ["AREA", "Calls", "Telephony"]

RECORDS = ("CallRecords.Read.All",)
TELEPHONE = ("CallRecord-PstnCalls.Read.All", *RECORDS)

BASE = "/communications/callRecords"

ENDPOINTS = (
    Endpoint(
        "GET", BASE, "callrecords-cloudcommunications-list-callrecords",
        RECORDS, None, answers.call_records, frozenset({"$filter", "$select", "$skiptoken"}),
    ),
    Endpoint(
        "GET", f"{BASE}/{{id}}", "callrecords-callrecord-get",
        RECORDS, None, answers.call_record, frozenset({"$select", "$expand"}),
    ),
    Endpoint(
        "GET", f"{BASE}/{{id}}/sessions", "callrecords-session-list",
        RECORDS, None, answers.sessions, frozenset({"$select", "$expand", "$skiptoken"}),
    ),
    Endpoint(
        "GET", f"{BASE}/{{id}}/participants_v2", "callrecords-callrecord-list-participants_v2",
        RECORDS, None, answers.participants, frozenset({"$select", "$skiptoken"}),
    ),
    Endpoint(
        "GET", f"{BASE}/getPstnCalls()", "callrecords-callrecord-getpstncalls",
        TELEPHONE, None, answers.pstn_calls, frozenset({"$skip", "$skiptoken"}),
    ),
    Endpoint(
        "GET", f"{BASE}/getDirectRoutingCalls()", "callrecords-callrecord-getdirectroutingcalls",
        TELEPHONE, None, answers.direct_routing_calls, frozenset({"$skip", "$skiptoken"}),
    ),
)  # fmt: skip


def _records(tenant: Tenant) -> Iterator[dict[str, Any]]:
    return (record.describe(tenant) for record in tenant.part(Calls).all())


def _participants(tenant: Tenant) -> Iterator[dict[str, Any]]:
    for record in tenant.part(Calls).all():
        for row in record.participants(tenant):
            yield {"callId": record.id, **row}


def _sessions(tenant: Tenant) -> Iterator[dict[str, Any]]:
    for record in tenant.part(Calls).all():
        for number in range(record.legs()):
            yield {"callId": record.id, **record.session(tenant, number)}


def _segments(tenant: Tenant) -> Iterator[dict[str, Any]]:
    for record in tenant.part(Calls).all():
        for number in range(record.legs()):
            session = record.session(tenant, number)["id"]
            for row in record.segments(tenant, number):
                yield {"callId": record.id, "sessionId": session, **row}


def _pstn_calls(tenant: Tenant) -> Iterator[dict[str, Any]]:
    return (row.content for row in tenant.part(Telephony).pstn)


def _direct_routing_calls(tenant: Tenant) -> Iterator[dict[str, Any]]:
    return (row.content for row in tenant.part(Telephony).direct_routing)


PAGE = "https://learn.microsoft.com/en-us/graph/throttling-limits#call-records-limits"

AREA = Area(
    endpoints=ENDPOINTS,
    roles=TELEPHONE,
    limits=(
        Limit("call records", rf"GET {BASE}.*", 1500, 20, PAGE),
        Limit("one call record", rf"GET {BASE}/\{{id\}}.*", 10, 20, PAGE, "chat"),
    ),
    truth={
        "call_records": _records,
        "call_participants": _participants,
        "call_sessions": _sessions,
        "call_segments": _segments,
        "pstn_calls": _pstn_calls,
        "direct_routing_calls": _direct_routing_calls,
    },
    day=day,
)
