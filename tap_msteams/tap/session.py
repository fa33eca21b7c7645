"""Sessions: the streams of a run, read side by side on one event loop."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from tap_msteams.errors import TapError
from tap_msteams.run import learn_guests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_msteams.declaration import Declaration
    from tap_msteams.readers import GraphStream
    from tap_msteams.readers.reader import Reader
    from tap_msteams.run import Run, StreamRun

logger = logging.getLogger("tap-msteams")

BEAT = 1.0
"""Seconds between two calls of the beat, which shows progress and writes the state."""

IDLE_BEATS = 5
"""Beats without a request or a record after which the tasks must be waiting for each other."""


class _StoppedError(Exception):
    """A signal ends the run."""


class Session:
    """Reads the streams of a run until all are read or the session is stopped."""

    def __init__(self, run: Run, streams: Mapping[type[Declaration], GraphStream]) -> None:
        """Read the planned ones of all `streams`."""
        self.run = run
        self._streams = [streams[stream] for stream in run.plan.streams]
        self._readers: list[Reader] = []
        self._stopped = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def stop(self) -> None:
        """End after the current page; safe in a signal handler."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._stopped.set)
        else:
            self._stopped.set()  # before it reads, or when it has

    def save(self) -> None:
        """Write the bookmarks of all streams into the state."""
        for reader in self._readers:
            reader.save()

    async def read(
        self,
        begun: Callable[[], object] = lambda: None,
        ended: Callable[[StreamRun], object] = lambda _: None,
        beat: Callable[[], object] = lambda: None,
    ) -> None:
        """Read; raises the error that ended the run, if one did.

        Calls `begun` before the first record, `ended` after the last one of each stream, and
        `beat` each second.
        """
        self._loop = asyncio.get_running_loop()
        # Errors of cancelled tasks are of interest when debugging only.
        self._loop.set_exception_handler(lambda _, told: logger.debug("asyncio: %s", told))
        try:
            async with self.run.client:
                if self.run.privacy and self.run.privacy.guests:
                    await learn_guests(self.run.client, self.run.privacy.guests)
                self._readers += [it.read.reader(self.run, it) for it in self._streams]
                for reader in self._readers:
                    reader.begin()
                begun()
                await self._read_side_by_side(ended, beat)
        except BaseExceptionGroup as group:
            error = _first(group)
            if not isinstance(error, _StoppedError):
                raise error from None
        finally:
            self._loop = None
            for reader in self._readers:
                reader.failures.tell_refusals()

    async def _read_side_by_side(
        self, ended: Callable[[StreamRun], object], beat: Callable[[], object]
    ) -> None:
        async with asyncio.TaskGroup() as tasks:
            heart = tasks.create_task(self._beat(beat))
            async with asyncio.TaskGroup() as streams:
                for reader in self._readers:
                    streams.create_task(self._read_stream(reader, ended))
            heart.cancel()

    async def _read_stream(self, reader: Reader, ended: Callable[[StreamRun], object]) -> None:
        await reader.read_all()
        ended(reader.shared)

    async def _beat(self, beat: Callable[[], object]) -> None:
        """Call `beat` every second, and end the run once it is stopped."""
        idle = 0
        while True:
            beat()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), BEAT)
            if self._stopped.is_set():
                raise _StoppedError
            idle = idle + 1 if self.run.is_idle else 0
            if idle > IDLE_BEATS:
                msg = "every task waits for another"
                raise RuntimeError(msg)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error to report: the first of the tap's own, otherwise the first of all."""
    errors = list(_leaves(group))
    return next((it for it in errors if isinstance(it, TapError)), errors[0])


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for it in error.exceptions:
            yield from _leaves(it)
    else:
        yield error
