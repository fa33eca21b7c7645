"""Laws of ending early: what a killed, stopped or abandoned run leaves for the next one."""

from __future__ import annotations

import json
import logging
import select
import signal
import sys
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from tap_msteams.run import Bookmarks, moment
from tests.clock import Clock
from tests.conftest import PATIENCE
from tests.process import Process
from tests.target import (
    DELEGATED,
    LIST,
    TalkativeTap,
    every_route,
    expected_rows,
    known,
    line_of,
    opener,
)


@pytest.fixture
def start(executable, tmp_path):
    """Starts processes of the tap, and ends them."""
    # A process inherits what is ignored: `nohup make test` has this one.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    started = []

    def opened(target, command=executable, **options):
        started.append(Process(command, tmp_path, target, **options))
        return started[-1]

    yield opened
    for process in started:
        process.kill()
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def target(open_sandbox):
    return opener(open_sandbox, tap=TalkativeTap)


# The tap of the command line, for which a minute goes by whenever it looks at the clock.
TALKATIVE = """
from itertools import count
from tap_msteams.cli import main
from tap_msteams.tap import TapMSTeams
TapMSTeams.clock = staticmethod(count(step=60).__next__)
main()
"""
PAST = "2026-11-20T03:00:00.000Z"
BUSY = {"seed": 3, "teams": 60, "channels": 2, "messages": 12, "users": 20}


def settled(state, row):
    """Whether a STATE says that the team or the channel of a row has been read."""
    bookmarks = state["bookmarks"]["messages"] if state else {}
    channels = [found.get(row["teamId"], []) for found in bookmarks.get("channels", {}).values()]
    return row["teamId"] in known(state or {}) or any(row["channelId"] in ids for ids in channels)


@every_route
def test_after_a_kill_the_next_run_goes_on_without_gaps(target, start, route):
    clock, chance = Clock(), Random(str(route))
    reader = target(route, tenant=BUSY, latency=0.01, page_size=20, clock=clock)
    total, starts, ended = len(reader.shown()), 0, False
    while not ended:
        state, wanted = reader.state, chance.randrange(total // 3, total // 2)
        process = start(reader, [sys.executable, "-c", TALKATIVE], lookback_minutes=0)
        process.read(wanted)
        ended = len(process.lines) < wanted
        process.popen.kill()
        output = reader.take(process.rest())

        assert [row for row in output.records["messages"] if settled(state, row)] == []
        clock.forward(60)
        starts += 1
        assert starts < 9
    assert starts > 2
    assert reader.rows() == reader.shown()


SIGNALS = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129}


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_a_run_with_its_last_state(target, start, number):
    reader = target(LIST, tenant=BUSY, latency=0.02, page_size=20)
    process = start(reader)
    process.read(50)
    process.popen.send_signal(number)
    output = reader.take(process.rest())

    assert process.end() == SIGNALS[number]
    assert 0 < len(output.records["messages"]) < len(reader.shown())
    assert line_of(output, "STATE")[-1] == len(output.messages) - 1
    assert "Traceback" not in "".join(process.told)
    assert reader.run().code == 0
    assert reader.rows() == reader.shown()


# Empty means buffered; containers often set it to 1.
@pytest.mark.parametrize(("number", "unbuffered"), [*((it, "") for it in SIGNALS), (15, "1")])
def test_a_signal_is_heeded_as_soon_as_a_slow_target_reads(target, start, number, unbuffered):
    reader = target(tenant=BUSY)
    process = start(reader, variables={"PYTHONUNBUFFERED": unbuffered})
    process.read(2)
    process.popen.send_signal(number)
    output = reader.take(process.rest())

    assert process.end() == SIGNALS[number]
    assert len(output.records["messages"]) < len(reader.shown())
    assert line_of(output, "STATE")[-1] == len(output.messages) - 1
    assert "Traceback" not in "".join(process.told)


def test_a_signal_does_not_wait_for_graph(target, start):
    stall = f"stall:where=getAll,after=20,times=0,seconds={60 * PATIENCE}"
    process = start(target(tenant=BUSY, page_size=20, faults=[stall]), request_timeout=0)
    process.read(100)
    process.popen.send_signal(signal.SIGTERM)
    process.rest()

    assert process.end() == 143


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only there pipes can get room")


@on_linux
@pytest.mark.parametrize("lines", [0, 40], ids=["schemas", "records"])
def test_a_signal_ends_a_run_whose_target_reads_no_more(target, start, lines):
    process = start(target(tenant=BUSY, page_size=20))
    process.read(lines)
    select.select([process.stdout], [], [], PATIENCE)  # it writes, and waits for a reader
    process.popen.send_signal(signal.SIGTERM)
    code = process.popen.wait(PATIENCE)
    left = process.stdout.read().splitlines(keepends=True)

    assert code == 143
    assert left[-1].endswith(b"\n")
    assert json.loads(left[-1])["type"] == "STATE"
    assert len(left) < 100


def test_a_signal_in_the_midst_of_the_last_state_cuts_no_line_and_repeats_none(target, start):
    reader = target(tenant={"seed": 3, "teams": 1, "channels": 1, "messages": 2, "users": 2})
    gone = [str(UUID(int=number)) for number in range(500)]
    reader.state = {"bookmarks": {"messages": {"version": 1, "teams": {PAST: gone}}}}
    process = start(reader)
    # The buffer takes all records: the first one that comes shows that the last STATE follows.
    while not any(b"RECORD" in line for line in process.lines):
        process.read(len(process.lines) + 1)
    process.popen.send_signal(signal.SIGTERM)
    lines = process.rest()

    assert process.end() == 0
    assert len(lines) == len({*lines})
    assert reader.take(lines).messages[-1]["type"] == "STATE"
    assert reader.rows() == reader.shown()


# The tap of the command line, for which there is no more room in a pipe.
CROWDED = """
import sys
from tap_msteams import stdout
from tap_msteams.cli import main
from tap_msteams.tap import tap
stdout.ROOM, tap.STOP_SECONDS = 4096, int(sys.argv.pop(1))
main()
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_second_signal_ends_a_run_that_nobody_reads(target, start, unbuffered):
    variables = {"PYTHONUNBUFFERED": unbuffered}
    command = [sys.executable, "-c", CROWDED, str(60 * PATIENCE)]
    process = start(target(tenant=BUSY, page_size=20), command, variables=variables)
    process.read(2)
    for number in (signal.SIGTERM, signal.SIGHUP):
        process.popen.send_signal(number)

    assert process.end() in {129, 143}
    assert "Traceback" not in "".join(process.told)


def test_a_run_that_nobody_reads_ends_in_time_after_a_signal(target, start):
    command = [sys.executable, "-c", CROWDED, "1"]
    process = start(target(tenant=BUSY, page_size=20), command)
    process.read(2)
    process.popen.send_signal(signal.SIGTERM)

    assert process.end() == 143


def test_a_hangup_that_is_ignored_stays_ignored(target, start):
    process = start(target(tenant=BUSY), ["nohup", sys.executable, "-m", "tap_msteams"])
    process.read(2)
    process.popen.send_signal(signal.SIGHUP)
    process.rest()

    assert process.end() == 0


def test_a_sign_in_that_is_revoked_ends_a_run_in_one_line(target, start):
    faults = ["revoke:where=/messages,after=9"]
    reader = target(DELEGATED, tenant=BUSY, page_size=5, faults=faults)
    process = start(reader)
    output = reader.take(process.rest())

    assert process.end() == 1
    [line] = [line for line in process.told if "INFO" not in line and "WARNING" not in line]
    assert "AADSTS" in line
    assert line_of(output, "STATE")[-1] == len(output.messages) - 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_target_that_goes_away_is_told_in_one_line(target, start, unbuffered):
    variables = {"PYTHONUNBUFFERED": unbuffered}
    process = start(target(tenant=BUSY, page_size=20), variables=variables)
    process.read(5)
    process.stdout.close()

    assert process.end() == 1
    [line] = [line for line in process.told if "INFO" not in line]
    assert "target" in line
    assert "closed" in line


@every_route
def test_states_are_a_small_part_of_a_backfill(target, route):
    tenant = {"seed": 3, "teams": 200, "channels": 1, "messages": 12, "users": 20}
    output = target(route, tenant=tenant).run()
    size = {"RECORD": 0, "STATE": 0, "SCHEMA": 0}
    for line, message in zip(output.lines, output.messages, strict=True):
        size[message["type"]] += len(line)

    assert len(line_of(output, "STATE")) > 5
    assert size["STATE"] <= 0.05 * size["RECORD"]


def test_the_state_of_ten_thousand_teams_in_the_middle_of_a_backfill_is_small():
    state = {}
    marks = Bookmarks(state, "messages", ("teams", "channels"))
    now = datetime(2026, 11, 20, 3, tzinfo=UTC)
    link = "https://graph.microsoft.com/v1.0/teams/" + "x" * 500
    ids = [str(UUID(int=n * 10**30)) for n in range(10_000)]
    for number, team in enumerate(ids):
        if number < 9_000:
            marks.advance(team, moment(now - timedelta(seconds=number % 3)))
        elif number < 9_128:
            marks.leave_unfinished(team, moment(now), link)
        elif number < 9_256:
            for channel in range(20):
                marks.advance_subpartition(team, f"19:{channel:032x}@thread.tacv2", moment(now))
    marks.keep(ids[:9_900], now.date())
    marks.save()

    assert len(json.dumps(state)) < 1_000_000


LARGE = {"seed": 5, "teams": 1, "channels": 2, "messages": 60, "users": 10}


@pytest.fixture
def interrupted(target):
    """A large team whose first run was killed after a STATE that holds its link."""

    def opened(**options):
        clock = Clock()
        reader = target(
            tenant=LARGE, page_size=5, settings={"lookback_minutes": 0}, clock=clock, **options
        )
        reader.clock = clock
        first = reader.run(last=80)
        clock.forward(60)
        assert "teams" not in reader.state["bookmarks"]["messages"]
        [window] = reader.state["bookmarks"]["messages"]["open"].values()
        return reader, first, window

    return opened


def test_a_large_team_goes_on_at_the_link_that_was_left_open(interrupted):
    reader, first, window = interrupted()
    last = line_of(first, "STATE")[-1]
    written = [m["record"]["id"] for m in first.messages[:last] if m["type"] == "RECORD"]
    asked = len(reader.sandbox.requests)
    second = reader.run()

    assert reader.sandbox.requests[asked + 1].path in window["next"]
    again = [row["id"] for row in second.records["messages"] if row["id"] in written]
    assert len(again) <= 5
    assert reader.rows() == reader.shown()
    assert set(reader.state["bookmarks"]["messages"]) == {"version", "teams"}


def test_what_changed_since_the_kill_is_read_after_the_open_window(interrupted):
    reader, _, _ = interrupted()
    for _ in range(3):
        reader.sandbox.tenant.change()
    reader.clock.forward(60)
    reader.run()

    assert reader.rows() == reader.shown()


@pytest.mark.parametrize("refusal", [410, 400, "garbled", "foreign"])
def test_a_link_that_graph_no_longer_takes_means_from_the_start(interrupted, caplog, refusal):
    reader, _, window = interrupted()
    match refusal:
        case "garbled":
            window["next"] = window["next"][:-1]
        case "foreign":
            window["next"] = "https://graph.example/v1.0/teams"
        case status:
            reader.sandbox.faults.add(f"html:status={status},where=skiptoken")
    caplog.set_level(logging.INFO)
    output = reader.run()

    assert output.code == 0
    assert len(output.records["messages"]) == len(reader.shown())
    assert reader.rows() == reader.shown()
    assert caplog.text.count("reading it again") == 1


def test_a_failure_in_an_open_window_keeps_its_link(interrupted):
    reader, _, window = interrupted()
    reader.sandbox.faults.add("500:where=getAllMessages,times=0")
    assert reader.run().code == 3
    assert list(reader.state["bookmarks"]["messages"]["open"].values()) == [window]

    reader.sandbox.faults.clear()
    assert reader.run().code == 0
    assert reader.rows() == reader.shown()


@every_route
@pytest.mark.parametrize(("days", "said"), [(20, 0), (22, 1)])
def test_a_bookmark_older_than_deletions_are_kept_is_said(target, caplog, route, days, said):
    reader = target(route)
    reader.run()
    state = reader.state["bookmarks"]["messages"]
    for part in state.keys() & {"teams", "channels"}:
        [ids] = state[part].values()
        state[part] = {moment(datetime.now(UTC) - timedelta(days=days)): ids}
    reader.run()
    reader.run()

    assert sum("deletions before that" in line for line in caplog.messages) == said


def test_a_state_says_nothing_of_a_team_before_its_rows_are_out(target):
    reader = target(LIST, tenant=BUSY, page_size=10)
    output = reader.run()
    rows = expected_rows(reader.sandbox.tenant)
    seen = set()
    for message in output.messages:
        if message["type"] == "RECORD":
            row = message["record"]
            seen.add((row["teamId"], row["channelId"], row["id"]))
        elif message["type"] == "STATE":
            told = {key for key, row in rows.items() if settled(message["value"], row)}
            assert told <= seen
    assert known(reader.state).keys() == reader.sandbox.tenant.teams.keys()
