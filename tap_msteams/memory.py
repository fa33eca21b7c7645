"""Memory: how the process collects garbage, and what it keeps from one page to the next."""

from __future__ import annotations

import ctypes
import gc
import platform

OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Allocations between garbage collections: the default doubles the time to decode a page."""

_MEGABYTE = 1 << 20

# Names and numbers of <malloc.h>: https://man7.org/linux/man-pages/man3/mallopt.3.html
_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1


def install() -> None:
    """Set both for the process, whose modules have been loaded."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    if platform.libc_ver()[0] == "glibc":
        set_option = ctypes.CDLL(None).mallopt
        # Otherwise each thread that waits for Graph has memory of its own, and the memory of a page
        # goes back to the system, which has to clear it for the next one.
        set_option(_ARENA_MAX, 1)
        set_option(_MMAP_THRESHOLD, 32 * _MEGABYTE)
        set_option(_TRIM_THRESHOLD, 64 * _MEGABYTE)
