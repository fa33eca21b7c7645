"""Scenarios of messages, with what people do in teams and their channels."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.scenarios import (
    DISTURBANCES,
    PASSING,
    REFUSALS,
    Scenario,
    chapters,
    faults,
    random_faults,
    sign_ins,
    taps,
    tenants,
)
from tests.target import sees

MESSAGES = "channels/(getAllMessages|[^/]*/messages)"
LISTINGS = ("/teams([?]|$)", "/joinedTeams", "/channels[?]")
PLACES = ("", MESSAGES, "getAllMessages", "skiptoken", *LISTINGS)


@dataclass
class Act:
    """Something that somebody does; numbers choose among what is there."""

    what: str
    team: int
    channel: int
    message: int


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

message_faults = st.one_of(
    random_faults(PLACES),
    faults([*REFUSALS, *PASSING], PLACES, st.integers(1, 12)),
    faults([*REFUSALS, *DISTURBANCES], [MESSAGES, "skiptoken", "/channels[?]"], st.just(0)),
    faults(["change", "change", "change", "delete-team"], [MESSAGES], st.integers(1, 3)),
)

message_scenarios = st.builds(
    Scenario,
    tenant=tenants(teams=st.integers(1, 4), messages=st.integers(0, 20)),
    sandbox=st.fixed_dictionaries(
        {
            "auth": sign_ins,
            "page_size": st.sampled_from([1, 2, 3, 5, 20]),
            "inline_replies": st.sampled_from([1, 2, 1000]),
        }
    ),
    tap=taps,
    chapters=chapters(acts, message_faults, most=6, lines=150),
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
