"""A lock that the kernel lets go of with the process that holds it."""

from __future__ import annotations

import errno
import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

OWNER_ONLY = 0o600

# Windows has neither links to follow here nor descriptors to inherit.
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock that a file stands for; raises OSError where there can be none.

    The file stays: whoever deleted it would leave two processes with a lock of the same name.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _SAFELY, OWNER_ONLY)
    try:
        if not _take(descriptor, wait=False):
            logger.info("Waiting for the process that holds %s", path)
            while not _take(descriptor, wait=True):
                pass
        yield
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int, *, wait: bool) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            # Waiting, it gives up after ten seconds.
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except (PermissionError, BlockingIOError):
            return False
        except OSError as error:
            if error.errno != errno.EDEADLOCK:
                raise
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int, *, wait: bool) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True


def create(path: Path) -> int:
    """A new file that nobody else can read from its first moment on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _SAFELY, OWNER_ONLY)
    if os.name == "posix":
        os.fchmod(descriptor, OWNER_ONLY)  # a umask may have left less than this
    return descriptor
