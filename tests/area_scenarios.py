"""Scenarios of any of the streams, with what people do in all parts of Teams."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property

from hypothesis import strategies as st

from tap_msteams.readers import Delta, Export, GraphStream, Report, Window
from tap_msteams.streams import STREAMS
from tap_msteams_sandbox.areas.calls import Calls
from tap_msteams_sandbox.instants import DAY, MINUTE
from tests.conftest import selection
from tests.expected import ON_REQUEST, shown
from tests.scenarios import (
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
from tests.target import KEYS, TalkativeTap, Target, key_of

DECLARED = {it.name: it for it in STREAMS if issubclass(it, GraphStream)}
# Presence is observed and not held; the sandbox reports teams of today on past days, too, and by
# the clock of a story it has thousands of Copilot's interactions, some of them a row a page.
NAMES = sorted(DECLARED.keys() - {"presence", "team_activity", "copilot_interactions"})
CONTENTS = {"contentBytes", "contentType"}
GOING_ON = Delta | Export | Report | Window
"""Readers that go on at bookmarks."""

ABOUT_REPORTS = {
    it: {"reportRefreshDate", "reportPeriod"} - {*KEYS[it]}
    for it in NAMES
    if isinstance(DECLARED[it].read, Report)
}
"""What a row tells of the report that it was read in: of one not read again, an earlier report."""

LINKED = [it for it in NAMES if isinstance(DECLARED[it].read, Export | Delta)]

# Streams that belong together: some go on at bookmarks, which must not run ahead of those below.
FAMILIES = [
    [it for it in NAMES if DECLARED[it].selected_by_default],
    [it for it in NAMES if isinstance(DECLARED[it].read, Report)],
    ["messages", "hosted_contents"],
    ["chat_messages", "chat_hosted_contents"],
    ["call_records", "call_participants", "call_sessions", "call_segments"],
    ["deleted_team_messages", "drive_items", "direct_routing_calls"],
]

# What asks for one thing at a time, with a place of its own to go on at.
HEADS = (
    *("/teams[?]", "/users[?]", "/drives[?]", "/chats[?]", "/deletedTeams", "/schedule"),
    *("channels/getAllMessages", "chats/getAllMessages", "/root/delta", "/callRecords[?]"),
    *("getPstnCalls", "getDirectRoutingCalls", "UserActivityUserDetail"),
)
PLACES = (*HEADS, "", "skiptoken", "sessions", "participants", "value", "onlineMeetings")


@dataclass
class Act:
    """Something that somebody does; chance chooses where."""

    what: str
    seed: int


@dataclass
class AreaScenario(Scenario):
    """A scenario of some streams."""

    streams: list[str]
    contents: bool
    """Whether the bytes of contents are read, too."""


class Ledger(Target):
    """A target that takes rows away, too, once a version is active that does not have them."""

    def __init__(self, sandbox, scenario):
        self.sandbox, self.scenario = sandbox, scenario
        self.tap, self.state = TalkativeTap, None
        self.settings = {**scenario.tap, "emit_activate_version_messages": True}
        self.tables = defaultdict(dict)
        self.asked_for = CONTENTS if scenario.contents else set()
        self.catalog = catalog_of([*scenario.streams, "sync_issues"])
        for entry in self.catalog["streams"]:
            for item in entry["metadata"]:
                if {*item["breadcrumb"]} & ON_REQUEST[entry["stream"]] & self.asked_for:
                    item["metadata"]["selected"] = True

    def take(self, lines):
        output = super().take(lines)
        # A version is of a second, in which there may be several runs here.
        for stream in output.activated:
            shown = {key_of(stream, row) for row in output.records[stream]}
            for key in self.tables[stream].keys() - shown:
                del self.tables[stream][key]
        return output

    def expected(self, stream):
        """The rows that may be looked for: those of the tenant; to a user what a new target has."""
        if self.is_delegated:
            rows = self._anew.rows(stream)
        else:
            rows = shown(self.sandbox.tenant, stream, asked_for=self.asked_for)
        if stream == "call_records" or "callId" in KEYS[stream]:
            kept = self._calls_kept()
            return {key: row for key, row in rows.items() if key[0] in kept}
        for row in (*rows.values(), *self.rows(stream).values()):
            for name in ABOUT_REPORTS.get(stream, ()):
                row.pop(name, None)
        return rows

    @property
    def is_delegated(self):
        """Whether a user has signed in, who sees a part of the tenant."""
        return self.sandbox.auth == "refresh_token"

    @cached_property
    def _anew(self):
        """A target that begins now."""
        target = Ledger(self.sandbox, self.scenario)
        assert target.run().code == 0
        return target

    def _calls_kept(self):
        """Calls that Graph keeps for longer than this minute, and were not made again too late."""
        begin = self.sandbox.tenant.now() - 30 * DAY + 10 * MINUTE
        calls = self.sandbox.tenant.part(Calls).all()
        return {
            it.id
            for it in calls
            if it.start > begin and (not it.rebuilt or it.modified - it.start < 2 * DAY)
        }


@cache
def whole_catalog():
    return json.dumps(selection([*NAMES, "sync_issues"])["streams"])


def catalog_of(streams):
    """A catalog of some streams only, which takes the tap less time."""
    entries = json.loads(whole_catalog())
    return {"streams": [entry for entry in entries if entry["stream"] in streams]}


def filled(rows):
    """Rows less what is empty, which a target stores like what is not there."""
    return {
        key: {name: value for name, value in row.items() if value is not None}
        for key, row in rows.items()
    }


def is_read_anew(stream, streams, *, application):
    """Whether every run reads all of it, where these streams are selected."""
    kind = DECLARED[stream]
    every = [kind, *above_of(kind, application=application)]
    going_on = {it.name for it in every if isinstance(it.read, GOING_ON)}
    is_readable = application or all(it.sign_in == "either" for it in every)
    return is_readable and not kind.appends and not going_on & {stream, *streams}


def above_of(kind, *, application):
    """What a stream is read below, at any distance."""
    for parent in kind.parent_streams(application=application):
        yield parent
        yield from above_of(parent, application=application)


acts = st.builds(
    Act,
    what=st.sampled_from(["day", "chat", "chat", "file", "call", "meet", "work", "team"]),
    seed=st.integers(0, 1000),
)

area_faults = st.one_of(
    random_faults(PLACES),
    faults(PASSING, PLACES, st.integers(0, 12)),
    faults(["401", "500"], ["value", "sessions", "participants"], st.just(0)),
    # A 404 below a record says that it is gone, which is no gap; so it is not among these.
    faults(REFUSALS, HEADS, st.integers(0, 12)),
    faults(["403"], ["sessions", "participants", "teams/.*value"], st.integers(1, 12)),
)

area_scenarios = st.builds(
    AreaScenario,
    tenant=tenants(teams=st.integers(0, 4), messages=st.integers(0, 8)),
    sandbox=st.fixed_dictionaries({"auth": sign_ins, "page_size": st.sampled_from([1, 2, 5, 20])}),
    tap=taps,
    chapters=chapters(acts, area_faults, most=4, lines=400),
    streams=st.one_of(
        st.sampled_from(FAMILIES),
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True),
    ),
    contents=st.sampled_from([True, True, False]),
)
