"""Scenarios for the laws about whatever happens: changes, faults and kills."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import wraps

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tap_msteams_sandbox import Fault

COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("ci", derandomize=True, max_examples=100, database=None, **COMMON)
settings.register_profile("fuzz", max_examples=2000, print_blob=True, **COMMON)
PROFILE = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def for_at_most(seconds):
    """Bounds a law about whatever happens by time; `make fuzz` tries all examples."""

    def bounded(law):
        started, failed = [], []

        @wraps(law)
        def tried(**example):
            started.append(time.monotonic())
            over = PROFILE.derandomize and started[-1] - started[0] > seconds
            # What has failed is made smaller, for which the same example has to fail again.
            if over and not failed:
                return
            try:
                law(**example)
            except Exception:
                failed.append(example)
                raise

        return tried

    return bounded


REFUSALS = ("403", "404")
DISTURBANCES = ("500", "drop", "malformed", "401", "link-to-itself", "link-to-start")
"""What may last as long as a run; the next one is told nothing of it."""

PASSING = (
    *(*DISTURBANCES, "429", "502", "503"),
    *("reset", "truncate", "html", "empty-page", "repeat-row", "last-link-to-itself"),
    *("informational", "foreign-id", "byte-order-mark", "partial", "header-line", "link-form"),
    *("poison-row", "no-delta-link"),
)

UNPROVEN = {*REFUSALS, "change", "delete-team"}
"""What a run may believe, or what happens after it has looked."""


@dataclass
class Chapter:
    """What happens before and while the tap runs once."""

    acts: list[object]
    seconds: int
    faults: list[Fault]
    last: int | None
    """The line after which the tap is killed."""
    drops: bool
    """Whether the target dies, too, with all that came after the last STATE."""
    export: bool
    """Whether the tenant allows the export this time."""

    @property
    def is_told(self) -> bool:
        """Whether a run that reports no gap has to have read all that there is."""
        return self.seconds >= 60 and not UNPROVEN & {it.kind for it in self.faults}

    def begin(self, sandbox, clock, do):
        """Let people act and time pass, and let go wrong what will."""
        for act in self.acts:
            do(act)
        clock.forward(self.seconds)
        sandbox.faults.clear()
        sandbox.faults.add(*self.faults)
        sandbox.service.graph.export_refusal = None if self.export else 402


@dataclass
class Scenario:
    """A tenant, a way to read it, and what happens meanwhile."""

    tenant: dict[str, int]
    sandbox: dict[str, object]
    tap: dict[str, object]
    chapters: list[Chapter]


def faults(kinds, places, times, *, rates=(0.5, 1.0), after=12):
    """Faults of some kinds in some places, which strike so many times; always, where that is 0."""
    return st.builds(
        Fault,
        kind=st.sampled_from(kinds),
        where=st.sampled_from(places),
        times=times,
        rate=st.sampled_from(rates),
        after=st.integers(0, after),
        seed=st.integers(1, 1000),
    )


def random_faults(places):
    """Faults of any kind, now and then."""
    return faults(["random"], places, st.just(0), rates=[0.05, 0.2, 0.5], after=0)


def chapters(acts, faults, *, most, lines):
    """Chapters, at most so many, in each of which the tap may be killed after so many lines."""
    chapter = st.builds(
        Chapter,
        acts=st.lists(acts, max_size=4),
        seconds=st.sampled_from([0, 1, 60, 400, 90_000]),
        faults=st.lists(faults, max_size=3),
        last=st.none() | st.integers(2, 40) | st.integers(20, lines),
        drops=st.booleans(),
        export=st.booleans(),
    )
    return st.lists(chapter, min_size=1, max_size=most)


def tenants(*, teams, messages):
    """Sizes of tenants of few people."""
    return st.fixed_dictionaries(
        {
            "seed": st.integers(0, 10_000),
            "teams": teams,
            "channels": st.integers(1, 3),
            "messages": messages,
            "users": st.integers(2, 9),
        }
    )


sign_ins = st.sampled_from(["service_principal", "service_principal", "refresh_token"])

taps = st.fixed_dictionaries(
    {
        "concurrency": st.sampled_from([1, 2, 4]),
        "lookback_minutes": st.sampled_from([0, 5]),
        "on_error": st.sampled_from(["report", "fail_at_end", "fail"]),
    }
)
