"""Channels, tabs, apps and tags of teams, exports and deleted teams."""

from __future__ import annotations

from tap_msteams_sandbox.areas.workspace import (
    catalog,
    channels,
    day,
    exports,
    installations,
    pictures,
    tabs,
    tags,
)
from tap_msteams_sandbox.areas.workspace.area import AREA

__all__ = [
    "AREA",
    "catalog",
    "channels",
    "day",
    "exports",
    "installations",
    "pictures",
    "tabs",
    "tags",
]
