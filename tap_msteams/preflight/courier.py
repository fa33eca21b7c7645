"""The courier: sends single requests at the pace that Graph allows, and gives up soon."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tap_msteams.errors import (
    GraphError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
    public_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams.graph import Graph, Page, Request
    from tap_msteams.throttle import Gate

TRIES = 3

PATIENCE = 15.0
"""Seconds that one request may wait: somebody sits in front of it."""

_PAUSE = 1.0


class Courier:
    """Sends requests, from whichever thread."""

    def __init__(
        self,
        graph: Graph,
        gate: Gate,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.graph = graph
        self.requests = 0
        self.seconds = 0.0
        """How long Graph took for all answers together."""
        self._gate, self._clock, self._pause = gate, clock, pause
        self._lock = threading.Lock()

    def send(self, request: Request) -> Page:
        """The answer; raises a GraphError where trying again would take too long."""
        path = public_path(request.url)
        keys = self._gate.keys(request.url)
        patience = PATIENCE
        error: GraphError | None = None
        for _ in range(TRIES):
            while wait := self._admitted(keys):
                if wait > patience:
                    message = f"no more requests for {wait:.0f} seconds"
                    raise error or ThrottledError(path, message=message)
                patience -= wait
                self._pause(wait)
            sent = self._clock()
            try:
                page = self.graph.send(request).page()
            except GraphError as refusal:
                error = refusal
                self._heed(keys, sent, refusal)
            else:
                self._count(self._clock() - sent)
                return page
        raise error or UnavailableError(path)

    def _admitted(self, keys: tuple[tuple[str, ...], ...]) -> float:
        with self._lock:
            return self._gate.admit(keys, self._clock())

    def _heed(self, keys: tuple[tuple[str, ...], ...], sent: float, error: GraphError) -> None:
        """Make ready to try once more; raises where that is of no use."""
        now = self._clock()
        self._count(now - sent)
        if isinstance(error, ThrottledError):
            seconds = _PAUSE if error.retry_after is None else error.retry_after
            with self._lock:
                self._gate.throttle(keys, sent, now, seconds)
        elif isinstance(error, UnavailableError):
            self._pause(_PAUSE)
        elif not isinstance(error, TokenRejectedError):
            raise error

    def _count(self, seconds: float) -> None:
        with self._lock:
            self.requests += 1
            self.seconds += seconds
