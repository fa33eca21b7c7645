"""Parents on their way from the stream that lists them to one that reads below them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tap_msteams.base.collection import GraphStream
    from tap_msteams.base.stream import Ids, TapStream
    from tap_msteams.graph import Record

T = TypeVar("T")

ENOUGH = 10_000
"""So many parents waiting are enough: no more walks begin that would find others."""


class Feed(Generic[T]):
    """What one stream finds in the records of its parents, in order; handed out once."""

    def __init__(
        self,
        reader: GraphStream,
        parents: Sequence[TapStream],
        find: Callable[[Ids, Record], Iterable[T]],
    ) -> None:
        """Collect what `find` yields for the ids of a record, its parents' included, and it."""
        self.reader = reader
        self._parents = parents
        self._find = find
        self._waiting: deque[T] = deque()

    @property
    def is_full(self) -> bool:
        """Whether its reader has enough to do."""
        return len(self._waiting) >= ENOUGH and not self.reader.lane.exhausted

    @property
    def waiting(self) -> int:
        """How many have not been handed out."""
        return len(self._waiting)

    @property
    def is_complete(self) -> bool:
        """Whether no more will come."""
        return all(parent.lane.finished for parent in self._parents)

    @property
    def is_busy(self) -> bool:
        """Whether its reader has not come to the end of what was found so far."""
        lane = self.reader.lane
        return bool((self._waiting and not lane.exhausted) or lane.open or lane.spawned)

    def put(self, ids: Ids, record: Record) -> None:
        """Take in what is found in a record, unless nobody will read it any more."""
        if self.reader.lane.exhausted:
            self._waiting.clear()
        else:
            self._waiting += self._find(ids, record)

    def follow(self) -> Iterator[T | None]:
        """Yield each once, None while more may come, and end after the last."""
        while True:
            # Asked before emptying it: what is listed last would be lost otherwise.
            finished = self.is_complete
            while self._waiting:
                yield self._waiting.popleft()
            if finished:
                return
            yield None
