"""Shards: the parts of a tenant that several processes read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.declaration import Declaration
from tap_msteams.run.seen import digest

if TYPE_CHECKING:
    from tap_msteams.declaration import TapStream


@dataclass(frozen=True)
class Shard:
    """One of several processes that read a tenant together.

    They divide split streams by their topmost parents; the first one reads all other streams.
    """

    number: int = 0
    of: int = 1

    @override
    def __str__(self) -> str:
        return f"{self.number}-of-{self.of}"

    def reads(self, stream: type[TapStream], *, application: bool) -> bool:
        """Whether this process writes rows of a stream."""
        if not self.number or not issubclass(stream, Declaration):
            return True
        return is_split(stream, application=application)

    def owns(self, id_: str) -> bool:
        """Whether what is below a topmost parent belongs to this process."""
        return digest([id_]) % self.of == self.number


WHOLE = Shard()
"""The part of a process that reads a tenant alone."""


def is_split(stream: type[Declaration], *, application: bool) -> bool:
    """Whether shards divide a stream.

    They divide what has bookmarks below a parent, with all that is read below it. Where a record
    appears below several parents, two shards would write the same row.
    """
    parents = stream.parent_streams(application=application)
    if parents and stream.is_incremental() and not stream.once:
        return True
    return bool(parents) and all(is_split(it, application=application) for it in parents)
