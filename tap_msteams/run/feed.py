"""Feeds: queues of parents between the streams that list them and a child stream."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tap_msteams.declaration import Ids

ENOUGH = 10_000
"""Parents in a feed at which the streams that list more of them wait."""


class Receipt:
    """Counts the unread children of one parent, and tells when all of them are read."""

    def __init__(self, within: Receipt | None = None) -> None:
        """Count for the receipt `within`, too, of which this one is a part."""
        self._within = within
        self._unread = 0
        self.is_missed = False
        """Whether a child was not read."""
        self._read = asyncio.Event()
        self._read.set()

    def take(self) -> None:
        """Count one more child."""
        self._unread += 1
        self._read.clear()
        if self._within:
            self._within.take()

    def miss(self) -> None:
        """Note that a child was not read."""
        self.is_missed = True
        if self._within:
            self._within.miss()

    def give_back(self) -> None:
        """Count a child as read."""
        self._unread -= 1
        if not self._unread:
            self._read.set()
        if self._within:
            self._within.give_back()

    @property
    def is_done(self) -> bool:
        """Whether all children so far are done."""
        return not self._unread

    async def read(self) -> bool:
        """Wait until all children are done; returns whether all were read."""
        await self._read.wait()
        return not self.is_missed


@dataclass(frozen=True, slots=True)
class Parent:
    """A parent, by the ids and the facts that its children need."""

    ids: Ids
    """Ids that fill the variables of the path."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Facts of the record that the ids come from."""
    receipt: Receipt | None = None
    """The receipt to give back once the parent has been read; None where there is none."""


class Feed:
    """A queue of parents that ends when the last stream that lists them has ended."""

    def __init__(self, producers: int, maxsize: int = ENOUGH) -> None:
        self._producers = producers
        self._queue: asyncio.Queue[Parent | None] = asyncio.Queue(maxsize)
        self._is_stopped = False
        self.found = 0
        """The parents that were put into the feed."""

    @property
    def waiting(self) -> int:
        """The parents that have not been taken out."""
        return self._queue.qsize()

    @property
    def is_complete(self) -> bool:
        """Whether no more parents will come."""
        return not self._producers

    async def put(self, parent: Parent) -> None:
        """Add a parent, as soon as there is room."""
        self.found += 1
        if parent.receipt:
            parent.receipt.take()
        if self._is_stopped:
            self._refuse(parent)
        else:
            await self._queue.put(parent)
            self._drain()

    async def close(self) -> None:
        """Count the end of one of the streams that list parents."""
        self._producers -= 1
        if not self._producers:
            await self._queue.put(None)

    def stop(self) -> None:
        """Hand out no more parents: waiting and later ones count as not read."""
        self._is_stopped = True
        self._drain()

    def _drain(self) -> None:
        """Count all waiting parents as not read."""
        ended = False
        while self._is_stopped and not self._queue.empty():
            if parent := self._queue.get_nowait():
                self._refuse(parent)
            else:
                ended = True
        if ended:
            self._queue.put_nowait(None)

    def _refuse(self, parent: Parent) -> None:
        if parent.receipt:
            parent.receipt.miss()
            parent.receipt.give_back()

    async def __aiter__(self) -> AsyncIterator[Parent]:
        """Yield each parent once, as they come, until the last."""
        while (parent := await self._queue.get()) is not None:
            yield parent
