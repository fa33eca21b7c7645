"""What is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from singer_sdk import typing as th

from tap_msteams.settings.rules import parse_moment, setting

if TYPE_CHECKING:
    from datetime import datetime

MEMBERSHIP_TYPES = ("standard", "private", "shared")


@dataclass(frozen=True, kw_only=True, repr=False)
class Reading:
    """Settings that choose what is read."""

    teams: list[str] = setting(
        th.ArrayType(th.StringType),
        "Teams to read, by id, name or pattern such as `Sales*`; with a `!` in front those to "
        "leave out. Absent: all.",
    )
    channels: list[str] = setting(
        th.ArrayType(th.StringType),
        "Channels to read, in the same way. Messages are then read channel by channel.",
    )
    users: list[str] = setting(
        th.ArrayType(th.StringType),
        "People whose chats, presence and apps are read, in the same way, also by mail address.",
    )
    membership_types: list[str] = setting(
        th.ArrayType(th.StringType),
        "Kinds of channels to read: `standard`, `private`, `shared`. Absent: all.",
        choices=MEMBERSHIP_TYPES,
    )
    archived_teams: bool = setting(
        th.BooleanType,
        "Read archived teams, too. Without them each team takes one request more.",
        default=True,
    )
    start_date: str = setting(
        th.DateTimeType, "Read what changed since then. Absent: the whole history."
    )
    end_date: str = setting(th.DateTimeType, "Read what changed before then. Absent: up to now.")
    retained_messages: bool = setting(
        th.BooleanType,
        "Read what a retention policy keeps of deleted messages, too, where the tenant has one.",
        default=False,
    )
    acts_as_user_id: str = setting(
        th.StringType,
        "Object id of a user on whose behalf schedules are read, where a tenant wants to know.",
        form="word",
    )

    @property
    def start(self) -> datetime | None:
        """`start_date` as a moment in UTC; None for the whole history."""
        return parse_moment(self.start_date) if self.start_date else None

    @property
    def end(self) -> datetime | None:
        """`end_date` as a moment in UTC; None for now."""
        return parse_moment(self.end_date) if self.end_date else None
