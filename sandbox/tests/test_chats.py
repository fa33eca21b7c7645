"""Laws of the chats that the sandbox serves."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import pytest

from sandbox.tests.answers import TYPES, chat_export, declared, error, in_chat
from tap_msteams_sandbox.areas.chats import Chats


def test_the_chats_of_all_users_are_as_expected(quiet, hosts):
    seen = {}
    for person in hosts:
        for row in quiet.rows(f"/users/{person.id}/chats?$top=50"):
            assert seen.setdefault(row["id"], row) == row

    assert seen == {row["id"]: row for row in quiet.sandbox.tenant.expected("chats")}


def test_every_declared_property_of_a_chat_has_a_value_somewhere(open_client):
    client = open_client(auth="refresh_token")
    rows = client.rows("/me/chats") + list(client.sandbox.tenant.expected("chats"))

    assert all(set(row) == set(declared("chat")) for row in rows)
    assert {k for row in rows for k, v in row.items() if v is not None} == set(declared("chat"))


def test_every_property_of_a_member_of_any_kind_has_a_value_somewhere(quiet):
    rows = list(quiet.sandbox.tenant.expected("chat_members"))
    kinds = {row["@odata.type"].removeprefix("#microsoft.graph.") for row in rows}

    assert kinds == {kind for kind in TYPES if kind.endswith("UserConversationMember")} | {
        "anonymousGuestConversationMember"
    }
    for kind in kinds:
        own = {k for row in rows if row["@odata.type"].endswith(f".{kind}") for k in row}
        assert own - {"chatId", "@odata.type"} == set(declared(kind))


@pytest.mark.parametrize("route", ["/chats", "/me/chats"])
def test_an_application_has_no_chats_of_its_own(quiet, route):
    response = quiet.get(route)

    assert error(response) == (412, "PreconditionFailed")
    text = response.json()["error"]["message"]
    assert text == "Requested API is not supported in application-only context"


def test_only_the_signed_in_user_has_a_viewpoint(open_client):
    client = open_client(auth="refresh_token")
    tenant = client.sandbox.tenant
    mine = client.rows("/me/chats")

    assert mine == client.rows("/chats") == client.rows(f"/users/{tenant.me.id}/chats")
    assert all(row["viewpoint"] for row in mine)
    assert not any(row["viewpoint"] for row in tenant.expected("chats"))
    other = next(person for person in tenant.people[1:] if person.licensed)
    assert client.get(f"/users/{other.id}/chats").status_code == 403


@pytest.mark.parametrize("below", ["/chats", "/chats/getAllMessages"])
def test_users_without_a_license_are_refused(quiet, below):
    for person in quiet.sandbox.tenant.people:
        response = quiet.get(f"/users/{person.id}{below}")
        if person.licensed:
            assert response.status_code == 200
        else:
            assert error(response) == (403, "Forbidden")
            assert "license" in response.json()["error"]["message"]


def test_a_user_can_be_named_by_principal_name_and_strangers_are_not_found(quiet, hosts):
    by_id = quiet.rows(f"/users/{hosts[3].id}/chats")

    assert by_id == quiet.rows(f"/users/{quote(hosts[3].principal_name)}/chats")
    assert quiet.get("/users/00000000-0000-0000-0000-000000000000/chats").status_code == 404


def test_no_more_than_25_members_come_with_a_chat(quiet, hosts, crowd):
    rows = quiet.rows(f"/users/{hosts[0].id}/chats?$expand=members&$top=50")
    inline = next(row for row in rows if row["id"] == crowd.id)["members"]
    all_of_them = quiet.rows(in_chat(crowd, "/members"))

    assert len(inline) == 25 < len(all_of_them)
    assert inline == all_of_them[:25]


def test_members_come_at_once_and_know_no_options(quiet, crowd):
    expected = list(quiet.sandbox.tenant.expected("chat_members"))
    listed = quiet.rows(in_chat(crowd, "/members"))

    assert [{**row, "chatId": crowd.id} for row in listed] == [
        row for row in expected if row["chatId"] == crowd.id
    ]
    assert quiet.get(in_chat(crowd, "/members?$top=5")).status_code == 400


def test_chats_are_ordered_by_their_last_message_only_when_asked(quiet, hosts):
    base = f"/users/{hosts[0].id}/chats?$expand=lastMessagePreview&$top=2"
    order = "&$orderby=lastMessagePreview/createdDateTime%20desc"
    rows = quiet.rows(base + order)
    times = [row["lastMessagePreview"]["createdDateTime"] for row in rows]

    assert times == sorted(times, reverse=True)
    assert {row["id"] for row in rows} == {row["id"] for row in quiet.rows(base)}
    assert [row["id"] for row in rows] != [row["id"] for row in quiet.rows(base)]
    assert set(rows[0]["lastMessagePreview"]) == set(declared("chatMessageInfo"))


@pytest.mark.parametrize(
    "query",
    ["$orderby=topic", "$expand=messages", "$top=51", "$select=id", "$skip=1", "$filter=id gt 1"],
)
def test_what_is_not_documented_for_the_list_is_refused(quiet, hosts, query):
    assert quiet.get(f"/users/{hosts[0].id}/chats?{quote(query, '$=')}").status_code == 400


def test_a_filter_on_the_kind_of_chat(quiet, hosts):
    rows = quiet.rows(f"/users/{hosts[0].id}/chats?$filter=chatType%20eq%20'group'")

    assert {row["chatType"] for row in rows} == {"group"}


def test_a_group_of_another_tenant_keeps_its_members_and_messages_there(quiet, chats):
    away = next(chat for chat in chats.all.values() if chat.foreign)
    pair = next(chat for chat in chats.all.values() if chat.kind == "oneOnOne" and chat.foreign)

    for below in ("/members", "/messages", "/pinnedMessages"):
        assert error(quiet.get(in_chat(away, below))) == (403, "Forbidden")
    assert quiet.get(in_chat(away)).json()["tenantId"] != quiet.sandbox.tenant.id
    assert len(quiet.rows(in_chat(pair, "/members"))) == 2
    assert "@fed.unq.gbl.spaces" in pair.id
    assert error(quiet.get(in_chat(pair, "/messages"))) == (403, "Forbidden")
    exported = chat_export(quiet, away.audience[0].id)
    assert away.id in {row["chatId"] for row in exported}


def test_a_user_is_kept_out_of_other_chats(open_client):
    client = open_client(auth="refresh_token")
    tenant = client.sandbox.tenant
    for chat in tenant.part(Chats).all.values():
        expected = 200 if chat.has(tenant.me.id) else 403
        assert client.get(in_chat(chat)).status_code == expected
        assert client.get(in_chat(chat, "/messages?$top=1")).status_code == expected


@pytest.mark.parametrize(
    ("stream", "below", "expanded"),
    [
        ("pinned_messages", "/pinnedMessages", {"message"}),
        ("chat_tabs", "/tabs", {"teamsApp"}),
        ("chat_installed_apps", "/installedApps", {"teamsApp", "teamsAppDefinition"}),
        ("chat_permission_grants", "/permissionGrants", set()),
    ],
)
def test_what_hangs_on_a_chat_is_as_expected(quiet, chats, stream, below, expanded):
    expected = list(quiet.sandbox.tenant.expected(stream))
    query = f"?$expand={','.join(sorted(expanded))}" if expanded else ""
    rows = [
        {**row, "chatId": chat.id}
        for chat in chats.all.values()
        if not chat.foreign
        for row in quiet.rows(in_chat(chat, below + query))
    ]

    assert expected
    assert rows == expected
    plain = quiet.rows(in_chat(next(iter(chats.all.values())), below))
    assert expanded.isdisjoint(plain[0])


def test_tabs_keep_what_their_apps_like(quiet):
    tab = next(iter(quiet.sandbox.tenant.expected("chat_tabs")))

    assert set(tab["configuration"]) > set(declared("teamsTabConfiguration"))


def test_meetings_have_addresses_at_which_they_are_joined(quiet, chats):
    meetings = list(chats.meetings())

    assert meetings
    for url, organizer, chat in meetings:
        info = quiet.get(in_chat(chat)).json()["onlineMeetingInfo"]
        assert info["joinWebUrl"] == url
        assert info["organizer"]["id"] == organizer.id
    assert len({url for url, *_ in meetings}) == len(meetings)


def test_people_come_and_go_and_topics_change(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    chats = tenant.part(Chats)
    one, two, three = [person.id for person in tenant.people if person.licensed][:3]
    chat = chats.all[chats.open([one, two], "Lunch")]
    first = client.get(in_chat(chat)).json()

    chats.add_member(chat.id, three)
    chats.rename(chat.id, "Dinner 🍲")
    chats.remove_member(chat.id, two)

    row = client.get(in_chat(chat)).json()
    assert row["topic"] == "Dinner 🍲"
    assert datetime.fromisoformat(row["lastUpdatedDateTime"]) > datetime.fromisoformat(
        first["lastUpdatedDateTime"]
    )
    members = client.rows(in_chat(chat, "/members"))
    assert [member["userId"] for member in members] == [one, three]
    assert datetime.fromisoformat(
        members[1]["visibleHistoryStartDateTime"]
    ) > datetime.fromisoformat(first["createdDateTime"])
    assert chat.id not in {row["id"] for row in client.rows(f"/users/{two}/chats?$top=50")}
    chats.close(chat.id)
    assert error(client.get(in_chat(chat))) == (404, "NotFound")


def test_one_chat_is_asked_once_a_second(open_client):
    client = open_client(limits=True, clock=lambda: 1_800_000_000.0)
    chat = next(iter(client.sandbox.tenant.part(Chats).all.values()))

    assert client.get(in_chat(chat)).status_code == 200
    assert client.get(in_chat(chat, "/members")).status_code == 429
