"""The stream class of all declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from tap_msteams.declaration import Declaration
from tap_msteams.readers.collection import Collection

if TYPE_CHECKING:
    from singer_sdk import Tap

    from tap_msteams.readers.kind import Kind


class GraphStream(Declaration):
    """A stream of Graph's: a declaration with the kind of reader that it needs."""

    read: ClassVar[Kind] = Collection()
    """The way to read the stream."""

    def __init__(self, tap: Tap) -> None:
        super().__init__(tap)
        self.forced_replication_method = self.read.replication_method

    @classmethod
    @override
    def is_incremental(cls) -> bool:
        return cls.read.replication_method == "INCREMENTAL" or super().is_incremental()

    @classmethod
    @override
    def routes(cls, *, application: bool) -> list[str]:
        return [*super().routes(application=application), *cls.read.more_paths]
