"""Answers: what the endpoints of call records say."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.areas.calls.area import AREA, BASE, RECORDS, TELEPHONE
from tap_msteams_sandbox.areas.calls.log import Calls
from tap_msteams_sandbox.areas.calls.telephony import Telephony
from tap_msteams_sandbox.instants import DAY, parse
from tap_msteams_sandbox.odata import Query, clauses, entity, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_msteams_sandbox.areas.calls.record import CallRecord
    from tap_msteams_sandbox.areas.calls.telephony import Row
    from tap_msteams_sandbox.endpoints import Call

RECORDS_PAGE, SESSIONS_PAGE, PARTICIPANTS_PAGE = 60, 60, 130
"""https://learn.microsoft.com/en-us/graph/api/callrecords-callrecord-get#response"""

LOG_ROWS = 1000
"""https://learn.microsoft.com/en-us/graph/api/callrecords-callrecord-getpstncalls#response"""

LOG_SPAN = 90 * DAY
"""https://learn.microsoft.com/en-us/graph/api/callrecords-callrecord-getpstncalls"""

PROPERTIES = (
    "id", "version", "type", "modalities", "lastModifiedDateTime", "startDateTime", "endDateTime",
    "joinWebUrl", "organizer", "participants",
)  # fmt: skip

_BOUND = re.compile(r"startDateTime (?P<operator>lt|le|gt|ge) (?P<instant>\S+)")
_TAKES_PART = re.compile(r"participants_v2/any\((\w+): ?\1/id eq '(?P<id>[^']*)'\)")
_EXPANDED = re.compile(r"(?P<name>\w+)(\(\$expand=segments\))?")


@AREA.endpoint(
    f"GET {BASE}",
    "callrecords-cloudcommunications-list-callrecords",
    application=RECORDS,
    delegated=None,
    options={"$filter", "$select", "$skiptoken"},
)
def call_records(call: Call) -> bytes:
    """GET /communications/callRecords."""
    tests = [_test(it) for it in clauses(call.query.get("$filter") or "")]
    after = call.query.number()
    names = call.query.selected(PROPERTIES)
    found = [
        record
        for record in call.tenant.part(Calls).all()
        if (after is None or record.place > after) and all(test(record) for test in tests)
    ]
    shown = found[: _size(call, RECORDS_PAGE)]
    more = call.next_link(shown[-1].place) if len(shown) < len(found) else None
    rows = [pick(record.describe(call.tenant), names) for record in shown]
    return page(call.context("communications/callRecords"), rows, next_link=more)


@AREA.endpoint(
    f"GET {BASE}/{{id}}",
    "callrecords-callrecord-get",
    application=RECORDS,
    delegated=None,
    options={"$select", "$expand"},
)
def call_record(call: Call) -> bytes:
    """GET /communications/callRecords/{id}; its relations come if they are expanded."""
    record = _record(call)
    names = call.query.selected(PROPERTIES)
    row: dict[str, Any] = msgspec.json.decode(pick(record.describe(call.tenant), names))
    for item in _split(call.query.get("$expand") or ""):
        match = _EXPANDED.fullmatch(item)
        name = match["name"] if match else item
        if name == "participants_v2":
            more, rows = _participants(call, record, 0, None)
        elif name == "sessions":
            more, rows = _sessions(call, record, 0, None, segments="segments" in item)
        else:
            msg = f"Could not find a property named '{name}'."
            raise GraphError.bad_request(msg)
        row[name] = [msgspec.Raw(it) for it in rows]
        if more is not None:
            option = "$expand=segments" if "segments" in item else ""
            path = f"/communications/callRecords/{record.id}/{name}"
            link = Query(path, option, {"$expand"}).next_link(call.root, more)
            row[f"{name}@odata.nextLink"] = link
    context = call.context("communications/callRecords/$entity")
    return entity(context, msgspec.json.encode(row))


@AREA.endpoint(
    f"GET {BASE}/{{id}}/sessions",
    "callrecords-session-list",
    application=RECORDS,
    delegated=None,
    options={"$select", "$expand", "$skiptoken"},
)
def sessions(call: Call) -> bytes:
    """GET /communications/callRecords/{id}/sessions, with or without their segments."""
    record = _record(call)
    expanded = call.query.get("$expand")
    if expanded not in {None, "segments"}:
        msg = f"Could not find a property named '{expanded}'."
        raise GraphError.bad_request(msg)
    names = call.query.selected([*record.session(call.tenant, 0), "segments"])
    after = call.query.number() or 0
    more, rows = _sessions(call, record, after, names, segments=bool(expanded))
    link = None if more is None else call.next_link(more)
    return page(call.context(f"{_place(record)}/sessions"), rows, next_link=link)


@AREA.endpoint(
    f"GET {BASE}/{{id}}/participants_v2",
    "callrecords-callrecord-list-participants_v2",
    application=RECORDS,
    delegated=None,
    options={"$select", "$skiptoken"},
)
def participants(call: Call) -> bytes:
    """GET /communications/callRecords/{id}/participants_v2."""
    record = _record(call)
    names = call.query.selected(("id", "identity", "administrativeUnitInfos"))
    more, rows = _participants(call, record, call.query.number() or 0, names)
    link = None if more is None else call.next_link(more)
    return page(call.context(f"{_place(record)}/participants_v2"), rows, next_link=link)


@AREA.endpoint(
    f"GET {BASE}/getPstnCalls()",
    "callrecords-callrecord-getpstncalls",
    application=TELEPHONE,
    delegated=None,
    options={"$skip", "$skiptoken"},
)
def pstn_calls(call: Call) -> bytes:
    """GET /communications/callRecords/getPstnCalls(...): the end is included."""
    rows = call.tenant.part(Telephony).pstn
    return _log(call, "pstnCallLogRow", rows, operator.le)


@AREA.endpoint(
    f"GET {BASE}/getDirectRoutingCalls()",
    "callrecords-callrecord-getdirectroutingcalls",
    application=TELEPHONE,
    delegated=None,
    options={"$skip", "$skiptoken"},
)
def direct_routing_calls(call: Call) -> bytes:
    """GET /communications/callRecords/getDirectRoutingCalls(...): the end is excluded."""
    rows = call.tenant.part(Telephony).direct_routing
    return _log(call, "directRoutingLogRow", rows, operator.lt)


def _log(
    call: Call, kind: str, rows: Iterable[Row], until: Callable[[float, float], bool]
) -> bytes:
    """Return the rows of a log whose calls started between the two instants of the path."""
    asked = call.arguments
    try:
        start, end = parse(asked["fromDateTime"]), parse(asked["toDateTime"])
    except (KeyError, ValueError):
        msg = "fromDateTime and toDateTime have to be given as DateTimeOffset."
        raise GraphError.bad_request(msg) from None
    if not 0 <= end - start <= LOG_SPAN:
        msg = "The date range cannot be more than 90 days."
        raise GraphError.bad_request(msg)
    skip = call.query.get("$skip") or "0"
    if not skip.isdecimal():
        msg = f"Invalid value '{skip}' for $skip."
        raise GraphError.bad_request(msg)
    found = [row.content for row in rows if row.start >= start and until(row.start, end)]
    size = min(LOG_ROWS, call.ceiling or LOG_ROWS)
    shown = found[int(skip) : int(skip) + size]
    more = int(skip) + len(shown)
    link = f"{call.root}{call.query.raw_path}?$skip={more}" if more < len(found) else None
    context = call.context(f"Collection(microsoft.graph.callRecords.{kind})")
    encoded = [msgspec.json.encode(row) for row in shown]
    return page(context, encoded, count=len(encoded), next_link=link)


def _sessions(
    call: Call, record: CallRecord, after: int, names: Iterable[str] | None, *, segments: bool
) -> tuple[int | None, list[bytes]]:
    """Return where the next page starts, and the sessions of this one."""
    end = after + _size(call, SESSIONS_PAGE)
    rows = []
    for number in range(after, min(end, record.legs())):
        row = record.session(call.tenant, number)
        if segments:
            row["segments"] = record.segments(call.tenant, number)
        rows.append(pick(row, [*names, "segments"] if names else None))
    return end if end < record.legs() else None, rows


def _participants(
    call: Call, record: CallRecord, after: int, names: Iterable[str] | None
) -> tuple[int | None, list[bytes]]:
    """Return where the next page starts, and the participants of this one."""
    end = after + _size(call, PARTICIPANTS_PAGE)
    rows = record.participants(call.tenant)
    return end if end < len(rows) else None, [pick(row, names) for row in rows[after:end]]


def _size(call: Call, most: int) -> int:
    """Return the size of a page: Graph's own, or a smaller one that was preferred."""
    match = re.search(r"odata\.maxpagesize=(\d+)", call.headers.get("Prefer", ""))
    preferred = int(match[1]) if match and int(match[1]) else most
    return min(most, preferred, call.ceiling or most)


def _record(call: Call) -> CallRecord:
    """Return the record that the path names."""
    record = call.tenant.part(Calls).get(call.names[0])
    if record is None:
        msg = f"Call record {call.names[0]}"
        raise GraphError.not_found(msg)
    return record


def _place(record: CallRecord) -> str:
    return f"communications/callRecords('{record.id}')"


def _test(clause: str) -> Callable[[CallRecord], bool]:
    """Return the test that a clause of a filter stands for."""
    if not clause:
        return lambda _: True
    if match := _TAKES_PART.fullmatch(clause):
        wanted = match["id"]
        return lambda record: any(person.id == wanted for person in record.people)
    if match := _BOUND.fullmatch(clause):
        compare = getattr(operator, match["operator"])
        try:
            bound = parse(match["instant"])
        except ValueError:
            bound = None
        if bound is not None:
            return lambda record: bool(compare(record.start, bound))
    msg = f"Invalid filter clause: '{clause}'."
    raise GraphError.bad_request(msg)


def _split(text: str) -> list[str]:
    """Return the parts between commas that are outside of brackets."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part]
