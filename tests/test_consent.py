"""Laws of consent that some teams have given and others have not."""

from __future__ import annotations

import pytest

from tests.conftest import run_tap

TENANT = {"seed": 7, "teams": 6, "channels": 2, "messages": 6, "users": 12}


def swift(sandbox, **changes):
    return sandbox.unpaced(concurrency=1, **changes)


def refuse(sandbox, teams, path):
    for team in teams:
        where = rf"{team}/{path}"
        sandbox.faults.add(f"403:where={where},permission=Some.Read.Group,times=0")


@pytest.mark.parametrize("refusing", [slice(0, 1), slice(0, 5), slice(5, 6), slice(1, 6, 2)])
def test_every_team_that_consents_is_read(open_sandbox, refusing):
    sandbox = open_sandbox(tenant=TENANT)
    teams = list(sandbox.tenant.teams)
    refuse(sandbox, teams[refusing], "members")
    output = run_tap(swift(sandbox), streams=["members", "sync_issues"])
    issues = output.records["sync_issues"]

    assert {row["teamId"] for row in output.records["members"]} == {*teams} - {*teams[refusing]}
    assert {issue["subject"]["teamId"] for issue in issues} == {*teams[refusing]}
    assert {issue["severity"] for issue in issues} == {"gap"}
    assert output.code == 3


def test_messages_of_the_teams_that_consent_are_read_by_list(open_sandbox):
    sandbox = open_sandbox(tenant=TENANT)
    teams = list(sandbox.tenant.teams)
    refuse(sandbox, teams, "channels/getAllMessages")
    refuse(sandbox, teams[1:], "channels/[^/]+/messages")
    output = run_tap(swift(sandbox), streams=["messages", "sync_issues"])

    assert {row["teamId"] for row in output.records["messages"]} == {teams[0]}
    assert {issue["subject"]["teamId"] for issue in output.records["sync_issues"]} == {*teams[1:]}


def test_where_nobody_consents_few_are_asked_and_it_is_said_once(open_sandbox):
    sandbox = open_sandbox(tenant={**TENANT, "teams": 40, "channels": 1, "messages": 1})
    refuse(sandbox, [""], "members")
    output = run_tap(swift(sandbox), streams=["members", "sync_issues"])

    [issue] = output.records["sync_issues"]
    assert issue["subject"] == {}
    assert sandbox.count()["GET /teams/{id}/members"] < 20
