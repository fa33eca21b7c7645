"""Graph's documented limits, as data.

Where nothing else is said, a number is from
https://learn.microsoft.com/graph/throttling-limits#microsoft-teams-service-limits
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

_MINUTE = 60.0

_SIZES = (1_000, 5_000, 15_000, 50_000)
"""Numbers of licenses up to which a tenant has once to four times the units of the smallest."""


@dataclass(frozen=True)
class Limit:
    """At most `amount` requests in `seconds` on paths like `pattern`, per value of `scope`."""

    pattern: re.Pattern[str]
    amount: float
    seconds: float = 1.0
    scope: str = ""
    """The group of the pattern whose values have limits of their own; empty: the tenant."""
    service: str = "teams"
    """The service that others may share; empty: all of Graph."""
    cost: int = 1
    """The units that a request takes, where the limit counts units."""
    cheap: re.Pattern[str] | None = None
    """The requests that take one unit only."""
    grows: bool = False
    """Whether it is for up to 1,000 licenses, and grows with them."""

    @cached_property
    def name(self) -> str:
        """The unique name of the limit."""
        return f"{self.amount:g} in {self.seconds:g} s: {self.pattern.pattern}"

    def units(self, url: str) -> int:
        """The units that a request takes."""
        return 1 if self.cheap and self.cheap.search(url) else self.cost

    def amount_for(self, licenses: int) -> float:
        """The amount in a tenant with so many licenses."""
        return self.amount * (1 + bisect_left(_SIZES, licenses) if self.grows else 1)

    @property
    def rate(self) -> float:
        """Requests a second on average."""
        return self.amount / self.seconds

    @property
    def is_counted(self) -> bool:
        """Whether requests are counted, not paced: they are few, or limited by the minute."""
        return self.rate < 1 or self.seconds >= _MINUTE


def _limit(
    pattern: str, amount: float, seconds: float = 1.0, scope: str = "", service: str = "teams"
) -> Limit:
    return Limit(re.compile(pattern), amount, seconds, scope, service)


_TEAM = r"/teams/(?P<team>[^/]+)"
_CHANNEL = _TEAM + r"/channels/(?P<channel>[^/]+)"
_CHAT = r"(?:/me|/users/[^/]+)?/chats/(?P<chat>(?!getAll)[^/]+)"
_EXPORT = r"/channels/getAll(?:Retained)?Messages$"
_RECORD = r"/communications/callRecords/(?P<record>(?!get|microsoft\.)[^/(]+)"

TENANT_LIMITS = (
    _limit(rf"(?:/teams|/teamwork/deletedTeams)/[^/]+{_EXPORT}", 200),
    _limit(r"/users/[^/]+/chats/getAll(?:Retained)?Messages", 200),
    _limit(rf"{_CHANNEL}/messages", 20),
    _limit(rf"{_CHAT}/messages", 20),
    _limit(rf"{_CHANNEL}/(?:all)?[mM]embers", 60),
    _limit(rf"{_TEAM}/(?:channels|allChannels|incomingChannels|members)$", 60),
    _limit(rf"{_CHANNEL}$", 30),
    _limit(rf"(?:{_CHANNEL}|/chats/[^/]+)/tabs", 30),
    _limit(r"/chats/[^/]+/installedApps", 30),
    _limit(r"/(?:teams/[^/]+|users/[^/]+/teamwork)/installedApps", 30),
    _limit(rf"{_TEAM}/schedule", 30),
    _limit(r"/appCatalogs", 30),
    _limit(r"/copilot/users/[^/]+/interactionHistory", 30),
    _limit(r"/me/joinedTeams|/teams/[^/]+$", 30),
    _limit(r"/teams$", 30),
    # https://learn.microsoft.com/graph/throttling-limits#cloud-communication-service-limits
    _limit(r"/communications/getPresencesByUserId|/users/[^/]+/presence", 1500, 30, "", "presence"),
    # https://learn.microsoft.com/graph/throttling-limits#call-records-limits
    _limit(r"/communications/callRecords", 1500, 20, "", "calls"),
    # Resource units; lists take two, single items and deltas with a token one.
    # https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
    Limit(
        re.compile(r"/drives/|/groups/[^/]+/drive"),
        1200,
        _MINUTE,
        service="files",
        cost=2,
        cheap=re.compile(r"/delta\b.*token|/drive(?:\?|$)|/drives/[^/?]+(?:\?|$)"),
        grows=True,
    ),
    # Resource units of the smallest tenant; a request with $select costs one.
    # https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
    _limit(r"/(?:users|groups)(?:/[^/]+)?$|/groups/", 3500, 10, "", "directory"),
    # All other reads of Teams; also meetings, whose own limits are by the month.
    _limit(r"/(?:teams|teamwork|chats|me)/|/users/|/chats$", 30),
    # All requests of an application to Graph.
    # https://learn.microsoft.com/graph/throttling-limits
    _limit(r"", 130_000, 10, "", ""),
)
"""Limits per application and tenant; the first that matches applies."""

SCOPED_LIMITS = (
    _limit(_TEAM, 4, scope="team"),
    _limit(_TEAM + r"/channels/(?P<channel>(?!getAll)[^/]+)/", 1, scope="channel"),
    _limit(rf"{_CHAT}/", 1, scope="chat"),
    _limit(r"/(?P<user>me|users/[^/]+)/chats$", 5, scope="user"),
    # https://learn.microsoft.com/graph/throttling-limits#call-records-limits
    # A path does not tell a first page from a later one: both limits apply.
    _limit(_RECORD, 10, 20, "record", "calls"),
    _limit(_RECORD, 50, 300, "record", "calls"),
    # https://learn.microsoft.com/graph/throttling-limits#reports-service-limits
    _limit(r"/reports/(?P<report>\w+)", 14, 600, "report", "reports"),
)
"""Limits per team, channel, chat, user, call or report; all that match apply, too."""
