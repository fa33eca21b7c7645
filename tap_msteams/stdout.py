"""Standard output: what cannot be written to it is told in one line, and a pipe gets room."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.errors import TapError

if sys.platform == "linux":
    import fcntl

if TYPE_CHECKING:
    from typing_extensions import Buffer

ROOM = 1 << 20
"""Bytes of the largest pipe of whoever is not root: /proc/sys/fs/pipe-max-size."""


class Stdout(io.FileIO):
    """The file behind `sys.stdout`, which fails with a TapError."""

    @override
    def write(self, content: Buffer, /) -> int:
        try:
            return super().write(content)
        except OSError as error:
            # What is left in the buffers would fail again when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            if error.errno == errno.EPIPE:
                msg = "the target has closed its input: its log says why"
            else:
                msg = f"stdout cannot be written to: {error.strerror}"
            raise TapError(msg) from error


def install() -> None:
    """Have everything that writes to `sys.stdout` fail with a TapError."""
    if sys.stdout is None:
        msg = "stdout is closed: give it a target, a file or /dev/null"
        raise TapError(msg)
    raw = Stdout(sys.stdout.fileno(), "wb", closefd=False)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=sys.stdout.encoding,
        errors=sys.stdout.errors,
        line_buffering=sys.stdout.isatty(),
    )


def make_room() -> None:
    """Let a pipe take the current page and the last STATE, whether or not the target reads."""
    if sys.platform == "linux":
        # It may be no pipe, or its user may have no more room.
        with contextlib.suppress(OSError, ValueError):
            fcntl.fcntl(sys.stdout.fileno(), fcntl.F_SETPIPE_SZ, ROOM)
