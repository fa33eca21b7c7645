from __future__ import annotations

import base64
import re

import pytest

from tap_msteams_sandbox.areas.workspace.exports import Exports
from tests.conftest import SMALL, run_tap
from tests.streams.tables import Table, by_default, catalog, expected_rows, key, swift
from tests.target import TalkativeTap, Target, known

COSTLY = {"hosted_contents.contentBytes", "hosted_contents.contentType"}


# Deleted teams


def test_messages_of_a_team_that_was_deleted_come_with_the_next_run_and_then_no_more(
    open_sandbox, clock
):
    sandbox = open_sandbox(clock=clock)
    tenant = sandbox.tenant
    streams = ["deleted_teams", "deleted_team_messages"]
    first = run_tap(swift(sandbox), streams=streams)
    gone = next(iter(tenant.teams))
    tenant.remove_team(gone)
    second = run_tap(swift(sandbox), streams=streams, state=first.state)
    third = run_tap(swift(sandbox), streams=streams, state=second.state)

    expected = expected_rows(tenant, "deleted_team_messages")
    assert first.rows("deleted_team_messages") | second.rows("deleted_team_messages") == expected
    assert {row["teamId"] for row in second.records["deleted_team_messages"]} == {gone}
    assert {row["id"] for row in second.records["deleted_teams"]} == {
        *tenant.part(Exports).deleted()
    }
    assert not third.records["deleted_team_messages"]
    assert third.rows("deleted_teams") == expected_rows(tenant, "deleted_teams")


def test_a_deleted_team_that_is_restored_meanwhile_is_a_notice(open_sandbox):
    sandbox = open_sandbox(faults=["404:where=deletedTeams/,times=0"])
    output = run_tap(swift(sandbox), streams=["deleted_team_messages", "sync_issues"])

    assert output.code == 0
    assert [row["severity"] for row in output.records["sync_issues"]] == ["notice"]


# Hosted contents


def test_contents_are_found_in_the_text_without_a_request_of_their_own(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(swift(sandbox), streams=["hosted_contents"])

    assert set(sandbox.count()) == {"GET /teams", "GET /teams/{id}/channels/getAllMessages"}
    assert output.rows("hosted_contents") == expected_rows(
        sandbox.tenant, "hosted_contents", without=by_default("hosted_contents")
    )


def test_bytes_cost_one_request_each_for_posts_and_replies_alike(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(swift(sandbox), catalog=catalog(["hosted_contents"], also=COSTLY))
    rows = output.records["hosted_contents"]
    asked = [entry.path for entry in sandbox.requests if entry.path.endswith("$value")]

    assert len(asked) == len(rows) == len(set(asked))
    assert any("/replies/" in path for path in asked)
    beginnings = {row["contentType"]: base64.b64decode(row["contentBytes"])[:4] for row in rows}
    assert beginnings == {"image/png": b"\x89PNG", "text/plain": b"prin"}


def test_contents_of_a_deleted_channel_are_a_notice_and_a_row_without_bytes(open_sandbox):
    sandbox = open_sandbox()
    tenant = sandbox.tenant
    place = next(
        (row["teamId"], row["channelId"]) for row in list(tenant.expected("hosted_contents"))
    )
    tenant.remove_channel(*place)
    output = run_tap(
        swift(sandbox), catalog=catalog(["hosted_contents", "sync_issues"], also=COSTLY)
    )
    rows = output.records["hosted_contents"]
    empty = [row for row in rows if row.get("contentBytes") is None]

    assert output.code == 0
    assert empty
    assert {(row["teamId"], row["channelId"]) for row in empty} == {place}
    assert {row["severity"] for row in output.records["sync_issues"]} == {"notice"}
    assert output.rows("hosted_contents").keys() == expected_rows(tenant, "hosted_contents").keys()


@pytest.mark.parametrize("messages", [["messages"], []], ids=["with messages", "alone"])
def test_contents_of_messages_that_have_not_changed_stay_in_the_target(
    open_sandbox, clock, messages
):
    sandbox = open_sandbox(clock=clock)
    tenant, table = sandbox.tenant, Table("hosted_contents")
    streams = ["hosted_contents", *messages]
    first = run_tap(swift(sandbox), streams=streams)
    team, channel = next(tuple(row["channelIdentity"].values()) for row in list(tenant.expected()))
    source = f"/teams/{team}/channels/{channel}/messages/1/hostedContents/new/$value"
    tenant.post(team, channel, f'<img src="https://graph.microsoft.com/v1.0{source}">')
    clock.forward(60)
    second = run_tap(swift(sandbox), streams=streams, state=first.state)
    table.take(first)
    table.take(second)

    seen = len(second.records["hosted_contents"])
    assert table.shown() == expected_rows(
        tenant, "hosted_contents", without=by_default("hosted_contents")
    )
    assert seen == (1 if messages else len(table.rows))


def test_a_text_cannot_lead_out_of_its_message(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock)
    tenant = sandbox.tenant
    team = next(iter(tenant.teams.values()))
    channel = next(iter(team.channels))
    away = "https://graph.microsoft.com/v1.0/teams/x/channels/y/messages/z/hostedContents"
    for name in ("..", ".", "%2e%2e", "a?b#c", "a\\b", "é", "/", "a/../b"):
        tenant.post(team.id, channel, f'<img src="{away}/{name}/$value">')
    clock.forward(60)
    run_tap(swift(sandbox), catalog=catalog(["hosted_contents"], also=COSTLY))
    asked = [
        it.path for it in sandbox.requests if "hostedContents" in it.path or "$value" in it.path
    ]
    place = f"/v1.0/teams/({'|'.join(tenant.teams)})/channels/[^/?]+/messages"
    content = rf"{place}/\d+(/replies/\d+)?/hostedContents/(?![.]+/)[^/?#]+/\$value"

    assert asked
    assert [path for path in asked if not re.fullmatch(content, path)] == []


# Kills


@pytest.mark.parametrize("last", [3, 20, 45, 60, 90, 130])
def test_what_a_kill_left_unread_comes_with_the_next_run(open_sandbox, clock, last):
    sandbox = open_sandbox(clock=clock, page_size=7)
    streams = ("messages", "deleted_team_messages", "hosted_contents")
    target = Target(sandbox, *streams, tap=TalkativeTap)
    target.run(last)
    clock.forward(60)
    target.run()

    for stream in streams:
        expected = expected_rows(sandbox.tenant, stream, without=by_default(stream))
        assert target.rows(stream).keys() == expected.keys(), stream


def test_contents_under_way_at_a_kill_come_with_the_next_run_and_not_all_over_again(
    open_sandbox, clock
):
    sandbox = open_sandbox({**SMALL, "teams": 60, "channels": 1, "messages": 2}, clock=clock)
    for team in sandbox.tenant.teams.values():
        where = (team.id, next(iter(team.channels)))
        for name in ("one", "two", "three", "four", "five"):
            source = f"https://graph.microsoft.com/v1.0/x/messages/1/hostedContents/{name}/$value"
            sandbox.tenant.post(*where, f'<img src="{source}">')
    clock.forward(60)
    target = Target(sandbox, tap=TalkativeTap)
    target.catalog = catalog(["messages", "hosted_contents"], also=COSTLY)
    target.run(500)
    early = known(target.state or {})
    clock.forward(60)
    target.run()

    assert 0 < len(early) < 60
    expected = expected_rows(sandbox.tenant, "hosted_contents")
    assert target.rows("hosted_contents").keys() == expected.keys()


def test_a_content_that_fails_comes_with_the_next_run_and_holds_up_its_team_alone(
    open_sandbox, clock
):
    sandbox = open_sandbox(clock=clock)
    row = next(iter(list(sandbox.tenant.expected("hosted_contents"))))
    sandbox.faults.add(f"500:where={row['id']},times=8")
    target = Target(sandbox)
    target.catalog = catalog(["messages", "hosted_contents"], also=COSTLY)
    first = target.run()
    missed = "contentBytes" not in target.rows("hosted_contents")[key("hosted_contents", row)]
    bookmarks = set(known(target.state))
    clock.forward(60)
    second = target.run()

    assert (first.code, second.code) == (3, 0)
    assert missed
    assert bookmarks == set(sandbox.tenant.teams) - {row["teamId"]}
    assert target.rows("hosted_contents") == expected_rows(sandbox.tenant, "hosted_contents")
    assert {it["teamId"] for it in second.records["messages"]} == {row["teamId"]}


def test_contents_that_nobody_had_granted_come_whole_once_they_are(open_sandbox, clock):
    sandbox = open_sandbox({**SMALL, "teams": 12, "channels": 2}, clock=clock)
    sandbox.faults.add("403:where=/[$]value,permission=ChannelMessage.Read.All,times=0")
    target = Target(sandbox)
    target.catalog = catalog(["messages", "hosted_contents"], also=COSTLY)
    first = target.run()
    sandbox.faults.clear()
    clock.forward(60)
    second = target.run()

    assert (first.code, second.code) == (3, 0)
    assert target.rows("hosted_contents") == expected_rows(sandbox.tenant, "hosted_contents")
