"""Laws of messages that a retention policy keeps."""

from __future__ import annotations

import pytest

from tap_msteams_sandbox.areas.chats import Chats
from tap_msteams_sandbox.areas.workspace.exports import Exports
from tests.conftest import run_tap
from tests.target import Target, known


@pytest.fixture
def sandbox(sandbox):
    """A tenant with a policy that keeps what people delete."""
    sandbox.tenant.part(Exports).retention = True
    return sandbox


def delete_one(sandbox, clock):
    team = next(iter(sandbox.tenant.teams.values()))
    channel = next(it for it in team.channels.values() if it.kind == "standard")
    post = sandbox.tenant.post(team.id, channel.id, "Gone tomorrow")
    sandbox.tenant.delete(team.id, channel.id, post)
    clock.forward(600)
    return team.id, channel.id, post


def test_what_a_deleted_message_said_is_read_where_it_is_wanted(sandbox, clock):
    key = delete_one(sandbox, clock)
    kept = run_tap(sandbox.unpaced(retained_messages=True), streams=["messages"]).rows("messages")
    usual = run_tap(sandbox.unpaced(), streams=["messages"]).rows("messages")

    assert "Gone tomorrow" in kept[key]["body"]["content"]
    assert kept[key]["deletedDateTime"]
    assert "Gone tomorrow" not in (usual[key]["body"]["content"] or "")
    assert kept.keys() >= usual.keys()


def test_what_a_deleted_message_of_a_chat_said_is_read_once_for_all_its_members(sandbox, clock):
    chats = sandbox.tenant.part(Chats)
    chats.retention = True
    chat = next(it for it in chats.all.values() if len(it.people) > 1 and not it.foreign)
    post = chats.post(chat.id, "Gone tomorrow")
    chats.delete(chat.id, post)
    clock.forward(600)

    kept = run_tap(sandbox.unpaced(retained_messages=True), streams=["chat_messages"])
    usual = run_tap(sandbox.unpaced(), streams=["chat_messages"])

    key = (chat.id, post)
    assert "Gone tomorrow" in kept.rows("chat_messages")[key]["body"]["content"]
    assert "Gone tomorrow" not in usual.rows("chat_messages")[key]["body"]["content"]
    assert kept.rows("chat_messages").keys() >= usual.rows("chat_messages").keys()
    written = [(row["chatId"], row["id"]) for row in kept.records["chat_messages"]]
    assert written.count(key) == 2, "once by the export, and once with its text"


def test_what_was_not_deleted_is_as_the_export_tells_it(sandbox, clock):
    delete_one(sandbox, clock)
    kept = run_tap(sandbox.unpaced(retained_messages=True), streams=["messages"]).rows("messages")
    usual = run_tap(sandbox.unpaced(), streams=["messages"]).rows("messages")

    assert {k: row for k, row in kept.items() if not row["deletedDateTime"]} == {
        k: row for k, row in usual.items() if not row["deletedDateTime"]
    }


def test_a_later_run_reads_what_was_deleted_since(sandbox, clock):
    first = run_tap(sandbox.unpaced(retained_messages=True), streams=["messages"])
    clock.forward(600)
    key = delete_one(sandbox, clock)
    second = run_tap(
        sandbox.unpaced(retained_messages=True), streams=["messages"], state=first.state
    )

    assert "Gone tomorrow" in second.rows("messages")[key]["body"]["content"]
    assert len(second.records["messages"]) < len(first.records["messages"])


def test_a_tenant_that_refuses_it_is_read_without(open_sandbox):
    sandbox = open_sandbox(faults=["501:where=getAllRetainedMessages,times=0"])
    output = run_tap(sandbox.unpaced(retained_messages=True), streams=["messages", "sync_issues"])

    assert output.code == 0
    assert len(output.rows("messages")) == len(list(sandbox.tenant.expected("messages")))
    assert [row["severity"] for row in output.records["sync_issues"]] == ["notice"]


@pytest.mark.parametrize("fault", ["404", "html:status=400", "403"])
def test_what_refuses_the_retained_texts_of_a_team_holds_up_nothing_else(sandbox, clock, fault):
    team, *_ = key = delete_one(sandbox, clock)
    separator = "," if ":" in fault else ":"
    sandbox.faults.add(f"{fault}{separator}where={team}/.*getAllRetainedMessages,times=0")
    settings = sandbox.unpaced(retained_messages=True)
    first = run_tap(settings, streams=["messages", "sync_issues"])

    (issue,) = first.records["sync_issues"]
    assert (first.code, issue["severity"], issue["subject"]) == (3, "gap", {"teamId": team})
    assert len(first.rows("messages")) == len(list(sandbox.tenant.expected("messages")))
    assert {*sandbox.tenant.teams} <= known(first.state).keys()
    assert "GET /teams/{id}/channels" not in sandbox.count()

    sandbox.faults.clear()
    clock.forward(600)
    second = run_tap(settings, streams=["messages", "sync_issues"], state=first.state)
    assert "Gone tomorrow" in second.rows("messages")[key]["body"]["content"]
    assert second.code == 0


def test_retained_texts_that_are_wanted_later_come_whole(sandbox, clock):
    key = delete_one(sandbox, clock)
    first = run_tap(sandbox.unpaced(), streams=["messages"])
    clock.forward(600)
    settings = sandbox.unpaced(retained_messages=True)
    second = run_tap(settings, streams=["messages"], state=first.state)

    assert "Gone tomorrow" in second.rows("messages")[key]["body"]["content"]


def test_the_export_never_comes_after_the_retained_texts_that_it_has_not(sandbox, clock):
    key = delete_one(sandbox, clock)
    target = Target(sandbox, "messages", retained_messages=True)
    target.run()
    # A team whose bookmark is held is exported anew.
    for entry in target.state["bookmarks"]["messages"]["teams"].values():
        if key[0] in entry:
            entry.remove(key[0])
    clock.forward(600)
    target.run()

    assert "Gone tomorrow" in target.rows()[key]["body"]["content"]
