"""Scenarios of any of the streams, with what people do in all parts of Teams."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from hypothesis import strategies as st

from tap_msteams.readers import Delta, Export, GraphStream, Report, Window
from tap_msteams.streams import STREAMS
from tap_msteams_sandbox import Fault
from tap_msteams_sandbox.areas.calls import Calls
from tap_msteams_sandbox.instants import DAY, MINUTE
from tests.conftest import selection
from tests.expected import ON_REQUEST, shown
from tests.target import KEYS, TalkativeTap, Target, key_of

DECLARED = {it.name: it for it in STREAMS if issubclass(it, GraphStream)}
# Presence is observed and not held; the sandbox reports teams of today on past days, too.
NAMES = sorted(DECLARED.keys() - {"presence", "team_activity"})
CONTENTS = {"contentBytes", "contentType"}
GOING_ON = Delta | Export | Report | Window
"""Readers that go on at bookmarks."""

LINKED = [it for it in NAMES if isinstance(DECLARED[it].read, Export | Delta)]

# Streams below others that go on at bookmarks, which must not run ahead of them.
FAMILIES = [
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
REFUSALS = ("403", "404")
DISTURBANCES = ("500", "drop", "malformed", "401", "link-to-itself", "link-to-start")
ONCE = (*DISTURBANCES, "429", "502", "reset", "truncate", "html", "empty-page", "repeat-row")


@dataclass
class Act:
    """Something that somebody does; chance chooses where."""

    what: str
    seed: int


@dataclass
class Chapter:
    """What happens before and while the tap runs once."""

    acts: list[Act]
    seconds: int
    faults: list[Fault]
    last: int | None
    """The line after which the tap is killed."""


@dataclass
class Scenario:
    """A tenant, what is read of it, and what happens meanwhile."""

    tenant: dict[str, int]
    page_size: int
    streams: list[str]
    contents: bool
    """Whether the bytes of contents are read, too."""
    tap: dict[str, object]
    chapters: list[Chapter]


class Ledger(Target):
    """A target that takes rows away, too, once a version is active that does not have them."""

    def __init__(self, sandbox, scenario):
        self.sandbox, self.tap, self.state = sandbox, TalkativeTap, None
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
        for stream in activated(output):
            shown = {key_of(stream, row) for row in output.records[stream]}
            for key in self.tables[stream].keys() - shown:
                del self.tables[stream][key]
        return output

    def expected(self, stream):
        """The rows of the tenant that may be looked for."""
        rows = shown(self.sandbox.tenant, stream, asked_for=self.asked_for)
        if stream == "call_records" or "callId" in KEYS[stream]:
            kept = self._calls_kept()
            return {key: row for key, row in rows.items() if key[0] in kept}
        if isinstance(DECLARED[stream].read, Report):
            # Of rows that were not read again it is that of an earlier report.
            for row in (*rows.values(), *self.rows(stream).values()):
                row.pop("reportRefreshDate", None)
        return rows

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


def activated(output):
    """The streams of which a new version is active."""
    return {it["stream"] for it in output.messages if it["type"] == "ACTIVATE_VERSION"}


def is_read_anew(stream, streams):
    """Whether every run reads all of it, where these streams are selected."""
    kind = DECLARED[stream]
    above = [it.name for it in (kind, *above_of(kind)) if isinstance(it.read, GOING_ON)]
    return not kind.appends and not {*above} & {stream, *streams}


def above_of(kind):
    """What a stream is read below, at any distance."""
    for parent in kind.parent_streams(application=True):
        yield parent
        yield from above_of(parent)


acts = st.builds(
    Act,
    what=st.sampled_from(["day", "chat", "chat", "file", "call", "meet", "work", "team"]),
    seed=st.integers(0, 1000),
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
        times=st.integers(0, 12),
        rate=st.sampled_from([0.5, 1.0]),
        after=st.integers(0, 12),
        seed=numbers,
    ),
    st.builds(
        Fault,
        kind=st.sampled_from(["401", "500"]),
        where=st.sampled_from(["value", "sessions", "participants"]),
        times=st.just(0),
        rate=st.sampled_from([0.5, 1.0]),
        after=st.integers(0, 12),
        seed=numbers,
    ),
    # A 404 below a record says that it is gone, which is no gap; so it is not among these.
    st.builds(
        Fault,
        kind=st.sampled_from(REFUSALS),
        where=st.sampled_from(HEADS),
        times=st.integers(0, 12),
        after=st.integers(0, 12),
    ),
    st.builds(
        Fault,
        kind=st.just("403"),
        where=st.sampled_from(["sessions", "participants", "teams/.*value"]),
        times=st.integers(1, 12),
        after=st.integers(0, 12),
    ),
)

chapters = st.builds(
    Chapter,
    acts=st.lists(acts, max_size=4),
    seconds=st.sampled_from([0, 1, 60, 400, 90_000]),
    faults=st.lists(faults, max_size=3),
    last=st.none() | st.integers(2, 40) | st.integers(20, 400),
)

scenarios = st.builds(
    Scenario,
    tenant=st.fixed_dictionaries(
        {
            "seed": st.integers(0, 10_000),
            "teams": st.integers(0, 4),
            "channels": st.integers(1, 3),
            "messages": st.integers(0, 8),
            "users": st.integers(2, 9),
        }
    ),
    page_size=st.sampled_from([1, 2, 5, 20]),
    streams=st.one_of(
        st.sampled_from(FAMILIES),
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True),
    ),
    contents=st.sampled_from([True, True, False]),
    tap=st.fixed_dictionaries(
        {
            "concurrency": st.sampled_from([1, 2, 4]),
            "lookback_minutes": st.sampled_from([0, 5]),
            "on_error": st.sampled_from(["report", "fail_at_end", "fail"]),
        }
    ),
    chapters=st.lists(chapters, min_size=1, max_size=4),
)
