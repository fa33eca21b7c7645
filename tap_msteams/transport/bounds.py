"""Bounds: where an answer begins, and the time and the bytes that it may take as a whole."""

from __future__ import annotations

import io
import math
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
    """An answer of so many seconds and bytes, from its first line to its last byte."""

    def __init__(
        self,
        seconds: float,
        size: float,
        sock: socket.socket,
        *args: Any,  # noqa: ANN401 - http.client's own
        **kwargs: Any,  # noqa: ANN401 - http.client's own
    ) -> None:
        super().__init__(sock, *args, **kwargs)
        self._is_bounded = size < math.inf
        self.fp = io.BufferedReader(_BoundedIO(self.fp.detach(), sock, seconds, size))

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
        if self._is_bounded and self.headers.get("Content-Encoding", "identity") != "identity":
            self.close()  # it may hold a thousand times its bytes
            msg = "the answer is compressed, which nobody has asked for"
            raise HTTPException(msg)


class _BoundedIO(io.RawIOBase):
    """The bytes of a socket, as far as they come in time and are not too many."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float, size: float) -> None:
        self._raw, self._sock, self._seconds = raw, sock, seconds
        self._room, self._size = size, size
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
        if left < (self._pause or math.inf):
            self._sock.settimeout(left if left < math.inf else None)
        try:
            number = self._sock.recv_into(buffer)
        except TimeoutError:
            if time.monotonic() < self._end:
                raise
        else:
            self._room -= number
            if self._room < 0:
                msg = f"the answer is longer than {self._size:,} bytes"
                raise HTTPException(msg)
            return number
        raise OverdueError(self._seconds)

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


def bound(pools: PoolManager, seconds: float, size: float) -> None:
    """Let no answer through these pools take more time or more bytes as a whole."""

    def bounded(kind: type[HTTPConnectionPool], *args: Any, **kwargs: Any) -> HTTPConnectionPool:  # noqa: ANN401 - urllib3's own
        pool = kind(*args, **kwargs)
        response = staticmethod(partial(BoundedResponse, seconds, size))
        pool.ConnectionCls = type("Bounded", (pool.ConnectionCls,), {"response_class": response})
        return pool

    kinds = pools.pool_classes_by_scheme
    made: dict[str, Any] = {scheme: partial(bounded, kind) for scheme, kind in kinds.items()}
    pools.pool_classes_by_scheme = made
