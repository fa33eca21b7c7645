"""Limits: Microsoft's documented limits, enforced.

https://learn.microsoft.com/en-us/graph/throttling-limits
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from tap_msteams_sandbox.replies import TOO_MANY, GraphError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterable, Iterator

    from tap_msteams_sandbox.endpoints import Endpoint
    from tap_msteams_sandbox.odata import Query

TEAMS = "https://learn.microsoft.com/en-us/graph/throttling-limits#microsoft-teams-service-limits"
PRESENCE = (
    "https://learn.microsoft.com/en-us/graph/throttling-limits#cloud-communication-service-limits"
)
IDENTITY = (
    "https://learn.microsoft.com/en-us/graph/throttling-limits#identity-and-access-service-limits"
)

JITTER = 0.05
"""Seconds by which a request may come too early: networks are not that even."""


@dataclass(frozen=True)
class Limit:
    """A number of requests, or of resource units, in a number of seconds."""

    name: str
    pattern: str
    """Endpoints that fall under it, as a regular expression."""
    amount: float
    seconds: float
    page: str
    scope: Literal["application", "team", "chat", "user", "channel"] = "application"
    """What has a count of its own, within this application and tenant."""
    units: bool = False
    """Whether a request costs units and not just one."""
    cost: Callable[[Query], float] = lambda _: 1
    """What a request costs where the limit is not the identity service's."""


LIMITS = (
    Limit("one team", r".* /teams/\{id\}.*", 4, 1, TEAMS, "team"),
    Limit("one channel", r".* /teams/\{id\}/channels/\{id\}.*", 1, 1, TEAMS, "channel"),
    Limit("identity", r"GET /(users|groups)(/\{id\})?", 3500, 10, IDENTITY, units=True),
)
"""The rows that endpoints of several areas fall under."""

DEPTHS = {"application": 0, "team": 1, "chat": 1, "user": 1, "channel": 2}
"""How many names of a path say what has a count of its own."""

TENANT_SIZES = ((50, 3500), (500, 5000), (math.inf, 8000))
"""Up to how many users a tenant has how many units of the identity limit: see IDENTITY."""


class Bucket:
    """What is left of one limit; it fills again evenly, up to one period's amount."""

    __slots__ = ("_amount", "_left", "_rate", "_since")

    def __init__(self, amount: float, seconds: float, now: float) -> None:
        self._amount, self._rate = amount, amount / seconds
        self._left, self._since = amount, now

    def missing(self, cost: float, now: float) -> float:
        """Return the seconds until the cost can be paid, 0 if it can be now."""
        self._left = min(self._amount, self._left + (now - self._since) * self._rate)
        self._since = now
        wait = (cost - self._left) / self._rate
        return wait if wait > JITTER else 0.0

    def take(self, cost: float) -> None:
        """Take the cost out of the bucket."""
        self._left -= cost


class _Row(NamedTuple):
    limit: Limit
    pattern: re.Pattern[str]


class Limits:
    """The documented limits; a request must keep all that apply."""

    def __init__(
        self,
        clock: Callable[[], float],
        users: int,
        violations: Counter[str],
        more: Iterable[Limit] = (),
    ) -> None:
        self._clock, self._violations = clock, violations
        self._units = next(units for most, units in TENANT_SIZES if users <= most)
        self._rows = [_Row(limit, re.compile(limit.pattern)) for limit in (*LIMITS, *more)]
        self._applying: dict[str, list[Limit]] = {}
        self._buckets: dict[tuple[str, ...], Bucket] = {}

    def check(self, endpoint: Endpoint, names: tuple[str, ...], query: Query) -> None:
        """Let a request pass, or refuse it with the time to wait."""
        now = self._clock()
        due = list(self._due(endpoint, names, query, now))
        late = [(bucket.missing(cost, now), limit) for limit, bucket, cost in due]
        wait, limit = max(late, key=lambda it: it[0], default=(0.0, None))
        if limit is not None and wait:
            self._violations[limit.name] += 1
            raise too_many(str(math.ceil(wait)))
        for _, bucket, cost in due:
            bucket.take(cost)

    def _due(
        self, endpoint: Endpoint, names: tuple[str, ...], query: Query, now: float
    ) -> Iterator[tuple[Limit, Bucket, float]]:
        """Yield the limits of a request with their buckets and costs."""
        pattern = endpoint.pattern
        if pattern not in self._applying:
            self._applying[pattern] = [
                it.limit for it in self._rows if it.pattern.fullmatch(pattern)
            ]
        for limit in self._applying[pattern]:
            key = (limit.name, *names[: DEPTHS[limit.scope]])
            if key not in self._buckets:
                amount = self._units if limit.units else limit.amount
                self._buckets[key] = Bucket(amount, limit.seconds, now)
            yield limit, self._buckets[key], _units(query) if limit.units else limit.cost(query)


FEW = 20


def _units(query: Query) -> float:
    """Return the resource units of a request to the directory; see IDENTITY."""
    top = query.get("$top")
    saved = ("$select" in query.options) + (top is not None and top.isdecimal() and int(top) < FEW)
    return max(1, 2 - saved)


def too_many(retry_after: str | None) -> GraphError:
    """Return the refusal of a throttled request.

    https://learn.microsoft.com/en-us/graph/throttling#sample-response
    """
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    msg = "Too many requests"
    return GraphError(429, TOO_MANY, msg, headers)
