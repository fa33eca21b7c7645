"""All rows of calls, complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.calls.area import AREA
from tap_msteams_sandbox.areas.calls.log import Calls
from tap_msteams_sandbox.areas.calls.telephony import Telephony

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company


@AREA.rows("call_records")
def records(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield all call records."""
    return (record.describe(tenant) for record in tenant.part(Calls).all())


@AREA.rows("call_participants")
def participants(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the participants of every call."""
    for record in tenant.part(Calls).all():
        for row in record.participants(tenant):
            yield {"callId": record.id, **row}


@AREA.rows("call_sessions")
def sessions(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the sessions of every call."""
    for record in tenant.part(Calls).all():
        for number in range(record.legs()):
            yield {"callId": record.id, **record.session(tenant, number)}


@AREA.rows("call_segments")
def segments(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the segments of every session."""
    for record in tenant.part(Calls).all():
        for number in range(record.legs()):
            session = record.session(tenant, number)["id"]
            for row in record.segments(tenant, number):
                yield {"callId": record.id, "sessionId": session, **row}


@AREA.rows("pstn_calls")
def pstn_calls(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the log of telephone calls."""
    return (row.content for row in tenant.part(Telephony).pstn)


@AREA.rows("direct_routing_calls")
def direct_routing_calls(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the log of calls by direct routing."""
    return (row.content for row in tenant.part(Telephony).direct_routing)
