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
        "Teams to read, by id, name or pattern such as `Sales*`; a `!` in front excludes them. "
        "Default: all teams.",
    )
    channels: list[str] | None = setting(
        "Channels to read, given like `teams`. Messages are then read channel by channel.",
    )
    users: list[str] | None = setting(
        "People whose chats, presence, apps and meetings are read, given like `teams`, also by "
        "mail address.",
    )
    membership_types: list[Literal["standard", "private", "shared"]] | None = setting(
        "Kinds of channels to read: `standard`, `private`, `shared`. Default: all kinds.",
    )
    archived_teams: bool = setting(
        "Also read archived teams. Excluding them takes one more request for each team.",
        default=True,
    )
    start_date: str | None = setting(
        "Read what has changed since this time. Default: the whole history.",
        form=MOMENT,
    )
    end_date: str | None = setting(
        "Read what changed before this time. Default: now.",
        form=MOMENT,
    )
    retained_messages: bool = setting(
        "Also read deleted messages that a retention policy of the tenant keeps.",
        default=False,
    )
    acts_as_user_id: str | None = setting(
        "Object id of a user on whose behalf schedules are read, if the tenant demands one.",
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
