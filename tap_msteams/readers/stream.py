"""The stream class of all declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tap_msteams.declaration import Declaration
from tap_msteams.readers.collection import Collection

if TYPE_CHECKING:
    from tap_msteams.readers.kind import Kind


class GraphStream(Declaration):
    """A stream of Graph's: a declaration with the kind of reader that it needs."""

    read: ClassVar[Kind] = Collection()
    """The kind of reader, with its options."""
