"""Metrics: what the requests and the rows of one stream came to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ORIGIN = re.compile(r"https://[^/]*(?:/v1\.0)?")
_ARGUMENTS = re.compile(r"\([^)]*\)")
_ID = re.compile(r"/(?![A-Za-z.]+(?:\(\))?(?:/|$))[^/]+")
"""A segment that is not made of letters alone, as Graph's own names are."""


def endpoint(url: str) -> str:
    """The path of a request with `{id}` for what differs from one parent to the next."""
    path = _ORIGIN.sub("", url.partition("?")[0])
    if "(" in path:
        path = _ARGUMENTS.sub("()", path)
    return _ID.sub("/{id}", path)


@dataclass(slots=True)
class Answers:
    """Answers of one kind."""

    number: int = 0
    seconds: float = 0.0
    """How long all of them together took."""
    longest: float = 0.0


@dataclass(slots=True, eq=False)
class Metrics:
    """Counts of one stream; moments are those of the client's clock."""

    rows: int = 0
    parents: int = 0
    """Parents whose reading has begun."""
    done: int = 0
    """Parents whose reading has ended."""
    requests: int = 0
    """Each sending counts."""
    answers: dict[tuple[str, int | None], Answers] = field(default_factory=dict)
    """By endpoint and status."""
    limit: tuple[str, ...] = ()
    """The widest limit that its last request fell under."""
    started: float | None = None
    ended: float | None = None
    """When the reading of the last parent up to now ended."""
    answered: float | None = None
    """When the last answer came."""
    under_way: int = 0
    """Requests sent that have not been answered."""
    retries: int = 0
    throttled: int = 0
    """Answers 429."""
    throttled_seconds: float = 0.0
    """For how long Graph has asked to wait, in all; what it asked for twice counts once."""
    throttled_until: float = 0.0
    waited: float = 0.0
    """Seconds in which it had requests to send and the limits, or a pause, let none of them go."""
    held_since: float | None = None

    def count(
        self, url: str, limit: tuple[str, ...], status: int | None, seconds: float, now: float
    ) -> None:
        """Take in a request that was sent once; its status is None where no answer came."""
        self.requests += 1
        self.limit, self.answered = limit, now
        kind = endpoint(url), status
        if (answers := self.answers.get(kind)) is None:
            answers = self.answers[kind] = Answers()
        answers.number += 1
        answers.seconds += seconds
        answers.longest = max(answers.longest, seconds)

    def hold(self, now: float) -> None:
        """Note that nothing can be sent at the moment."""
        if self.held_since is None:
            self.held_since = now

    def release(self, now: float) -> None:
        """Note that something is sent or nothing more is asked for."""
        if self.held_since is not None:
            self.waited += now - self.held_since
            self.held_since = None

    def throttle(self, now: float, seconds: float) -> None:
        """Note that Graph asks to wait."""
        self.throttled += 1
        until = max(self.throttled_until, now + seconds)
        self.throttled_seconds += until - max(self.throttled_until, now)
        self.throttled_until = until

    def close(self, now: float) -> None:
        """Note that nothing more is read, whatever has not come to its end."""
        self.release(now)
        if self.started is not None and self.ended is None:
            self.ended = now

    @property
    def seconds(self) -> float:
        """From the first parent to the end of the last."""
        if self.started is None or self.ended is None:
            return 0.0
        return self.ended - self.started
