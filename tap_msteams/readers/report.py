"""Usage reports."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.client import Page, Request, Row
from tap_msteams.readers.bookmarked import BookmarkedReader
from tap_msteams.readers.kind import Kind
from tap_msteams.readers.reader import logger
from tap_msteams.run import Parent, moment
from tap_msteams.schema import Many

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from tap_msteams.client import Answer
    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Run
    from tap_msteams.writer import Record

KEPT = timedelta(days=28)
"""How far back Graph has reports of single days, today included; its pages say 30 days.

https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/8720
"""

DAY = timedelta(days=1)

OTHER_COLUMNS = "additionalColumns"

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Report(Kind):
    """A report on the use of Teams, read day by day up to the newest one.

    https://learn.microsoft.com/graph/api/resources/report
    """

    identified_by: str
    """The property that identifies the person of a row; a hash where names are concealed."""
    reread: timedelta = timedelta(days=2)
    """How long after a day its counts may still change."""

    @override
    def reader(self, run: Run, stream: Declaration) -> ReportReader:
        return ReportReader(run, stream, self)


def report_path(stream: type[Declaration], argument: str) -> str:
    """The path of the report of a period or of a day."""
    return stream.path.replace("date={date}", argument)


class ReportReader(BookmarkedReader):
    """Reads the counted days since the bookmark, and the last ones again."""

    def __init__(self, run: Run, stream: Declaration, options: Report) -> None:
        """Continue at the bookmark, as far back as Graph has reports."""
        super().__init__(run, stream)
        self._options = options

    @override
    async def read(self, parent: Parent) -> None:
        columns = self.stream.properties.wrapped.values()
        key = self._options.identified_by
        decoder = ReportDecoder({it.name: it for it in columns}, {*self.selected, key})
        # Graph tells the newest day: reports are two days late, sometimes more.
        newest = await self._report("period='D7'", ReportDecoder(_NEWEST))
        last = max((row["reportRefreshDate"] for row in newest.rows), default="")
        if not last:
            return
        for day in self._days(date.fromisoformat(last)):
            page = await self._report(f"date={day}", decoder)
            self._warn_of_concealed(page.rows)
            await self.write(page.rows, Parent({"reportDate": str(day)}))
            self.bookmarks.advance(self.partition(parent.ids), moment(_midnight(day)))

    async def _report(self, argument: str, decoder: ReportDecoder) -> Page:
        path = report_path(self.kind, argument)
        return await self.client.page(Request(path, decoder, elsewhere=True))

    def _days(self, newest: date) -> Iterator[date]:
        """The days to read, oldest first."""
        oldest = self.run.start.date() - KEPT + DAY
        partition = self.partition({})
        since = self.since(partition)
        day = max(since.date(), oldest) if since else oldest
        bookmark = self.bookmarks.since(partition)
        if bookmark and datetime.fromisoformat(bookmark).date() + DAY < oldest:
            logger.warning(
                "%s: the last day read is %s, but Graph has reports of the last %d days only",
                self.stream.name,
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
        return self._options.reread - DAY

    def _warn_of_concealed(self, rows: Sequence[Row]) -> None:
        """Warn once a run that the tenant conceals names."""
        key = self._options.identified_by
        if any(not _GUID.fullmatch(row.get(key) or "") for row in rows):
            self.run.issues.warn_once(
                "concealed reports",
                f"{self.stream.name}: people, teams and their ids are concealed in this tenant's "
                "reports and match no other stream; an administrator can show them in the "
                "Microsoft 365 admin center: Settings, Org settings, Reports",
            )


class ReportDecoder:
    """Turns CSV into records; columns are matched by the letters of their heads."""

    def __init__(
        self, properties: Mapping[str, th.Property[Any]], names: Container[str] | None = None
    ) -> None:
        """Type each column as the property of the same letters; keep the `wanted` ones."""
        self._properties = {
            _letters(name): it for name, it in properties.items() if names is None or name in names
        }
        self._known = {_letters(name) for name in properties}
        self._others = names is not None and OTHER_COLUMNS in names

    def decode(self, answer: Answer) -> Page:
        """The rows of a report."""
        lines = csv.reader(io.StringIO(answer.body.decode("utf-8-sig"), newline=""), strict=True)
        heads = next(lines, None)
        if heads is None or _letters(_NEWEST_NAME) not in map(_letters, heads):
            msg = "it does not start with the heads of a report"
            raise ValueError(msg)
        records = [self._record(heads, cells) for cells in lines if cells]
        return Page([Row(record, record) for record in records])

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
    """The moment at which a day begins."""
    return datetime.combine(day, time(), UTC)


def _letters(name: str) -> str:
    """The letters of a name, in which a column's head and a property agree."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _value(item: th.Property[Any], cell: str) -> object:
    """The value of a cell in the type of its property."""
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
