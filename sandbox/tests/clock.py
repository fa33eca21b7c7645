"""A clock that a test sets forward."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Clock:
    """Seconds since 1970."""

    now: float = 1_800_000_000.0

    def __call__(self):
        return self.now
