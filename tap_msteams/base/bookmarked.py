"""Streams that go on where the last run ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.base.collection import GraphStream
from tap_msteams.state import Bookmarks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_msteams.base.declaration import DeclaredStream
    from tap_msteams.base.run import Run
    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Record
    from tap_msteams.sweep import Lane


class BookmarkedStream(GraphStream):
    """A collection with a bookmark for each of its parents."""

    bookmarks: Bookmarks

    @override
    def begin(self, run: Run, *, emits: bool) -> Lane:
        lane = super().begin(run, emits=emits)
        # Records that are only looked at by other streams are not written, so do not count as read.
        # What the catalog wants in full is read whole: a version is activated over it.
        goes_on = emits and self.replication_method != "FULL_TABLE"
        state = self.stream_state if goes_on else {}
        wholes = self.above[0].name if self.above else "whole"
        # Who goes on at bookmarks shows the streams below it only what has changed since then.
        self.all_listed = not state
        called = self._called(run)
        self.bookmarks = Bookmarks(state, self.name, wholes, self.parts, called)
        self._parents_seen: set[str] = set()
        self._held_up = False
        self._names_above = names_above(type(self), application=self.application)
        return lane

    def _called(self, run: Run) -> Callable[[str], str] | None:
        """What parents are called in STATE where their ids lead to people who are to be hidden."""
        privacy, variable = run.privacy, self.above[0].fills if self.above else None
        if not (privacy and variable and privacy.is_personal(variable)):
            return None
        return lambda id_: privacy.key(variable, id_)

    @property
    def parts(self) -> str:
        """What STATE calls the parts of a parent that have bookmarks of their own."""
        return "parts"

    @property
    @override
    def bookmark(self) -> str | None:
        return self.bookmarks.oldest if hasattr(self, "bookmarks") else None

    @override
    def save_state(self) -> None:
        if hasattr(self, "bookmarks"):
            # What has been read counts once the streams below are done with it: the next run
            # would not show it to them again.
            self._held_up = self.run.is_busy_below(type(self))
            if not self._held_up:
                self.bookmarks.save()

    @override
    def wait_for_readers(self) -> Iterator[None]:
        if self._held_up:
            # They would never be done at once if there was always more to do.
            while self.run.is_busy_below(type(self)):
                yield None
            self.save_state()
        yield from super().wait_for_readers()

    @override
    def missed(self, ids: Ids | None) -> None:
        if ids is None:
            self.bookmarks.hold_all()
            super().missed(None)
            return
        above = {name: id_ for name, id_ in ids.items() if name in self._names_above}
        self.bookmarks.hold(self.whole(above))
        super().missed(ids)

    @override
    def finish(self) -> None:
        super().finish()
        if self.above and all(self.run.streams[parent].all_listed for parent in self.above):
            self.bookmarks.keep(self._parents_seen, self.run.start.date())

    @override
    def found_in(self, ids: Ids, record: Record) -> Iterable[Ids]:
        self._parents_seen.add(self.whole(ids))
        return (ids,)

    def whole(self, ids: Ids) -> str:
        """What a parent's bookmark goes by: its own id; without parents the stream's name."""
        variable, id_ = next(reversed(ids.items()), ("", self.name))
        privacy = self.run.privacy if variable else None
        return privacy.key(variable, id_) if privacy else id_

    def since(self, whole: str, part: str | None = None) -> datetime | None:
        """From when on a parent, or a part of it, is to be read; None for its whole history."""
        begin = self.run.settings.start
        if bookmark := self.bookmarks.since(whole, part):
            since = datetime.fromisoformat(bookmark) - self.overlap
            return max(since, begin) if begin else since
        return begin

    @property
    def overlap(self) -> timedelta:
        """How long before its bookmark a parent is read again."""
        return timedelta(minutes=self.run.settings.lookback_minutes)


def names_above(stream: type[DeclaredStream], *, application: bool) -> set[str]:
    """The names of the ids of all that a stream is read below."""
    found: set[str] = set()
    for parent in stream.parents(application=application):
        found |= names_above(parent, application=application) | {parent.fills or ""}
    return found
