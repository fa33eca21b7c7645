"""The work that code takes, measured so that whatever else the machine does counts for little."""

from __future__ import annotations

import gc
import sys
import time
from contextlib import contextmanager

LENGTH, TIMES = 4_000, 16
"""The length of a text, and how often a long one has it."""

MOST = 5 * TIMES
"""The growth of the work up to which it is linear: the square of the length would be 16 * TIMES.

The rest is for caches that other work on the machine empties, and for what is done once a text.
"""


def growth(act, short, long):
    """How many times the work for a short text a long one takes."""
    return seconds(act, long) / seconds(act, short)


def seconds(act, text):
    """The processor's time of this thread alone, in the quickest of three tries."""
    times = []
    for _ in range(3):
        with measured(times):
            act(text)
    return max(min(times), 0.000_1)


@contextmanager
def measured(times):
    """Adds the processor's time of this thread alone to a list."""
    is_enabled = gc.isenabled()
    gc.disable()  # which would go through the objects of all tests before
    began = time.thread_time()
    try:
        yield
    finally:
        times.append(time.thread_time() - began)
        if is_enabled:
            gc.enable()


def calls(act, text):
    """How many functions are called for a text."""
    count = 0

    def note(_frame, event, _argument):
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act(text)
    finally:
        sys.setprofile(before)
    return count
