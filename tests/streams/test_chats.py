"""Laws of the streams of chats, and of the groups behind the teams."""

from __future__ import annotations

import base64

import pytest

from tap_msteams.streams.directory import Groups
from tap_msteams_sandbox.areas.chats import Chats
from tap_msteams_sandbox.areas.chats.messages import picture
from tests.conftest import run_tap, selection
from tests.streams.tables import Table, swift
from tests.target import DECLARED, KEYS, TalkativeTap, Target, key_of

BELOW = (
    "chat_members",
    "pinned_messages",
    "chat_tabs",
    "chat_installed_apps",
    "chat_permission_grants",
)
FULL = ("groups", "chats", *BELOW)
ALL = (*FULL, "chat_messages", "chat_hosted_contents")
ON_REQUEST = {"lastMessagePreview", "contentBytes", "contentType", *Groups.on_request}
EXPORT = "GET /users/{id}/chats/getAllMessages"
LISTS = "GET /chats/{id}/messages"


def shown(tenant, stream, *, reader=None, unasked=ON_REQUEST):
    """The rows that the tap has to give, by key: all, or those of the chats of one `reader`."""
    found = {}
    for row in tenant.expected(stream):
        if reader and not tenant.part(Chats).all[row.get("chatId", row["id"])].has(reader):
            continue
        if stream == "chat_members":
            row["memberType"] = row["@odata.type"].rpartition(".")[2]
        names = DECLARED[stream] - unasked
        found[key_of(stream, row)] = {k: v for k, v in row.items() if k in names}
    return found


def asking_for(catalog, *names):
    """A catalog that selects properties which are off by default."""
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"][-1:] and item["breadcrumb"][-1] in names:
                item["metadata"]["selected"] = True
    return catalog


@pytest.fixture
def licensed(shared_sandbox):
    return [person for person in shared_sandbox.tenant.people if person.licensed]


@pytest.fixture(scope="module")
def whole(shared_sandbox):
    """A run over everything."""
    return run_tap(swift(shared_sandbox), streams=[*ALL, "sync_issues"])


@pytest.mark.parametrize("stream", ALL)
def test_a_full_read_gives_every_row_once_as_graph_shows_it(shared_sandbox, whole, stream):
    assert whole.code == 0
    assert whole.rows(stream) == shown(shared_sandbox.tenant, stream)
    assert len(whole.records[stream]) == len(whole.rows(stream))
    assert whole.schemas[stream]["key_properties"] == [*KEYS[stream]]


@pytest.mark.parametrize("stream", FULL)
def test_a_full_read_activates_its_version_though_some_have_no_license(whole, stream):
    active = [it["stream"] for it in whole.messages if it["type"] == "ACTIVATE_VERSION"]

    assert active.count(stream) == 1


@pytest.mark.parametrize("stream", [it for it in ALL if it != "groups"])
def test_a_user_reads_the_chats_of_that_user(open_sandbox, stream):
    sandbox = open_sandbox(auth="refresh_token")
    tenant = sandbox.tenant
    output = run_tap(swift(sandbox), streams=[stream])
    expected = shown(tenant, stream, reader=tenant.me.id, unasked=ON_REQUEST | {"viewpoint"})
    foreign = {chat.id for chat in tenant.part(Chats).all.values() if chat.foreign}

    rows = {key: {**row} for key, row in output.rows(stream).items()}
    for row in rows.values():
        if stream == "chats":
            assert row.pop("viewpoint")
    # Who takes part in a chat of another tenant reads it there as here.
    assert {k: row for k, row in rows.items() if row.get("chatId") not in foreign} == {
        k: row for k, row in expected.items() if row.get("chatId") not in foreign
    }
    assert output.code == 0
    assert len(output.records[stream]) == len(rows)


# Who is asked for what


def test_a_message_that_several_people_see_is_one_record(open_sandbox, licensed):
    sandbox = open_sandbox()
    output = run_tap(swift(sandbox), streams=["chat_messages"])
    chats = sandbox.tenant.part(Chats)
    exported = [row for it in licensed for row in chats.export(it.id, float("-inf"), float("inf"))]

    assert len(exported) > len(output.records["chat_messages"])
    assert len(output.records["chat_messages"]) == len(shown(sandbox.tenant, "chat_messages"))


def test_an_application_exports_by_user_and_asks_no_chat(open_sandbox):
    sandbox = open_sandbox()
    run_tap(swift(sandbox), streams=["chat_messages", "chat_hosted_contents"])
    people = len(sandbox.tenant.people)

    assert set(sandbox.count()) == {"GET /users", EXPORT}
    assert sandbox.count()[EXPORT] >= people


def test_a_user_filters_by_what_is_ordered_by(open_sandbox, clock):
    sandbox = open_sandbox(auth="refresh_token", clock=clock)
    chats = sandbox.tenant.part(Chats)
    first = run_tap(swift(sandbox), streams=["chat_messages"])
    chat = next(it for it in chats.of(sandbox.tenant.me.id) if len(it.messages) > 9)
    clock.forward(900)
    written = chats.post(chat.id, "News")
    clock.forward(900)
    second = run_tap(swift(sandbox), streams=["chat_messages"], state=first.state)

    assert [row["id"] for row in second.records["chat_messages"]] == [written]
    asked = [it.path for it in sandbox.requests if it.pattern == LISTS]
    assert asked
    assert all("$orderby=lastModifiedDateTime" in path for path in asked)
    assert {it.status for it in sandbox.requests} == {200}


def test_people_without_a_license_are_one_notice(shared_sandbox, whole):
    issues = [row for row in whole.records["sync_issues"] if row["status"] == 403]
    unlicensed = [it for it in shared_sandbox.tenant.people if not it.licensed]

    assert unlicensed
    assert {row["severity"] for row in issues} == {"notice"}
    assert [row["stream"] for row in issues].count("chats") == 1
    assert [row["stream"] for row in issues].count("chat_messages") == 1


def test_a_group_of_another_tenant_is_a_notice_and_its_messages_come_all_the_same(
    shared_sandbox, whole
):
    chats = shared_sandbox.tenant.part(Chats)
    [away] = [it.id for it in chats.all.values() if it.foreign and it.kind == "group"]
    told = [row for row in whole.records["sync_issues"] if "tenant" in row["message"]]

    assert {row["stream"] for row in told} == {*BELOW}
    assert {row["severity"] for row in told} == {"notice"}
    assert away not in {row["chatId"] for row in whole.records["chat_members"]}
    assert away in {row["chatId"] for row in whole.records["chat_messages"]}
    assert not any(it.status == 403 and away in it.path for it in shared_sandbox.requests)


def test_members_of_a_chat_of_two_tenants_are_read(shared_sandbox, whole):
    chats = shared_sandbox.tenant.part(Chats)
    mixed = [it for it in chats.all.values() if "@fed." in it.id]
    members = [row["chatId"] for row in whole.records["chat_members"]]

    assert {chat.foreign for chat in mixed} == {True, False}
    assert {members.count(chat.id) for chat in mixed} == {2}


def test_no_member_of_a_crowd_is_missing_and_every_kind_is_told(shared_sandbox, whole):
    crowd = next(iter(shared_sandbox.tenant.part(Chats).all.values()))
    rows = whole.records["chat_members"]

    assert len([row for row in rows if row["chatId"] == crowd.id]) == len(crowd.people) > 25
    assert len({row["memberType"] for row in rows}) == 7
    assert all(row["phoneNumber"] for row in rows if row["memberType"].startswith("phone"))


def test_a_preview_comes_when_it_is_selected(open_sandbox):
    sandbox = open_sandbox()
    catalog = asking_for(selection(["chats"]), "lastMessagePreview")
    output = run_tap(swift(sandbox), catalog=catalog)
    tenant = sandbox.tenant
    previews = {it.id: tenant.served(it.preview()) for it in tenant.part(Chats).all.values()}

    assert {row["id"]: row["lastMessagePreview"] for row in output.records["chats"]} == previews
    assert (
        "lastMessagePreview" not in run_tap(swift(sandbox), streams=["chats"]).records["chats"][0]
    )


def test_pictures_come_as_bytes_only_when_they_are_selected(open_sandbox, whole):
    sandbox = open_sandbox()
    catalog = asking_for(selection(["chat_hosted_contents"]), "contentBytes", "contentType")
    output = run_tap(swift(sandbox), catalog=catalog)
    chats = sandbox.tenant.part(Chats).all
    away = [row for row in output.records["chat_hosted_contents"] if chats[row["chatId"]].foreign]

    assert output.code == 0
    assert output.rows("chat_hosted_contents").keys() == whole.rows("chat_hosted_contents").keys()
    for row in output.records["chat_hosted_contents"]:
        if row not in away:
            assert base64.b64decode(row["contentBytes"]) == picture(row["id"])
            assert row["contentType"] == "image/png"
    # What is shown in a chat of another tenant is known by its id alone.
    assert away
    assert not any("contentBytes" in row for row in away)


# One run after the other


@pytest.mark.parametrize("auth", ["service_principal", "refresh_token"])
def test_what_changed_comes_with_the_next_run_and_nothing_else(open_sandbox, clock, auth):
    sandbox = open_sandbox(auth=auth, clock=clock)
    tenant, target = sandbox.tenant, Target(sandbox, "chat_messages")
    reader = tenant.me.id if auth == "refresh_token" else None
    target.run()
    for _ in range(3):
        before = shown(tenant, "chat_messages", reader=reader)
        tenant.change()
        clock.forward(3_600)
        output = target.run()
        now = shown(tenant, "chat_messages", reader=reader)

        assert target.rows("chat_messages").items() >= now.items()
        assert output.rows("chat_messages").keys() >= {k for k in now if now[k] != before.get(k)}
        assert len(output.records["chat_messages"]) < len(now) / 2


def test_people_leave_chats_are_closed_and_apps_removed(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock)
    tenant = sandbox.tenant
    chats = tenant.part(Chats)
    tables = [Table(stream) for stream in FULL]
    first = run_tap(swift(sandbox), streams=FULL)
    before = {stream: shown(tenant, stream) for stream in FULL}
    crowd, *others = [chat for chat in chats.all.values() if not chat.foreign]
    chats.remove_member(crowd.id, crowd.people[3].id)
    chats.uninstall(crowd.id, crowd.apps[2].app.id)
    chats.pin(crowd.id, str(crowd.pinned[0]), pinned=False)
    chats.rename(others[0].id, "Umbenannt")
    chats.close(others[-1].id)
    chats.open([tenant.me.id, crowd.people[1].id], "Fresh")
    tenant.remove_team(next(iter(tenant.teams)))
    clock.forward(60)
    second = run_tap(swift(sandbox), streams=FULL, state=first.state)

    for table in tables:
        table.take(first)
        assert table.shown() == before[table.stream]
        table.take(second)
        assert table.shown() == shown(tenant, table.stream) != before[table.stream]


@pytest.mark.parametrize("auth", ["service_principal", "refresh_token"])
def test_after_a_kill_the_next_run_goes_on_without_gaps(open_sandbox, clock, auth):
    sandbox = open_sandbox(auth=auth, clock=clock, page_size=7)
    tenant, target = sandbox.tenant, Target(sandbox, "chat_messages", tap=TalkativeTap)
    reader = tenant.me.id if auth == "refresh_token" else None
    for last in (20, 60, 100):
        target.run(last)
        clock.forward(600)
        tenant.change()
        clock.forward(600)
    target.run()

    found = target.rows("chat_messages")
    assert found.items() >= shown(tenant, "chat_messages", reader=reader).items()


def test_what_one_person_could_not_show_comes_with_the_next_run(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock)
    tenant, target = sandbox.tenant, Target(sandbox, "chat_messages", "sync_issues")
    lonely = max(tenant.part(Chats).all.values(), key=lambda chat: chat.kind == "oneOnOne")
    for person in lonely.audience:
        sandbox.faults.add(f"403:where={person.id}/chats/getAllMessages")
    first = target.run()
    clock.forward(600)
    second = target.run()

    assert (first.code, second.code) == (3, 0)
    assert lonely.id not in {row["chatId"] for row in first.records["chat_messages"]}
    assert target.rows("chat_messages") == shown(tenant, "chat_messages")


def test_a_message_that_is_deleted_says_so(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock)
    tenant, target = sandbox.tenant, Target(sandbox, "chat_messages")
    chats = tenant.part(Chats)
    target.run()
    chat = next(iter(chats.all.values()))
    which = next(str(it.id) for it in chat.visible() if not it.deleted)
    clock.forward(600)
    chats.delete(chat.id, which)
    clock.forward(600)
    target.run()

    row = target.rows("chat_messages")[chat.id, which]
    assert row["deletedDateTime"]
    assert row["body"]["content"] == ""


# Groups


def test_groups_are_filtered_by_graph_and_a_stale_mark_is_kept(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(swift(sandbox), streams=["groups"])
    ids = {row["id"] for row in output.records["groups"]}

    assert sandbox.count() == {"GET /groups": 1}
    assert ids > set(sandbox.tenant.teams)
