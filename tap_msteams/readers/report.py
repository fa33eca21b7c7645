"""Usage reports."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.client import Request
from tap_msteams.errors import (
    ForbiddenError,
    GraphError,
    MissingError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
    recast,
)
from tap_msteams.readers.kind import Kind
from tap_msteams.readers.partitions import Partitions
from tap_msteams.readers.reader import Reader, logger
from tap_msteams.readers.table import NEWEST_DAY, ReportDecoder, are_concealed
from tap_msteams.run import Parent, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_msteams.client import Page
    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Run

KEPT = timedelta(days=28)
"""How far back Graph has reports of single days, today included; its pages say 30 days.

https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/8720
"""

DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Report(Kind):
    """A report on the use of Teams, read day by day up to the newest one.

    https://learn.microsoft.com/graph/api/resources/report
    """

    replication_key: str = field(default="reportDate", init=False)
    has_additional_data: bool = field(default=False, init=False)
    reread: timedelta = timedelta(days=2)
    """How long after a day its counts may still change."""

    @property
    def requests(self) -> tuple[int, int]:
        """The requests of a first run, and of one a day later."""
        return KEPT.days - 1, self.reread.days + 1

    @override
    def reader(self, run: Run, stream: Declaration) -> TableReader:
        return ReportReader(run, stream, self)


def report_path(stream: type[Declaration], argument: str) -> str:
    """The path of the report of a period or of a day."""
    return re.sub(r"\(.*\)", f"({argument})", stream.path)


def midnight(day: date) -> datetime:
    """The moment at which a day begins."""
    return datetime.combine(day, time(), UTC)


class TableReader(Reader):
    """Reads reports, each of which is a table of days."""

    partitions: Partitions

    def __init__(
        self, run: Run, stream: Declaration, options: Report, keys: Sequence[str] = ()
    ) -> None:
        """Tell rows apart by their `keys` beside the day, or by the day alone."""
        super().__init__(run, stream)
        # The day of the bookmark has been read.
        self.partitions = Partitions(run, stream, overlap=options.reread - DAY)
        self.bookmarks = self.partitions.bookmarks
        self.day_column = options.replication_key
        columns = stream.properties.wrapped
        self._table_decoder = ReportDecoder(columns, keys or [self.day_column], self.selected)

    async def fetch(self, argument: str, decoder: ReportDecoder | None = None) -> Page:
        """The report of a period or of a day; all its columns, unless a `decoder` is given."""
        decoder = decoder or self._table_decoder
        path = report_path(self.declaration, argument)
        return await self.client.page(Request(path, decoder, elsewhere=True))

    def lies_before_end(self, day: date) -> bool:
        """Whether a day lies before the end of what is read."""
        return midnight(day) < self.run.until

    def warn_of_lost_days(self, bookmark: str | None, oldest: date, kept: timedelta) -> None:
        """Warn that days after the bookmark or `start_date` are older than Graph's reports."""
        begin = datetime.fromisoformat(bookmark) + DAY if bookmark else self.run.settings.start
        if begin and begin.date() < oldest:
            logger.warning(
                "%s: the days from %s to %s are missing: "
                "Graph has reports of the last %d days only",
                self.stream.name,
                begin.date(),
                oldest - DAY,
                kept.days,
            )


class ReportReader(TableReader):
    """Reads the counted days since the bookmark, and the last ones again."""

    def __init__(self, run: Run, stream: Declaration, options: Report) -> None:
        self._keys = [key for key in stream.primary_keys if key != options.replication_key]
        super().__init__(run, stream, options, self._keys)
        # Of the newest day the keys tell whether they are concealed.
        self._keys_decoder = ReportDecoder(stream.properties.wrapped, self._keys)

    @property
    def _names(self) -> tuple[str, str]:
        """The names of the bookmarks: of days with names, and of days where these are concealed."""
        return self.stream.name, f"{self.stream.name} (concealed)"

    @override
    def oldest(self) -> str | None:
        return max(filter(None, map(self.bookmarks.since, self._names)), default=None)

    @override
    async def read(self, parent: Parent) -> None:
        # Graph tells the newest day: reports are two days late, sometimes more.
        newest = await self.fetch("period='D7'", self._keys_decoder)
        last = max((day for row in newest.rows if (day := row.get(NEWEST_DAY))), default="")
        if not last:
            return
        names = self._names
        if are_concealed(newest.rows, self._keys):
            self._warn_of_concealed()
            names = names[::-1]
        is_read = True
        for day in self._days(date.fromisoformat(last), *names):
            is_read &= await self._read_day(Parent({"reportDate": str(day)}))
            if is_read:
                self.bookmarks.advance(names[0], moment(midnight(day)))

    async def _read_day(self, about: Parent) -> bool:
        """Read one day; returns whether it could be read, which later days do not depend on."""
        try:
            page = await self.fetch(f"date={about.ids['reportDate']}")
        except (ForbiddenError, ThrottledError, TokenRejectedError):
            raise
        except GraphError as error:
            is_gone = isinstance(error, MissingError)  # a day that Graph counts is there
            self.failed(about, recast(UnavailableError, error) if is_gone else error)
            return False
        self.failures.look_at(page, about)
        await self.write(page.rows, about)
        return True

    def _days(self, newest: date, name: str, other: str) -> Iterator[date]:
        """The days to read, oldest first.

        Bookmarks have another name where names are concealed: a day that was read with names is
        not read again without, since the same people would count twice.
        """
        oldest = self.run.start.date() - KEPT + DAY
        since, before = self.partitions.since(name), self.bookmarks.since(other)
        day = max(since.date(), oldest) if since else oldest
        if before:
            day = max(day, datetime.fromisoformat(before).date() + DAY)
        self.warn_of_lost_days(self.oldest(), oldest, KEPT)
        while day <= newest and self.lies_before_end(day):
            yield day
            day += DAY

    def _warn_of_concealed(self) -> None:
        """Warn once a run that the tenant conceals names."""
        self.run.issues.warn_once(
            "concealed reports",
            f"{self.stream.name}: people, teams and their ids are concealed in this tenant's "
            "reports and match no other stream; an administrator can show them in the "
            "Microsoft 365 admin center: Settings, Org settings, Reports",
        )
