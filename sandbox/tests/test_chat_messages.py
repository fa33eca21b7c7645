"""Laws of the messages of chats that the sandbox serves."""

from __future__ import annotations

from collections import Counter
from urllib.parse import quote

import pytest

from sandbox.tests.answers import chat_export, declared, in_chat
from tap_msteams_sandbox.areas.chats import Chats


def key(row):
    return row["chatId"], row["id"]


def test_the_same_message_is_seen_by_everyone_in_its_chat(quiet, hosts):
    seen, rows = Counter(), {}
    for person in hosts:
        for row in chat_export(quiet, person.id):
            seen[key(row)] += 1
            assert rows.setdefault(key(row), row) == row

    assert max(seen.values()) > 1
    expected = list(quiet.sandbox.tenant.expected("chat_messages"))
    assert {key(row): row for row in expected} == rows
    assert len(expected) == len(rows)


def test_the_export_is_the_union_of_the_lists(quiet, chats):
    for chat in chats.all.values():
        if not chat.foreign:
            listed = quiet.rows(in_chat(chat, "/messages?$top=50"))
            assert {row["id"] for row in listed} == {str(it.id) for it in chat.visible()}
            assert not any("@odata.type" in row for row in listed)


def test_pages_of_the_export_are_the_same_as_one_large_one(quiet, hosts):
    small, large = (chat_export(quiet, hosts[0].id, f"?$top={top}") for top in (7, 999))

    assert small == large


def test_the_export_is_filtered_with_both_bounds_excluded(quiet, hosts):
    rows = chat_export(quiet, hosts[0].id)
    instants = sorted({row["lastModifiedDateTime"] for row in rows})
    low, high = instants[3], instants[12]
    text = f"lastModifiedDateTime gt {low} and lastModifiedDateTime lt {high}"

    found = chat_export(quiet, hosts[0].id, f"?$filter={quote(text)}&$top=4")

    assert sorted(row["lastModifiedDateTime"] for row in found) == instants[4:12]


def test_the_export_can_be_asked_for_one_author_or_without_events(quiet, hosts):
    me = hosts[0].id

    def asked(text):
        return chat_export(quiet, me, f"?$filter={quote(text)}")

    by_me = asked(f"from/user/id eq '{me}'")
    events = asked("messageType eq 'systemEventMessage'")
    others = asked("messageType ne 'systemEventMessage'")

    assert {row["from"]["user"]["id"] for row in by_me} == {me}
    assert all(row["eventDetail"] for row in events)
    assert len(events) + len(others) == len(chat_export(quiet, me))


def test_a_filter_without_the_matching_order_is_ignored(quiet, crowd):
    base = in_chat(crowd, "/messages?$top=50")
    everything = quiet.rows(base)
    middle = everything[len(everything) // 2]["lastModifiedDateTime"]
    test = f"&$filter=lastModifiedDateTime%20gt%20{middle}"

    assert quiet.rows(base + test) == everything
    by_creation = quiet.rows(base + test + "&$orderby=createdDateTime%20desc")
    assert len(by_creation) == len(everything)
    matching = quiet.rows(base + test + "&$orderby=lastModifiedDateTime%20desc")
    assert matching == [row for row in everything if row["lastModifiedDateTime"] > middle]
    assert 0 < len(matching) < len(everything)


def test_messages_of_a_chat_are_ordered_by_modification_or_creation(open_client):
    client = open_client()
    chats = client.sandbox.tenant.part(Chats)
    chat = next(iter(chats.all.values()))
    oldest = str(min(message.id for message in chat.visible()))
    chats.react(chat.id, oldest)

    def times(name, query=""):
        return [row[name] for row in client.rows(in_chat(chat, f"/messages?$top=6{query}"))]

    modified = times("lastModifiedDateTime")
    created = times("createdDateTime", "&$orderby=createdDateTime%20desc")

    assert modified == sorted(modified, reverse=True)
    assert created == sorted(created, reverse=True)
    assert times("createdDateTime")[0] == created[-1]


@pytest.mark.parametrize(
    "query",
    [
        "$orderby=lastModifiedDateTime asc",
        "$orderby=createdDateTime desc&$filter=createdDateTime gt 2026-01-01T00:00:00Z",
        "$orderby=lastModifiedDateTime desc&$filter=lastModifiedDateTime gt yesterday",
        "$top=51",
        "$expand=replies",
    ],
)
def test_what_is_not_documented_for_messages_is_refused(quiet, crowd, query):
    assert quiet.get(in_chat(crowd, f"/messages?{quote(query, '$=&')}")).status_code == 400


def test_messages_of_chats_have_no_threads_and_no_address(quiet):
    rows = list(quiet.sandbox.tenant.expected("chat_messages"))

    assert {row["replyToId"] for row in rows} == {row["webUrl"] for row in rows} == {None}
    assert all(set(row) - {"@odata.type"} == set(declared("chatMessage")) for row in rows)


def test_deleted_messages_are_shown_for_three_weeks(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    chats = tenant.part(Chats)
    chat = next(iter(chats.all.values()))
    posted = chats.post(chat.id, "Forget it")

    chats.delete(chat.id, posted)

    row = client.get(in_chat(chat, f"/messages/{posted}")).json()
    assert row["deletedDateTime"]
    assert row["body"]["content"] == ""
    everything = [it for chat in chats.all.values() for it in chat.messages.values()]
    assert any(not it.visible(tenant.kept_since) for it in everything)


def test_pictures_are_listed_by_id_and_read_by_value(quiet):
    row = next(iter(quiet.sandbox.tenant.expected("chat_hosted_contents")))
    base = f"/chats/{quote(row['chatId'])}/messages/{row['messageId']}"
    body = quiet.get(base).json()["body"]["content"]

    (listed,) = quiet.rows(f"{base}/hostedContents")
    picture = quiet.get(f"{base}/hostedContents/{row['id']}/$value")

    assert listed == {k: row[k] for k in set(declared("chatMessageHostedContent"))}
    assert f"/hostedContents/{row['id']}/$value" in body
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert quiet.get(f"{base}/hostedContents/nothing/$value").status_code == 404


def test_days_go_by_and_all_routes_stay_as_expected(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    before = {key(row): row for row in tenant.expected("chat_messages")}
    for _ in range(3):
        assert tenant.change()["chat messages"]

    expected = {key(row): row for row in tenant.expected("chat_messages")}
    seen = {
        key(row): row
        for person in tenant.people
        if person.licensed
        for row in chat_export(client, person.id)
    }

    assert seen == expected
    changed = [row for it, row in expected.items() if it in before and row != before[it]]
    assert any(row["deletedDateTime"] for row in changed)
    assert expected.keys() - before.keys()
