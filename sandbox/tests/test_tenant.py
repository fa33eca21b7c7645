from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest

from sandbox.tests.answers import TYPES, declared
from tap_msteams_sandbox import Tenant

SMALL = {"seed": 7, "teams": 3, "channels": 3, "messages": 40, "users": 30}
COLLECTIONS = ("users", "teams", "channels", "members", "presence", "messages")

# What Graph documents as never filled where the sandbox answers.
NEVER = {
    "chatMessage": {"chatId"},  # chats only
    "channel": {"summary"},  # only on request, for one channel
    "team": {"firstChannelName"},  # only used to create a team
    "user": {"deletedDateTime", "identityParentId"},  # deleted users and agents are elsewhere
}
DIGEST = """
import hashlib, json
from tap_msteams_sandbox import Tenant
tenant = Tenant(seed=7, teams=3, channels=3, messages=40, users=30)
rows = [list(tenant.expected(what)) for what in {collections}]
print(hashlib.sha256(json.dumps(rows).encode()).hexdigest())
"""


def digest(tenant):
    rows = [list(tenant.expected(what)) for what in COLLECTIONS]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def count(tenant):
    return sum(1 for _ in tenant.expected())


def test_same_arguments_same_bytes_in_every_process():
    code = DIGEST.format(collections=COLLECTIONS)
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()

    assert digest(Tenant(**SMALL)) == other


def test_another_seed_gives_another_company():
    assert digest(Tenant(**SMALL)) != digest(Tenant(**{**SMALL, "seed": 8}))


def test_the_order_of_asking_does_not_matter():
    forwards, backwards = Tenant(**SMALL), Tenant(**SMALL)
    for team in reversed(backwards.teams.values()):
        for channel in reversed(team.channels.values()):
            assert channel.threads

    assert digest(forwards) == digest(backwards)


@pytest.mark.parametrize(
    "change",
    [
        lambda tenant, team: tenant.rename(team.id, "Another name"),
        lambda tenant, team: tenant.add_member(
            team.id, next(it.id for it in tenant.people if it not in team.people)
        ),
        lambda tenant, team: tenant.remove_member(team.id, team.people[0].id),
        lambda tenant, team: tenant.archive(team.id),
        lambda tenant, team: tenant.remove_channel(team.id, next(iter(team.channels))),
        lambda tenant, team: tenant.turn(team.people[0].id),
    ],
    ids=["rename", "join", "leave", "archive", "channel", "presence"],
)
def test_a_change_does_not_rewrite_the_history_that_nobody_had_read_yet(change):
    asked, unasked = Tenant(**SMALL), Tenant(**SMALL)
    before = sorted(json.dumps(row) for row in asked.expected())

    change(unasked, next(iter(unasked.teams.values())))

    assert sorted(json.dumps(row) for row in unasked.expected()) == before


@pytest.mark.parametrize("seed", range(4))
def test_the_average_channel_has_as_many_messages_as_asked_for(seed):
    tenant = Tenant(seed, teams=6, channels=5, messages=50, users=40)

    gone = 0.01 * 6 * 5 * 50
    assert 6 * 5 * 50 - gone - 30 <= count(tenant) <= 6 * 5 * 50 + 30


def test_even_channels_have_exactly_as_many_messages_as_asked_for():
    tenant = Tenant(seed=3, teams=2, channels=4, messages=25, users=20, even=True)

    for team in tenant.teams.values():
        for channel in team.channels.values():
            assert sum(1 for it in channel.threads.values() for _ in it.messages()) == 25


def test_history_ends_where_it_shall_and_ids_are_unique_in_their_channel():
    tenant = Tenant(**SMALL, until="2026-05-01T00:00:00Z")

    rows = list(tenant.expected())
    keys = {(row["channelIdentity"]["channelId"], row["id"]) for row in rows}

    assert len(keys) == len(rows)
    assert max(row["lastModifiedDateTime"] for row in rows) < "2026-05-01T00:00:00Z"
    assert min(row["createdDateTime"] for row in rows) > "2024-11-01T00:00:00Z"


@pytest.mark.parametrize("seed", [1, 7, 42])
@pytest.mark.parametrize(
    ("type_name", "collection"),
    [
        ("chatMessage", "messages"),
        ("channel", "channels"),
        ("team", "teams"),
        ("aadUserConversationMember", "members"),
        ("presence", "presence"),
        ("user", "users"),
    ],
)
def test_every_declared_property_appears_in_a_small_tenant(seed, type_name, collection):
    rows = list(Tenant(**{**SMALL, "seed": seed}).expected(collection))

    missing = {
        name for name in declared(type_name) if all(row.get(name) in (None, [], "") for row in rows)
    }

    assert missing == NEVER.get(type_name, set())


@pytest.mark.parametrize(
    "type_name",
    ["chatMessage", "channel", "team", "aadUserConversationMember", "presence", "user"],
)
def test_every_row_has_every_declared_property(type_name):
    what = {
        "chatMessage": "messages",
        "aadUserConversationMember": "members",
        "presence": "presence",
    }.get(type_name, f"{type_name}s")

    for row in Tenant(**SMALL).expected(what):
        missing = set(declared(type_name)) - set(row) - {"summary"}
        assert not missing


def test_nested_properties_are_the_declared_ones():
    for row in Tenant(**SMALL).expected():
        assert_declared("chatMessage", row)
    for row in Tenant(**SMALL).expected("presence"):
        assert_declared("presence", row)
    for row in Tenant(**SMALL).expected("users"):
        assert_declared("user", row)


# Graph sends these, though its types do not declare them.
UNDECLARED = {"tenantId", "userIdentityType", "applicationIdentityType", "conversationIdentityType"}


def assert_declared(type_name, row):
    """Every key is declared (or known not to be), with a value of the declared kind."""
    type_name = row.get("@odata.type", f"#microsoft.graph.{type_name}").split(".")[-1]
    properties = {it["name"]: it for it in TYPES[type_name]["properties"]}
    for name, value in row.items():
        if name.startswith("@") or name in UNDECLARED or value is None:
            continue
        assert name in properties, (type_name, name)
        rule = properties[name]
        assert isinstance(value, list) == rule["collection"], (type_name, name)
        for item in value if rule["collection"] else [value]:
            assert_kind(rule, item)


def assert_kind(rule, value):
    kind = rule["type"].removeprefix("microsoft.graph.")
    if kind in TYPES["enums"]:
        members = {it["name"] for it in TYPES["enums"][kind]["members"]}
        assert set(value.split(",")) <= members, (rule["name"], value)
    elif kind in TYPES:
        assert_declared(kind, value)
    elif kind == "Edm.Boolean":
        assert isinstance(value, bool)
    elif kind.startswith("Edm.Int"):
        assert isinstance(value, int)
    else:
        assert isinstance(value, str), (rule["name"], value)


def test_deletions_empty_the_message_and_long_ago_ones_are_gone():
    tenant = Tenant(seed=5, teams=6, channels=5, messages=60, users=40)
    deleted = [row for row in tenant.expected() if row["deletedDateTime"]]
    written = [
        message
        for team in tenant.teams.values()
        for channel in team.channels.values()
        for thread in channel.threads.values()
        for message in thread.messages()
    ]

    assert deleted
    assert all(row["body"]["content"] == "" for row in deleted)
    assert all(row["deletedDateTime"] > "2026-10-11T08:00:00Z" for row in deleted)
    assert len(written) > count(tenant)


def test_the_company_is_made_of_employees_guests_and_people_of_many_tongues():
    users = list(Tenant(**{**SMALL, "users": 120}).expected("users"))

    guests = [it for it in users if it["userType"] == "Guest"]
    assert 5 <= len(guests) <= 20
    assert all("#EXT#@" in it["userPrincipalName"] for it in guests)
    assert len({it["userPrincipalName"] for it in users}) == 120
    assert all(it["userPrincipalName"].isascii() for it in users)
    assert not all(it["displayName"].isascii() for it in users)
    assert len({it["department"] for it in users}) > 5


def test_small_tenants_have_private_and_shared_channels_and_larger_ones_archived_teams():
    small, larger = Tenant(**SMALL), Tenant(**{**SMALL, "teams": 10})

    kinds = {row["membershipType"] for row in small.expected("channels")}
    assert kinds == {"standard", "private", "shared"}
    assert {row["isArchived"] for row in larger.expected("teams")} == {True, False}


def test_starts_at_once_however_large():
    tenant = Tenant(teams=2000, channels=5, messages=40, users=1000)

    assert len(tenant.teams) == 2000
    assert not any("channels" in vars(team) for team in tenant.teams.values())
