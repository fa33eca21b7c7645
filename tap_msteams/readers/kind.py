"""Kinds: the ways to read a stream, of which its declaration names one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from tap_msteams.declaration import Declaration
    from tap_msteams.readers.reader import Reader
    from tap_msteams.run import Run


class Kind(ABC):
    """A way to read a stream, with its options."""

    replication_method: ClassVar[str | None] = None
    """Singer's replication method, where it does not follow from the replication key."""

    @property
    def more_paths(self) -> tuple[str, ...]:
        """Paths that the reader may ask for beside the stream's own."""
        return ()

    @abstractmethod
    def reader(self, run: Run, stream: Declaration) -> Reader:
        """The reader of a stream in one run."""
