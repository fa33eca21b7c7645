"""Many walks at once: workers ask Graph, the main thread alone owns records and state.

A walk reads one parent's part of a stream. It is a generator that yields

* a `Request`, and is resumed with its `Page`, or with the error that stands for it;
* a list of records, and is resumed once they have been written;
* a `Promise`, and is resumed with its value once that is known;
* a `Walk`, which goes on beside it.

So a walk reads like sequential code, and what it does after its records have been written, such
as moving a bookmark, can never run ahead of them. Within a walk order depends on the data only;
walks come as they are ready, so that a slow one stops nobody. At most one answer a worker is in
memory, and two pages: the one that is being written and the one that comes after it.
"""

from __future__ import annotations

from tap_msteams.sweep.sweep import WALKS_PER_WORKER, Sweep
from tap_msteams.sweep.tally import Tally
from tap_msteams.sweep.walk import Failure, Lane, Promise, Step, Steps, Walk
from tap_msteams.sweep.workers import TRIES, TRIES_AT_FIRST, TRIES_THROTTLED, next_pause

__all__ = [
    "TRIES",
    "TRIES_AT_FIRST",
    "TRIES_THROTTLED",
    "WALKS_PER_WORKER",
    "Failure",
    "Lane",
    "Promise",
    "Step",
    "Steps",
    "Sweep",
    "Tally",
    "Walk",
    "next_pause",
]
