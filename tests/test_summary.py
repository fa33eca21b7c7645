"""Laws about what is told of a run at its end, in the log and as rows."""

from __future__ import annotations

import io
import json
import logging
import signal
from contextlib import redirect_stdout

import pytest

from tap_msteams import streams
from tap_msteams.errors import TapError
from tap_msteams.progress.summary import ISSUES_TOLD, table
from tests.clock import Clock
from tests.conftest import Output, run_tap, selection
from tests.process import Process
from tests.readers.library import SETTINGS
from tests.readers.tenant import Tenant, page
from tests.target import LIST, UNPACED, HastyTap, Target, known

TENANT = {"seed": 7, "teams": 4, "channels": 2, "messages": 15, "users": 20}
STREAMS = ("users", "teams", "channels", "messages", "presence", "sync_runs", "sync_issues")


@pytest.fixture
def target(open_sandbox):
    def opened(*streams, settings=None, **options):
        sandbox = open_sandbox(tenant=TENANT, **options)
        return Target(sandbox, *(streams or STREAMS), **(settings or {}))

    return opened


def of(output):
    """The rows about a run, by stream; each is there once."""
    rows = output.records["sync_runs"]
    assert len({row["stream"] for row in rows}) == len(rows)
    assert len({row["runId"] for row in rows}) <= 1
    return {row["stream"]: row for row in rows}


def last(caplog):
    """What the last line of the log says, for people and for machines."""
    [record] = [it for it in caplog.records if hasattr(it, "run")]
    assert caplog.records[-1] is record
    return record.getMessage(), record.run


def test_a_row_tells_of_each_stream_what_it_gave_and_took(target):
    reader = target()
    output = reader.run()
    told = of(output)
    assert told.keys() == {*STREAMS} - {"sync_runs", "sync_issues"}
    for stream, row in told.items():
        assert row["rows"] == len(output.records[stream]) > 0
        assert row["startedDateTime"] <= row["endedDateTime"]
        assert row["seconds"] >= row["waitedSeconds"] >= 0
        assert (row["exitCode"], row["gaps"], row["notices"], row["retries"]) == (0, 0, 0, 0)
        assert row["version"]
    assert sum(row["requests"] for row in told.values()) == len(reader.sandbox.requests)


def test_a_stream_that_is_read_for_its_ids_only_has_requests_and_no_rows(target):
    told = of(target("members", "sync_runs").run())
    assert told.keys() == {"teams", "members"}
    assert (told["teams"]["rows"], told["members"]["rows"] > 0) == (0, True)
    assert told["teams"]["requests"] > 0


def test_retries_and_throttling_are_in_the_row(target):
    faults = ["503:where=/allChannels,times=2", "429:where=getAll,times=1,retry_after=0.05"]
    told = of(target(faults=faults, settings={"rate_limit_share": 0}).run())
    assert (told["channels"]["retries"], told["messages"]["retries"]) == (2, 1)
    assert told["messages"]["throttledSeconds"] >= 0.05
    assert told["teams"]["throttledSeconds"] == 0


@pytest.mark.parametrize("route", [{}, LIST], ids=["export", "list"])
def test_bookmarks_are_told_as_they_were_and_as_they_are(target, route):
    clock = Clock()
    reader = target(clock=clock, **route)
    first = of(reader.run())
    clock.forward(3600)
    second = of(reader.run())
    assert first["messages"]["bookmarkBefore"] is None
    assert first["messages"]["bookmarkAfter"] == second["messages"]["bookmarkBefore"]
    assert second["messages"]["bookmarkAfter"] == max(known(reader.state).values())
    assert second["messages"]["bookmarkAfter"] > second["messages"]["bookmarkBefore"]
    assert second["users"]["bookmarkAfter"] is None
    assert first["users"]["runId"] != second["users"]["runId"]


def test_a_team_left_behind_holds_back_the_bookmark_that_is_told(target):
    clock = Clock()
    reader = target(clock=clock)
    first = of(reader.run())["messages"]
    clock.forward(3600)
    bad = next(iter(reader.sandbox.tenant.teams))
    reader.sandbox.faults.add(f"403:where={bad}/channels,times=0")
    output = reader.run()
    second = of(output)["messages"]
    assert second["bookmarkAfter"] == first["bookmarkAfter"]
    assert (second["exitCode"], output.code) == (3, 3)
    issues = [it for it in output.records["sync_issues"] if it["stream"] == "messages"]
    assert sum(it["count"] for it in issues) == second["gaps"] > 0
    assert {it["runId"] for it in issues} == {second["runId"]}


def test_a_run_that_an_error_stops_is_told_with_the_gap_that_stopped_it(target, caplog):
    caplog.set_level(logging.INFO)
    reader = target(settings={"on_error": "fail", "concurrency": 1})
    reader.sandbox.faults.add("403:where=/allChannels,times=0")
    messages = []
    reader.take = lambda lines: (
        messages.extend(map(json.loads, lines)) or Target.take(reader, lines)
    )
    with pytest.raises(TapError, match="on_error"):
        reader.run()
    rows = [it for it in messages if it["type"] == "RECORD" and it["stream"].startswith("sync_")]
    assert {it["record"]["exitCode"] for it in rows if it["stream"] == "sync_runs"} == {1}
    assert len([it for it in rows if it["stream"] == "sync_issues"]) == 1
    text, told = last(caplog)
    assert text.startswith("Stopped by an error: ")
    assert (told["exitCode"], told["gaps"], len(told["issues"])) == (1, 1, 1)


class Narrow(io.BytesIO):
    """An output without memory for the rows of people."""

    def write(self, content):
        if bytes(content).startswith(b'{"type":"RECORD","stream":"users"'):
            raise MemoryError
        return super().write(content)


def test_a_run_that_an_unforeseen_error_ends_has_its_run_log_and_its_last_state(caplog):
    caplog.set_level(logging.INFO)
    tap = HastyTap(config=SETTINGS, catalog=selection(["users", "sync_runs"]))
    tap.graph = Tenant({"/users": page({"id": "a"})})
    stdout = io.TextIOWrapper(Narrow(), encoding="utf-8")
    with redirect_stdout(stdout), pytest.raises(MemoryError):
        tap.read()
    output = Output(stdout.buffer.getvalue().splitlines())
    assert {row["exitCode"] for row in of(output).values()} == {1}
    assert output.messages[-1]["type"] == "STATE"
    assert last(caplog)[0].startswith("Stopped by an error: ")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_that_a_signal_stops_is_told_too(target, executable, tmp_path, number, code):
    reader = target(latency=0.05, page_size=3, **LIST)
    process = Process(executable, tmp_path, reader)
    try:
        process.read(20)
        process.popen.send_signal(number)
        output = reader.take(process.rest())
        assert process.end() == code
    finally:
        process.kill()
    told = of(output)
    assert {row["exitCode"] for row in told.values()} == {code}
    assert told["messages"]["rows"] == len(output.records["messages"])
    assert output.states
    assert f"Stopped by {number.name}: " in process.told[-1]
    assert f"exit code {code}." in process.told[-1]
    assert "nothing was left out" not in "".join(process.told)


def test_the_log_ends_with_the_figures_then_the_gaps_then_the_verdict(target, caplog):
    caplog.set_level(logging.INFO)
    reader = target("messages", "channels", "sync_issues")
    bad = next(iter(reader.sandbox.tenant.teams))
    reader.sandbox.faults.add(f"403:where={bad}/(channels|allChannels),times=0")
    reader.run()
    told = [line for line in caplog.messages if "METRIC" not in line]
    *_, heads, channels, messages, teams, first, second, verdict = told
    assert f"3 of {len(streams.STREAMS)} streams selected" in told
    assert heads.startswith("stream ")
    assert heads.endswith("left out  read up to")
    assert [it.split()[0] for it in (channels, messages, teams)] == [
        "channels",
        "messages",
        "teams",
    ]
    assert "1 gap" in channels
    assert all(bad in it and "!" + bad in it for it in (first, second)), "what, and the remedy"
    assert verdict.startswith("Finished with 2 gaps and 0 notices. ")
    assert verdict.endswith("exit code 3.")


def test_a_complete_run_says_so(target, caplog):
    caplog.set_level(logging.INFO)
    output = target().run()
    text, told = last(caplog)
    assert text.startswith("Complete: nothing was left out. ")
    rows = {row["stream"]: row["rows"] for row in output.records["sync_runs"]}
    assert {it["stream"]: it["rows"] for it in told["streams"]} == rows
    assert (told["exitCode"], told["issues"]) == (0, [])


def test_a_run_that_found_less_than_was_chosen_is_not_told_as_complete(target, caplog):
    caplog.set_level(logging.INFO)
    target("teams", settings={"teams": ["Nobody's*"]}).run()
    text, told = last(caplog)
    assert text.startswith("Complete, but not all that the settings choose was found. 0 rows")
    assert told["unmatched"] == ["teams: Nobody's*"]
    assert caplog.records[-1].levelno == logging.WARNING


def test_what_nobody_could_list_is_not_said_to_be_called_nothing(target, caplog):
    reader = target("teams", settings={"teams": ["*"]}, faults=["403:where=teams,times=0"])
    reader.run()
    assert "'teams' (env TAP_MSTEAMS_TEAMS): nothing is called '*' in what" in caplog.text


def test_many_gaps_do_not_flood_the_log(open_sandbox, caplog):
    caplog.set_level(logging.INFO)
    sandbox = open_sandbox(tenant={**TENANT, "teams": 30}, faults=["403:where=/members,times=0"])
    run_tap({**UNPACED, **sandbox.config()}, streams=["members"])
    _, told = last(caplog)
    assert (told["gaps"], len(told["issues"])) == (30, ISSUES_TOLD)
    [once] = [it for it in caplog.messages if it.startswith("members: 30 gaps, 403 ")]
    assert once in caplog.messages[-3:]


def test_a_run_that_never_began_has_no_summary(open_sandbox, caplog):
    sandbox = open_sandbox()
    sandbox.entra.revoke_all()
    for application in sandbox.entra.applications.values():
        application.secret_expires = 0
    with pytest.raises(TapError):
        run_tap(sandbox.config())
    assert not [it for it in caplog.records if hasattr(it, "run")]


def test_batches_have_a_summary_too(open_sandbox, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    batches = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri()},
    }
    sandbox = open_sandbox(tenant=TENANT)
    config = {**UNPACED, **sandbox.config(), "batch_config": batches}
    output = run_tap(config, streams=["teams", "channels", "sync_runs"])
    _, told = last(caplog)
    assert {it["stream"]: it["rows"] > 0 for it in told["streams"]} == {
        "teams": True,
        "channels": True,
    }
    assert sum(it["requests"] for it in told["streams"]) == len(sandbox.requests)
    assert "sync_runs" in {it["stream"] for it in output.messages if it["type"] == "BATCH"}


def test_figures_stand_below_each_other():
    heads = "stream  rows  requests  seconds  paced  throttled  left out  read up to"
    assert list(table([])) == [heads]
