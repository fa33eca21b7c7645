"""Query: the options of the directory's collections.

https://learn.microsoft.com/en-us/graph/aad-advanced-queries
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.expression import expression
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams_sandbox.endpoints import Call
    from tap_msteams_sandbox.expression import Filterable

    Row = dict[str, Any]

ADVANCED = frozenset({"ne", "not", "endswith"})
"""Operators that only the index for advanced queries knows."""

OPTIONS = frozenset({"$filter", "$select", "$count", "$orderby", "$search", "$expand"})

_WORDS = re.compile(r'"(?P<name>\w+):(?P<text>[^"]*)"')


@dataclass(frozen=True)
class Collection:
    """What a collection of the directory can be asked for."""

    filterable: Filterable
    sortable: frozenset[str]
    searchable: frozenset[str]


def operators(table: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Return the operators of each property, as Microsoft's tables have them in words."""
    return {name: frozenset(words.split()) for names, words in table for name in names.split()}


def asks(call: Call) -> bool:
    """Whether a request asks for some of the rows, or for an order."""
    return any(call.query.get(name) is not None for name in ("$filter", "$search", "$orderby"))


def found(call: Call, rows: Iterable[Row], what: Collection) -> list[Row]:
    """Return the rows that are asked for, in the order that is asked for."""
    query = call.query
    wanted = expression(query.get("$filter"), what.filterable)
    search, order = query.get("$search"), query.get("$orderby")
    if wanted.operators & ADVANCED or (order and query.get("$filter") is not None):
        _advanced(call, counted=True)
    if search is not None:
        _advanced(call, counted=False)
    shown = [row for row in rows if wanted.test(row)]
    if search is not None:
        shown = _searched(search, shown, what.searchable)
    for part in reversed((order or "").split(",")) if order is not None else ():
        name, _, direction = part.strip().partition(" ")
        if name not in what.sortable or direction not in {"", "asc", "desc"}:
            msg = f"Sorting not supported for property '{name}'."
            raise GraphError(400, "Request_UnsupportedQuery", msg)
        shown.sort(key=lambda row: str(row[name] or "").casefold(), reverse=direction == "desc")
    return shown


def counts(call: Call) -> bool:
    """Whether the rows are to be counted."""
    if call.query.get("$count") != "true":
        return False
    if not _eventual(call):
        msg = "$count is not currently supported."
        raise GraphError(400, "Request_UnsupportedQuery", msg)
    return True


def _advanced(call: Call, *, counted: bool) -> None:
    """Refuse an advanced query without the header and the option that it needs."""
    if not _eventual(call) or (counted and call.query.get("$count") != "true"):
        msg = (
            "The query is not supported because the required parameters might be missing. Try "
            "adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to "
            "https://aka.ms/graph-docs/advanced-queries for more information"
        )
        raise GraphError(400, "Request_UnsupportedQuery", msg)


def _eventual(call: Call) -> bool:
    return call.headers.get("ConsistencyLevel", "").lower() == "eventual"


def _searched(text: str, rows: list[Row], searchable: frozenset[str]) -> list[Row]:
    """Return the rows that are found by words.

    https://learn.microsoft.com/en-us/graph/search-query-parameter#using-search-on-directory-object-collections
    """
    either = [
        [_WORDS.fullmatch(word.strip()) for word in group.split(" AND ")]
        for group in text.split(" OR ")
    ]
    names = {match["name"] for group in either for match in group if match}
    if not all(match for group in either for match in group) or not names <= searchable:
        msg = f"Syntax error: the value of $search '{text}' is not valid."
        raise GraphError.bad_request(msg)

    def holds(row: Row, match: re.Match[str]) -> bool:
        value, words = str(row[match["name"]] or "").casefold(), match["text"].casefold()
        tokens = re.split(r"[\W_]+", value)
        return value.startswith(words) or any(token.startswith(words) for token in tokens)

    return [row for row in rows if any(all(holds(row, it) for it in g if it) for g in either)]
