"""Rows: query options of this area's collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.filters import conditions
from tap_msteams_sandbox.odata import page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tap_msteams_sandbox.endpoints import Call

    Row = Mapping[str, Any]

MEMBER = "microsoft.graph.aadUserConversationMember"


def expansions(call: Call, known: Collection[str]) -> tuple[str, ...]:
    """Return the relations to expand with each row."""
    asked = call.query.get("$expand")
    names = tuple(name.strip() for name in asked.split(",")) if asked is not None else ()
    for name in names:
        if name not in known:
            msg = f"Parsing OData Select and Expand failed: '{name}' cannot be expanded."
            raise GraphError.bad_request(msg)
    return names


def fitting(call: Call, rows: Iterable[Row], equal: Collection[str]) -> list[Row]:
    """Return the rows that meet the filter, which may compare the properties of `equal`."""
    tests = conditions(call.query.get("$filter"), equal=equal)
    return [row for row in rows if all(test(row) for test in tests)]


def collection(
    call: Call,
    what: str,
    rows: Iterable[Row],
    properties: Iterable[str],
    expanded: Collection[str] = (),
) -> bytes:
    """Return rows cut down to the selection, on one page or on several.

    What is expanded comes with a row, whatever is selected.
    """
    names = call.query.selected(properties)
    if names is not None:
        names = (*names, *expanded)
    found = list(rows)
    start = call.query.number() or 0
    size = call.size if call.endpoint.paging else len(found) or 1
    shown = found[start : start + size]
    more = call.next_link(start + size) if start + size < len(found) else None
    encoded = [pick(row, names) for row in shown]
    return page(call.context(what), encoded, count=len(shown), next_link=more)
