from __future__ import annotations

import json

import pytest

from tap_msteams_sandbox import Tenant


def export(client, team, query=""):
    return client.rows(f"/teams/{team}/channels/getAllMessages{query}")


def bare(row):
    """A row without what only one of the routes adds."""
    return {
        key: value
        for key, value in row.items()
        if key != "@odata.type" and not key.startswith("replies")
    }


def listed(client, team):
    """All messages of a team through its channels."""
    for channel in client.rows(f"/teams/{team}/channels?$select=id"):
        path = f"/teams/{team}/channels/{channel['id']}/messages?$expand=replies&$top=50"
        for root in client.rows(path):
            yield bare(root)
            for reply in root["replies"]:
                yield bare(reply)
            if link := root.get("replies@odata.nextLink"):
                for reply in client.rows(link):
                    yield bare(reply)


def by_key(rows):
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def activity(root):
    return max(row["lastModifiedDateTime"] for row in (root, *root["replies"]))


def test_the_export_is_the_union_of_the_lists(quiet):
    for team in quiet.sandbox.tenant.teams:
        exported = [bare(row) for row in export(quiet, team)]

        assert exported
        assert by_key(exported) == by_key(listed(quiet, team))


def test_the_export_is_as_expected(quiet, team):
    expected = [
        row
        for row in quiet.sandbox.tenant.expected()
        if row["channelIdentity"]["teamId"] == team.id
    ]

    assert export(quiet, team.id) == expected


def test_both_routes_stay_the_same_when_days_go_by(open_client):
    client = open_client(inline_replies=3)
    for _ in range(3):
        client.sandbox.tenant.change()

    for team in client.sandbox.tenant.teams:
        assert by_key(map(bare, export(client, team))) == by_key(listed(client, team))


@pytest.mark.parametrize("top", [1, 3, 50])
def test_every_page_size_gives_the_same_posts(quiet, messages, top):
    everything = quiet.rows(messages)

    assert quiet.rows(f"{messages}?$top={top}") == everything
    assert len({row["id"] for row in everything}) == len(everything)


@pytest.mark.parametrize("top", [7, 50, 250, 1000])
def test_every_page_size_gives_the_same_export(quiet, team, top):
    assert export(quiet, team.id, f"?$top={top}") == export(quiet, team.id)


def test_pages_are_as_large_as_documented(open_client):
    client = open_client(Tenant(seed=1, teams=1, channels=1, messages=600, users=20, even=True))
    team = next(iter(client.sandbox.tenant.teams))
    path = f"/teams/{team}/channels"
    channel = client.rows(path)[0]["id"]

    def size(path):
        return len(client.get(path).json()["value"])

    assert size(f"{path}/{channel}/messages") == 20
    assert size(f"{path}/{channel}/messages?$top=50") == 50
    assert size(f"{path}/getAllMessages?$top=999") == 250


def test_posts_come_with_the_chain_that_changed_last_first(quiet, messages):
    roots = quiet.rows(f"{messages}?$expand=replies&$top=9")

    order = [activity(root) for root in roots]
    assert order == sorted(order, reverse=True)
    assert [root["id"] for root in roots] == [root["id"] for root in quiet.rows(messages)]
    assert order != [root["lastModifiedDateTime"] for root in roots]


def test_replies_are_not_posts_and_not_inline_unless_asked_for(quiet, messages):
    for root in quiet.rows(messages):
        assert root["replyToId"] is None
        assert "replies" not in root


def test_an_old_thread_that_is_answered_moves_to_the_front(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    team = next(iter(tenant.teams.values()))
    channel = next(iter(team.channels))
    path = f"/teams/{team.id}/channels/{channel}/messages"
    oldest = client.rows(path)[-1]

    tenant.reply(team.id, channel, oldest["id"])
    first = client.get(path).json()["value"][0]

    assert first == oldest


def test_a_thread_that_moves_to_the_front_while_it_is_read_takes_no_other_with_it(open_client):
    client = open_client(page_size=5)
    tenant = client.sandbox.tenant
    team = next(iter(tenant.teams.values()))
    channel = next(iter(team.channels))
    path = f"/teams/{team.id}/channels/{channel}/messages"
    everything = [row["id"] for row in client.rows(path)]

    pages = client.pages(path)
    seen = [row["id"] for row in next(pages)["value"]]
    tenant.reply(team.id, channel, everything[7])
    seen += [row["id"] for page in pages for row in page["value"]]

    assert seen == everything[:7] + everything[8:]


def test_replies_beyond_those_inline_are_linked_to(open_client):
    client = open_client(inline_replies=1000)
    tenant = client.sandbox.tenant
    team = next(iter(tenant.teams.values()))
    channel = next(iter(team.channels))
    post = tenant.post(team.id, channel)
    answers = [tenant.reply(team.id, channel, post, f"Answer {n}") for n in range(1003)]

    path = f"/teams/{team.id}/channels/{channel}/messages"
    root = client.get(f"{path}?$expand=replies&$top=1").json()["value"][0]
    inline = [row["id"] for row in root["replies"]]
    rest = [row["id"] for row in client.rows(root["replies@odata.nextLink"])]

    assert root["id"] == post
    assert root["replies@odata.count"] == len(inline) == 1000
    assert inline + rest == answers[::-1]


def test_exactly_a_thousand_replies_need_no_link(open_client):
    client = open_client(inline_replies=4)
    tenant = client.sandbox.tenant
    team = next(iter(tenant.teams.values()))
    channel = next(iter(team.channels))
    post = tenant.post(team.id, channel)
    for _ in range(4):
        tenant.reply(team.id, channel, post)

    path = f"/teams/{team.id}/channels/{channel}/messages?$expand=replies&$top=1"

    assert "replies@odata.nextLink" not in client.get(path).json()["value"][0]


def test_one_message_and_its_replies_can_be_read_alone(quiet, messages):
    root = next(it for it in quiet.rows(f"{messages}?$expand=replies") if len(it["replies"]) > 2)

    alone = quiet.get(f"{messages}/{root['id']}").json()
    replies = quiet.rows(f"{messages}/{root['id']}/replies?$top=2")

    assert alone.pop("@odata.context")
    assert alone == bare(root)
    assert replies == root["replies"]
    assert quiet.get(f"{messages}/1").status_code == 404
    assert quiet.get(f"{messages}/x/replies").status_code == 404


def test_the_export_knows_no_order_of_time_but_always_the_same(quiet, team):
    times = [row["lastModifiedDateTime"] for row in export(quiet, team.id)]

    assert times not in (sorted(times), sorted(times, reverse=True))
    assert times == [row["lastModifiedDateTime"] for row in export(quiet, team.id)]


def test_the_export_is_filtered_by_modification_with_both_bounds_excluded(quiet, team):
    rows = export(quiet, team.id)
    instants = sorted({row["lastModifiedDateTime"] for row in rows})
    low, high = instants[10], instants[30]

    def window(text):
        query = text.replace(" ", "%20")
        found = export(quiet, team.id, f"?$filter={query}&$top=7")
        return sorted({row["lastModifiedDateTime"] for row in found})

    assert (
        window(f"lastModifiedDateTime gt {low} and lastModifiedDateTime lt {high}")
        == (instants[11:30])
    )
    assert window(f"lastModifiedDateTime gt {low}") == instants[11:]
    assert window(f"lastModifiedDateTime lt {high}") == instants[:30]


def test_windows_understand_all_spellings_of_an_instant(quiet, team):
    def count(instant):
        return len(export(quiet, team.id, f"?$filter=lastModifiedDateTime%20gt%20{instant}"))

    spellings = (
        "2026-06-01T00:00:00Z",
        "2026-06-01T00:00:00.000Z",
        "2026-06-01T00:00:00.0000000Z",
        "2026-06-01T02:00:00%2B02:00",
        "2026-06-01",
    )
    assert len({count(spelling) for spelling in spellings}) == 1
    assert 0 < count(spellings[0]) < len(export(quiet, team.id))


def test_members_behind_the_sentinel_come_only_to_those_who_ask(quiet, team):
    def kinds(path, **headers):
        rows = quiet.get(path, headers=headers).json()["value"]
        return {row.get("messageType") or row.get("membershipType") for row in rows}

    shared = next(
        team.id
        for team in quiet.sandbox.tenant.teams.values()
        if any(channel.kind == "shared" for channel in team.channels.values())
    )
    channels = f"/teams/{shared}/channels"
    everything = f"/teams/{team.id}/channels/getAllMessages?$top=250"

    assert kinds(everything) == {"message", "systemEventMessage"}
    assert kinds(everything, Prefer="") == {"message", "unknownFutureValue"}
    assert "shared" in kinds(channels)
    assert kinds(channels, Prefer="") >= {"unknownFutureValue"}


def test_a_channel_that_is_gone_is_still_in_the_export(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    team = next(iter(tenant.teams.values()))
    before = export(client, team.id)

    tenant.remove_channel(team.id, list(team.channels)[1])

    assert export(client, team.id) == before
    assert len(client.rows(f"/teams/{team.id}/channels")) == 2


def test_timestamps_lose_their_trailing_zeros(quiet):
    lengths = {len(row["createdDateTime"]) for row in quiet.sandbox.tenant.expected()}

    assert {len("2026-10-31T14:05:11.482Z"), len("2026-10-31T14:05:11.48Z")} <= lengths
