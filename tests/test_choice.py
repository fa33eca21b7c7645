"""Laws of choosing: what is excluded is neither written nor asked for."""

from __future__ import annotations

import re

import pytest

from tap_msteams.run.choice import Choice
from tests.conftest import run_tap

EVERYTHING = (
    "users", "presence", "teams", "channels", "members", "messages", "tabs", "chats", "shifts",
)  # fmt: skip


def teams_of(sandbox):
    return list(sandbox.tenant.teams.values())


def asked(sandbox):
    """Ids that stand in the paths that were asked for."""
    paths = " ".join(entry.path for entry in sandbox.requests)
    return {*re.findall(r"/(?:teams|users|channels)/([^/? ]+)", paths)}


@pytest.mark.parametrize(
    ("entries", "admitted"),
    [
        ([], {"Sales", "Sales EMEA", "Ops"}),
        (["Sales"], {"Sales"}),
        (["sales*"], {"Sales", "Sales EMEA"}),
        (["!ops"], {"Sales", "Sales EMEA"}),
        (["sales*", "!*emea"], {"Sales"}),
        (["1"], {"Sales"}),
        (["[so]*"], {"Sales", "Sales EMEA", "Ops"}),
    ],
)
def test_an_entry_is_an_id_a_name_or_a_pattern(entries, admitted):
    choice = Choice("teams", entries)
    names = [("1", "Sales"), ("2", "Sales EMEA"), ("3", "Ops")]

    assert {name for id_, name in names if choice.admits([id_, name])} == admitted


def test_an_entry_that_matches_nothing_is_known():
    choice = Choice("teams", ["Sales", "Slaes", "!Nobody"])
    choice.admits(["Sales"])

    assert choice.unmatched == ["Slaes", "!Nobody"]


def test_only_the_teams_chosen_are_read_and_asked_for(open_sandbox):
    sandbox = open_sandbox()
    chosen, *others = teams_of(sandbox)
    output = run_tap(sandbox.unpaced(teams=[chosen.name]), streams=EVERYTHING)

    assert {row["id"] for row in output.records["teams"]} == {chosen.id}
    for stream in ("channels", "members", "messages", "tabs", "shifts"):
        assert {row["teamId"] for row in output.records[stream]} <= {chosen.id}
    assert not asked(sandbox) & {team.id for team in others}


@pytest.mark.parametrize("auth", ["service_principal", "refresh_token"])
def test_only_the_channels_chosen_are_read_and_asked_for(open_sandbox, auth):
    sandbox = open_sandbox(auth=auth)
    output = run_tap(sandbox.unpaced(channels=["General"]), streams=EVERYTHING)
    general = {row["id"] for row in output.records["channels"]}

    assert {row["displayName"] for row in output.records["channels"]} == {"General"}
    assert {row["channelId"] for row in output.records["messages"]} == general
    assert not [entry for entry in sandbox.requests if "getAllMessages" in entry.path]


def test_messages_of_a_channel_that_is_chosen_later_come_whole(open_sandbox):
    sandbox = open_sandbox()
    first = run_tap(sandbox.unpaced(channels=["General"]), streams=["messages"])
    second = run_tap(sandbox.unpaced(), streams=["messages"], state=first.state)
    keys = {*first.rows("messages"), *second.rows("messages")}

    assert keys == {
        (row["channelIdentity"]["teamId"], row["channelIdentity"]["channelId"], row["id"])
        for row in sandbox.tenant.expected("messages")
    }


def test_only_channels_of_the_kinds_chosen_are_read(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(sandbox.unpaced(membership_types=["private"]), streams=EVERYTHING)

    assert {row["membershipType"] for row in output.records["channels"]} == {"private"}
    assert {row["channelId"] for row in output.records["messages"]} <= {
        row["id"] for row in output.records["channels"]
    }


def test_only_the_people_chosen_are_asked_for(open_sandbox):
    sandbox = open_sandbox()
    chosen = next(person for person in sandbox.tenant.people if person.licensed)
    others = {person.id for person in sandbox.tenant.people} - {chosen.id}
    output = run_tap(sandbox.unpaced(users=[chosen.mail]), streams=["users", "presence", "chats"])

    assert {row["id"] for row in output.records["users"]} == {chosen.id}
    assert {row["id"] for row in output.records["presence"]} == {chosen.id}
    assert output.records["chats"]
    assert not asked(sandbox) & others


@pytest.mark.parametrize(("mark", "is_chosen"), [("", True), ("!", False)])
def test_meetings_of_others_stay_out_however_they_are_found(open_sandbox, mark, is_chosen):
    sandbox = open_sandbox()
    meetings = [*sandbox.tenant.expected("online_meetings")]
    host = next(it for it in sandbox.tenant.people if it.id == meetings[0]["userId"])
    settings = sandbox.unpaced(users=[f"{mark}{host.mail}"])
    output = run_tap(settings, streams=["online_meetings", "transcripts"])

    others = {it["userId"] for it in meetings} - {host.id}
    kept = {host.id} if is_chosen else others
    assert {row["userId"] for row in output.records["online_meetings"]} == kept
    paths = [it.path for it in sandbox.requests if "onlineMeetings" in it.path]
    assert any(host.id in it for it in paths) == is_chosen
    assert any(id_ in it for it in paths for id_ in others) != is_chosen
    assert output.code == 0


@pytest.mark.parametrize("auth", ["service_principal", "refresh_token"])
def test_archived_teams_can_be_left_out(open_sandbox, auth):
    sandbox = open_sandbox(auth=auth)
    archived = next(team for team in teams_of(sandbox) if sandbox.tenant.me in team.people)
    sandbox.tenant.archive(archived.id)
    output = run_tap(sandbox.unpaced(archived_teams=False), streams=EVERYTHING)

    assert output.records["teams"]
    assert not any(row["isArchived"] for row in output.records["teams"])
    assert archived.id not in {row["teamId"] for row in output.records["messages"]}
    below = [entry.path for entry in sandbox.requests if f"/teams/{archived.id}/" in entry.path]
    assert below == []


@pytest.mark.parametrize("auth", ["service_principal", "refresh_token"])
def test_only_changes_between_two_dates_are_read(open_sandbox, auth):
    sandbox = open_sandbox(auth=auth)
    dates = {"start_date": "2025-09-01", "end_date": "2026-03-01"}
    whole = run_tap(sandbox.unpaced(), streams=["messages"]).records["messages"]
    output = run_tap(sandbox.unpaced(**dates), streams=["messages"])
    changed = {row["id"] for row in whole if "2025-09" <= row["lastModifiedDateTime"] < "2026-03"}

    assert {row["id"] for row in output.records["messages"]} == changed
    assert 0 < len(changed) < len(whole)


def test_what_comes_after_an_end_date_comes_with_the_next_run_without_one(open_sandbox):
    sandbox = open_sandbox()
    first = run_tap(sandbox.unpaced(end_date="2026-03-01"), streams=["messages"])
    second = run_tap(sandbox.unpaced(), streams=["messages"], state=first.state)
    keys = {*first.rows("messages"), *second.rows("messages")}

    assert len(keys) == len(list(sandbox.tenant.expected("messages")))


def test_a_pattern_that_matches_nothing_is_said(open_sandbox, caplog):
    sandbox = open_sandbox()
    run_tap(sandbox.unpaced(teams=["Nobody's team", "*"]), streams=["teams"])

    assert "'teams' (env TAP_MSTEAMS_TEAMS): nothing is called 'Nobody's team'" in caplog.text


@pytest.mark.parametrize(
    ("setting", "activated"),
    [
        ({"teams": ["Firmware"]}, {"users"}),
        ({"channels": ["General"]}, {"users", "teams", "members"}),
        ({"archived_teams": False}, {"users"}),
        ({"guests": "drop"}, set()),
        ({}, {"users", "teams", "channels", "members"}),
    ],
)
def test_what_was_not_chosen_is_not_taken_for_gone(open_sandbox, setting, activated):
    sandbox = open_sandbox()
    changes = {"emit_activate_version_messages": True, **setting}
    streams = ["users", "teams", "channels", "members", "messages"]
    output = run_tap(sandbox.unpaced(**changes), streams=streams)

    assert output.activated == activated


# Teams that are deleted


def emptied(open_sandbox, entries, **more):
    """What a run reads of a tenant whose first team has been deleted."""
    sandbox = open_sandbox()
    gone, kept, *_ = teams_of(sandbox)
    sandbox.tenant.remove_team(gone.id)
    chosen = [it.format(gone=gone.id, kept=kept.id, name=gone.name) for it in entries]
    streams = ["deleted_teams", "deleted_team_messages", "teams", "sync_issues"]
    return gone.id, run_tap(sandbox.unpaced(teams=chosen or None, **more), streams=streams)


@pytest.mark.parametrize(
    ("entries", "is_read"),
    [
        ([], True),
        (["{gone}"], True),
        (["{kept}"], False),
        (["!{kept}"], True),
        (["!{gone}"], False),
        (["!{name}"], False),
        (["{name}"], False),
        (["!Nobody*"], False),
        (["{gone}", "!{kept}"], True),
    ],
)
def test_what_is_left_out_stays_out_once_it_is_deleted(open_sandbox, entries, is_read):
    gone, output = emptied(open_sandbox, entries)

    assert (gone in {row["id"] for row in output.records["deleted_teams"]}) == is_read
    assert (gone in {row["teamId"] for row in output.records["deleted_team_messages"]}) == is_read
    told = [it for it in output.records["sync_issues"] if it["stream"] == "deleted_teams"]
    assert [it["severity"] for it in told] == ["notice"] * (entries in (["!{name}"], ["!Nobody*"]))
    assert output.code == 0


@pytest.mark.parametrize("more", [{"channels": ["!x"]}, {"membership_types": ["standard"]}])
def test_channels_of_deleted_teams_that_cannot_be_told_apart_stay_out(open_sandbox, more):
    _, output = emptied(open_sandbox, [], **more)
    told = [it["stream"] for it in output.records["sync_issues"] if it["severity"] == "notice"]

    assert not output.records["deleted_team_messages"]
    assert told == ["deleted_team_messages"]
