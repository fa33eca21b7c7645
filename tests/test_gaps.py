"""Laws about what was not read: it is told, held back, and read by the next run."""

from __future__ import annotations

import logging

import pytest

from tap_msteams.errors import AuthenticationError, TapError
from tap_msteams_sandbox.areas.calls import Calls
from tests.clock import Clock
from tests.conftest import run_tap
from tests.target import (
    DELEGATED,
    EXPORT,
    LIST,
    Target,
    every_route,
    expected_rows,
    first_team,
    known,
    opener,
)

TENANT = {"seed": 7, "teams": 3, "channels": 2, "messages": 15, "users": 20}
MESSAGES = "channels/(getAllMessages|[^/]*/messages)"

# What does not get better by asking again: the fault, and what a row about it says.
PERMANENT = [
    ("429:retry_after=0.001", 429, "TooManyRequests"),
    ("500", 500, "UnknownError"),
    ("502", 502, "UnknownError"),
    ("503", 503, "serviceNotAvailable"),
    ("504", 504, "UnknownError"),
    ("401", 401, "InvalidAuthenticationToken"),
    ("403", 403, "UnknownError"),
    ("drop", None, ""),
    ("reset", None, ""),
    ("truncate", None, ""),
    ("malformed", 200, ""),
    ("html", 502, ""),
    ("link-to-itself", None, ""),
    ("link-to-start", None, ""),
    ("link-elsewhere", None, ""),
]


@pytest.fixture
def target(open_sandbox):
    return opener(open_sandbox, "messages", "sync_issues", tenant=TENANT)


def below(team, rows):
    return {key: row for key, row in rows.items() if key[0] == team}


@every_route
@pytest.mark.parametrize(("spec", "status", "code"), PERMANENT)
def test_a_team_that_cannot_be_read_is_reported_and_read_by_the_next_run(
    target, route, spec, status, code
):
    kind, _, options = spec.partition(":")
    reader = target(route, page_size=8)
    bad = first_team(reader)
    where = f"{bad}/{MESSAGES}"
    reader.sandbox.faults.add(f"{kind}:where={where},times=0,{options}".rstrip(","))
    output = reader.run()

    issues = output.records["sync_issues"]
    assert output.code == 3
    assert {issue["subject"]["teamId"] for issue in issues} == {bad}
    assert len({tuple(issue["subject"].items()) for issue in issues}) == len(issues)
    for issue in issues:
        assert (issue["severity"], issue["stream"]) == ("gap", "messages")
        assert (issue["status"], issue["code"]) == (status, code)
        assert bool(issue["requestId"]) == (status is not None)
        assert bool(issue["permission"]) == (status == 403)
        assert issue["remedy"]
        assert issue["occurredDateTime"]
    rest = {key: row for key, row in reader.shown().items() if key[0] != bad}
    assert rest.items() <= reader.rows().items() <= reader.shown().items()
    if route != DELEGATED:
        assert known(reader.state).keys() == reader.sandbox.tenant.teams.keys() - {bad}

    reader.sandbox.faults.clear()
    output = reader.run()
    assert (output.code, output.records["sync_issues"]) == (0, [])
    assert reader.rows() == reader.shown()
    assert {row["teamId"] for row in output.records["messages"]} <= {bad}
    if route != DELEGATED:
        assert known(reader.state).keys() == reader.sandbox.tenant.teams.keys()


@pytest.mark.parametrize(("on_error", "code"), [("fail_at_end", 3), ("report", 0)])
def test_gaps_decide_the_exit_code_as_on_error_says(target, on_error, code):
    reader = target(settings={"on_error": on_error})
    reader.sandbox.faults.add(f"403:where={first_team(reader)}/channels,times=0")

    output = reader.run()
    assert output.code == code
    assert len(output.records["sync_issues"]) == 1


def test_the_first_gap_stops_the_run_if_on_error_says_so(target):
    reader = target(settings={"on_error": "fail", "concurrency": 1})
    *_, last = reader.sandbox.tenant.teams
    reader.sandbox.faults.add(f"403:where={last}/channels,times=0")

    with pytest.raises(TapError, match=f"on_error.*messages teamId={last}") as caught:
        reader.run()
    assert "\n" not in str(caught.value)
    assert below(last, reader.rows()) == {}
    assert reader.state


@every_route
def test_a_failure_holds_back_its_own_bookmark_only(target, route):
    clock = Clock()
    reader = target(route, clock=clock)
    tenant = reader.sandbox.tenant
    reader.run()
    before = reader.state["bookmarks"]["messages"]
    bad, *others = [team for team in tenant.teams if below(team, reader.rows())]
    for team in (bad, *others):
        tenant.post(team, next(iter(tenant.teams[team].channels)))
    clock.forward(60)
    reader.sandbox.faults.add(f"503:where={bad}/{MESSAGES},times=0")
    reader.run()
    after = reader.state["bookmarks"]["messages"]

    moments = {}
    for name, state in (("before", before), ("after", after)):
        for since, teams in (state.get("channels") or state["teams"]).items():
            moments |= {(name, team): since for team in teams}
    assert moments["after", bad] == moments["before", bad]
    assert all(moments["after", team] > moments["before", team] for team in others)
    assert {team: below(team, reader.rows()) for team in others} == {
        team: below(team, reader.shown()) for team in others
    }


@every_route
def test_a_team_deleted_while_it_is_read_is_a_notice_and_the_run_is_green(target, route):
    reader = target(route, page_size=8)
    gone = first_team(reader)
    reader.sandbox.faults.add(f"delete-team:where={gone}/{MESSAGES}")
    output = reader.run()

    issues = output.records["sync_issues"]
    assert output.code == 0
    assert issues
    assert {issue["severity"] for issue in issues} == {"notice"}
    assert {issue["subject"]["teamId"] for issue in issues} == {gone}
    assert {issue["status"] for issue in issues} == {404}
    assert gone not in reader.sandbox.tenant.teams
    assert reader.rows() == reader.shown()
    assert reader.run().records["sync_issues"] == []


@pytest.mark.parametrize("status", [402, 405, 412, 501])
@pytest.mark.parametrize("stream", ["presence", "members"])
def test_what_a_tenant_or_cloud_lacks_is_a_notice_and_the_run_is_green(target, stream, status):
    reader = target(EXPORT, "teams", "users", stream, "sync_issues")
    reader.sandbox.faults.add(f"{status}:where=(Presences|/members),times=0")
    output = reader.run()

    told = {
        (issue["severity"], issue["stream"], issue["status"], issue["permission"])
        for issue in output.records["sync_issues"]
    }
    assert output.code == 0
    assert told == {("notice", stream, status, "")}
    assert reader.rows("teams").keys() == expected_rows(reader.sandbox.tenant, "teams").keys()


BELOW = {"teams": {"members", "messages"}, "users": {"presence"}}
"""The streams that are read below a stream, of those selected here."""


@every_route
@pytest.mark.parametrize(
    ("stream", "permission"),
    [
        ("messages", "ChannelMessage.Read.All"),
        ("members", "TeamMember.Read.All"),
        ("teams", "Team.ReadBasic.All"),
        ("users", "User.Read.All"),
        ("presence", "Presence.Read.All"),
    ],
)
def test_a_missing_permission_is_said_once_with_its_name(target, caplog, route, stream, permission):
    every = {"Team.ReadBasic.All", "TeamMember.Read.All", "Channel.ReadBasic.All"}
    every |= {"ChannelMessage.Read.All", "Presence.Read.All", "User.Read.All"}
    streams = ["teams", "users", "members", "messages", "presence", "sync_issues"]
    tenant = {"seed": 7, "teams": 20, "channels": 2, "messages": 3, "users": 10}
    reader = target(route, *streams, tenant=tenant, roles=every - {permission})
    output = reader.run()

    [issue] = [it for it in output.records["sync_issues"] if it["verdict"] == "notGranted"]
    below = {it["stream"] for it in output.records["sync_issues"] if it != issue}
    assert below == BELOW.get(stream, set())
    assert output.code == 3
    assert (issue["severity"], issue["stream"], issue["status"]) == ("gap", stream, 403)
    assert (issue["subject"], issue["permission"]) == ({}, permission)
    assert permission in issue["remedy"]
    assert sum(permission in line and "gap:" in line for line in caplog.messages) == 1
    assert sum(f"{stream}: 1 gap, 403" in line for line in caplog.messages) == 1
    assert stream not in reader.tables
    if stream == "messages":
        assert set(reader.state["bookmarks"]["messages"]) == {"version"}


@pytest.mark.parametrize("streams", [["messages"], ["channels", "messages"]])
def test_messages_that_lack_the_list_of_channels_name_its_permission(target, streams):
    roles = {"Team.ReadBasic.All", "ChannelMessage.Read.All"}
    output = target(LIST, *streams, "sync_issues", roles=roles).run()

    issues = output.records["sync_issues"]
    assert {issue["stream"]: issue["permission"] for issue in issues} == dict.fromkeys(
        streams, "Channel.ReadBasic.All"
    )
    assert len(issues) == len(streams)


@every_route
def test_no_team_is_asked_for_once_it_is_known_that_the_permission_is_missing(target, route):
    tenant = {"seed": 7, "teams": 60, "channels": 1, "messages": 1, "users": 10}
    reader = target(route, "members", tenant=tenant, roles={"Team.ReadBasic.All"})
    reader.run()

    assert reader.sandbox.count()["GET /teams/{id}/members"] < 40


def test_a_channel_list_that_fails_leaves_out_the_messages_of_its_team_alone(target):
    reader = target(LIST)
    bad = first_team(reader)
    reader.sandbox.faults.add(f"500:where={bad}/channels[?],times=0")
    output = reader.run()

    [issue] = output.records["sync_issues"]
    assert (issue["severity"], issue["stream"]) == ("gap", "messages")
    assert issue["subject"] == {"teamId": bad}
    assert below(bad, reader.rows()) == {}
    reader.sandbox.faults.clear()
    reader.run()
    assert reader.rows() == reader.shown()


def test_a_list_of_teams_that_breaks_off_is_a_gap_and_nothing_is_removed(target):
    streams = ["teams", "channels", "members", "messages", "sync_issues"]
    settings = {"emit_activate_version_messages": True}
    reader = target(EXPORT, *streams, settings=settings, page_size=2)
    reader.sandbox.faults.add("500:where=/teams[?].*skiptoken,times=0")
    output = reader.run()

    issue, *below = output.records["sync_issues"]
    assert (issue["severity"], issue["stream"], issue["subject"]) == ("gap", "teams", {})
    assert {it["stream"] for it in below} == {"channels", "members", "messages"}
    assert "ACTIVATE_VERSION" not in {message["type"] for message in output.messages}
    assert len(known(reader.state)) == 2
    reader.sandbox.faults.clear()
    output = reader.run()
    assert output.activated == {"teams", "channels", "members"}
    assert reader.rows() == reader.shown()


def test_issues_come_after_everything_else(target):
    reader = target(LIST, "teams", "channels", "members", "messages", "sync_issues")
    reader.sandbox.faults.add(f"403:where={first_team(reader)}/,times=0")
    output = reader.run()

    streams = [message["stream"] for message in output.messages if message["type"] == "RECORD"]
    first = streams.index("sync_issues")
    assert set(streams[first:]) == {"sync_issues"}
    told = {issue["stream"] for issue in output.records["sync_issues"]}
    assert told == {"channels", "members", "messages"}


def test_the_log_ends_with_what_was_not_read(target, caplog):
    caplog.set_level(logging.INFO)
    reader = target()
    reader.sandbox.faults.add(f"403:where={first_team(reader)}/channels,times=0")
    reader.run()

    told = [line for line in caplog.messages if "METRIC" not in line]
    assert first_team(reader) in told[-2]
    assert "ChannelMessage.Read.All" in told[-2]
    assert "1 gap and 0 notices" in told[-1]


@pytest.mark.parametrize("kind", ["401", "403", "500", "malformed"])
def test_what_was_not_read_below_a_record_comes_with_the_next_run(open_sandbox, kind):
    clock = Clock()
    sandbox = open_sandbox(clock=clock)
    reader = Target(sandbox, "call_records", "call_sessions")
    sandbox.faults.add(f"{kind}:where=/sessions,times=0,after=9")
    first = reader.run()
    held = len(reader.rows("call_sessions"))
    sandbox.faults.clear()
    clock.forward(5 * 24 * 3600)
    second = reader.run()

    assert (first.code, second.code) == (3, 0)
    expected = expected_rows(sandbox.tenant, "call_sessions").keys()
    assert held < len(expected)
    assert reader.rows("call_sessions").keys() >= expected


def test_what_was_not_read_below_a_record_leaves_the_bookmark_where_it_was(open_sandbox):
    clock = Clock()
    sandbox = open_sandbox(clock=clock)
    reader = Target(sandbox, "call_records", "call_sessions")
    first = reader.run()
    before = reader.state["bookmarks"]["call_records"]
    clock.forward(3600)
    sandbox.tenant.part(Calls).call()
    sandbox.faults.add("500:where=/sessions,times=0")
    assert reader.run().code == 3
    assert reader.state["bookmarks"]["call_records"] == before

    sandbox.faults.clear()
    clock.forward(3600)
    last = reader.run()
    assert last.code == 0
    assert (
        reader.rows("call_sessions").keys() >= expected_rows(sandbox.tenant, "call_sessions").keys()
    )
    assert 0 < len(last.records["call_records"]) < len(first.records["call_records"])


def test_a_token_that_graph_never_accepts_ends_the_run(open_sandbox):
    sandbox = open_sandbox(faults=["401:times=0"])
    with pytest.raises(AuthenticationError, match="accepts no token") as caught:
        run_tap(sandbox.config())
    assert "\n" not in str(caught.value)
    # The first token, and one for each 401 of the two lists that are asked for side by side.
    assert sandbox.entra.requests <= 1 + 2 * 2
