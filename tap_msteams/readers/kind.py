"""Kinds: how a stream is read, as its declaration names it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from tap_msteams.declaration import Declaration
    from tap_msteams.readers.reader import Reader
    from tap_msteams.run import Run


class Kind(ABC):
    """A way to read a stream, with its options; frozen."""

    replication_method: ClassVar[str | None] = None
    """Singer's name of it, where the replication key does not tell."""

    @abstractmethod
    def reader(self, run: Run, stream: Declaration) -> Reader:
        """What reads a stream in one run."""
