"""Patience: how often and how long a request is sent again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import TYPE_CHECKING

import backoff

from tap_msteams.bounds import ASKED, FAILING, THROTTLED, UNANSWERED, UNREACHED

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from tap_msteams.client.request import Request

LONGEST_PAUSE = 60.0
"""Seconds between two attempts, unless Graph asks for more."""


def next_pause(tries: int, jitter: Callable[[float], float] = backoff.full_jitter) -> float:
    """Seconds to wait after a number of tries: exponential, jittered, at least a tenth."""
    # The first value only starts the generator.
    pause = next(islice(backoff.expo(max_value=LONGEST_PAUSE), tries, None))
    return max(0.1, jitter(pause))


@dataclass(slots=True, eq=False)
class Attempt:
    """A request until its answer, with the attempts so far."""

    request: Request
    buckets: tuple[tuple[str, ...], ...]
    """The limits that apply to the request, the widest first."""
    units: int = 1
    """The units that it takes from the widest one."""
    turn: asyncio.Future[None] | None = None
    """Done when the request may be sent."""
    not_before: float = 0.0
    sent: float = 0.0
    failing_since: float = inf
    """The time of the first failure."""
    waited: float = 0.0
    """Seconds of long waits that Graph has asked for, beside those for its limits."""
    tries: int = 0
    throttled: int = 0
    renewed: bool = False

    def fail(self, now: float, *, throttled: bool) -> int:
        """Count a failure; returns the number of such failures."""
        self.failing_since = min(self.failing_since, now)
        if throttled:
            self.throttled += 1
            return self.throttled
        self.tries += 1
        return self.tries


@dataclass(frozen=True, kw_only=True)
class Patience:
    """The time for which a request is sent again."""

    failing: float = FAILING.value
    """Seconds for a request that fails, beside long waits that Graph asks for."""
    unreached: float = UNREACHED.value
    """The same while Graph has never answered: the cause is the setup, and waiting is no use."""
    throttled: float = THROTTLED.value
    """Seconds for a throttled request, all waits included."""
    unanswered: float = UNANSWERED.value
    """Seconds for all requests together of a stream of which nothing is answered."""
    longest_wait: float = ASKED.value
    """The longest wait in seconds that Graph may ask for."""
    fewest: int = 3
    """Attempts in any case, since a single one may take all the time."""
    pause: Callable[[int], float] = next_pause
    """Seconds to wait after a number of tries, where Graph does not ask for more."""

    def next(
        self, attempt: Attempt, tries: int, now: float, *, throttled: bool, reached: bool
    ) -> float | None:
        """The seconds to wait after so many tries of a kind; None where it is no use any more."""
        budget = self.throttled if throttled else self.failing if reached else self.unreached
        spent = now - attempt.failing_since
        left = round(min(budget - (spent - attempt.waited), self.throttled - spent), 3)
        if left > 0:
            return min(self.pause(tries), left)
        return self.pause(tries) if tries < self.fewest else None
