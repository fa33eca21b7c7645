"""What a team's channels, tabs, apps and tags are about, and teams that were deleted."""

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
