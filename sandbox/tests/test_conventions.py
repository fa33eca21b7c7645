"""What all of Graph's services have in common: names in paths, links, headers and refusals."""

from __future__ import annotations

import json
from random import Random

import pytest

from sandbox.tests.answers import TYPES, error
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.chats.strangers import visitors

REAL = "https://graph.microsoft.com"
CHANNELS = "/teams/{team}/channels"
COLLECTIONS = ("messages", "chat_messages", "call_records", "channel_members", "transcripts")


@pytest.mark.parametrize(
    ("spelling", "usual"),
    [
        ("/teams('{team}')/channels('{channel}')", "/teams/{team}/channels/{channel}"),
        ("/teams/{TEAM}/channels", "/teams/{team}/channels"),
        ("/teams(%27{TEAM}%27)/allChannels", "/teams/{team}/allChannels"),
        (f"{CHANNELS}/microsoft.graph.getAllMessages", f"{CHANNELS}/getAllMessages"),
        (f"{CHANNELS}/microsoft.graph.getAllMessages()", f"{CHANNELS}/getAllMessages"),
        (
            "/communications/callRecords/microsoft.graph.callRecords.getPstnCalls({days})",
            "/communications/callRecords/getPstnCalls({days})",
        ),
    ],
)
def test_an_address_may_be_spelled_in_each_way_of_odata(quiet, team, channel, spelling, usual):
    days = "fromDateTime=2026-10-01,toDateTime=2026-10-30"
    names = {"team": team.id, "TEAM": team.id.upper(), "channel": channel.id, "days": days}
    found, expected = (quiet.get(it.format(**names)) for it in (spelling, usual))

    assert found.status_code == 200
    assert found.json()["value" if "value" in expected.json() else "id"] == (
        expected.json().get("value") or expected.json()["id"]
    )


def test_links_into_graph_stay_here(quiet):
    seen = 0
    for collection in COLLECTIONS:
        text = json.dumps(list(quiet.sandbox.tenant.expected(collection)), ensure_ascii=False)
        assert REAL not in text, collection
        seen += text.count(quiet.sandbox.graph_url)
    assert seen > 10
    for team in quiet.teams:
        rows = json.dumps(quiet.rows(f"/teams/{team.id}/channels/getAllMessages"))
        assert REAL not in rows


def test_a_picture_in_a_message_is_read_where_its_link_leads(quiet):
    texts = (row["body"]["content"] for row in quiet.sandbox.tenant.expected("messages"))
    link = (
        next(it for it in texts if "/hostedContents/" in it).partition('src="')[2].partition('"')[0]
    )

    assert link.startswith(quiet.sandbox.graph_url)
    assert quiet.get(link).status_code == 200


def test_answers_say_what_all_of_graphs_answers_say(quiet):
    headers = quiet.get("/teams?$top=1").headers
    assert headers["OData-Version"] == "4.0"
    assert "DataCenter" in json.loads(headers["x-ms-ags-diagnostic"])["ServerInfo"]
    assert headers["Content-Type"].startswith("application/json;odata.metadata=minimal;")


def test_an_answer_is_compressed_and_chunked_for_those_who_ask(quiet):
    plain = quiet.get("/users", headers={"Accept-Encoding": "identity"})
    short = quiet.get("/users", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert short.headers["Content-Encoding"] == "gzip"
    assert short.headers["Transfer-Encoding"] == "chunked"
    assert short.json() == plain.json()


def test_annotations_can_be_left_out(quiet, team):
    path = f"/teams/{team.id}/members?$top=2"
    usual = quiet.get(path).json()
    bare = quiet.get(path, headers={"Accept": "application/json;odata.metadata=none"})
    assert "odata.metadata=none" in bare.headers["Content-Type"]
    assert "@odata.context" not in bare.json()
    assert bare.json()["@odata.nextLink"]
    assert all("@odata.type" not in row for row in bare.json()["value"])
    assert [it["id"] for it in bare.json()["value"]] == [it["id"] for it in usual["value"]]


def test_a_refused_token_is_refused_for_what_is_wrong_with_it(open_client):
    client = open_client(Tenant(seed=3, teams=1, users=3, messages=0))
    mine = client.session.headers["Authorization"]
    head, claims, _ = mine.split(".")
    other = client.sandbox.entra.issue_app_token(
        client.sandbox.identity.confidential, "https://vault.azure.net"
    )[0]

    def said(authorization):
        response = client.get("/teams", headers={"Authorization": authorization})
        assert error(response) == (401, "InvalidAuthenticationToken")
        return response.json()["error"]["message"]

    assert "JWT is not well formed" in said("Bearer garbage")
    assert "Signature is invalid" in said(f"{head}.{claims}.AAAA")
    assert "Invalid audience" in said(f"Bearer {other}")
    client.sandbox.entra.revoke_access_tokens()
    assert "expired" in said(mine)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"method": "POST", "url": "/$batch"}, "does not contain Content-Type header or body"),
        (
            {"method": "POST", "url": "/communications/getPresencesByUserId", "body": {"ids": []}},
            "does not contain a Content-Type header",
        ),
        ({"method": "GET", "url": "/teams", "dependsOn": ["nobody"]}, "Invalid dependency"),
        ({"method": "GET", "url": "/teams", "dependsOn": ["2"]}, "Invalid dependency"),
    ],
)
def test_a_batch_is_refused_for_an_item_that_is_not_well_formed(quiet, item, said):
    items = [{"id": "1", **item}, {"id": "2", "method": "GET", "url": "/teams"}]
    response = quiet.send("POST", "/$batch", json={"requests": items})
    assert error(response) == (400, "BadRequest")
    assert said in response.json()["error"]["message"]


def test_a_body_is_json_and_says_so(quiet):
    body = json.dumps({"ids": [quiet.sandbox.tenant.me.id]})
    path = "/communications/getPresencesByUserId"
    assert error(quiet.send("POST", path, data=body)) == (400, "BadRequest")
    named = {"Content-Type": "application/json"}
    assert quiet.send("POST", path, data=body, headers=named).status_code == 200


def test_people_of_chats_are_of_kinds_that_the_metadata_has(quiet):
    known = {it["name"] for it in TYPES["enums"]["teamworkUserIdentityType"]["members"]}
    rows = json.dumps(list(quiet.sandbox.tenant.expected("chat_messages")))
    kinds = {part.partition('"')[0] for part in rows.split('"userIdentityType": "')[1:]}
    assert {"aadUser", "federatedUser"} <= kinds <= known
    assert {it.identity_type for it in visitors(Random(1))} <= known
