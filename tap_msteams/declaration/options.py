"""Options of a declaration that belong together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Query:
    """The query options that Graph takes for a collection."""

    select: bool = True
    """Whether Graph takes `$select`."""
    expand: Sequence[str] = ()
    """Properties that need `$expand`."""
    filter: str | None = None
    """The `$filter`, with `{variables}` as in the path."""


@dataclass(frozen=True, kw_only=True)
class Paged(Query):
    """The query options of a collection that takes `$top`."""

    top: int
    """The largest page."""
    top_with: Mapping[str, int] = field(default_factory=dict)
    """The largest page where a property is requested."""
    skip: bool = False
    """Whether Graph takes `$skip`, so that a full page without a link is not taken as the last."""


@dataclass(frozen=True, kw_only=True)
class Details:
    """The path of one record, where Graph gives more than in the collection."""

    path: str
    """Graph path of one record."""
    lists: Sequence[str] | None = None
    """The properties in the collection; None: all but those in `only`."""
    only: Sequence[str] = ()
    """Properties that only this path gives."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """Bytes that belong to one record, read when their property is selected."""

    name: str
    """The property for the bytes, as base64 or as text."""
    path: str
    """The path of the bytes; below the stream's own path it follows the one for users."""
    is_text: bool = False
    """Whether the bytes are text."""
    formats: Sequence[str] = ()
    """Media types to ask for, the best first; the others where the tenant does not give that."""
