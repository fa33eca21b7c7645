"""Kinds: the ways to read a stream, each with its reader."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from tap_msteams.declaration.way import Way

if TYPE_CHECKING:
    from tap_msteams.declaration import Declaration
    from tap_msteams.readers.reader import Reader
    from tap_msteams.run import Run


class Kind(Way, ABC):
    """A way to read a stream, with its options."""

    @abstractmethod
    def reader(self, run: Run, stream: Declaration) -> Reader:
        """The reader of a stream in one run."""
