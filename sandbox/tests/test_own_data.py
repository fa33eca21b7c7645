"""Laws of own data: rows of a user's files are served as Graph would serve them."""

from __future__ import annotations

import json

import pytest

from sandbox.tests.test_cli import run
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.company.own import OwnDataError

ADA, BO = "a0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"
TEAM, CHANNEL = "c0000000-0000-4000-8000-000000000003", "19:mine@thread.tacv2"
POST = 1_760_000_000_000
USERS = [
    {"id": ADA, "displayName": "Ada Example", "mail": "ada@my.example", "officeLocation": "Attic"},
    {"id": BO, "displayName": "Bo Example", "mail": "bo@my.example", "userType": "Guest"},
]
TEAMS = {
    "value": [
        {
            "id": TEAM,
            "displayName": "Mine",
            "classification": "Secret",
            "createdDateTime": "2025-01-01T00:00:00Z",
            "members": [{"email": "bo@my.example"}, {"userId": ADA, "roles": ["owner"]}],
            "channels": [{"id": CHANNEL, "displayName": "Ideas", "email": "ideas@my.example"}],
        }
    ]
}
IDENTITY = {"channelIdentity": {"teamId": TEAM, "channelId": CHANNEL}}
MESSAGES = [
    {
        **IDENTITY,
        "id": str(POST),
        "from": {"user": {"id": ADA, "displayName": "Ada Example"}},
        "body": {"contentType": "text", "content": "Hello"},
    },
    {
        **IDENTITY,
        "id": str(POST + 5),
        "replyToId": str(POST),
        "lastModifiedDateTime": "2026-10-30T00:00:00Z",
        "deletedDateTime": "2026-10-30T00:00:00Z",
    },
]


@pytest.fixture
def folder(tmp_path):
    for name, rows in {"users": USERS, "teams": TEAMS, "messages": MESSAGES}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    return tmp_path


def test_own_rows_are_served_and_completed(open_client, folder):
    client = open_client(Tenant(seed=3).load(folder))
    ask = lambda path: client.get(path).json()["value"]  # noqa: E731

    assert [(it["id"], it["displayName"]) for it in ask("/teams")] == [(TEAM, "Mine")]
    assert client.get(f"/teams/{TEAM}").json()["classification"] == "Secret"
    people = ask("/users?$select=id,officeLocation,mail")
    assert [(it["id"], it["mail"]) for it in people] == [
        (ADA, "ada@my.example"),
        (BO, "bo@my.example"),
    ]
    assert people[0]["officeLocation"] == "Attic"
    members = {it["userId"]: it["roles"] for it in ask(f"/teams/{TEAM}/members")}
    assert members == {ADA: ["owner"], BO: ["guest"]}
    assert [it["id"] for it in ask(f"/groups/{TEAM}/owners")] == [ADA]
    channels = {it["displayName"]: it for it in ask(f"/teams/{TEAM}/channels")}
    assert {*channels} == {"General", "Ideas"}
    assert channels["Ideas"]["email"] == "ideas@my.example"
    [post] = ask(f"/teams/{TEAM}/channels/{CHANNEL}/messages")
    assert (post["body"]["content"], post["messageType"]) == ("Hello", "message")
    [reply] = ask(f"/teams/{TEAM}/channels/{CHANNEL}/messages/{POST}/replies")
    assert reply["deletedDateTime"] == "2026-10-30T00:00:00Z"


def test_own_rows_change_and_are_expected(folder):
    tenant = Tenant(seed=3).load(folder)
    later = tenant.post(TEAM, CHANNEL, "Next")
    assert tenant.change()["posts"] >= 0
    rows = {row["id"]: row for row in tenant.expected("messages")}
    assert rows[str(POST)]["from"]["user"]["displayName"] == "Ada Example"
    assert int(later) > POST


@pytest.mark.parametrize(
    ("name", "rows", "problem"),
    [
        ("users.json", [{"displayName": "x"}], "a row has no `id`"),
        ("users.json", {"rows": []}, "missing required field `value`"),
        ("teams.json", [{"id": TEAM}], "a row has no `displayName`"),
        ("teams.json", [{"id": TEAM, "displayName": "x", "members": [{}]}], "is nobody of"),
        ("messages.json", [{"id": "1"}], "is no channel of"),
        ("messages.json", [{**IDENTITY, "id": "x"}], "no number of milliseconds"),
        ("messages.json", [{**IDENTITY, "id": "1", "createdDateTime": "x"}], "is no moment"),
        ("messages.json", [{**IDENTITY, "id": "2", "replyToId": "1"}], "is no message of"),
    ],
)
def test_a_row_that_does_not_fit_is_told_in_one_line(folder, name, rows, problem):
    (folder / name).write_text(json.dumps(rows))
    with pytest.raises(OwnDataError, match=problem) as raised:
        Tenant(seed=3).load(folder)
    assert "\n" not in str(raised.value)


def test_a_folder_without_any_of_the_files_is_refused(tmp_path):
    told = run("--data", str(tmp_path), "--", "true")
    assert told.returncode == 2
    assert "there is none of users.json, teams.json, messages.json" in told.stderr
