"""Filters: the few forms of $filter that the documentation of an endpoint shows."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.instants import parse
from tap_msteams_sandbox.odata import clauses
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    Condition = Callable[[Mapping[str, Any]], bool]

_EQUALS = re.compile(r"(?P<name>[\w./]+) eq (?P<value>'(?:[^']|'')*'|true|false|null)")
_STARTS = re.compile(r"startswith\((?P<name>\w+), ?(?P<value>'(?:[^']|'')*')\)", re.IGNORECASE)
_BOUND = re.compile(r"(?P<name>\w+) (?P<operator>gt|lt) (?P<instant>\S+)")
_LITERALS = {"true": True, "false": False, "null": None}


def window(text: str | None, name: str = "lastModifiedDateTime") -> tuple[float, float]:
    """Return the two instants, both excluded, between which the export is asked for changes."""
    bounds = {"gt": -math.inf, "lt": math.inf}
    seen: set[str] = set()
    for clause in clauses(text) if text is not None else ():
        match = _BOUND.fullmatch(clause)
        if match is None or match["name"] != name or match["operator"] in seen:
            raise _invalid(clause)
        seen.add(match["operator"])
        try:
            bounds[match["operator"]] = parse(match["instant"])
        except ValueError:
            raise _invalid(clause) from None
    return bounds["gt"], bounds["lt"]


def conditions(
    text: str | None, equal: Collection[str] = (), starts: Collection[str] = ()
) -> list[Condition]:
    """Return the tests of a filter on these properties."""
    return [_condition(clause, equal, starts) for clause in clauses(text)] if text else []


def _condition(clause: str, equal: Collection[str], starts: Collection[str]) -> Condition:
    """Return one condition."""
    if (match := _EQUALS.fullmatch(clause.strip("()"))) and match["name"] in equal:
        wanted = _literal(match["value"])
        name = match["name"].rpartition("/")[2]
        if isinstance(wanted, str):
            return lambda row: str(row.get(name)).casefold() == wanted.casefold()
        return lambda row: row.get(name) == wanted
    if (match := _STARTS.fullmatch(clause)) and match["name"] in starts:
        name, prefix = match["name"], str(_literal(match["value"])).casefold()
        return lambda row: str(row.get(name)).casefold().startswith(prefix)
    raise _invalid(clause)


def _invalid(clause: str) -> GraphError:
    return GraphError.bad_request(f"Invalid filter clause: '{clause}'.")


def _literal(text: str) -> str | bool | None:
    return _LITERALS[text] if text in _LITERALS else text[1:-1].replace("''", "'")
