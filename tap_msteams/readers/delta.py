"""Delta queries: changes below each parent since Graph's own link in STATE."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import requests
from typing_extensions import override

from tap_msteams.client import OWN, Request
from tap_msteams.errors import (
    ExpiredError,
    GraphError,
    MissingError,
    RejectedError,
    UnavailableError,
    UnsupportedError,
    public_path,
    recast,
)
from tap_msteams.readers.collection import CollectionReader
from tap_msteams.readers.kind import Kind
from tap_msteams.readers.partitions import Partitions
from tap_msteams.readers.reader import logger
from tap_msteams.run import Receipt, moment

if TYPE_CHECKING:
    from datetime import datetime

    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Parent, Run

_REFUSALS = (ExpiredError, MissingError, RejectedError, UnsupportedError)
"""The ways in which Graph refuses a link, beside 409."""


@dataclass(frozen=True)
class Delta(Kind):
    """Changes since Graph's own link in STATE; deletions are records, too.

    https://learn.microsoft.com/graph/delta-query-overview
    """

    replication_method: str = field(default="INCREMENTAL", init=False)

    @override
    def reader(self, run: Run, stream: Declaration) -> DeltaReader:
        return DeltaReader(run, stream)


class DeltaReader(CollectionReader):
    """Follows the links of each parent.

    A reading from the start shows what is there, and not what is gone: where rows may have been
    written before, it is followed by the changes since that time.
    """

    repeats = True
    partitions: Partitions

    def __init__(self, run: Run, stream: Declaration) -> None:
        super().__init__(run, stream)
        self.partitions = Partitions(run, stream, by_time=False)  # a drive is always read whole
        self.bookmarks = self.partitions.bookmarks
        # An earlier run that was killed may have left no link.
        self._begun_before = self.bookmarks.begun

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
        partition = self.partitions.key(parent.ids)
        window = self.bookmarks.unfinished(partition)
        if window is None and self._begun_before:
            self.bookmarks.owe_deletions(partition, self._begun_before)
        elif window is None and not self.bookmarks.begun:
            # In STATE before the first row, which a kill may part from its link.
            self.bookmarks.begun = moment(self.run.start - self.partitions.overlap)
            self.run.checkpoint()
        if window is None or not await self._try_link(parent, *window):
            url, proof = self.queries.collection(parent.ids), self.queries.proof(parent.ids)
            await self._follow(parent, Request(url, self.decoder, proof=proof))
        if since := self.bookmarks.owed_deletions(partition):
            await self._read_deletions(parent, since)

    async def _try_link(self, parent: Parent, since: datetime, link: str) -> bool:
        """Follow a link of STATE; returns False, and drops the link, where Graph refuses it."""
        partition = self.partitions.key(parent.ids)
        try:
            await self._follow(parent, Request(link, self.decoder, proof=OWN), since)
        except GraphError as error:
            is_conflict = (
                isinstance(error, UnavailableError) and error.status == requests.codes.conflict
            )
            if not (is_conflict or isinstance(error, _REFUSALS)):
                raise
            self.bookmarks.drop_unfinished(partition)
            self.bookmarks.owe_deletions(partition, moment(since - self.partitions.overlap))
            logger.warning(
                "%s %s: Graph has forgotten what changed since %s: everything is read again: %s",
                self.stream.name,
                partition,
                since.date(),
                error,
            )
            return False
        return True

    async def _follow(self, parent: Parent, first: Request, since: datetime | None = None) -> None:
        """Read changes, those `since` a moment, and keep Graph's link to the next ones.

        Until the last page the link stands for that moment: a row that came before may have been
        deleted since, of which a later page tells.
        """
        partition, shown = self.partitions.key(parent.ids), Receipt()
        reading = replace(parent, receipt=shown)
        link: str | None = None
        async with self.parts() as parts:
            async for page in self.client.pages(first):
                self.failures.look_at(page, reading)
                await self.emit_page(reading, page.rows, parts)
                known = since if since and page.next else self.run.start
                link = page.next or page.delta
                del page  # before the next page comes, which halves the time
                if link and await shown.read():
                    self.bookmarks.leave_unfinished(partition, moment(known), link)
        if link is None:
            self.bookmarks.drop_unfinished(partition)
            self.bookmarks.owe_deletions(
                partition, moment(self.run.start - self.partitions.overlap)
            )
            message = "its last page has no link to later changes"
            raise ExpiredError(public_path(first.url), message=message)

    async def _read_deletions(self, parent: Parent, since: str) -> None:
        """Read the changes since a moment, of which the deletions are not yet known.

        Graph takes a moment in place of a token in SharePoint, where all these drives are:
        https://learn.microsoft.com/graph/api/driveitem-delta
        """
        partition, shown = self.partitions.key(parent.ids), Receipt()
        reading = replace(parent, receipt=shown)
        url = f"{self.queries.collection(parent.ids)}&token={quote(since)}"  # after its $select
        request = Request(url, self.decoder, proof=self.queries.proof(parent.ids))
        try:
            async with self.parts() as parts:
                async for page in self.client.pages(request):
                    self.failures.look_at(page, reading)
                    await self.emit_page(reading, page.rows, parts)
                    del page  # as above
        except _REFUSALS as error:
            told = recast(ExpiredError, error)
            told.message = f"what was deleted since {since[:10]} cannot be seen: {error.message}"
            self.failed(parent, told)
        if await shown.read():
            self.bookmarks.settle_deletions(partition)

    @override
    def end(self) -> None:
        super().end()
        if self.are_parents_listed and all(map(self.bookmarks.has_link, self.partitions.seen)):
            self.bookmarks.begun = None
