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
    """Whether it takes `$select`."""
    top: int | None = None
    """The largest page that it gives, where it takes `$top`."""
    top_with: Mapping[str, int] = field(default_factory=dict)
    """The largest page where a property is among those asked for."""
    expand: Sequence[str] = ()
    """Properties that come with `$expand` only."""
    filter: str | None = None
    """Which records are asked for, with `{variables}` as in the path."""
    order: str | None = None
    """In which order they are asked for."""


@dataclass(frozen=True, kw_only=True)
class Details:
    """The address of one record, which gives more than the collection does."""

    path: str
    """Graph path of one record."""
    lists: Sequence[str] | None = None
    """The properties that the collection gives; None: all but those that are `only` here."""
    only: Sequence[str] = ()
    """Properties that only this address gives."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """Bytes that belong to one record, read when their property is selected."""

    name: str
    """The property that holds them, in base64 or as text."""
    path: str
    """Graph path of them."""
    delegated_path: str | None = None
    """The path to take instead with a user's token."""
    is_text: bool = False
    """Whether they are text."""
