"""Usage reports of the whole tenant: counts of each day, or of a period."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import compress
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.readers.report import DAY, Report, TableReader, midnight
from tap_msteams.run import DAYS_LEFT_OUT, moment

if TYPE_CHECKING:
    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Parent, Run

PERIODS = (7, 30, 90, 180)
"""The numbers of days that Graph counts.

https://learn.microsoft.com/graph/api/reportroot-getteamsuseractivitycounts#function-parameters
"""


@dataclass(frozen=True, kw_only=True)
class History(Report):
    """A report with a row a day, of which Graph gives half a year at once."""

    @property
    @override
    def requests(self) -> tuple[int, int]:
        return 2, 1

    @override
    def reader(self, run: Run, stream: Declaration) -> HistoryReader:
        return HistoryReader(run, stream, self)


@dataclass(frozen=True, kw_only=True)
class Distribution(Report):
    """A report with one row, on a period that ends at the newest day."""

    replication_key: str = field(default="reportRefreshDate", init=False)

    @property
    @override
    def requests(self) -> tuple[int, int]:
        return len(PERIODS), len(PERIODS)

    @override
    def reader(self, run: Run, stream: Declaration) -> DistributionReader:
        return DistributionReader(run, stream, self)


class HistoryReader(TableReader):
    """Reads the days since the bookmark, and the last ones again."""

    @override
    async def read(self, parent: Parent) -> None:
        # The shortest report tells Graph's clock, and is enough for a run each day.
        page = await self.fetch(_period(PERIODS[0]))
        name, today = self.stream.name, self.run.start.date()
        since = self.partitions.since(name)
        first = since.date() if since else date.min
        needed, period = (today - first).days + 1, PERIODS[0]
        if needed > period:
            period = next((it for it in PERIODS if it >= needed), PERIODS[-1])
            page = await self.fetch(_period(period))
        kept = timedelta(days=PERIODS[-1])
        self.warn_of_lost_days(self.bookmarks.since(name), today - kept + DAY, kept)
        self.failures.look_at(page, parent)
        days = [row.get(self.day_column) or "" for row in page.rows]
        # A row without a day is reported as such.
        wanted = [
            not day or (day >= str(first) and self.lies_before_end(date.fromisoformat(day)))
            for day in days
        ]
        await self.write([*compress(page.rows, wanted)], parent)
        if counted := {date.fromisoformat(day) for day in compress(days, wanted) if day}:
            last = self._last_without_gap(counted, max(first, max(counted) - (period - 1) * DAY))
            self.bookmarks.advance(name, moment(midnight(last)))

    def _last_without_gap(self, counted: set[date], first: date) -> date:
        """The last day up to which the report has all days after the bookmark.

        Microsoft's pages do not say that a report leaves out days: one that does may still come.
        """
        last, bookmark = max(counted), self.bookmarks.since(self.stream.name)
        day = (
            max(first, datetime.fromisoformat(bookmark).date() + DAY) if bookmark else min(counted)
        )
        every = [day + number * DAY for number in range((last - day).days)]
        if not (missing := [it for it in every if it not in counted]):
            return last
        self.run.issues.notice(
            self.declaration,
            f"the report leaves out {len(missing)} days, the first of them {missing[0]}",
            "nothing to do: the days from there on are read again until Graph has them",
            DAYS_LEFT_OUT,
        )
        return missing[0] - DAY


class DistributionReader(TableReader):
    """Reads the periods that end at the newest day, unless they have been read."""

    @override
    async def read(self, parent: Parent) -> None:
        name, begin = self.stream.name, self.run.settings.start
        known = (self.bookmarks.since(name) or "")[:10]
        ends = []
        for days in PERIODS:
            page = await self.fetch(_period(days))
            newest = max((row.get(self.day_column) or "" for row in page.rows), default="")
            ends.append(newest)
            is_early = newest <= known or (begin and newest < str(begin.date()))
            if newest and (is_early or not self.lies_before_end(date.fromisoformat(newest))):
                return
            self.failures.look_at(page, parent)
            await self.write(page.rows, parent)
        # Graph may count a new day between two answers: the others are read again for it.
        if oldest := min(ends):
            self.bookmarks.advance(name, moment(midnight(date.fromisoformat(oldest))))


def _period(days: int) -> str:
    """The argument of a report on so many days."""
    return f"period='D{days}'"
