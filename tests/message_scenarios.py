"""Scenarios of messages for the laws about whatever happens: changes, faults and kills."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import wraps

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tap_msteams_sandbox import Fault
from tests.target import sees

COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("ci", derandomize=True, max_examples=200, database=None, **COMMON)
settings.register_profile("fuzz", max_examples=5000, print_blob=True, **COMMON)
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


MESSAGES = "channels/(getAllMessages|[^/]*/messages)"
LISTINGS = ("/teams([?]|$)", "/joinedTeams", "/channels[?]")
PLACES = ("", MESSAGES, "getAllMessages", "skiptoken", *LISTINGS)

# What lasts as long as a run; the next one is told nothing of it.
LASTING = ("403", "404", "500", "drop", "malformed", "401", "link-to-itself", "link-to-start")
ONCE = (*LASTING, "429", "502", "503", "reset", "truncate", "html", "empty-page", "repeat-row")


@dataclass
class Act:
    """Something that somebody does; numbers choose among what is there."""

    what: str
    team: int
    channel: int
    message: int


@dataclass
class Chapter:
    """What happens before and while the tap runs once."""

    acts: list[Act]
    seconds: int
    faults: list[Fault]
    last: int | None
    """The line after which the tap is killed."""
    export: bool
    """Whether the tenant allows the export this time."""


@dataclass
class MessageScenario:
    """A tenant, a way to read it, and what happens meanwhile."""

    tenant: dict[str, int]
    sandbox: dict[str, object]
    tap: dict[str, object]
    chapters: list[Chapter]


DEEDS = (
    *("post", "reply", "reply", "edit", "react", "delete", "day"),
    *("add_channel", "add_team", "remove_team", "hide_team", "show_teams"),
)
acts = st.builds(
    Act,
    what=st.sampled_from(DEEDS),
    team=st.integers(0, 3),
    channel=st.integers(0, 3),
    message=st.integers(0, 40),
)

numbers = st.integers(1, 1000)
faults = st.one_of(
    st.builds(
        Fault,
        kind=st.just("random"),
        where=st.sampled_from(PLACES),
        times=st.just(0),
        rate=st.sampled_from([0.05, 0.2, 0.5]),
        seed=numbers,
    ),
    st.builds(
        Fault,
        kind=st.sampled_from(ONCE),
        where=st.sampled_from(PLACES),
        times=st.integers(1, 12),
        after=st.integers(0, 6),
    ),
    st.builds(
        Fault,
        kind=st.sampled_from(LASTING),
        where=st.sampled_from([MESSAGES, "skiptoken", "/channels[?]"]),
        times=st.just(0),
        rate=st.sampled_from([0.5, 1.0]),
        after=st.integers(0, 6),
        seed=numbers,
    ),
    st.builds(
        Fault,
        kind=st.sampled_from(["change", "change", "change", "delete-team"]),
        where=st.just(MESSAGES),
        times=st.integers(1, 3),
        after=st.integers(0, 12),
    ),
)

chapters = st.builds(
    Chapter,
    acts=st.lists(acts, max_size=4),
    seconds=st.sampled_from([0, 1, 60, 400, 90_000]),
    faults=st.lists(faults, max_size=3),
    last=st.none() | st.integers(2, 40) | st.integers(20, 150),
    export=st.booleans(),
)

message_scenarios = st.builds(
    MessageScenario,
    tenant=st.fixed_dictionaries(
        {
            "seed": st.integers(0, 10_000),
            "teams": st.integers(1, 4),
            "channels": st.integers(1, 3),
            "messages": st.integers(0, 20),
            "users": st.integers(2, 9),
        }
    ),
    sandbox=st.fixed_dictionaries(
        {
            "auth": st.sampled_from(["service_principal", "service_principal", "refresh_token"]),
            "page_size": st.sampled_from([1, 2, 3, 5, 20]),
            "inline_replies": st.sampled_from([1, 2, 1000]),
        }
    ),
    tap=st.fixed_dictionaries(
        {
            "concurrency": st.sampled_from([1, 2, 4]),
            "lookback_minutes": st.sampled_from([0, 5]),
            "on_error": st.sampled_from(["report", "fail_at_end", "fail"]),
        }
    ),
    chapters=st.lists(chapters, min_size=1, max_size=6),
)


class World:
    """A sandbox whose tenant lives, and teams that cannot be seen at the moment."""

    def __init__(self, sandbox, clock):
        self.sandbox, self.tenant, self.clock = sandbox, sandbox.tenant, clock
        self.hidden = {}

    def do(self, act):
        tenant, teams = self.tenant, list(self.tenant.teams)
        match act.what:
            case "day":
                tenant.change()
            case "add_team":
                tenant.add_team(messages=act.message % 8)
            case "show_teams":
                self.show_teams()
            case _ if teams:
                team = teams[act.team % len(teams)]
                self.do_in_team(act, team)

    def do_in_team(self, act, team):
        tenant = self.tenant
        match act.what:
            case "remove_team":
                tenant.remove_team(team)
            case "hide_team":
                self.hidden[team] = tenant.teams.pop(team)
            case "add_channel":
                tenant.add_channel(team)
            case _:
                channels = tenant.teams[team].channels
                channel = list(channels)[act.channel % len(channels)]
                if channels[channel].audience:
                    self.write(act, team, channel)

    def write(self, act, team, channel):
        threads = self.tenant.teams[team].channels[channel].threads
        roots = [str(root) for root, thread in threads.items() if not thread.root.deleted]
        if act.what == "post" or not roots:
            self.tenant.post(team, channel)
        else:
            getattr(self.tenant, act.what)(team, channel, roots[act.message % len(roots)])

    def show_teams(self):
        """Let hidden teams be seen again, where they were in the list."""
        every = {**self.tenant.teams, **self.hidden}
        self.tenant.teams.clear()
        self.tenant.teams |= dict(sorted(every.items(), key=lambda item: item[1].n))
        self.hidden.clear()

    def begin(self, chapter):
        for act in chapter.acts:
            self.do(act)
        self.clock.forward(chapter.seconds)
        self.sandbox.faults.clear()
        self.sandbox.faults.add(*chapter.faults)
        self.sandbox.service.graph.export_refusal = None if chapter.export else 402

    def calm(self):
        """Let everything be visible, and nothing go wrong any more."""
        self.show_teams()
        self.sandbox.faults.clear()
        self.clock.forward(60)

    def held(self, target):
        """What a target holds of all that can be seen now; what is gone may stay there."""
        me = self.tenant.me if self.sandbox.auth == "refresh_token" else None
        return {key: row for key, row in target.rows().items() if self._is_there(row, me)}

    def _is_there(self, row, me):
        return row["teamId"] in self.tenant.teams and (me is None or sees(self.tenant, me, row))
