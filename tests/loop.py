"""An event loop on which hours pass in no time."""

from __future__ import annotations

import asyncio
import selectors

LONG = 10.0
"""Seconds of a person's clock after which something that should have happened has not."""


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop):
        super().__init__()
        self._loop = loop

    def select(self, timeout=None):
        loop = self._loop
        loop.rounds += 1
        if timeout == 0 or loop.calls:
            found = super().select(0 if timeout == 0 else LONG)
            assert found or timeout == 0, "a thread never comes back"
            return found
        assert timeout is not None, "every task waits for another"
        loop.now += timeout
        return super().select(0)


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Its clock stands still while something is done, and jumps to the next alarm when all wait."""

    def __init__(self):
        self.now = 0.0
        self.calls = 0
        """Calls in threads that have not come back."""
        self.rounds = 0
        """How often it was awake."""
        super().__init__(_Selector(self))

    def time(self):
        return self.now

    def run_in_executor(self, executor, func, *args):
        future = super().run_in_executor(executor, func, *args)
        self.calls += 1
        future.add_done_callback(self._come_back)
        return future

    def _come_back(self, _):
        self.calls -= 1
