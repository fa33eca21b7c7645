"""Laws of the streams of call records and of telephone calls."""

from __future__ import annotations

import pytest

from tap_msteams.run.versions import Versions
from tap_msteams_sandbox.areas.calls import Calls, Telephony
from tap_msteams_sandbox.areas.calls.telephony import NEVER
from tap_msteams_sandbox.instants import DAY, iso
from tests.conftest import run_tap
from tests.streams.tables import swift
from tests.target import DECLARED, TalkativeTap, Target, key_of

CALLS = ("call_records", "call_participants", "call_sessions", "call_segments")
LOGS = ("pstn_calls", "direct_routing_calls")
ALL = (*CALLS, *LOGS)
BASE = "GET /communications/callRecords"


def shown(tenant, stream):
    """The rows that the tap has to give, by key."""
    names = DECLARED[stream]
    return {
        key_of(stream, row): {k: None if v == NEVER else v for k, v in row.items() if k in names}
        for row in tenant.expected(stream)
    }


def filters(sandbox):
    return [it.path for it in sandbox.requests if it.path.startswith(LIST)]


LIST = "/v1.0/communications/callRecords?$filter="


@pytest.fixture
def calls(sandbox):
    return sandbox.tenant.part(Calls)


@pytest.fixture(scope="module")
def whole(shared_sandbox):
    return run_tap(swift(shared_sandbox), streams=ALL)


@pytest.mark.parametrize("stream", ALL)
def test_a_full_read_gives_every_row_once_as_graph_shows_it(shared_sandbox, whole, stream):
    assert whole.code == 0
    assert whole.rows(stream) == shown(shared_sandbox.tenant, stream)
    assert len(whole.records[stream]) == len(whole.rows(stream)) > 0


def test_segments_cost_no_request_of_their_own(sandbox):
    run_tap(swift(sandbox), streams=["call_sessions"])
    without = sandbox.count()[f"{BASE}/{{id}}/sessions"]
    assert not [it for it in sandbox.requests if "$expand" in it.path]

    output = run_tap(swift(sandbox), streams=["call_segments"])

    assert output.rows("call_segments") == shown(sandbox.tenant, "call_segments")
    assert sandbox.count()[f"{BASE}/{{id}}/sessions"] == 2 * without


def test_the_next_run_reads_three_days_again_and_what_is_new(sandbox, calls, clock):
    target = Target(sandbox, *CALLS)
    target.run()
    clock.forward(DAY / 1000)
    new = calls.call()
    clock.forward(60)
    before = len(filters(sandbox))

    output = target.run()

    (asked, *_) = filters(sandbox)[before:]
    assert asked.startswith(f"{LIST}startDateTime%20ge%20")
    late = iso(int(clock.now * 1000) - 4 * DAY - 60_000)[:10]
    starts = {row["id"]: row["startDateTime"] for row in output.records["call_records"]}
    assert new in starts
    assert min(starts.values()) >= late
    assert len(starts) < len(target.rows("call_records"))
    for stream in CALLS:
        left = shown(sandbox.tenant, stream)
        assert {key: target.rows(stream)[key] for key in left} == left


def test_a_record_that_is_made_again_replaces_the_one_before(sandbox, calls, clock):
    target = Target(sandbox, *CALLS)
    call = calls.call()
    clock.forward(60)
    target.run()
    calls.rebuild(call)
    clock.forward(60)

    target.run()

    row = target.rows("call_records")[(call,)]
    assert row["version"] == 2
    for stream in CALLS:
        assert target.rows(stream) == shown(sandbox.tenant, stream)


def test_a_call_that_started_before_the_last_run_and_ended_after_it_is_not_lost(
    sandbox, calls, clock
):
    target = Target(sandbox, "call_records")
    target.run()
    clock.forward(30 * 3600)

    long = calls.call(minutes=30 * 60 + 30)
    clock.forward(60)
    target.run()

    assert (long,) in target.rows("call_records")


def test_what_graph_forgets_stays_in_the_target(sandbox, clock):
    # Without the records themselves all that there are of them are read each time.
    target = Target(sandbox, *CALLS[1:], emit_activate_version_messages=True)
    target.run()
    clock.forward(10 * DAY / 1000)

    output = target.run()

    for stream in CALLS[1:]:
        assert set(shown(sandbox.tenant, stream)) < set(target.rows(stream))
    assert output.code == 0
    assert not [it for it in output.messages if it["type"] == "ACTIVATE_VERSION"]


def test_who_stayed_away_too_long_is_told_what_is_lost(sandbox, clock, caplog):
    target = Target(sandbox, "call_records")
    target.run()
    clock.forward(40 * DAY / 1000)

    target.run()

    assert "Graph keeps only the last 30 days" in caplog.text


@pytest.mark.parametrize("stream", LOGS)
def test_a_log_is_read_ninety_days_at_a_time(open_sandbox, clock, stream):
    sandbox = open_sandbox(clock=clock, page_size=10)

    output = run_tap(swift(sandbox), streams=[stream])

    assert output.rows(stream) == shown(sandbox.tenant, stream)
    assert len(output.records[stream]) == len(output.rows(stream))
    assert {entry.status for entry in sandbox.requests} == {200}


def test_a_call_that_did_not_fail_failed_at_no_moment(whole):
    good = [row for row in whole.records["direct_routing_calls"] if row["successfulCall"]]

    assert good
    assert {row["failureDateTime"] for row in good} == {None}


@pytest.mark.parametrize("stream", LOGS)
def test_a_log_goes_on_where_it_ended(sandbox, clock, stream):
    target = Target(sandbox, stream)
    target.run()
    clock.forward(5 * DAY / 1000)
    sandbox.tenant.part(Telephony).call()
    clock.forward(60)

    output = target.run()

    assert target.rows(stream) == shown(sandbox.tenant, stream)
    assert 1 <= len(output.records[stream]) < len(target.rows(stream))


def test_a_kill_loses_nothing(sandbox):
    target = Target(sandbox, *ALL, tap=TalkativeTap)
    target.run(last=40)
    assert len(target.rows("call_sessions")) < len(shown(sandbox.tenant, "call_sessions"))

    target.run()

    for stream in ALL:
        assert target.rows(stream) == shown(sandbox.tenant, stream)


def test_a_kill_asks_again_only_for_calls_of_which_something_was_not_read(open_sandbox):
    sandbox = open_sandbox(page_size=3)
    target = Target(sandbox, *CALLS, tap=TalkativeTap)
    target.run(last=600)
    versions = target.state["bookmarks"]["call_records"]["versions"]
    read, before = len([*Versions(versions)]), sandbox.count()
    target.run()

    for stream in CALLS:
        assert target.rows(stream) == shown(sandbox.tenant, stream)
    asked = {path: n for path, n in (sandbox.count() - before).items() if "{id}" in path}
    assert read > 0 < asked[f"{BASE}/{{id}}/participants_v2"]
    firsts = [it for it in sandbox.requests if it.path.endswith("participants_v2")]
    assert len(firsts) < 2 * len(target.rows("call_records")) - read


def test_call_records_are_not_for_users(open_sandbox):
    sandbox = open_sandbox(auth="refresh_token")

    output = run_tap(swift(sandbox), streams=[*ALL, "sync_issues"])

    issues = output.records["sync_issues"]
    assert {row["stream"] for row in issues} == {*ALL}
    assert {row["severity"] for row in issues} == {"notice"}
    assert output.code == 0
    assert not [it for it in sandbox.requests if "callRecords" in it.path]


def test_a_participant_may_be_a_telephone(whole):
    numbers = [
        row
        for row in whole.records["call_participants"]
        if row["identity"]["phone"] and row["id"].startswith("+")
    ]

    assert numbers


def test_what_a_client_reports_keeps_what_it_is(whole):
    kinds = {
        row[side]["@odata.type"].rpartition(".")[2]
        for row in whole.records["call_sessions"]
        for side in ("caller", "callee")
    }

    assert kinds == {"participantEndpoint", "serviceEndpoint"}
