"""Readers that continue at the bookmarks of the last run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_msteams.errors import SettingsError, StateError
from tap_msteams.readers.collection import CollectionReader
from tap_msteams.readers.reader import logger
from tap_msteams.run import Bookmarks, Ledger, bookmark_keys, moment
from tap_msteams.settings import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_msteams.client import Row
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.run import Parent, Receipt, Run


class BookmarkedReader(CollectionReader):
    """Reads a collection with a bookmark for each parent.

    A bookmark moves once everything up to it has been written and the child streams have read
    theirs: the next run would not show them the same parents again.
    """

    def __init__(
        self,
        run: Run,
        stream: Declaration,
        more: Mapping[str, Callable[[Ids, Row], Any]] | None = None,
        facts: Iterable[str] = (),
    ) -> None:
        """Continue at the bookmarks in the stream's state."""
        super().__init__(run, stream, more, facts)
        # Records that are read for other streams only are not written, and do not count as read.
        # FULL_TABLE in the catalog reads everything: a version is activated afterwards.
        goes_on = self.emits and stream.replication_method != "FULL_TABLE"
        state = stream.stream_state if goes_on else {}
        keys = bookmark_keys(self.declaration, application=run.application)
        alias = self._alias(run.plan.parents(self.declaration))
        shard = str(run.plan.shard) if run.plan.is_partial(self.declaration) else ""
        self.bookmarks = Bookmarks(state, stream.name, keys, alias, shard)
        self._read_all_for_new_streams_below()
        # A reader with bookmarks shows its child streams only what has changed since then.
        self.shared.is_complete = not self.is_excerpt
        self.shared.lists_all = self.bookmarks.is_empty and not self.is_excerpt
        self.shared.oldest = self.oldest
        self.shared.bookmark_before = self.oldest()
        self._partitions = Ledger()
        """The partitions that this run has begun to read."""

    def _read_all_for_new_streams_below(self) -> None:
        """Drop the bookmarks where a stream below has not read what they stand for."""
        below = sorted(it.name for it in self.run.selected if self._is_below(it))
        fresh = [name for name in below if name not in self.bookmarks.below]
        if fresh and not self.bookmarks.is_empty:
            self.bookmarks.clear()
            logger.info(
                "%s: read from the start once more, for all that is below it in %s",
                self.stream.name,
                ", ".join(fresh),
            )
        self.bookmarks.below = below

    def _is_below(self, stream: type[Declaration]) -> bool:
        parents = self.run.plan.parents(stream)
        return self.declaration in parents or any(map(self._is_below, parents))

    def _alias(self, parents: list[type[Declaration]]) -> Callable[[str], str] | None:
        """The pseudonym of a parent in STATE, where its id leads to a person who is hidden."""
        privacy, variable = self.run.privacy, parents[0].fills if parents else None
        if not (privacy and variable and privacy.is_personal(variable)):
            return None
        return lambda id_: privacy.key(variable, id_)

    @property
    def is_excerpt(self) -> bool:
        """Whether the settings leave out records by their time."""
        return bool(self.run.settings.start or self.run.settings.end)

    def oldest(self) -> str | None:
        """The oldest bookmark of all parents."""
        return self.bookmarks.oldest

    def partition(self, ids: Ids) -> str:
        """The key of a parent's bookmark: its own id; without parents the stream's name."""
        variable, id_ = next(reversed(ids.items()), ("", self.stream.name))
        privacy = self.run.privacy if variable else None
        return privacy.key(variable, id_) if privacy else id_

    def since(self, partition: str, part: str | None = None) -> datetime | None:
        """The start of what to read of a parent or a part of it; None for its whole history."""
        begin = self.run.settings.start
        if begin and begin > self.run.latest:
            msg = f"{label('start_date')} is in the future: {moment(begin)}"
            raise SettingsError(msg)
        if bookmark := self.bookmarks.since(partition, part):
            since = datetime.fromisoformat(bookmark) - self.overlap
            if since > self.run.latest:
                msg = (
                    f"state of '{self.stream.name}' has a bookmark in the future ({bookmark}), up "
                    "to which nothing would be read: check the clock of this machine, or remove "
                    f'"{self.stream.name}" from the state to read it from the start'
                )
                raise StateError(msg)
            return max(since, begin) if begin else since
        return begin

    @property
    def overlap(self) -> timedelta:
        """The time before a bookmark that is read again."""
        return timedelta(minutes=self.run.settings.lookback_minutes)

    async def advance(self, partition: str, to: datetime, shown: Receipt) -> None:
        """Move a bookmark, once the child streams have read what they were shown."""
        if await shown.read():
            self.bookmarks.advance(partition, moment(to))

    @override
    def begin_parent(self, parent: Parent) -> None:
        super().begin_parent(parent)
        self._partitions[self.partition(parent.ids)] = ""

    @override
    def end(self) -> None:
        super().end()
        parents = self.run.plan.parents(self.declaration)
        if parents and all(self.run.streams[parent].lists_all for parent in parents):
            self.bookmarks.keep(self._partitions, self.run.start.date())

    @override
    def save(self) -> None:
        self.bookmarks.save()
