"""Windows: records since a bookmark, where Graph keeps records for a limited time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.readers.collection import CollectionReader
from tap_msteams.readers.kind import Kind
from tap_msteams.readers.partitions import Partitions
from tap_msteams.readers.reader import logger
from tap_msteams.run import ENDLESS, NEWEST, Receipt, Seen, comparable, digest, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Parent, Run

_MARGIN = timedelta(minutes=5)
"""Distance from the end of Graph's retention, which a request may otherwise arrive after."""


@dataclass(frozen=True, kw_only=True)
class Window(Kind):
    """Records whose replication key is after each parent's bookmark.

    Where Graph takes bounds, `{since}` and `{until}` stand in the path or the filter; elsewhere
    all records are read, and older ones are left out.
    """

    replication_key: str = field()  # needed, unlike in its base
    """The property by whose times records are chosen."""
    reread: timedelta = timedelta()
    """The time before the bookmark in which a record may still change."""
    kept: timedelta | None = None
    """How long Graph keeps a record."""
    span: timedelta | None = None
    """The longest span of time that Graph takes in one request."""
    repeats: bool = False
    """Whether Graph may send a record again on a later page; it is then emitted once."""
    version: str | None = None
    """The property that rises with each version of a record: one that has been read does not count
    again, nor does a lower one."""

    @override
    def reader(self, run: Run, stream: Declaration) -> WindowReader:
        return WindowReader(run, stream, self)


class WindowReader(CollectionReader):
    """Reads spans of time, one after the other, as far back as Graph keeps records."""

    partitions: Partitions

    def __init__(self, run: Run, stream: Declaration, options: Window) -> None:
        self._replication_key = options.replication_key
        keys = stream.primary_keys if options.repeats else ()
        above = stream.names_above(application=run.application)
        self._own_keys = [it for it in keys if it not in above]
        super().__init__(run, stream, facts=(self._replication_key, *self._own_keys))
        lookback = timedelta(minutes=run.settings.lookback_minutes)
        self.partitions = Partitions(run, stream, overlap=max(options.reread, lookback))
        self.bookmarks = self.partitions.bookmarks
        self._options = options
        self._pages: deque[tuple[Receipt, list[tuple[str, int, int]]]] = deque()
        """The versions of records, page by page, until all below a page has been read."""

    @override
    def begin(self) -> None:
        super().begin()
        self.known.remember(self.bookmarks.versions)

    def _since(self, partition: str) -> datetime | None:
        """The start of what to read of a parent; None for its whole history."""
        since, kept = self.partitions.since(partition), self._options.kept
        if kept is None:
            return since
        floor = self.run.start - kept + _MARGIN
        bookmark = self.bookmarks.since(partition)
        if bookmark and datetime.fromisoformat(bookmark) < floor:
            logger.warning(
                "%s: the last complete run was on %s, but Graph keeps only the last %d days",
                self.stream.name,
                bookmark[:10],
                kept.days,
            )
        return max(since, floor) if since else floor

    @override
    async def read(self, parent: Parent) -> None:
        partition, shown = self.partitions.key(parent.ids), Receipt()
        if self.run.client.graph.started is None:
            # Bounds are on Graph's clock, which its first answer tells: that of a short window.
            now, before = self.run.start, self.run.start - _MARGIN
            await self.first_page({**parent.ids, "since": moment(before), "until": moment(now)})
        reading = replace(parent, receipt=shown)
        until = self.run.until  # a later answer may correct it, but not what has been asked for
        begin, end = self._since(partition), self.run.settings.end
        highest = comparable(moment(end)) if end else ENDLESS
        seen = Seen()
        async with self.parts() as parts:
            for since, before in self._spans(begin, until):
                bounds = {**parent.ids, "since": moment(since), "until": moment(before)}
                lowest = comparable(moment(since))
                below = highest if before == until else comparable(moment(before))
                async for page in self.pages(bounds):
                    self.failures.look_at(page, reading)
                    rows = [it for it in page.rows if self._lies_in(it, lowest, below)]
                    if self._own_keys:
                        rows = [it for it in rows if seen.is_new(self._key(it))]
                    unseen = self.known.unseen(self.chosen(rows))
                    below_page = Receipt(shown)
                    versions = self._versions(unseen)
                    await self.emit_rows(replace(parent, receipt=below_page), unseen, parts)
                    if versions:
                        self._pages.append((below_page, versions))
                        self._settle()
                    del page, rows, unseen  # before the next page comes, which halves the time
        if parts.are_complete:
            await self._advance(partition, until, shown)

    async def _advance(self, partition: str, to: datetime, shown: Receipt) -> None:
        """Move a bookmark, once the child streams have read what they were shown."""
        if await shown.read():
            self.bookmarks.advance(partition, moment(to))
        self._settle()
        if self._options.version and (since := self.bookmarks.since(partition)):
            kept = datetime.fromisoformat(since) - self.partitions.overlap
            self.bookmarks.versions.forget_before(moment(kept))

    @override
    def save(self) -> None:
        self._settle()
        super().save()

    def _versions(self, rows: Sequence[Row]) -> list[tuple[str, int, int]]:
        """The time, version and digest of each row of a page, as they are before it is written."""
        if not (version := self._options.version):
            return []
        timed = [(self._changed(it), it.get(version), it["id"]) for it in rows]
        known = [(at, number, digest([id_])) for at, number, id_ in timed if number]
        return [it for it in known if it[0] != NEWEST]

    def _settle(self) -> None:
        """Put versions into the state whose records show nothing that has not been read."""
        while self._pages and self._pages[0][0].is_done:
            shown, found = self._pages.popleft()
            for at, number, id_ in () if shown.is_missed else found:
                self.bookmarks.versions.add(at, number, id_)

    def _spans(
        self, since: datetime | None, until: datetime
    ) -> Iterator[tuple[datetime, datetime]]:
        """The bounds of each request; none where all has been read."""
        since = since or datetime.fromtimestamp(0, UTC)
        span = self._options.span or until - since
        while since < until:
            yield since, min(since + span, until)
            since += span

    def _key(self, row: Row) -> list[str]:
        """The part of a record's key that its parents' ids lack."""
        return [str(row.get(name)) for name in self._own_keys]

    def _lies_in(self, row: Row, lowest: str, highest: str) -> bool:
        """Whether a record changed in a span, to which its start belongs and its end does not.

        A record without a time counts as new.
        """
        changed = self._changed(row)
        return changed == NEWEST or lowest <= changed < highest

    def _changed(self, row: Row) -> str:
        """The time of a record's last change; a record without one counts as new."""
        changed = row.get(self._replication_key)
        return comparable(changed) if changed else NEWEST
