"""Bounds: where an answer begins, and the time that it may take as a whole."""

from __future__ import annotations

import io
import time
from email.errors import MissingHeaderBodySeparatorDefect
from functools import partial
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

from typing_extensions import override

if TYPE_CHECKING:
    import socket

    from urllib3 import PoolManager
    from urllib3.connectionpool import HTTPConnectionPool


class OverdueError(TimeoutError):
    """An answer that has not ended in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the answer had not ended after {seconds:g} seconds")


class BoundedResponse(HTTPResponse):
    """An answer that ends within so many seconds, from its first line to its last byte."""

    def __init__(self, seconds: float, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - http.client's own
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_BoundedIO(self.fp.detach(), sock, seconds))

    @override
    def begin(self) -> None:
        """Read the status and the headers, after those of informational answers.

        Python itself skips `100 Continue` alone, and takes what follows as the next answer.
        """
        super().begin()
        while HTTPStatus.SWITCHING_PROTOCOLS < self.status < HTTPStatus.OK:
            self.headers = self.msg = None  # type: ignore[assignment]  # as before the first line
            super().begin()
        if any(isinstance(it, MissingHeaderBodySeparatorDefect) for it in self.headers.defects):
            # What follows, such as the length of the body, has not been read.
            self.close()
            msg = "a line between the headers is none"
            raise HTTPException(msg)


class _BoundedIO(io.RawIOBase):
    """The bytes of a socket, as far as they come in time."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._raw, self._sock, self._seconds = raw, sock, seconds
        self._pause = sock.gettimeout()
        self._end = time.monotonic() + seconds

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise OverdueError(self._seconds)
        if self._pause is None or left < self._pause:
            self._sock.settimeout(left)
        try:
            return self._sock.recv_into(buffer)
        except TimeoutError:
            if time.monotonic() < self._end:
                raise
        raise OverdueError(self._seconds)

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


def bound(pools: PoolManager, seconds: float) -> None:
    """Let no answer through these pools take longer as a whole."""

    def bounded(kind: type[HTTPConnectionPool], *args: Any, **kwargs: Any) -> HTTPConnectionPool:  # noqa: ANN401 - urllib3's own
        pool = kind(*args, **kwargs)
        response = staticmethod(partial(BoundedResponse, seconds))
        pool.ConnectionCls = type("Bounded", (pool.ConnectionCls,), {"response_class": response})
        return pool

    kinds = pools.pool_classes_by_scheme
    made: dict[str, Any] = {scheme: partial(bounded, kind) for scheme, kind in kinds.items()}
    pools.pool_classes_by_scheme = made
