"""Settings for what is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from tap_msteams.settings.forms import MOMENT, WORD, parse_moment
from tap_msteams.settings.rules import setting

_BEFORE_TEAMS = datetime(2000, 1, 1, tzinfo=UTC)
"""A moment before anything that Graph has."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Reading:
    """Settings that choose what is read."""

    teams: list[str] | None = setting(
        "Teams to read, by id, name or pattern such as `Sales*`; with a `!` in front those to "
        "leave out. Absent: all.",
    )
    channels: list[str] | None = setting(
        "Channels to read, in the same way. Messages are then read channel by channel.",
    )
    users: list[str] | None = setting(
        "People whose chats, presence and apps are read, in the same way, also by mail address.",
    )
    membership_types: list[Literal["standard", "private", "shared"]] | None = setting(
        "Kinds of channels to read: `standard`, `private`, `shared`. Absent: all.",
    )
    archived_teams: bool = setting(
        "Read archived teams, too. Without them each team takes one request more.",
        default=True,
    )
    start_date: str | None = setting(
        "Read what changed since then. Absent: the whole history.",
        form=MOMENT,
    )
    end_date: str | None = setting(
        "Read what changed before then. Absent: up to now.",
        form=MOMENT,
    )
    retained_messages: bool = setting(
        "Read what a retention policy keeps of deleted messages, too, where the tenant has one.",
        default=False,
    )
    acts_as_user_id: str | None = setting(
        "Object id of a user on whose behalf schedules are read, where a tenant wants to know.",
        form=WORD,
    )

    @property
    def start(self) -> datetime | None:
        """`start_date` in UTC; None for the whole history."""
        start = parse_moment(self.start_date) if self.start_date else None
        return start if start and start > _BEFORE_TEAMS else None

    @property
    def end(self) -> datetime | None:
        """`end_date` in UTC; None for now."""
        return parse_moment(self.end_date) if self.end_date else None
