"""Everything in Teams beyond teams, channels, members, messages, users and presence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams_sandbox.areas import (
    calls,
    chats,
    files,
    groups,
    meetings,
    reports,
    shifts,
    workspace,
)

if TYPE_CHECKING:
    from tap_msteams_sandbox.areas.area import Area

AREAS: tuple[Area, ...] = (
    groups.AREA,
    workspace.AREA,
    chats.AREA,
    meetings.AREA,
    calls.AREA,
    shifts.AREA,
    reports.AREA,
    files.AREA,
)
