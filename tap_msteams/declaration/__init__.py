"""Declarations: the path of a stream at Graph, its permission, and its records."""

from __future__ import annotations

from tap_msteams.declaration.declaration import (
    BODY_TEXT,
    Declaration,
    Delegated,
    Ids,
    fill,
    owner,
)
from tap_msteams.declaration.options import Content, Details, Paged, Query
from tap_msteams.declaration.stream import StreamTap, TapStream

__all__ = [
    "BODY_TEXT",
    "Content",
    "Declaration",
    "Delegated",
    "Details",
    "Ids",
    "Paged",
    "Query",
    "StreamTap",
    "TapStream",
    "fill",
    "owner",
]
