"""The client: `await client.page(request)` waits for the limits, sends and retries."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Self

import requests

from tap_msteams.bounds import MISSING
from tap_msteams.client.decoder import RowDecoder
from tap_msteams.client.patience import Attempt, Patience
from tap_msteams.client.request import OWN, Request
from tap_msteams.client.stream_client import StreamClient
from tap_msteams.client.threads import DaemonThreads
from tap_msteams.errors import (
    GraphError,
    MissingError,
    TapError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
    UnprovenError,
    public_path,
    recast,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams.client.graph import Graph
    from tap_msteams.client.request import Page
    from tap_msteams.throttle import Gate

logger = logging.getLogger("tap-msteams")

NOTED = 60.0
"""Seconds from which on a wait that Graph asks for is logged."""

_MOST = 1e9
"""The most seconds that a message shows."""

_TICK = 0.001
"""Seconds to which the timer is exact."""

_ANY_ENTITY = RowDecoder({})
"""The decoder of an entity that is only proven to exist."""


class GraphClient:
    """Sends the requests of all streams, with bounded concurrency, when the gate admits them.

    Use the client as an asynchronous context manager; it belongs to the event loop that enters it.
    """

    def __init__(
        self,
        graph: Graph,
        gate: Gate,
        concurrency: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        patience: Patience | None = None,
    ) -> None:
        """Have up to `concurrency` requests to `graph` in flight.

        `clock` counts seconds as the event loop does.
        """
        self.graph = graph
        self.gate = gate
        self.concurrency = concurrency
        self.clock = clock
        self.streams: list[StreamClient] = []
        self.patience = patience or Patience()
        self._noted_until = 0.0
        self._free = concurrency
        self._turn = 0
        self._timer: asyncio.TimerHandle | None = None
        self._threads: DaemonThreads | None = None

    async def __aenter__(self) -> Self:
        self._threads = DaemonThreads(self.concurrency)
        self._threads.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Send nothing more; requests under way end on their own."""
        if self._timer:
            self._timer.cancel()
        if self._threads:
            self._threads.shutdown(wait=False)
        now = self.clock()
        for stream in self.streams:
            stream.metrics.close(now)

    def stream(self, name: str) -> StreamClient:
        """Add a client for one stream."""
        stream = StreamClient(name, self)
        self.streams.append(stream)
        return stream

    @property
    def is_idle(self) -> bool:
        """Whether no request is waiting or under way."""
        return self._free == self.concurrency and not any(it.is_waiting for it in self.streams)

    async def page(self, stream: StreamClient, request: Request) -> Page:
        """The page that a request of a stream asks for.

        A 404 is raised as MissingError only once the address that proves it has answered 404, too.
        """
        try:
            return await self._page(stream, request)
        except MissingError as error:
            missing = error
        if request.proof == OWN:
            return await self._page(stream, request, self.patience.pause(1))
        for tries in range(1, int(MISSING.value)):
            if await self._is_gone(stream, request):
                raise missing
            try:
                return await self._page(stream, request, self.patience.pause(tries))
            except MissingError as error:
                missing = error
        raise recast(UnprovenError, missing)

    async def _is_gone(self, stream: StreamClient, request: Request) -> bool:
        """Whether the address that proves it says that there is nothing to read."""
        if request.proof is None:
            return False
        try:
            await self._page(stream, Request(request.proof, _ANY_ENTITY, single=True))
        except MissingError:
            return True
        except GraphError:
            return False  # no proof
        return False

    async def _page(self, stream: StreamClient, request: Request, pause: float = 0.0) -> Page:
        """The page that a request asks for, after a pause."""
        keys = self.gate.keys(request.url)
        units = self.gate.units(keys, request.url)
        attempt = Attempt(request, keys, units, not_before=self.clock() + pause)
        while True:
            if error := self._held_up(stream, attempt):
                raise error
            await self._admission(stream, attempt)
            try:
                page = await self._send(stream, attempt)
            except TapError as error:
                attempt.not_before = self._next_try(stream, attempt, error)
            else:
                stream.unanswered = 0.0
                return page
            finally:
                self._release()

    async def _send(self, stream: StreamClient, attempt: Attempt) -> Page:
        """Send an attempt once."""
        if self._threads is None:
            msg = "the client is used outside of its context"
            raise RuntimeError(msg)
        loop, metrics = asyncio.get_running_loop(), stream.metrics
        attempt.sent = self.clock()
        metrics.under_way += 1
        status: int | None = None
        try:
            answer = await loop.run_in_executor(self._threads, self.graph.send, attempt.request)
            status = requests.codes.ok
            # Decoded in the event loop's thread, which uses the page.
            return self.graph.linked(attempt.request, answer.page())
        except GraphError as error:
            status = error.status
            raise
        finally:
            now = self.clock()
            metrics.under_way -= 1
            limit, seconds = attempt.buckets[0], now - attempt.sent
            metrics.count(attempt.request.url, limit, status, seconds, now)

    async def _admission(self, stream: StreamClient, attempt: Attempt) -> None:
        """Wait for a free slot and a token of each bucket, taken at one moment."""
        turn = attempt.turn = asyncio.get_running_loop().create_future()
        waiting = stream.waiting.setdefault(attempt.buckets[0], deque())
        waiting.append(attempt)
        if self._has_time(attempt):
            stream.metrics.hold(self.clock())
        else:
            self._dispatch()
        try:
            await turn
        except asyncio.CancelledError:
            if attempt in waiting:
                waiting.remove(attempt)
            elif not turn.cancelled():
                self._release()  # admitted, but never sent
            raise

    def _has_time(self, attempt: Attempt) -> bool:
        """Whether an attempt's widest limit admits nothing before the timer is due."""
        if self._timer is None:
            return False
        now = self.clock()
        return self._timer.when() < now + self.gate.wait(attempt.buckets[0], now) + _TICK

    def _release(self) -> None:
        """Free a slot; where another one was free already, nobody waits for it."""
        self._free += 1
        if self._free == 1:
            self._dispatch()

    def _dispatch(self) -> None:
        """Admit waiting attempts, and set a timer for the next one that has to wait."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._free:
            attempt, wait = self._admitted()
            if attempt is None:
                if wait is not None:
                    self._timer = asyncio.get_running_loop().call_later(wait, self._dispatch)
                return
            if attempt.turn and not attempt.turn.done():
                self._free -= 1
                attempt.turn.set_result(None)

    def _admitted(self) -> tuple[Attempt | None, float | None]:
        """An attempt that the gate admits, streams in turn; otherwise the seconds until one."""
        now = self.clock()
        shortest: float | None = None
        waiting = [stream for stream in self.streams if stream.is_waiting]
        for offset in range(len(waiting)):
            stream = waiting[(self._turn + offset) % len(waiting)]
            for wide, attempts in stream.waiting.items():
                # A closed limit is asked once, however many attempts wait for it.
                waits = [self.gate.wait(wide, now)] if attempts else []
                for attempt in () if any(waits) else attempts:
                    wait = max(0.0, attempt.not_before - now)
                    wait = wait or self.gate.admit(attempt.buckets, now, attempt.units)
                    if not wait:
                        attempts.remove(attempt)
                        stream.waiting[wide] = stream.waiting.pop(wide)  # others come first next
                        self._turn += offset + 1
                        stream.metrics.release(now)
                        return attempt, None
                    waits.append(wait)
                shortest = min((it for it in (shortest, *waits) if it), default=None)
            stream.metrics.hold(now)
        return None, shortest

    def _next_try(self, stream: StreamClient, attempt: Attempt, error: TapError) -> float:
        """The time of the next try; raises the error where another try is no use."""
        now = self.clock()
        pause: float | None = None
        if isinstance(error, ThrottledError | UnavailableError):
            pause = self._pause_after(stream, attempt, error, now)
        else:
            stream.unanswered = 0.0
            if isinstance(error, TokenRejectedError) and not attempt.renewed:
                attempt.renewed, pause = True, 0.0
        if pause is None:
            if isinstance(error, GraphError) and (fatal := self.graph.fatal(error)):
                raise fatal from error
            try:
                raise error
            finally:
                del error  # a frame that knows its own error waits for the garbage collection
        stream.metrics.retries += 1
        return now + pause

    def _pause_after(
        self,
        stream: StreamClient,
        attempt: Attempt,
        error: ThrottledError | UnavailableError,
        now: float,
    ) -> float | None:
        """Seconds until a failed or throttled attempt is sent again; None where it is not."""
        retry_after, is_throttled = error.retry_after or 0.0, isinstance(error, ThrottledError)
        is_too_long = retry_after > self.patience.longest_wait
        tries = attempt.fail(now, throttled=is_throttled)
        pause = self.patience.next(
            attempt, tries, now, throttled=is_throttled, reached=self.graph.reached
        )
        if is_throttled:
            closed = (pause or 0.0) if error.retry_after is None else retry_after
            self.gate.throttle(attempt.buckets, attempt.sent, now, closed)
            stream.metrics.throttle(now, closed)
        if retry_after > NOTED:
            self._log_long_wait(stream, retry_after, now)
        if is_too_long:
            self._leave_waiting()
        if pause is None or is_too_long:
            stream.unanswered += now - attempt.failing_since
            if stream.unanswered >= self.patience.unanswered:
                self._give_up(stream, type(error))
            return None
        attempt.waited += retry_after if retry_after > NOTED and not is_throttled else 0.0
        return max(pause, retry_after)

    def _log_long_wait(self, stream: StreamClient, retry_after: float, now: float) -> None:
        """Log a long wait at once, unless another one that lasts as long was logged."""
        until = now + min(retry_after, self.patience.longest_wait)
        if until > self._noted_until + NOTED:
            self._noted_until = until
            seconds = f"{min(retry_after, _MOST):,.0f}"
            left = "what needs it is left to the next run"
            then = left if retry_after > self.patience.longest_wait else "others go on"
            logger.warning("%s: Graph asks to wait %s seconds: %s", stream.name, seconds, then)

    def _give_up(
        self, stream: StreamClient, error: type[ThrottledError | UnavailableError]
    ) -> None:
        """Leave what is left of a stream to the next run, and log it once."""
        if not stream.given_up:
            stream.given_up = error
            told = "%s: nothing but 429 and failures: what is left of it is left to the next run"
            logger.warning(told, stream.name)
        self._leave_waiting()

    def _leave_waiting(self) -> None:
        """Raise the errors of all attempts that wait for what this run does not wait for."""
        for stream in self.streams:
            for attempts in stream.waiting.values():
                for attempt in [*attempts]:
                    turn = attempt.turn
                    if turn and not turn.done() and (error := self._held_up(stream, attempt)):
                        attempts.remove(attempt)
                        turn.set_exception(error)

    def _held_up(self, stream: StreamClient, attempt: Attempt) -> GraphError | None:
        """The error of an attempt that is held up for longer than the run waits.

        Graph has closed its limit, or has answered nothing of its stream for too long.
        """
        path = public_path(attempt.request.url)
        if stream.given_up:
            message = "Graph has answered nothing of the stream but 429 and failures for too long"
            return stream.given_up(path, message=message)
        seconds = self.gate.closed(attempt.buckets, self.clock())
        if seconds <= self.patience.longest_wait:
            return None
        message = f"Graph has asked to send nothing like it for {min(seconds, _MOST):,.0f} seconds"
        return ThrottledError(path, message=message)
