"""A clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(eq=False)
class Clock:
    """Seconds since 1970."""

    now: float = datetime.fromisoformat("2031-05-06T07:08:09Z").timestamp()

    def __call__(self):
        return self.now

    def forward(self, seconds):
        self.now += seconds
