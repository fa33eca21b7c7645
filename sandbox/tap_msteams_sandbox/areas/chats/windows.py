"""Windows: the order and the bounds of a request for messages of chats."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.filters import window
from tap_msteams_sandbox.instants import parse
from tap_msteams_sandbox.odata import clauses
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_msteams_sandbox.company.message import Message
    from tap_msteams_sandbox.endpoints import Call

    Rank = Callable[[Message], tuple[int, int]]

ORDERS: dict[str, Rank] = {
    "lastModifiedDateTime": attrgetter("modified", "id"),
    "createdDateTime": attrgetter("id", "id"),
}
"""What the messages of a chat can be ordered and filtered by.

https://learn.microsoft.com/en-us/graph/api/chat-list-messages#optional-query-parameters
"""

_BOUND = re.compile(r"(?P<name>\w+) (?P<operator>gt|lt) (?P<instant>\S+)")
_ORDER = re.compile(r"(?P<name>\w+) desc")
_FROM = re.compile(r"from/(?P<kind>user|application)/(?P<name>\w+) eq '(?P<value>[^']*)'")
_EVENTS = re.compile(r"messageType (?P<operator>eq|ne) 'systemEventMessage'")


def listed(call: Call) -> tuple[Rank, Callable[[Message], bool]]:
    """Return the order of a chat's messages, and the test of its filter.

    A filter counts only beside an order by the same property; any other one is ignored.
    """
    order, text = call.query.get("$orderby"), call.query.get("$filter")
    if order is None:
        return ORDERS["lastModifiedDateTime"], lambda _: True
    match = _ORDER.fullmatch(order)
    if match is None or match["name"] not in ORDERS:
        msg = f"QueryOptions to order by is not supported: '{order}'."
        raise GraphError.bad_request(msg)
    rank = ORDERS[match["name"]]
    bounds = [_bound(clause, match["name"]) for clause in clauses(text)] if text else []
    return rank, lambda message: all(test(rank(message)[0]) for test in bounds)


def _bound(clause: str, ordered_by: str) -> Callable[[int], bool]:
    """Return the condition that a clause of a filter sets."""
    match = _BOUND.fullmatch(clause)
    if match is not None and match["name"] in ORDERS and match["name"] != ordered_by:
        return lambda _: True
    allowed = ("gt", "lt") if ordered_by == "lastModifiedDateTime" else ("lt",)
    if match is None or match["name"] != ordered_by or match["operator"] not in allowed:
        msg = f"Invalid filter clause: '{clause}'."
        raise GraphError.bad_request(msg)
    try:
        bound = parse(match["instant"])
    except ValueError as error:
        raise GraphError.bad_request(str(error)) from None
    if match["operator"] == "gt":
        return lambda instant: instant > bound
    return lambda instant: instant < bound


def exports(
    text: str | None,
) -> tuple[float, float, list[Callable[[Mapping[str, Any]], bool]]]:
    """Return the window that an export is asked for, both ends excluded, and other conditions.

    https://learn.microsoft.com/en-us/graph/api/chats-getallmessages#optional-query-parameters
    """
    bounds: list[str] = []
    tests: list[Callable[[Mapping[str, Any]], bool]] = []
    for clause in clauses(text) if text else ():
        if match := _FROM.fullmatch(clause):
            tests.append(_written_by(match["kind"], match["name"], match["value"]))
        elif match := _EVENTS.fullmatch(clause):
            wanted = match["operator"] == "eq"
            tests.append(_is_event(wanted=wanted))
        else:
            bounds.append(clause)
    low, high = window(" and ".join(bounds) or None)
    return low, high, tests


AUTHORS = {
    ("user", "id"),
    ("user", "userIdentityType"),
    ("application", "applicationIdentityType"),
}
"""By what the author of a message can be asked for."""


def _written_by(kind: str, name: str, value: str) -> Callable[[Mapping[str, Any]], bool]:
    if (kind, name) not in AUTHORS:
        msg = f"Invalid filter clause: 'from/{kind}/{name}'."
        raise GraphError.bad_request(msg)

    def test(row: Mapping[str, Any]) -> bool:
        author = (row["from"] or {}).get(kind) or {}
        return bool(author.get(name) == value)

    return test


def _is_event(*, wanted: bool) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: (row["messageType"] == "systemEventMessage") == wanted
