"""Partitions: what a stream is divided into, each part with a bookmark of its own."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tap_msteams.errors import SettingsError, StateError
from tap_msteams.run import Bookmarks, Ledger, bookmark_keys, moment
from tap_msteams.settings import label

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.run import Run

logger = logging.getLogger("tap-msteams")


class Partitions:
    """The parents of one stream, each with the bookmark at which its reading continues.

    A bookmark moves once everything up to it has been written and the child streams have read
    theirs: the next run would not show them the same parents again.
    """

    def __init__(
        self,
        run: Run,
        stream: Declaration,
        *,
        overlap: timedelta | None = None,
        by_time: bool = True,
    ) -> None:
        """Continue at the bookmarks in the stream's state.

        The `overlap` is the time before a bookmark that is read again, by default that of the
        settings. Unless `by_time`, records are read whatever time the settings choose.
        """
        self._run, self._stream, self._declaration = run, stream, type(stream)
        self._shared = run.streams[self._declaration]
        settings = run.settings
        # Records that are read for other streams only are not written, and do not count as read.
        # FULL_TABLE in the catalog reads everything: a version is activated afterwards.
        goes_on = self._shared.emits and stream.replication_method != "FULL_TABLE"
        state = stream.stream_state if goes_on else {}
        keys = bookmark_keys(self._declaration, application=run.application)
        shard = str(run.plan.shard) if run.plan.is_partial(self._declaration) else ""
        self.bookmarks = Bookmarks(state, stream.name, keys, self._alias(), shard)
        self.overlap = timedelta(minutes=settings.lookback_minutes) if overlap is None else overlap
        self._is_excerpt = by_time and bool(settings.start or settings.end)
        self.seen = Ledger()
        """The partitions that this run has begun to read."""

    def _alias(self) -> Callable[[str], str] | None:
        """The pseudonym of a parent in STATE, where its id leads to a person who is hidden."""
        parents, privacy = self._run.plan.parents(self._declaration), self._run.privacy
        variable = parents[0].fills if parents else None
        if not (privacy and variable and privacy.is_personal(variable)):
            return None
        return lambda id_: privacy.key(variable, id_)

    def begin(self) -> None:
        """Tell the other readers what will be read, and keep the bookmarks in the tap's state."""
        self._read_all_for_new_streams_below()
        # A reader with bookmarks shows its child streams only what has changed since then.
        self._shared.is_complete = not self._is_excerpt
        self._shared.lists_all = self.bookmarks.is_empty and not self._is_excerpt
        self.bookmarks.save()  # without a second copy of what has been loaded

    def _read_all_for_new_streams_below(self) -> None:
        """Drop the bookmarks where a stream below has not read what they stand for."""
        streams = self._run.streams
        below = sorted(it.name for it in streams if streams[it].emits and self._is_below(it))
        fresh = [name for name in below if name not in self.bookmarks.below]
        if fresh and not self.bookmarks.is_empty:
            self.bookmarks.clear()
            logger.info(
                "%s: read from the start once more, for all that is below it in %s",
                self._stream.name,
                ", ".join(fresh),
            )
        self.bookmarks.below = below

    def _is_below(self, stream: type[Declaration]) -> bool:
        parents = self._run.plan.parents(stream)
        return self._declaration in parents or any(map(self._is_below, parents))

    def key(self, ids: Ids) -> str:
        """The key of a parent's bookmark: its own id; without parents the stream's name."""
        variable, id_ = next(reversed(ids.items()), ("", self._stream.name))
        privacy = self._run.privacy if variable else None
        return privacy.key(variable, id_) if privacy else id_

    def since(self, partition: str, part: str | None = None) -> datetime | None:
        """The start of what to read of a parent or a part of it; None for its whole history."""
        begin = self._run.settings.start
        if begin and begin > self._run.latest:
            msg = f"{label('start_date')} is in the future: {moment(begin)}"
            raise SettingsError(msg)
        if bookmark := self.bookmarks.since(partition, part):
            since = datetime.fromisoformat(bookmark) - self.overlap
            if since > self._run.latest:
                msg = (
                    f"state of '{self._stream.name}' has a bookmark in the future ({bookmark}), up "
                    "to which nothing would be read: check the clock of this machine, or remove "
                    f'"{self._stream.name}" from the state to read it from the start'
                )
                raise StateError(msg)
            return max(since, begin) if begin else since
        return begin
