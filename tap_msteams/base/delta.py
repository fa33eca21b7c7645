"""Streams that Graph tracks changes of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.base.bookmarked import BookmarkedStream
from tap_msteams.base.run import logger
from tap_msteams.errors import ExpiredError
from tap_msteams.graph import Request
from tap_msteams.state import moment

if TYPE_CHECKING:
    from singer_sdk import Tap

    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Page
    from tap_msteams.sweep import Steps


class DeltaStream(BookmarkedStream):
    """What changed below each parent since Graph's own link in STATE; deletions are records, too.

    https://learn.microsoft.com/graph/delta-query-overview
    """

    def __init__(self, tap: Tap) -> None:
        """Go by links, since there is no replication key that would say so."""
        super().__init__(tap)
        self.forced_replication_method = "INCREMENTAL"

    @property
    @override
    def bookmark(self) -> str | None:
        return self.bookmarks.oldest_link if hasattr(self, "bookmarks") else None

    @override
    def select(self) -> list[str]:
        # A link keeps its first $select for good: what is selected later would never come by it.
        ours = {*self.expand, *self.added, *self.variables}
        return [name for name in self.schema["properties"] if name not in ours]

    @override
    def read(self, parent: Ids) -> Steps:
        """Go on where the last run ended; from the start where Graph has forgotten that place."""
        if left := self.bookmarks.left_open(self.whole(parent)):
            try:
                yield from self._follow(parent, Request(left[1], self.decoder, first=False))
            except ExpiredError as error:
                self.bookmarks.drop_open(self.whole(parent))
                logger.warning(
                    "%s %s: Graph has forgotten what changed since %s and is read from the start; "
                    "what was deleted meanwhile cannot be seen: %s",
                    self.name,
                    self.whole(parent),
                    left[0].date(),
                    error,
                )
            else:
                return
        yield from self._follow(parent, Request(self.collection(parent), self.decoder))

    def _follow(self, parent: Ids, first: Request) -> Steps:
        request: Request | None = first
        while request:
            page: Page = yield request
            yield from self.take(parent, page)
            if link := page.next or page.delta:
                self.bookmarks.leave_open(self.whole(parent), moment(self.run.start), link)
            request = request.following(page)
