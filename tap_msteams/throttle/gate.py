"""The gate: a request takes a token from each bucket that applies to its path.

The endpoint's for the whole tenant, its team's, its channel's. Nothing here waits or locks:
`admit` says how long to wait, and the client lets another request go first.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tap_msteams.throttle.buckets import Bucket, Counter
from tap_msteams.throttle.limits import SCOPED_LIMITS, TENANT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEADROOM = 0.98
"""The share of a limit to use, so that requests that bunch up on the way stay within it."""

_PRUNE_AT = 8192
"""Buckets at which those that are the same as new ones are dropped for the first time."""

_LIMITS = {limit.name: limit for limit in (*TENANT_LIMITS, *SCOPED_LIMITS)}


class Gate:
    """All buckets of one application in one tenant."""

    def __init__(self, share: float = 1.0, jitter: Callable[[], float] = random.random) -> None:
        """Use `share` of the documented limits; 0 turns pacing off, and only 429 slows requests."""
        self._share = share
        self._jitter = jitter
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._prune_at = _PRUNE_AT
        self._divided: dict[str, int] = {}
        self._narrow_closed: dict[tuple[str, ...], tuple[tuple[str, ...], float]] = {}
        self.throttled = 0

    def keys(self, url: str) -> tuple[tuple[str, ...], ...]:
        """The buckets that apply to a request, the widest first."""
        path = unquote(urlsplit(url).path).removeprefix("/v1.0")
        widest = next(limit for limit in TENANT_LIMITS if limit.pattern.match(path))
        narrower = (
            (limit.name, match[limit.scope])
            for limit in SCOPED_LIMITS
            if (match := limit.pattern.match(path))
        )
        return (widest.name,), *narrower

    def divide(self, paths: Iterable[str], by: int) -> None:
        """Use a part of the tenant-wide limits that apply to these paths: others use the rest."""
        self._divided |= {self.keys(path)[0][0]: by for path in paths}

    def admit(self, keys: tuple[tuple[str, ...], ...], now: float) -> float:
        """Take a token from each bucket and return 0, or return the seconds to wait."""
        buckets = [self._bucket(key, now) for key in keys]
        wait = max(bucket.wait(now) for bucket in buckets)
        if not wait:
            for bucket in buckets:
                bucket.take(now)
        return wait

    def wait(self, key: tuple[str, ...], now: float) -> float:
        """Seconds until one bucket has a token; 0 if it has one."""
        return self._bucket(key, now).wait(now)

    def closed(self, keys: tuple[tuple[str, ...], ...], now: float) -> float:
        """Seconds for which a 429 has closed one of these buckets; 0 if all are open."""
        buckets = (self._buckets.get(key) for key in keys)
        return max((it.closed_until - now for it in buckets if it), default=0.0)

    def throttle(
        self,
        keys: tuple[tuple[str, ...], ...],
        sent: float,
        now: float,
        seconds: float,
    ) -> None:
        """Close the bucket of a 429 for `seconds` from `now`; `sent` is the time of the request.

        Graph does not say which limit was hit. The narrowest one is assumed; the wide one, when
        another team or channel under it is throttled meanwhile.
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

    def allowance(self, key: tuple[str, ...]) -> float | None:
        """Requests a second that a bucket admits at present; None without pacing."""
        bucket = self._buckets.get(key)
        return bucket.rate if bucket and self._share else None

    def _bucket(self, key: tuple[str, ...], now: float) -> Bucket:
        if (bucket := self._buckets.get(key)) is None:
            if len(self._buckets) >= self._prune_at:
                self._buckets = {k: b for k, b in self._buckets.items() if not b.idle(now)}
                # Where most are alive, looking at each of them for each new one is quadratic.
                self._prune_at = max(_PRUNE_AT, 2 * len(self._buckets))
            bucket = self._buckets[key] = self._fresh(key[0], now)
        return bucket

    def _fresh(self, name: str, now: float) -> Bucket:
        """A new bucket of a limit."""
        if not self._share:
            return Bucket(float("inf"), now)
        limit = _LIMITS[name]
        share = self._share / self._divided.get(name, 1)
        rate = limit.rate * share * HEADROOM
        if limit.is_counted:
            return Counter(max(1, int(limit.amount * share)), rate, now)
        return Bucket(rate, now)
