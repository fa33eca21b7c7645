"""Metrics: counts of one stream's requests, answers and rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ORIGIN = re.compile(r"https://[^/]*(?:/v1\.0)?")
_ARGUMENTS = re.compile(r"\([^()]*\)")
_ID = re.compile(r"/(?![A-Za-z.]+(?:\(\))?(?:/|$))[^/]+")
"""A segment of other characters than letters, unlike Graph's own names."""


def endpoint(url: str) -> str:
    """The path of a request with `{id}` in the place of ids."""
    path = _ORIGIN.sub("", url.partition("?")[0])
    if "(" in path:
        path = _ARGUMENTS.sub("()", path)
    return _ID.sub("/{id}", path)


@dataclass(slots=True)
class Answers:
    """Answers of one kind."""

    number: int = 0
    seconds: float = 0.0
    """The time that all of them took together."""
    longest: float = 0.0


@dataclass(slots=True, eq=False)
class Metrics:
    """Counts of one stream; times are those of the client's clock."""

    rows: int = 0
    parents: int = 0
    """Parents whose reading has begun."""
    done: int = 0
    """Parents whose reading has ended."""
    requests: int = 0
    """Requests sent, retries included."""
    answers: dict[tuple[str, int | None], Answers] = field(default_factory=dict)
    """Answers by endpoint and status."""
    limit: tuple[str, ...] = ()
    """The widest limit that applied to the last request."""
    started: float | None = None
    ended: float | None = None
    """When the last parent so far was read to its end."""
    answered: float | None = None
    """When the last answer arrived."""
    under_way: int = 0
    """Requests sent and not yet answered."""
    retries: int = 0
    throttled: int = 0
    """Answers 429."""
    throttled_seconds: float = 0.0
    """Seconds that Graph has asked to wait; overlapping ones count once."""
    throttled_until: float = 0.0
    waited: float = 0.0
    """Seconds in which requests were waiting and limits or pauses admitted none of them."""
    held_since: float | None = None

    def count(
        self, url: str, limit: tuple[str, ...], status: int | None, seconds: float, now: float
    ) -> None:
        """Count a request that was sent; `status` is None where no answer came."""
        self.requests += 1
        self.limit, self.answered = limit, now
        kind = endpoint(url), status
        if (answers := self.answers.get(kind)) is None:
            answers = self.answers[kind] = Answers()
        answers.number += 1
        answers.seconds += seconds
        answers.longest = max(answers.longest, seconds)

    def hold(self, now: float) -> None:
        """Start the time in which requests wait for the limits."""
        if self.held_since is None:
            self.held_since = now

    def release(self, now: float) -> None:
        """End the time in which requests wait for the limits."""
        if self.held_since is not None:
            self.waited += now - self.held_since
            self.held_since = None

    def throttle(self, now: float, seconds: float) -> None:
        """Count a 429 and the seconds that Graph asks to wait."""
        self.throttled += 1
        until = max(self.throttled_until, now + seconds)
        self.throttled_seconds += until - max(self.throttled_until, now)
        self.throttled_until = until

    def close(self, now: float) -> None:
        """End all times, since nothing more is read."""
        self.release(now)
        if self.started is not None and self.ended is None:
            self.ended = now

    @property
    def seconds(self) -> float:
        """Seconds from the start of the first parent to the end of the last."""
        if self.started is None or self.ended is None:
            return 0.0
        return self.ended - self.started
