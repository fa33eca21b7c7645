"""Chats, their members, messages, tabs and apps."""

from __future__ import annotations

from tap_msteams_sandbox.areas.chats import answers, day, messages, rows
from tap_msteams_sandbox.areas.chats.area import AREA
from tap_msteams_sandbox.areas.chats.chats import Chats, Meeting

__all__ = ["AREA", "Chats", "Meeting", "answers", "day", "messages", "rows"]
