"""Usage reports of the whole tenant: counts of each day, or of a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import compress
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.readers.report import DAY, Report, TableReader, midnight
from tap_msteams.readers.table import ReportDecoder
from tap_msteams.run import DAYS_LEFT_OUT, moment

if TYPE_CHECKING:
    from tap_msteams.client import Page
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

    @property
    @override
    def requests(self) -> tuple[int, int]:
        return len(PERIODS), len(PERIODS)

    @override
    def reader(self, run: Run, stream: Declaration) -> DistributionReader:
        return DistributionReader(run, stream, self)


class PeriodReader(TableReader):
    """Reads reports of periods up to the newest day."""

    def __init__(self, run: Run, stream: Declaration, options: Report) -> None:
        """Decode rows by their day."""
        super().__init__(run, stream, options)
        self._key = stream.replication_key or ""
        self._decoder = ReportDecoder(stream.properties.wrapped, [self._key], self.selected)

    async def _period(self, days: int) -> Page:
        """The report of a period."""
        return await self.fetch(f"period='D{days}'", self._decoder)

    def _lies_before_end(self, day: str) -> bool:
        """Whether a day lies before the end of what is read."""
        return midnight(date.fromisoformat(day)) < self.run.until


class HistoryReader(PeriodReader):
    """Reads the days since the bookmark, and the last ones again."""

    @override
    async def read(self, parent: Parent) -> None:
        # The shortest report tells Graph's clock, and is enough for a run each day.
        page = await self._period(PERIODS[0])
        name, today = self.stream.name, self.run.start.date()
        since = self.since(name)
        first = since.date() if since else date.min
        needed, period = (today - first).days + 1, PERIODS[0]
        if needed > period:
            period = next((it for it in PERIODS if it >= needed), PERIODS[-1])
            page = await self._period(period)
        kept = timedelta(days=PERIODS[-1])
        self.warn_of_lost_days(self.bookmarks.since(name), today - kept + DAY, kept)
        self.failures.look_at(page, parent)
        days = [row.get(self._key) or "" for row in page.rows]
        # A row without a day is reported as such.
        wanted = [not day or (day >= str(first) and self._lies_before_end(day)) for day in days]
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


class DistributionReader(PeriodReader):
    """Reads the periods that end at the newest day, unless they have been read."""

    @override
    async def read(self, parent: Parent) -> None:
        name, begin = self.stream.name, self.run.settings.start
        known = (self.bookmarks.since(name) or "")[:10]
        ends = []
        for days in PERIODS:
            page = await self._period(days)
            newest = max((row.get(self._key) or "" for row in page.rows), default="")
            ends.append(newest)
            is_early = newest <= known or (begin and newest < str(begin.date()))
            if newest and (is_early or not self._lies_before_end(newest)):
                return
            self.failures.look_at(page, parent)
            await self.write(page.rows, parent)
        # Graph may count a new day between two answers: the others are read again for it.
        if oldest := min(ends):
            self.bookmarks.advance(name, moment(midnight(date.fromisoformat(oldest))))
