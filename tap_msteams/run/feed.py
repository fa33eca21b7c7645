"""Parents on their way from the streams that list them to one that is read below them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tap_msteams.declaration import Ids

ENOUGH = 10_000
"""So many parents waiting are enough: whoever finds more of them waits."""


class Receipt:
    """Tells when all that one parent has shown to the streams below it has been read."""

    def __init__(self) -> None:
        self._unread = 0
        self._is_missed = False
        self._read = asyncio.Event()
        self._read.set()

    def take(self) -> None:
        """Note that one more parent is on its way below."""
        self._unread += 1
        self._read.clear()

    def miss(self) -> None:
        """Note that something below was not read."""
        self._is_missed = True

    def give_back(self) -> None:
        """Note that one parent has been read."""
        self._unread -= 1
        if not self._unread:
            self._read.set()

    async def read(self) -> bool:
        """Wait until all is read; whether nothing was missed."""
        await self._read.wait()
        return not self._is_missed


@dataclass(frozen=True, slots=True)
class Parent:
    """What a stream is read below."""

    ids: Ids
    """Ids that fill the variables of the path."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What is looked at in the record that they come from."""
    receipt: Receipt | None = None
    """Whom to tell once it has been read; None where nobody waits for that."""


class Feed:
    """A queue of parents that ends when the last stream that lists them has ended."""

    def __init__(self, producers: int, maxsize: int = ENOUGH) -> None:
        self._producers = producers
        self._queue: asyncio.Queue[Parent | None] = asyncio.Queue(maxsize)
        self._is_stopped = False
        self.found = 0
        """How many parents were put into it."""

    @property
    def waiting(self) -> int:
        """How many have not been handed out."""
        return self._queue.qsize()

    @property
    def is_complete(self) -> bool:
        """Whether no more will come."""
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
        """Note that one of the streams that list parents has ended."""
        self._producers -= 1
        if not self._producers:
            await self._queue.put(None)

    def stop(self) -> None:
        """Hand out no more: those that wait are missed, and those that come."""
        self._is_stopped = True
        self._drain()

    def _drain(self) -> None:
        """Refuse all that wait, once nobody takes them any more."""
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
