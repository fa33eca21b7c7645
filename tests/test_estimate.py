"""Laws of `estimate`: what it foretells is what a run then asks for."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import pytest

from tap_msteams.preflight import estimate
from tap_msteams.preflight.tables import span, tell_estimate
from tests.conftest import PATIENCE, run_tap, selection
from tests.target import HastyTap

UNPACED = {"rate_limit_share": 0}
STREAMS = [
    "users",
    "teams",
    "channels",
    "members",
    "messages",
    "presence",
    "channel_members",
    "tags",
    "tag_members",
    "installed_apps",
    "schedules",
    "shifts",
    "chats",
    "chat_members",
    "chat_messages",
]


def estimated(sandbox, streams, *, sample=1000, pages=1000, **settings):
    tap = HastyTap(config={**sandbox.config(), **UNPACED, **settings}, catalog=selection(streams))
    return estimate(tap, sample, pages)


def costs(result):
    return {cost.stream: cost for cost in result.streams}


@pytest.mark.parametrize("route", [{}, {"export": False}], ids=["export", "list"])
def test_a_sample_of_everything_foretells_each_request_of_a_run(open_sandbox, route):
    sandbox = open_sandbox(page_size=30, **route)
    result = estimated(sandbox, STREAMS)
    before = len(sandbox.requests)
    run_tap({**sandbox.config(), **UNPACED}, streams=STREAMS)

    made = len(sandbox.requests) - before
    assert not result.total.first.at_least
    assert result.total.first.value == pytest.approx(made, rel=0.05, abs=2)


def test_a_small_sample_foretells_the_whole_by_and_large(open_sandbox):
    sandbox = open_sandbox({"seed": 3, "teams": 40, "channels": 3, "messages": 5, "users": 60})
    streams = ["users", "teams", "channels", "members", "messages"]
    result = estimated(sandbox, streams, sample=5, pages=3)
    output = run_tap({**sandbox.config(), **UNPACED}, streams=streams)

    made = len(sandbox.requests) - result.requests
    assert result.requests < made
    assert result.total.first.value == pytest.approx(made, rel=0.25)
    assert result.sizes["teams"].value == len(sandbox.tenant.teams)
    assert result.sizes["users"].value == len(sandbox.tenant.people)
    assert result.sizes["channels"].value == pytest.approx(
        len(output.records["channels"]), rel=0.25
    )


def test_a_later_run_asks_once_for_what_may_have_changed(open_sandbox):
    sandbox = open_sandbox(page_size=5)
    result = estimated(sandbox, ["teams", "messages"])
    first = run_tap({**sandbox.config(), **UNPACED}, streams=["teams", "messages"])
    before = len(sandbox.requests)
    run_tap({**sandbox.config(), **UNPACED}, streams=["teams", "messages"], state=first.state)

    assert result.total.later.value == len(sandbox.requests) - before
    assert costs(result)["messages"].first.value > costs(result)["messages"].later.value


FILES, CALLS = ["drives", "drive_items"], ["call_records", "call_participants"]


def test_a_stream_below_two_others_counts_what_both_of_them_show(open_sandbox):
    sandbox = open_sandbox({"seed": 3, "teams": 40, "channels": 4, "messages": 2, "users": 20})
    result = estimated(sandbox, FILES, sample=8)
    before = sandbox.count()
    run_tap({**sandbox.config(), **UNPACED}, streams=FILES)

    made = (sandbox.count() - before)["GET /drives/{id}/root/delta"]
    assert costs(result)["drive_items"].first.value == pytest.approx(made, rel=0.35)


def test_a_later_run_reads_again_the_calls_that_may_still_change(open_sandbox):
    result = costs(estimated(open_sandbox(page_size=5), CALLS))

    # Three of the thirty days that Graph keeps; of these only new versions are looked below.
    records, below = (result[stream] for stream in CALLS)
    assert records.later.value == pytest.approx(max(records.first.value / 10, 1), abs=1)
    assert below.later.value == 0 < below.first.value


def test_what_was_not_read_to_its_end_is_told_as_at_least(open_sandbox):
    sandbox = open_sandbox(page_size=5)
    result = estimated(sandbox, ["messages"], pages=1)

    assert costs(result)["messages"].first.at_least
    assert result.total.first.told.startswith("≥")


def test_the_time_follows_from_the_tightest_limit(open_sandbox):
    sandbox = open_sandbox({"seed": 3, "teams": 60, "channels": 1, "messages": 2, "users": 10})
    whole = costs(estimated(sandbox, ["members"], rate_limit_share=1.0))["members"]
    half = costs(estimated(sandbox, ["members"], rate_limit_share=0.5))["members"]

    # https://learn.microsoft.com/graph/throttling-limits: 60 a second for members of teams.
    assert whole.first_seconds == pytest.approx((whole.first.value - 1) / 60, rel=0.05)
    assert half.first_seconds == pytest.approx(2 * whole.first_seconds, rel=0.05)


def test_reports_take_the_time_that_their_limit_of_14_in_10_minutes_takes(open_sandbox):
    sandbox = open_sandbox()
    result = estimated(sandbox, ["user_activity"], rate_limit_share=1.0)

    assert costs(result)["user_activity"].first_seconds > 500
    assert costs(result)["user_activity"].later_seconds < 1
    assert not any("reports" in entry.path for entry in sandbox.requests)


def test_what_refuses_is_told_and_not_counted(open_sandbox):
    sandbox = open_sandbox(faults=["403:where=members,times=0"])
    result = estimated(sandbox, ["members"])

    assert any("members" in note and "403" in note for note in result.notes)
    assert "tap-msteams doctor" in result.notes[-1]
    assert costs(result)["members"].first.at_least


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0 s"), (59, "59 s"), (90, "1.5 min"), (7200, "2.0 h")]
)
def test_times_are_told_as_people_say_them(seconds, told):
    assert span(seconds) == told


def test_the_table_fits_into_80_columns(open_sandbox):
    file = io.StringIO()
    tell_estimate(estimated(open_sandbox(), STREAMS), file)

    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("together") for line in lines)


def test_the_command_writes_json_for_programs(open_sandbox, tmp_path):
    sandbox = open_sandbox()
    for name, content in (("config", sandbox.config()), ("catalog", selection(["teams"]))):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    command = [sys.executable, "-m", "tap_msteams", "--config", str(tmp_path / "config.json")]
    done = subprocess.run(
        [*command, "estimate", "--catalog", str(tmp_path / "catalog.json"), "--json"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={"PATH": "", "HOME": str(tmp_path)},
    )

    assert done.returncode == 0, done.stderr
    assert [it["stream"] for it in json.loads(done.stdout)["streams"]] == ["teams"]
    assert not re.search("ERROR|Traceback", done.stderr)
