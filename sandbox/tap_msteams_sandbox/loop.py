"""An event loop in a thread of its own, and the end of its servers."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from typing_extensions import override

if TYPE_CHECKING:
    from asyncio.trsock import TransportSocket
    from collections.abc import Iterable, Iterator

LONGEST_END = 5.0
"""Seconds for connections to end once nothing can be sent or received any more."""


class Listener(socket.socket):
    """A listening socket that can end the connections that it has accepted."""

    def __init__(self, host: str, port: int) -> None:
        """Listen at the address of a host; port 0 is any free one."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        made = socket.create_server((host, port), family=family)
        super().__init__(fileno=made.detach())
        self._accepted: WeakSet[socket.socket] = WeakSet()

    @override
    def accept(self) -> tuple[socket.socket, Any]:
        connection, address = super().accept()
        self._accepted.add(connection)
        return connection, address

    async def end(self) -> None:
        """Return once all connections have ended, whatever their transports wait for.

        A transport over TLS that is closed twice cannot be aborted any more: Python forgets what
        is below it, which goes on waiting for a client that does not read.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_END):
                while still_open := [it for it in self._accepted if it.fileno() >= 0]:
                    for connection in still_open:
                        with suppress(OSError):  # the client has ended it
                            connection.shutdown(socket.SHUT_RDWR)
                    await asyncio.sleep(0)


@contextmanager
def loop_in_thread(name: str) -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs until the end of the context."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop,), name=name, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def accept_no_more(listeners: Iterable[socket.socket | TransportSocket]) -> None:
    """Accept no more connections, so that all of them can be closed.

    Python leaves one open that was accepted right before its server was closed; it can be closed
    from the second turn of the loop on.
    """
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows' event loop has no readers
        for listener in listeners:
            loop.remove_reader(listener)
    for _ in range(2):
        await asyncio.sleep(0)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
