"""The areas of Teams, each with the endpoints that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams_sandbox.areas import (
    calls,
    chats,
    files,
    groups,
    meetings,
    messages,
    people,
    reports,
    shifts,
    teams,
    workspace,
)

if TYPE_CHECKING:
    from tap_msteams_sandbox.area import Area

AREAS: tuple[Area, ...] = (
    people.AREA,
    teams.AREA,
    messages.AREA,
    groups.AREA,
    workspace.AREA,
    chats.AREA,
    meetings.AREA,
    calls.AREA,
    shifts.AREA,
    reports.AREA,
    files.AREA,
)
