"""Streams that are usage reports."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.base.bookmarked import BookmarkedStream
from tap_msteams.base.run import logger
from tap_msteams.graph import Page, Reader, Request
from tap_msteams.schema import Many
from tap_msteams.state import moment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tap_msteams.base.run import Run
    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Answer, Record
    from tap_msteams.sweep import Lane, Steps

KEPT = timedelta(days=28)
"""From how many days back on Graph has a report of a single day, today included; its pages say 30.

https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/8720
"""

DAY = timedelta(days=1)

OTHER_COLUMNS = "additionalColumns"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class ReportStream(BookmarkedStream):
    """A report of Microsoft's on the use of Teams, day after day up to the newest one.

    https://learn.microsoft.com/graph/api/resources/report
    """

    identified_by: ClassVar[str]
    """The property that says whom a row is about; a hash where names are concealed."""

    reread: ClassVar[timedelta] = timedelta(days=2)
    """How long after a day what happened on it may still be counted."""

    permission = "Reports.Read.All"
    clouds = ("global",)
    replication_key = "reportDate"
    added = ("reportDate", OTHER_COLUMNS)
    selected_by_default = False
    cost = "1 per day, at first of 26 days, and 1 more; Graph allows 14 in 10 minutes"

    @override
    def begin(self, run: Run, *, emits: bool) -> Lane:
        self.tells = False
        return super().begin(run, emits=emits)

    @override
    def read(self, parent: Ids) -> Steps:
        """Read the days that are counted and have not been read, and the last ones again."""
        columns = self.properties.wrapped.values()
        reader = Report({it.name: it for it in columns}, {*self.asked, self.identified_by})
        # The newest day is asked for: reports are two days behind, and at times more.
        latest: Page = yield Request(self.report("period='D7'"), Report(_NEWEST), elsewhere=True)
        newest = max((row["reportRefreshDate"] for row in latest.value), default="")
        if not newest:
            return
        for day in self.days(date.fromisoformat(newest)):
            page: Page = yield Request(self.report(f"date={day}"), reader, elsewhere=True)
            self.tell_concealed(page.value)
            for row in page.value:
                row["reportDate"] = str(day)
            yield self.shape([self._asked_for(row) for row in page.value], parent)
            self.bookmarks.advance(self.whole(parent), moment(_midnight(day)))

    def report(self, argument: str) -> str:
        """The path of the report of a period or of a day."""
        return self.path.replace("date={date}", argument)

    def days(self, newest: date) -> Iterator[date]:
        """The days to read, oldest first."""
        oldest = self.run.start.date() - KEPT + DAY
        whole = self.whole({})
        since = self.since(whole)
        day = max(since.date(), oldest) if since else oldest
        bookmark = self.bookmarks.since(whole)
        if bookmark and datetime.fromisoformat(bookmark).date() + DAY < oldest:
            logger.warning(
                "%s: the last day read is %s, but Graph has reports of the last %d days only",
                self.name,
                bookmark[:10],
                KEPT.days,
            )
        while day <= newest and _midnight(day) < self.run.until:
            yield day
            day += DAY

    @property
    @override
    def overlap(self) -> timedelta:
        # The day of the bookmark has been read.
        return self.reread - DAY

    def tell_concealed(self, rows: list[Record]) -> None:
        """Say, once a run, that names are concealed, which hides who a row is about."""
        if any(getattr(stream, "tells", False) for stream in self.run.streams.values()):
            return
        self.tells = any(not _GUID.fullmatch(row.get(self.identified_by) or "") for row in rows)
        if self.tells:
            logger.warning(
                "%s: people, teams and their ids are concealed in this tenant's reports and match "
                "no other stream; an administrator can show them in the Microsoft 365 admin "
                "center: Settings, Org settings, Reports",
                self.name,
            )

    def _asked_for(self, row: Record) -> Record:
        names = {*self.asked}
        return {name: value for name, value in row.items() if name in names}


class Report(Reader):
    """Turns CSV into records, its columns found by their heads, however these are spelt."""

    def __init__(
        self, properties: Mapping[str, th.Property[Any]], names: Collection[str] | None = None
    ) -> None:
        """Type the columns as the properties called like them, of which only some are wanted."""
        self._properties = {
            _letters(name): it for name, it in properties.items() if names is None or name in names
        }
        self._known = {_letters(name) for name in properties}
        self._others = names is not None and OTHER_COLUMNS in names

    @override
    def read(self, answer: Answer) -> Page:
        lines = csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""), strict=True)
        heads = next(lines, None)
        if heads is None or _letters(_NEWEST_NAME) not in map(_letters, heads):
            msg = "it does not start with the heads of a report"
            raise ValueError(msg)
        return Page([self._record(heads, cells) for cells in lines if cells])

    def _record(self, heads: list[str], cells: list[str]) -> Record:
        record: Record = {}
        others: dict[str, str] = {}
        for head, cell in zip(heads, cells, strict=True):
            if item := self._properties.get(_letters(head)):
                record[item.name] = _value(item, cell)
            elif _letters(head) not in self._known:
                others[head] = cell
        if self._others:
            record[OTHER_COLUMNS] = others
        return record


_NEWEST_NAME = "reportRefreshDate"
_NEWEST = {_NEWEST_NAME: th.Property(_NEWEST_NAME, th.DateType)}


def _midnight(day: date) -> datetime:
    """The moment at which a day starts."""
    return datetime.combine(day, time(), UTC)


def _letters(name: str) -> str:
    """A name by which a column's head and a property are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _value(item: th.Property[Any], cell: str) -> object:
    """What a cell says, as its property is declared."""
    kind = item.wrapped
    if isinstance(kind, Many):
        return [part for part in cell.split("+") if part]
    if not cell:
        return None
    if kind is th.BooleanType:
        return cell.lower() in {"yes", "true", "1"}
    if kind is th.IntegerType:
        return int(cell)
    return cell
