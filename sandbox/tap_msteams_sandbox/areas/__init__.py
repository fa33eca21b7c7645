"""The areas of Teams with their endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams_sandbox.areas import (
    adhoc,
    calls,
    chats,
    conversations,
    copilot,
    directory,
    events,
    files,
    groups,
    meetings,
    messages,
    organization,
    people,
    reports,
    shifts,
    subscriptions,
    teams,
    voice,
    workspace,
)

if TYPE_CHECKING:
    from tap_msteams_sandbox.area import Area

AREAS: tuple[Area, ...] = (
    directory.AREA,
    conversations.AREA,
    people.AREA,
    people.PRESENCE_AREA,
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
    organization.AREA,
    voice.AREA,
    copilot.AREA,
    adhoc.AREA,
    events.AREA,
    subscriptions.AREA,
)
