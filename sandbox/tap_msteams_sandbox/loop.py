"""An event loop in a thread of its own, and the end of its servers."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from asyncio.trsock import TransportSocket
    from collections.abc import Iterable, Iterator


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
