"""Samples: the limits of a run that reads a part of each stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tap_msteams.run.stream_run import StreamRun


class Sample(Protocol):
    """Decides when enough of a stream has been read; parents are then read one by one."""

    def wants_parent(self, it: StreamRun) -> bool:
        """Whether to read another parent."""

    def wants_part(self, it: StreamRun) -> bool:
        """Whether to read another part of a parent."""
