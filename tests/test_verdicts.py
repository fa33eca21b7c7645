"""Laws of refusals: what each proves, and what it costs."""

from __future__ import annotations

import logging

import pytest

from tests.target import EXPORT, LIST, every_list, expected_rows, first_place, first_team, opener

TENANT = {"seed": 7, "teams": 3, "channels": 2, "messages": 15, "users": 20}
ACTIVATES = {"emit_activate_version_messages": True}

LICENCE = "message=The user does not have a valid license."
PREMIUM = "code=Authentication_RequestFromNonPremiumTenantOrB2CTenant"
NAMED = "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All"


@pytest.fixture
def target(open_sandbox):
    return opener(open_sandbox, "teams", "members", "sync_issues", "sync_runs", tenant=TENANT)


def told(output):
    """The severity and the verdict on each stream."""
    issues = output.records["sync_issues"]
    return {it["stream"]: (it["severity"], it["verdict"]) for it in issues}


# A 404 proves that something is gone only at its own address


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("where", ["/members", "/allChannels", "/teams/[^/]+[?]", "/tags"])
def test_what_is_there_though_its_list_was_not_found_once_is_read(target, where, times):
    reader = target(EXPORT, "teams", "members", "channels", "tags", "sync_issues")
    reader.sandbox.faults.add(f"404:where={where},times={times if '[' not in where else 1}")
    output = reader.run()

    assert (output.code, output.records["sync_issues"]) == (0, [])
    for stream in ("teams", "members", "channels", "tags"):
        assert reader.rows(stream).keys() == expected_rows(reader.sandbox.tenant, stream).keys()


@pytest.mark.parametrize(
    ("where", "streams"),
    [("/schedule$", ("schedules", "shifts")), ("/filesFolder", ("channel_folders",))],
)
def test_what_a_parent_may_lack_is_asked_for_twice(target, where, streams):
    reader = target(EXPORT, *streams, "sync_issues", settings=ACTIVATES)
    reader.sandbox.faults.add(f"404:where={where}")
    output = reader.run()

    assert (output.code, output.records["sync_issues"]) == (0, [])
    for stream in streams:
        assert (
            reader.rows(stream).keys()
            == expected_rows(reader.sandbox.tenant, stream).keys()
            != set()
        )


def test_a_list_that_is_never_found_below_what_is_there_is_a_gap(target):
    reader = target(settings=ACTIVATES)
    bad = first_team(reader)
    reader.sandbox.faults.add(f"404:where={bad}/members,times=0")
    output = reader.run()

    [issue] = output.records["sync_issues"]
    assert output.code == 3
    assert (issue["subject"], issue["verdict"]) == ({"teamId": bad}, "notFound")
    assert output.activated == {"teams"}


def test_what_is_gone_is_a_notice_with_words_of_its_own(target, caplog):
    reader = target()
    gone = first_team(reader)
    reader.sandbox.faults.add(f"delete-team:where={gone}/members")
    caplog.set_level("INFO")
    output = reader.run()

    [issue] = [it for it in output.records["sync_issues"] if it["stream"] == "members"]
    assert output.code == 0
    assert (issue["severity"], issue["verdict"], issue["status"]) == ("notice", "gone", 404)
    [line] = {it for it in caplog.messages if it.startswith("notice: members")}
    assert f"teamId={gone} is gone" in line
    assert "was not read" not in line


def test_a_later_page_that_is_not_found_is_a_gap(target):
    reader = target(page_size=2)
    bad = first_team(reader)
    reader.sandbox.faults.add(f"404:where={bad}/members[?].*skiptoken,times=0")
    output = reader.run()

    [issue] = output.records["sync_issues"]
    assert output.code == 3
    assert (issue["severity"], issue["verdict"]) == ("gap", "notFound")


@every_list
def test_a_channel_whose_list_was_not_found_once_is_read(target, route):
    reader = target(route, "messages", "sync_issues")
    team, channel = first_place(reader.sandbox.tenant)
    reader.sandbox.faults.add(f"404:where={team}/channels/{channel}/messages")
    output = reader.run()

    assert (output.code, output.records["sync_issues"]) == (0, [])
    assert reader.rows() == reader.shown()


# A licence excuses a person, and no tenant


@pytest.mark.parametrize("refusal", [LICENCE, PREMIUM])
@pytest.mark.parametrize(
    ("list_", "below"), [("/users[?]", {"presence"}), ("/teams[?]", {"members"})]
)
def test_a_tenant_without_a_licence_keeps_its_tables(target, caplog, list_, below, refusal):
    streams = ["teams", "members", "users", "presence", "sync_issues", "sync_runs"]
    reader = target(EXPORT, *streams, settings=ACTIVATES)
    reader.sandbox.faults.add(f"error:where={list_},times=0,{refusal}")
    output = reader.run()

    refused = list_[1:-3]
    assert output.code == 3
    assert told(output) == {refused: ("gap", "notLicensed")} | dict.fromkeys(
        below, ("gap", "notListed")
    )
    assert not output.activated & {refused, *below}
    gaps = {it["stream"] for it in output.records["sync_runs"] if it["gaps"]}
    assert gaps == {refused, *below}
    for stream in below:
        assert any(f"gap: {stream}" in it and f"`{refused}`" in it for it in caplog.messages)


@pytest.mark.parametrize("status", [402, 405, 412, 501])
def test_a_list_of_the_whole_tenant_that_is_not_offered_is_a_gap_for_all_below(target, status):
    reader = target(settings=ACTIVATES)
    reader.sandbox.faults.add(f"{status}:where=/teams[?],times=0")
    output = reader.run()

    assert output.code == 3
    assert told(output) == {"teams": ("gap", "listNotOffered"), "members": ("gap", "notListed")}
    assert output.activated == set()


def test_what_is_read_below_two_streams_names_the_one_that_was_not_read(target):
    reader = target(EXPORT, "users", "chats", "chat_members", "sync_issues")
    reader.sandbox.faults.add("403:where=/users[?],times=0")
    output = reader.run()

    assert set(told(output)) == {"users", "chats", "chat_members"}
    messages = {it["stream"]: it["message"] for it in output.records["sync_issues"]}
    assert "`users`" in messages["chats"]
    assert "`users`" in messages["chat_members"]


# One property costs no row


def test_a_property_that_needs_a_permission_of_its_own_is_left_out_and_named_once(target):
    reader = target(EXPORT, "users", "sync_issues", page_size=5, settings=ACTIVATES)
    [entry] = [it for it in reader.catalog["streams"] if it["stream"] == "users"]
    [item] = [it for it in entry["metadata"] if it["breadcrumb"][-1:] == ["signInActivity"]]
    item["metadata"]["selected"] = True
    code = "code=Authentication_MSGraphPermissionMissing"
    reader.sandbox.faults.add(f"error:where=signInActivity,times=0,{code},message={NAMED}")
    output = reader.run()

    [issue] = output.records["sync_issues"]
    assert output.code == 0
    assert (issue["severity"], issue["permission"]) == ("notice", "AuditLog.Read.All")
    assert "signInActivity" in issue["message"]
    assert "AuditLog.Read.All" in issue["remedy"]
    assert reader.rows("users").keys() == expected_rows(reader.sandbox.tenant, "users").keys()
    assert output.activated == {"users"}


def test_the_permission_that_graph_names_is_the_one_to_grant(target):
    reader = target()
    code = "code=Authentication_MSGraphPermissionMissing"
    reader.sandbox.faults.add(f"error:where=/teams[?],times=0,{code},message={NAMED}")
    output = reader.run()

    [issue] = [it for it in output.records["sync_issues"] if it["stream"] == "teams"]
    assert issue["permission"] == "AuditLog.Read.All"
    assert "AuditLog.Read.All" in issue["remedy"]


# What says something else than its status


@pytest.mark.parametrize(
    "refusal",
    [
        "status=400,code=BadRequest,message=Failed to execute Skype backend request X.",
        "status=424,code=FailedDependency",
    ],
)
def test_a_failure_of_the_service_is_asked_for_again_whatever_its_status(target, refusal):
    reader = target()
    reader.sandbox.faults.add(f"error:where=/members,times=3,{refusal}")
    output = reader.run()

    assert (output.code, output.records["sync_issues"]) == (0, [])


def test_a_tenant_that_has_switched_teams_off_is_told_so(target):
    reader = target(LIST, "messages", "sync_issues")
    message = "Teams has been disabled on the tenant."
    reader.sandbox.faults.add(f"error:where=/messages,times=0,status=401,message={message}")
    output = reader.run()

    assert output.code == 3
    assert told(output) == {"messages": ("gap", "disabled")}
    assert {"switch Teams on" in it["remedy"] for it in output.records["sync_issues"]} == {True}


# Many refusals alike


def test_many_refusals_alike_are_counted_in_the_log_and_all_named_in_sync_issues(target, caplog):
    caplog.set_level(logging.INFO)
    reader = target(EXPORT, "members", "sync_issues", tenant={**TENANT, "teams": 60, "messages": 0})
    reader.sandbox.faults.add("403:where=/members,times=0")
    output = reader.run()

    lines = [it for it in caplog.messages if it.startswith("gap: members")]
    assert len(lines) <= 2 * 20
    assert sum("not logged one by one" in it for it in caplog.messages) == 1
    teams = {it["subject"]["teamId"] for it in output.records["sync_issues"]}
    assert teams == reader.sandbox.tenant.teams.keys()
