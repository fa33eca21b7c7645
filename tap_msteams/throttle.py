"""The gate that every request passes: Graph's documented limits, kept before Graph has to.

A request takes a token from each bucket that its path falls under: the endpoint's for the whole
tenant, its team's, its channel's. Nothing here waits or locks: `admit` says how long to wait,
and the sweep, under its own lock, lets another request go first.
https://learn.microsoft.com/graph/throttling-limits#microsoft-teams-service-limits
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Limit:
    """At most `rate` requests a second on paths like `pattern`, per value of `scope`."""

    pattern: re.Pattern[str]
    rate: float
    scope: str = ""
    """A group of the pattern that each has a limit of its own; empty: the whole tenant."""


def _limit(pattern: str, rate: float, scope: str = "") -> Limit:
    return Limit(re.compile(pattern), rate, scope)


_TEAM = r"/teams/(?P<team>[^/]+)"
_CHANNEL = _TEAM + r"/channels/(?P<channel>[^/]+)"
_EXPORT = _TEAM + r"/channels/getAll(?:Retained)?Messages$"

TENANT_LIMITS = (
    _limit(_EXPORT, 200),
    _limit(_CHANNEL + r"/messages", 20),
    _limit(_CHANNEL + r"/(?:all)?[mM]embers", 60),
    _limit(_CHANNEL + r"(?:/tabs)?$", 30),
    _limit(_TEAM + r"/(?:channels|allChannels|incomingChannels|members)$", 60),
    _limit(r"/me/joinedTeams|/teams/[^/]+$", 30),
    _limit(r"/teams$", 30),
    # https://learn.microsoft.com/graph/throttling-limits#cloud-communication-service-limits
    _limit(r"/communications/getPresencesByUserId|/users/[^/]+/presence", 1500 / 30),
    # Resource units: 3,500 in 10 s for the smallest tenant, one for a request with $select.
    # https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits
    _limit(r"/users$|/groups", 3500 / 10),
    _limit(r"/teams/|/appCatalogs|/teamwork|/users/[^/]+/(?:chats|teamwork)|/chats", 30),
)
"""Per application and tenant; the first that fits counts."""

SCOPED_LIMITS = (
    _limit(_TEAM, 4, "team"),
    _limit(_TEAM + r"/channels/(?P<channel>(?!getAll)[^/]+)/", 1, "channel"),
    _limit(r"/chats/(?P<chat>(?!getAll)[^/]+)/", 1, "chat"),
)
"""Per team, channel and chat, on top of the others; all that fit count."""

HEADROOM = 0.98
"""Share of a limit that is used, so that requests bunched up on the way stay within it."""

RECOVERY_PER_SECOND = 0.01
"""Share of the full rate that a lowered one gets back each second."""

_SLOWDOWN = 0.8
_ROUNDING = 1e-6
_IDLE_SECONDS = 30.0
_PRUNE_AT = 8192


class Bucket:
    """Tokens that come at a rate; closed for a while after a 429."""

    __slots__ = ("_capacity", "_cut_at", "_factor", "_rate", "_tokens", "_updated", "closed_until")

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._factor = 1.0
        # A tenth of a second's worth makes up for a thread that woke late.
        self._capacity = max(1.0, rate / 10)
        self._tokens = self._capacity
        self._updated = now
        self._cut_at = -1.0
        self.closed_until = 0.0

    def wait(self, now: float) -> float:
        """Seconds until a token is there; 0 if one is."""
        if now < self.closed_until:
            return self.closed_until - now
        elapsed = max(0.0, now - self._updated)
        self._tokens = min(self._capacity, self._tokens + elapsed * self._rate * self._factor)
        self._factor = min(1.0, self._factor + elapsed * RECOVERY_PER_SECOND)
        self._updated = now
        if self._tokens >= 1.0 - _ROUNDING:
            return 0.0
        return (1.0 - self._tokens) / (self._rate * self._factor)

    def take(self) -> None:
        """Use up a token."""
        self._tokens -= 1.0

    def close(self, sent: float, now: float, seconds: float) -> None:
        """Let nothing through for a while, and be slower after; once for one burst."""
        self.closed_until = max(self.closed_until, now + seconds)
        if sent >= self._cut_at:
            self._factor *= _SLOWDOWN
            self._cut_at = now
        self._tokens = 0.0

    def idle(self, now: float) -> bool:
        """Whether it holds nothing worth keeping."""
        return now - self._updated > _IDLE_SECONDS and now > self.closed_until


class Gate:
    """All buckets of one application in one tenant."""

    def __init__(self, share: float = 1.0, jitter: Callable[[], float] = random.random) -> None:
        """Use `share` of the documented limits; 0 keeps no pace and only heeds 429."""
        self._share = share
        self._jitter = jitter
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._narrow_closed: dict[tuple[str, ...], tuple[tuple[str, ...], float]] = {}
        self.throttled = 0

    def keys(self, url: str) -> tuple[tuple[str, ...], ...]:
        """The buckets that a request falls under, the widest first."""
        path = unquote(urlsplit(url).path).removeprefix("/v1.0")
        found: list[tuple[str, ...]] = []
        for limit in TENANT_LIMITS:
            if limit.pattern.match(path):
                found.append((limit.pattern.pattern,))
                break
        else:
            found.append(("",))
        found.extend(
            (limit.pattern.pattern, match[limit.scope])
            for limit in SCOPED_LIMITS
            if (match := limit.pattern.match(path))
        )
        return tuple(found)

    def admit(self, keys: tuple[tuple[str, ...], ...], now: float) -> float:
        """Take a token from each bucket and return 0, or return the seconds to wait."""
        buckets = [self._bucket(key, now) for key in keys]
        wait = max(bucket.wait(now) for bucket in buckets)
        if not wait:
            for bucket in buckets:
                bucket.take()
        return wait

    def throttle(
        self,
        keys: tuple[tuple[str, ...], ...],
        sent: float,
        now: float,
        seconds: float,
    ) -> None:
        """Close what a 429 was about, for `seconds` from `now`; `sent` is when it was asked.

        Graph does not say which limit was hit. It is taken for the narrowest one; when another
        team or channel under the same wide limit is throttled meanwhile, for the wide one.
        """
        self.throttled += 1
        seconds *= 1 + self._jitter() / 10
        wide, narrow = keys[0], keys[-1]
        other, until = self._narrow_closed.get(wide, (narrow, 0.0))
        if wide != narrow:
            self._bucket(narrow, now).close(sent, now, seconds)
        if wide == narrow or (other != narrow and now < until):
            self._bucket(wide, now).close(sent, now, seconds)
        self._narrow_closed[wide] = (narrow, now + seconds)

    def _bucket(self, key: tuple[str, ...], now: float) -> Bucket:
        if (bucket := self._buckets.get(key)) is None:
            if len(self._buckets) >= _PRUNE_AT:
                self._buckets = {k: b for k, b in self._buckets.items() if not b.idle(now)}
            bucket = self._buckets[key] = Bucket(self._rate(key[0]), now)
        return bucket

    def _rate(self, pattern: str) -> float:
        if not self._share:
            return float("inf")
        rate = _RATES.get(pattern, float("inf"))
        return rate * self._share * HEADROOM


_RATES = {limit.pattern.pattern: limit.rate for limit in (*TENANT_LIMITS, *SCOPED_LIMITS)}
