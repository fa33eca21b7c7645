"""Streams that are read anew from a moment on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_msteams.base.bookmarked import BookmarkedStream
from tap_msteams.base.run import logger
from tap_msteams.state import comparable, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Page, Record
    from tap_msteams.sweep import Steps

_MARGIN = timedelta(minutes=5)
"""What is about to leave Graph is not asked for: it may be gone when the request arrives."""

_BOUNDS = ("since", "until")


class WindowStream(BookmarkedStream):
    """What is new on `replication_key` since each parent's bookmark.

    Where Graph takes bounds, `{since}` and `{until}` stand in the path or the filter; elsewhere
    all is read, and what is older is left out.
    """

    reread: ClassVar[timedelta] = timedelta()
    """How long before the bookmark a record may still change."""

    kept: ClassVar[timedelta | None] = None
    """How long Graph keeps it."""

    span: ClassVar[timedelta | None] = None
    """The longest time that one request may ask for."""

    side_by_side = False

    @property
    @override
    def overlap(self) -> timedelta:
        return max(self.reread, super().overlap)

    @override
    def since(self, whole: str, part: str | None = None) -> datetime | None:
        since = super().since(whole, part)
        if self.kept is None:
            return since
        floor = self.run.start - self.kept + _MARGIN
        if (bookmark := self.bookmarks.since(whole)) and datetime.fromisoformat(bookmark) < floor:
            logger.warning(
                "%s: the last complete run was on %s, but Graph keeps only the last %d days",
                self.name,
                bookmark[:10],
                self.kept.days,
            )
        return max(since, floor) if since else floor

    @override
    def read(self, parent: Ids) -> Steps:
        """Read a parent's collection, one span of time after the other."""
        whole = self.whole(parent)
        if self.run.graph.started is None:
            # Bounds are moments of Graph's clock, which its first answer tells: to an empty window.
            now = moment(self.run.start)
            yield from self.ask(lambda: self.collection({**parent, "since": now, "until": now}))
        for since, until in self.spans(self.since(whole)):
            yield from super().read({**parent, "since": since, "until": until})
        self.bookmarks.advance(whole, moment(self.run.until))

    def spans(self, since: datetime | None) -> Iterator[tuple[str, str]]:
        """The bounds of each request."""
        since, until = since or datetime.fromtimestamp(0, UTC), self.run.until
        while self.span and until - since > self.span:
            yield moment(since), moment(since + self.span)
            since += self.span
        yield moment(since), moment(until)

    @override
    def take(self, parent: Ids, page: Page) -> Steps:
        lowest, end = comparable(parent["since"]), self.run.settings.end
        highest = comparable(moment(end)) if end else "~"
        page.value = [it for it in page.value if lowest <= self._changed(it) < highest]
        yield from super().take({k: v for k, v in parent.items() if k not in _BOUNDS}, page)

    def _changed(self, record: Record) -> str:
        """When a record changed; what does not say it counts as new."""
        changed: Any = record.get(self.replication_key or "")
        return comparable(changed) if changed else "9"
