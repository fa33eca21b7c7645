"""Parts of a parent, which are read side by side."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from tap_msteams.errors import GraphError, TapError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType

    from tap_msteams.declaration import Ids
    from tap_msteams.run import Parent


class Parts:
    """Reads parts of one parent side by side; a failing part stops no other."""

    def __init__(
        self,
        guarded: Callable[[Parent, Coroutine[Any, Any, None]], Coroutine[Any, Any, bool]],
        slots: asyncio.Semaphore,
        wants_more: Callable[[], bool],
    ) -> None:
        """Read as many parts at once as there are `slots`, while the reader `wants_more`.

        `guarded` reads one part and returns whether it was read to its end.
        """
        self._guarded = guarded
        self._slots = slots
        self._wants_more = wants_more
        self._tasks = asyncio.TaskGroup()
        self.are_complete = True
        """Whether all parts that have ended were read; complete once the block is left."""

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        is_fatal = isinstance(error, TapError) and not isinstance(error, GraphError)
        if isinstance(error, Exception) and not is_fatal:
            kind = error = traceback = None  # parts that have begun are still read
        await self._tasks.__aexit__(kind, error, traceback)

    async def start(
        self, parent: Parent, ids: Ids, read: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Start to `read` the part with these ids, as soon as a slot is free."""
        if not self._wants_more():
            return
        await self._slots.acquire()
        self._tasks.create_task(self._read(replace(parent, ids=ids), read))

    async def _read(self, part: Parent, read: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            self.are_complete &= await self._guarded(part, read())
        finally:
            self._slots.release()
