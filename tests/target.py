"""A tap with a target that upserts, and what they have to agree with: the tenant."""

from __future__ import annotations

import io
from collections import defaultdict
from contextlib import redirect_stdout
from itertools import count

import pytest

from tap_msteams.streams import STREAMS
from tap_msteams.tap import TapMSTeams
from tests.client.fake_graph import HASTY
from tests.conftest import Output, selection

DECLARED = {stream.name: set(stream.properties.to_dict()["properties"]) for stream in STREAMS}
KEYS = {stream.name: stream.primary_keys for stream in STREAMS}
UNPACED = {"rate_limit_share": 0, "concurrency": 4}

# The three ways to read messages, as options of a sandbox.
EXPORT, LIST, DELEGATED = {}, {"export": False}, {"auth": "refresh_token"}
ROUTES = {"export": EXPORT, "list": LIST, "delegated": DELEGATED}
every_route = pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
every_list = pytest.mark.parametrize("route", [LIST, DELEGATED], ids=["list", "delegated"])


class Killed(BaseException):
    """The process is gone."""


class HastyTap(TapMSTeams):
    """Does not wait before it tries again, unless Graph says how long."""

    patience = HASTY


class TalkativeTap(HastyTap):
    """Writes STATE as often as the records pay for it."""

    clock = staticmethod(count(step=60).__next__)


class Stdout(io.BytesIO):
    """A pipe; whoever writes more than `last` lines into it is killed."""

    def __init__(self, last=None):
        super().__init__()
        self.left = last

    def write(self, content):
        if self.left is None:
            return super().write(content)
        lines = bytes(content).splitlines(keepends=True)  # the last one may go on
        written = super().write(b"".join(lines[: self.left]))
        if len(lines) > self.left:
            raise Killed
        self.left -= sum(line.endswith(b"\n") for line in lines)
        return written


def opener(open_sandbox, *streams, tap=HastyTap, **defaults):
    """Opens a sandbox, with the tap and a target beside it."""

    def opened(route=EXPORT, *more, settings=None, **options):
        sandbox = open_sandbox(**{**defaults, **route, **options})
        return Target(sandbox, *(more or streams), tap=tap, **(settings or {}))

    return opened


class Target:
    """Holds the last row of each key, and the last STATE for the next run."""

    def __init__(self, sandbox, *streams, tap=HastyTap, **settings):
        self.sandbox, self.tap, self.settings = sandbox, tap, settings
        self.catalog = selection(streams or ("messages",))
        self.tables = defaultdict(dict)
        self.state = None

    def run(self, last=None, *, drops=False):
        """Run the tap in this process, to its end or until it has written its `last` line.

        A target that `drops` dies with what it has not confirmed: all after the last STATE.
        """
        stdout = Stdout(last)
        code = None
        with redirect_stdout(io.TextIOWrapper(stdout, encoding="utf-8", write_through=True)):
            tap = self.tap(
                config={**UNPACED, **self.sandbox.config(), **self.settings},
                state=self.state,
                catalog=self.catalog,
            )
            try:
                code = tap.read()
            except Killed:
                pass
            finally:
                lines = stdout.getvalue().splitlines()
                output = self.take(confirmed(lines) if drops else lines)
        output.code = code
        return output

    def take(self, lines):
        """Take in what a tap has written."""
        output = Output(lines)
        for stream, records in output.records.items():
            self.tables[stream].update((key_of(stream, row), row) for row in records)
        self.state = output.state or self.state
        return output

    def rows(self, stream="messages"):
        return self.tables[stream]

    def shown(self):
        """The messages of the tenant that the one who signs in can see."""
        tenant, delegated = self.sandbox.tenant, self.sandbox.auth == "refresh_token"
        return expected_rows(tenant, person=tenant.me if delegated else None)


def confirmed(lines):
    """The lines up to the last STATE."""
    whole = [n for n, line in enumerate(lines, 1) if line.startswith(b'{"type":"STATE"')]
    return lines[: whole[-1] if whole else 0]


def first_team(target):
    """A team that everybody sees."""
    return next(iter(target.sandbox.tenant.teams))


def first_place(tenant):
    """The first team and the first of its channels, which everybody sees."""
    team = next(iter(tenant.teams.values()))
    return team.id, next(iter(team.channels))


def keys(output):
    """The keys of the messages in an output, one by one."""
    return [key_of("messages", row) for row in output.records["messages"]]


def key_of(stream, row):
    return tuple(row[name] for name in KEYS[stream])


def expected_rows(tenant, stream="messages", person=None):
    """The rows of the tenant as the tap has to give them; only those that a `person` sees."""
    found = {}
    for shown in tenant.expected(stream):
        row = {**(shown.get("channelIdentity") or {}), **shown}
        if person is None or sees(tenant, person, row):
            kept = {name: row[name] for name in row.keys() & DECLARED[stream]}
            found[key_of(stream, row)] = kept
    return found


def sees(tenant, person, row):
    """Whether someone takes part in the channel of a message."""
    team = tenant.teams[row["teamId"]]
    channel = team.channels.get(row["channelId"])
    return person in team.people and channel is not None and person in channel.audience


def known(state, stream="messages"):
    """The teams that a STATE knows as read to their end, and until when."""
    bookmarks = state.get("bookmarks", {}).get(stream, {})
    return {
        team: since
        for key in ("teams", "listed")
        for since, teams in bookmarks.get(key, {}).items()
        for team in teams
    }


def line_of(output, kind):
    """Where in an output the messages of a kind stand."""
    return [n for n, message in enumerate(output.messages) if message["type"] == kind]
