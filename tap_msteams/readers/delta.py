"""Delta queries: changes below each parent since Graph's own link in STATE."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from tap_msteams.client import Request
from tap_msteams.errors import ExpiredError
from tap_msteams.readers.bookmarked import BookmarkedReader
from tap_msteams.readers.kind import Kind
from tap_msteams.readers.reader import logger
from tap_msteams.run import Receipt, moment

if TYPE_CHECKING:
    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Parent, Run


@dataclass(frozen=True)
class Delta(Kind):
    """Changes since Graph's own link in STATE; deletions are records, too.

    https://learn.microsoft.com/graph/delta-query-overview
    """

    replication_method: ClassVar[str] = "INCREMENTAL"

    @override
    def reader(self, run: Run, stream: Declaration) -> DeltaReader:
        return DeltaReader(run, stream)


class DeltaReader(BookmarkedReader):
    """Follows the links of each parent."""

    @override
    def oldest(self) -> str | None:
        return self.bookmarks.oldest_link

    @override
    def requested(self) -> list[str]:
        # A link keeps its first $select for good: properties selected later would never arrive.
        return sorted({*self.stream.properties.wrapped, *self.facts})

    @override
    async def read(self, parent: Parent) -> None:
        """Continue at the link of the last run, or start anew where Graph refuses the link."""
        partition = self.partition(parent.ids)
        if window := self.bookmarks.unfinished(partition):
            try:
                await self._follow(parent, Request(window[1], self.decoder))
            except ExpiredError as error:
                self.bookmarks.drop_unfinished(partition)
                logger.warning(
                    "%s %s: Graph has forgotten what changed since %s and is read from the start; "
                    "what was deleted meanwhile cannot be seen: %s",
                    self.stream.name,
                    partition,
                    window[0].date(),
                    error,
                )
            else:
                return
        await self._follow(parent, Request(self.queries.collection(parent.ids), self.decoder))

    async def _follow(self, parent: Parent, first: Request) -> None:
        partition, shown = self.partition(parent.ids), Receipt()
        reading = replace(parent, receipt=shown)
        async with self.parts() as parts:
            async for page in self.client.pages(first):
                self.look_at(page, reading)
                await self.emit_page(reading, page.rows, parts)
                link = page.next or page.delta
                if link and await shown.read():
                    start = moment(self.run.start)
                    self.bookmarks.leave_unfinished(partition, start, link)
