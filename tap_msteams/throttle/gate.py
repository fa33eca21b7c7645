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
    from collections.abc import Callable, Iterable, Mapping

HEADROOM = 0.98
"""The share of a limit to use, so that requests that bunch up on the way stay within it."""

_PRUNE_AT = 8192
"""Buckets at which those that are the same as new ones are dropped for the first time."""

_INF = float("inf")

_LIMITS = {limit.name: limit for limit in (*TENANT_LIMITS, *SCOPED_LIMITS)}


class Gate:
    """All buckets of one application in one tenant."""

    def __init__(
        self,
        share: float = 1.0,
        jitter: Callable[[], float] = random.random,
        *,
        shares: Mapping[str, float] | None = None,
        licenses: int = 0,
    ) -> None:
        """Use `share` of the documented limits; 0 turns pacing off, and only 429 slows requests.

        Services among `shares` have shares of their own. The tenant has at least so many
        `licenses`.
        """
        self._share, self._shares, self._licenses = share, shares or {}, licenses
        self._jitter = jitter
        self._buckets: dict[tuple[str, ...], Bucket] = {}
        self._prune_at = _PRUNE_AT
        self._divided: dict[str, int] = {}
        self._narrow_closed: dict[tuple[str, ...], tuple[tuple[str, ...], float]] = {}

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

    def admit(
        self, keys: tuple[tuple[str, ...], ...], now: float, units: int | None = None
    ) -> float:
        """Take a token from each bucket and return 0, or return the seconds to wait.

        The widest one has a token for each of the request's units, by default for the most.
        """
        wide, *narrow = (self._bucket(key, now) for key in keys)
        units = units or _LIMITS[keys[0][0]].cost
        wait = wide.wait(now, units)
        for bucket in narrow:
            wait = max(wait, bucket.wait(now))
        if not wait:
            wide.take(now, units)
            for bucket in narrow:
                bucket.take(now)
        return wait

    def units(self, keys: tuple[tuple[str, ...], ...], url: str) -> int:
        """The units that a request takes from the widest of its buckets."""
        return _LIMITS[keys[0][0]].units(url)

    def wait(self, key: tuple[str, ...], now: float) -> float:
        """Seconds until one bucket has enough for any request; 0 if it has."""
        return self._bucket(key, now).wait(now, _LIMITS[key[0]].cost)

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
        return bucket.rate / _LIMITS[key[0]].cost if bucket and bucket.rate < _INF else None

    def speed(self, name: str) -> tuple[int, float]:
        """The units at once, and those a second, that this gate admits of a limit."""
        limit = _LIMITS[name]
        share = self._shares.get(limit.service, self._share) / self._divided.get(name, 1)
        amount = limit.amount_for(self._licenses) * share
        at_once = max(limit.cost, int(amount)) if limit.is_counted else 1
        return at_once, amount / limit.seconds * HEADROOM

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
        at_once, rate = self.speed(name)
        if not rate:
            return Bucket(_INF, now)
        return Counter(at_once, rate, now) if _LIMITS[name].is_counted else Bucket(rate, now)
