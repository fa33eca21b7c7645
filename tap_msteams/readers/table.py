"""Tables: usage reports as CSV, decoded cell by cell."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import requests
from singer_sdk import typing as th

from tap_msteams.client import RowDecoder
from tap_msteams.errors import DamagedError, public_path
from tap_msteams.schema import Many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_msteams.client import Answer, Page, Row
    from tap_msteams.writer import Record

NEWEST_DAY = "reportRefreshDate"
"""The column of the newest day with a report."""

OTHER_COLUMNS = "additionalColumns"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ZEROS = re.compile(r"[0-]*")
_HASH = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_NUMBER = re.compile(r"(-?\d{1,3}(?:,?\d{3})*)(?:\.0*)?")
_AMERICAN_DAY = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")
_LARGEST = 2**63
_YES, _NO = {"yes", "true", "1"}, {"no", "false", "0"}


class ReportDecoder:
    """Turns CSV into records; columns are matched by the letters of their heads."""

    def __init__(
        self,
        properties: Mapping[str, th.Property[Any]],
        keys: Sequence[str],
        emitted: Sequence[str] = (),
    ) -> None:
        """Type each column as the property of the same letters; keep the keys and the emitted.

        The first of the keys is in place of others that are empty, as is the name of somebody who
        is deleted.
        """
        facts = [NEWEST_DAY, *keys]
        self._properties = {
            _letters(name): it for name, it in properties.items() if name in {*facts, *emitted}
        }
        self._keys = keys
        self._known = {_letters(name) for name in properties}
        self._others = OTHER_COLUMNS in emitted
        self._rows = RowDecoder(dict.fromkeys(facts, str | None), emitted, plain=True)

    def decode(self, answer: Answer) -> Page:
        """The rows of a report; cells that cannot be read are null."""
        text = answer.body.decode("utf-8-sig", "replace").replace("\0", "")
        flaws = Counter[str]()
        try:
            lines = csv.reader(io.StringIO(text, newline=""))
            heads = next(lines, [])
            if text.strip() and _letters(NEWEST_DAY) not in map(_letters, heads):
                msg = "it does not start with the heads of a report"
                raise ValueError(msg)
            records = [self._record(heads, cells, flaws) for cells in lines if cells]
        except csv.Error as error:
            raise _damaged(answer, f"the report is no CSV: {error}") from error
        if not heads:
            raise _damaged(answer, "the report is empty")
        flawed = tuple(f"{flaw}, in {number} rows" for flaw, number in flaws.items())
        return replace(self._rows.page(records), flawed=flawed)

    def _record(self, heads: list[str], cells: list[str], flaws: Counter[str]) -> Record:
        record: Record = {}
        others: dict[str, str] = {}
        if len(cells) != len(heads):
            flaws["a row has more or fewer cells than the report has columns"] += 1
            cells += [""] * (len(heads) - len(cells))
        for head, cell in zip(heads, cells, strict=False):
            if item := self._properties.get(_letters(head)):
                record[item.name] = value = _value(item, cell)
                if value is None and cell:
                    flaws[f"'{item.name}' is of another type"] += 1
            elif _letters(head) not in self._known:
                others[head] = cell
        for key in self._keys:
            record[key] = record.get(key) or record.get(self._keys[0])
        if self._others:
            record[OTHER_COLUMNS] = others
        return record


def are_concealed(rows: Sequence[Row], keys: Sequence[str]) -> bool:
    """Whether most keys of a report, an id and a name, are hashes: no GUID, or no address."""
    id_, name = keys
    concealed = sum(_is_concealed(row.get(id_) or "", row.get(name) or "", name) for row in rows)
    return 2 * concealed > len(rows)


def _is_concealed(id_: str, text: str, name: str) -> bool:
    if not _GUID.fullmatch(id_) or _ZEROS.fullmatch(id_):
        return True
    is_hash = "@" not in text if name == "userPrincipalName" else _HASH.fullmatch(text)
    return bool(text and is_hash)


def _damaged(answer: Answer, message: str) -> DamagedError:
    return DamagedError(public_path(answer.request.url), requests.codes.ok, message=message)


def _letters(name: str) -> str:
    """The letters of a name, in which a column's head and a property agree."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _value(item: th.Property[Any], cell: str) -> object:
    """The value of a cell in the type of its property; None where it has none."""
    kind = item.wrapped
    if isinstance(kind, Many):
        return [part for part in cell.split("+") if part]
    if kind is th.BooleanType:
        word = cell.strip().lower()
        return word in _YES if word in _YES | _NO else None
    if kind is th.IntegerType:
        return _number(cell.strip())
    if kind is th.DateType:
        return _day(cell.strip())
    return cell or None


def _number(cell: str) -> int | None:
    """A whole number, which may be grouped by commas or end in `.0`."""
    found = _NUMBER.fullmatch(cell)
    number = int(found[1].replace(",", "")) if found else None
    return number if number is not None and abs(number) < _LARGEST else None


def _day(cell: str) -> str | None:
    """A day as ISO 8601 spells it, also from a moment or from month/day/year."""
    try:
        if _AMERICAN_DAY.fullmatch(cell):
            month, day, year = map(int, cell.split("/"))
            return str(date(year, month, day))
        return str(datetime.fromisoformat(cell).date())
    except ValueError:
        return None
