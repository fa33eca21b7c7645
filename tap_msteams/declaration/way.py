"""Ways to read a stream, as far as the plan of a run depends on them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_msteams.declaration.stream import TapStream


@dataclass(frozen=True)
class Way:
    """A way to read a stream; each kind of reader declares the options that it takes."""

    replication_key: str | None = field(default=None, init=False)
    """The property by whose times a run continues."""
    replication_method: str | None = field(default=None, init=False)
    """Singer's replication method, where it does not follow from the replication key."""
    fallback_path: str | None = field(default=None, init=False)
    """The path used where a cloud does not have the stream's own."""
    single: bool = field(default=False, init=False)
    """Whether the path leads to one entity and not to a collection."""
    absent: bool = field(default=False, init=False)
    """Whether a 404 only means that a parent has no such record, and is not reported."""
    inside: str | None = field(default=None, init=False)
    """The property of the parents' records that holds the records."""
    waits_for: type[TapStream] | None = field(default=None, init=False)
    """The stream whose ids below the same parent the reader may need first."""
    version: str | None = field(default=None, init=False)
    """The property that rises with each version of a record."""
    has_additional_data: bool = field(default=True, init=False)
    """Whether records have the column `additionalData` for undeclared properties."""

    @property
    def more_paths(self) -> tuple[str, ...]:
        """Paths that the reader may ask for beside the stream's own."""
        return ()
