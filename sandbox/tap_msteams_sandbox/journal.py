"""The journal of requests to Graph."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any, NamedTuple

REMEMBERED = 200_000
"""How many requests are kept one by one; the counters know all of them."""


class Entry(NamedTuple):
    """One request, alone or in a batch."""

    method: str
    path: str
    """The path with its query, as it came."""
    status: int
    pattern: str
    user_agent: str
    batched: bool


class Journal:
    """The last requests, and counters over all of them."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=REMEMBERED)
        self.endpoints: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.violations: Counter[str] = Counter()
        """Requests beyond a documented limit, by the limit's name."""

    def note(self, entry: Entry) -> None:
        """Write down a request."""
        self.entries.append(entry)
        self.endpoints[entry.pattern] += 1
        self.statuses[entry.status] += 1

    def summary(self) -> dict[str, Any]:
        """Return the counters."""
        return {
            "requests": self.endpoints.total(),
            "endpoints": dict(self.endpoints),
            "statuses": {str(status): count for status, count in self.statuses.items()},
            "violations": dict(self.violations),
        }
