"""Files of secrets: locked, replaced as a whole, and readable by their owner alone."""

from __future__ import annotations

import errno
import logging
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

OWNER_ONLY = 0o600

_FIXED = {errno.EBUSY, errno.EXDEV}
"""Errors of a file that cannot be replaced: a container has it from outside, as a single file."""

_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between attempts to replace a file that another program has open, on Windows."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file; raises OSError where it cannot be locked.

    The kernel releases the lock with the process that holds it; the file stays.
    """
    lock = FileLock(path, mode=OWNER_ONLY, preserve_lock_file=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.info("Waiting for the process that holds %s", path)
        lock.acquire()
    try:
        yield
    finally:
        if os.name == "posix":
            _keep_owner(path, path.with_suffix(""))
        lock.release()


def followed(path: Path) -> Path:
    """The file that a link of this user leads to; the path itself where it is no such link."""
    try:
        is_own = os.name != "posix" or path.lstat().st_uid == os.geteuid()
        return path.resolve() if path.is_symlink() and is_own else path
    except (OSError, RuntimeError):  # no such file, or links in a circle (Python 3.11, 3.12)
        return path


def replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # left by a killed process, since this one holds the lock
    with open(new, "xb", opener=_owner_only) as file:
        if os.name == "posix":
            os.fchmod(file.fileno(), OWNER_ONLY)  # a umask may have removed permissions
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if os.name == "posix":
        _keep_owner(new, path)
    try:
        _move(new, path)
    except OSError as error:
        if error.errno not in _FIXED:
            raise
        _overwrite(path, content)
        new.unlink()
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _keep_owner(path: Path, like: Path) -> None:
    """Give a file of root's to the owner of another one, who could not use it otherwise."""
    if os.geteuid() == 0 and like.exists():
        found = like.stat()
        os.chown(path, found.st_uid, found.st_gid)


def _move(new: Path, path: Path) -> None:
    for pause in _PAUSES if os.name == "nt" else ():
        try:
            new.replace(path)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    new.replace(path)


def _overwrite(path: Path, content: bytes) -> None:
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def _owner_only(path: str, flags: int) -> int:
    """Create a file that only its owner can read, from its first moment on."""
    return os.open(path, flags, OWNER_ONLY)
