"""Buckets: the tokens left of a limit."""

from __future__ import annotations

from collections import deque

from typing_extensions import override

RECOVERY_PER_SECOND = 0.01
"""The share of the full rate by which a lowered rate rises each second."""

_SLOWDOWN = 0.8
_ROUNDING = 1e-6


class Bucket:
    """A token bucket, closed for a while after a 429."""

    __slots__ = ("_capacity", "_cut_at", "_factor", "_rate", "_tokens", "_updated", "closed_until")

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._factor = 1.0
        # Tokens for a tenth of a second make up for a late timer.
        self._capacity = max(1.0, rate / 10)
        self._tokens = self._capacity
        self._updated = now
        self._cut_at = -1.0
        self.closed_until = 0.0

    @property
    def rate(self) -> float:
        """Tokens a second, as it is at present."""
        return self._rate * self._factor

    def wait(self, now: float, units: int = 1) -> float:
        """Seconds until there is a token for each of a request's units; 0 if there is."""
        if now < self.closed_until:
            return self.closed_until - now
        elapsed = max(0.0, now - self._updated)
        self._tokens = min(self._capacity, self._tokens + elapsed * self._rate * self._factor)
        self._factor = min(1.0, self._factor + elapsed * RECOVERY_PER_SECOND)
        self._updated = now
        return self._missing(now, units)

    def _missing(self, now: float, units: int) -> float:  # noqa: ARG002 - for the override
        if self._tokens >= 1.0 - _ROUNDING:
            return 0.0
        return (1.0 - self._tokens) / (self._rate * self._factor)

    def take(self, now: float, units: int = 1) -> None:  # noqa: ARG002 - for the override
        """Use up a token, or one for each unit where units are counted."""
        self._tokens -= 1.0

    def close(self, sent: float, now: float, seconds: float) -> None:
        """Close for a while, then continue at a lower rate, which is lowered once for a burst."""
        self.closed_until = max(self.closed_until, now + seconds)
        if sent >= self._cut_at:
            self._factor *= _SLOWDOWN
            self._cut_at = now
        self._tokens = 0.0

    def idle(self, now: float) -> bool:
        """Whether the bucket is the same as a new one."""
        elapsed = now - self._updated
        return (
            now > self.closed_until
            and self._tokens + elapsed * self.rate >= self._capacity
            and self._factor + elapsed * RECOVERY_PER_SECOND >= 1.0
        )


class Counter(Bucket):
    """A sliding window: a number of units at once, each counted until its time has passed."""

    __slots__ = ("_amount", "_passed", "_seconds")

    def __init__(self, amount: int, rate: float, now: float) -> None:
        super().__init__(rate, now)
        self._amount, self._seconds = amount, amount / rate
        self._passed: deque[float] = deque()

    @override
    def _missing(self, now: float, units: int) -> float:
        seconds = self._seconds / self._factor
        while self._passed and now - self._passed[0] >= seconds - _ROUNDING:
            self._passed.popleft()
        last = len(self._passed) + units - self._amount - 1  # the last one that must have passed
        return seconds - (now - self._passed[last]) if last >= 0 else 0.0

    @override
    def take(self, now: float, units: int = 1) -> None:
        self._passed.extend([now] * units)

    @override
    def idle(self, now: float) -> bool:
        return super().idle(now) and now - self._updated > self._seconds
