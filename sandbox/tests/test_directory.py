"""The directory: what a client can ask of users and groups, and single ones."""

from __future__ import annotations

import pytest

from sandbox.tests.answers import by_id, error
from tap_msteams_sandbox.company.profiles import USER_DEFAULT

EVENTUAL = {"ConsistencyLevel": "eventual"}


def people(client):
    return by_id(client.sandbox.tenant.expected("users"))


def asked(client, path, **headers):
    response = client.get(path, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()["value"]


FILTERS = [
    ("userType eq 'Guest' or department eq 'IT'",
     lambda it: it["userType"] == "Guest" or it["department"] == "IT"),
    ("department in ('IT', 'Legal')", lambda it: it["department"] in {"IT", "Legal"}),
    ("(userType eq 'Guest') and not(accountEnabled eq true)",
     lambda it: it["userType"] == "Guest" and not it["accountEnabled"]),
    ("userType ne 'Guest'", lambda it: it["userType"] != "Guest"),
    ("endswith(mail,'halyard.example')", lambda it: it["mail"].endswith("halyard.example")),
    ("startsWith(displayName,'M') and accountEnabled eq true",
     lambda it: it["displayName"].startswith("M") and it["accountEnabled"]),
    ("createdDateTime ge 2024-06-01T00:00:00Z", lambda it: it["createdDateTime"] >= "2024-06-01"),
    ("onPremisesSyncEnabled eq null", lambda it: it["onPremisesSyncEnabled"] is None),
    ("otherMails/any(x:startswith(x,'a'))",
     lambda it: any(mail.startswith("a") for mail in it["otherMails"])),
]  # fmt: skip


@pytest.mark.parametrize(("text", "test"), FILTERS, ids=[text for text, _ in FILTERS])
def test_a_filter_of_users_finds_those_that_it_describes(quiet, text, test):
    rows = asked(quiet, f"/users?$select=id&$top=999&$count=true&$filter={text}", **EVENTUAL)
    expected = {key for key, row in people(quiet).items() if test(row)}

    assert {row["id"] for row in rows} == expected
    assert len(expected) < len(people(quiet))


def test_a_user_is_found_by_the_principal_name_with_a_quote_in_it(quiet):
    me = quiet.sandbox.tenant.me.principal_name
    assert len(asked(quiet, f"/users?$filter=userPrincipalName eq '{me}'")) == 1
    assert asked(quiet, "/users?$filter=surname eq 'O''Nobody'") == []


@pytest.mark.parametrize(
    "text",
    [
        "userType eq 'Guest' or",
        "userType like 'Guest'",
        "nothing eq 'x'",
        "(userType eq 'Guest'",
        "userType eq Guest",
        "otherMails/any(x:y eq 'a')",
        "department in ()",
        "startswith(displayName)",
        "userType eq 'Guest' 'Member'",
    ],
)
def test_a_filter_that_is_none_is_refused(quiet, text):
    assert error(quiet.get(f"/users?$filter={text}")) == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    "query",
    [
        "$filter=userType ne 'Guest'",
        "$filter=endswith(mail,'e')&$count=true",
        "$filter=userType eq 'Guest'&$orderby=displayName",
        '$search="displayName:a"',
        "$count=true",
    ],
)
def test_an_advanced_query_needs_its_header_and_its_option(quiet, query):
    assert error(quiet.get(f"/users?{query}")) == (400, "Request_UnsupportedQuery")


def test_a_property_has_only_the_operators_of_its_table(quiet):
    assert (
        error(quiet.get("/users?$filter=accountEnabled ge true"))[1] == "Request_UnsupportedQuery"
    )


def test_users_come_in_the_order_that_is_asked_for_page_by_page(quiet):
    names = [row["displayName"] for row in quiet.rows("/users?$top=7&$orderby=displayName desc")]
    assert names == sorted((it["displayName"] for it in people(quiet).values()),
                           key=str.casefold, reverse=True)  # fmt: skip


def test_users_are_searched_by_words(quiet):
    me = quiet.sandbox.tenant.me
    query = f'/users?$search="displayName:{me.surname[:4]}" AND "mail:{me.given_name[:3]}"'
    assert me.id in {row["id"] for row in asked(quiet, query, **EVENTUAL)}
    assert asked(quiet, '/users?$search="displayName:zzzz"', **EVENTUAL) == []
    bad = quiet.get('/users?$search="jobTitle:x"', headers=EVENTUAL)
    assert error(bad) == (400, "Request_BadRequest")


def test_users_are_counted_as_text(quiet):
    response = quiet.get("/users/$count?$filter=userType eq 'Guest'", headers=EVENTUAL)
    guests = sum(it["userType"] == "Guest" for it in people(quiet).values())
    assert (response.headers["Content-Type"], response.text) == ("text/plain", str(guests))
    assert error(quiet.get("/users/$count")) == (400, "Request_UnsupportedQuery")


def test_a_manager_comes_with_the_user_and_leads_up_to_the_first(quiet):
    rows = by_id(asked(quiet, "/users?$top=999&$select=id&$expand=manager($select=id)"))
    first = quiet.sandbox.tenant.me.id
    assert "manager" not in rows[first]
    above = [row["manager"]["id"] for row in rows.values() if "manager" in row]
    assert first in above
    assert set(above) < set(rows)


def test_one_user_is_found_by_id_and_by_name(quiet):
    me = quiet.sandbox.tenant.me
    by_key, by_name = (quiet.get(f"/users/{it}").json() for it in (me.id, me.principal_name))
    assert by_key == by_name
    assert set(by_key) - {"@odata.context"} == set(USER_DEFAULT)
    assert quiet.get(f"/users/{me.id}?$select=department").json()["department"] == me.department
    assert error(quiet.get("/users/nobody")) == (404, "Request_ResourceNotFound")


def test_a_user_reads_the_own_account(open_client):
    client = open_client(auth="refresh_token")
    assert client.get("/me").json()["id"] == client.sandbox.tenant.me.id
    assert client.get("/me/presence").json()["availability"]


def test_an_application_is_not_somebody(quiet):
    assert quiet.get("/me").status_code == 400


def test_a_group_has_the_people_of_its_team(quiet, team):
    group = quiet.get(f"/groups/{team.id}").json()
    members = by_id(quiet.rows(f"/groups/{team.id}/members?$top=4"))
    owners = by_id(quiet.rows(f"/groups/{team.id}/owners"))
    assert group["displayName"] == team.name
    assert set(members) == {person.id for person in team.people}
    assert 0 < len(owners) < len(members)
    assert {row["@odata.type"] for row in members.values()} == {"#microsoft.graph.user"}
    expanded = quiet.get(f"/groups/{team.id}?$expand=members").json()["members"]
    assert {row["id"] for row in expanded} <= set(members)


@pytest.mark.parametrize("variable", ["x", "c", "it"])
def test_groups_are_filtered_by_what_is_in_their_lists(quiet, variable):
    unified = f"/groups?$filter=groupTypes/any({variable}:{variable} eq 'Unified')"
    other = f"/groups?$count=true&$filter=NOT groupTypes/Any({variable}:{variable} eq 'Unified')"
    inside = {row["id"] for row in asked(quiet, unified)}
    outside = {row["id"] for row in asked(quiet, other, **EVENTUAL)}
    assert set(quiet.sandbox.tenant.teams) <= inside
    assert inside | outside == {row["id"] for row in quiet.rows("/groups")}
    assert not inside & outside


def test_a_delta_shows_what_was_changed_and_what_was_deleted(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    first, second = list(tenant.teams)[:2]
    *_, last = client.pages("/groups/delta?$top=2&$select=displayName,members")
    tenant.rename(first, "Another name")
    tenant.remove_team(second)
    changes = client.get(last["@odata.deltaLink"]).json()

    rows = by_id(changes["value"])
    assert rows[first]["displayName"] == "Another name"
    assert rows[second] == {"id": second, "@removed": {"reason": "deleted"}}
    assert len(rows) == 2
    assert client.get(changes["@odata.deltaLink"]).json()["value"] == []


def test_a_delta_of_users_begins_with_all_of_them_and_refuses_strange_links(quiet):
    assert set(by_id(quiet.rows("/users/delta?$top=7"))) == set(people(quiet))
    assert error(quiet.get("/users/delta?$deltatoken=x")) == (410, "syncStateNotFound")


def test_messages_have_deltas_of_eight_months(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    team = next(iter(tenant.teams.values()))
    channel = next(iter(team.channels))
    path = f"/teams/{team.id}/channels/{channel}/messages"
    *_, last = pages = list(client.pages(f"{path}/delta?$top=5"))
    seen = {row["id"] for page in pages for row in page["value"]}
    everything = {row["id"] for row in client.rows(path)}
    new = tenant.post(team.id, channel, "New")

    assert 0 < len(seen) <= len(everything)
    assert seen <= everything
    assert [row["id"] for row in client.rows(last["@odata.deltaLink"])] == [new]


def test_a_team_has_a_general_channel_and_single_members(quiet, team):
    primary = quiet.get(f"/teams/{team.id}/primaryChannel").json()
    expanded = quiet.get(f"/teams/{team.id}?$expand=channels").json()["channels"]
    member = next(team.members())
    owners = asked(quiet, f"/teams/{team.id}/members?$filter=(roles/any(r:r eq 'owner'))")
    assert primary["id"] == next(iter(team.channels))
    assert {row["id"] for row in expanded} == set(team.channels)
    assert (
        quiet.get(f"/teams/{team.id}/members/{member['id']}").json()["userId"] == member["userId"]
    )
    assert {row["id"] for row in owners} == {
        row["id"] for row in team.members() if "owner" in row["roles"]
    }


def test_somebodys_teams_are_those_with_that_member(quiet, team):
    person = team.people[-1]
    rows = asked(quiet, f"/users/{person.id}/joinedTeams")
    assert {row["id"] for row in rows} == {
        it.id for it in quiet.sandbox.tenant.teams.values() if person in it.people
    }


def test_a_drive_and_its_root_are_read_by_the_drives_id(quiet, team):
    drive = quiet.get(f"/groups/{team.id}/drive").json()
    assert quiet.get(f"/drives/{drive['id']}").json() == drive
    root = quiet.get(f"/drives/{drive['id']}/root").json()
    for spelling in ("root/delta", "root/delta()", "items/root/delta", "items/root/delta()"):
        page = quiet.get(f"/drives/{drive['id']}/{spelling}").json()
        assert page["value"][0]["id"] == root["id"], spelling


def test_a_group_has_conversations_with_threads_and_posts(quiet):
    tenant, seen = quiet.sandbox.tenant, set()
    for team in tenant.teams:
        for conversation in quiet.rows(f"/groups/{team}/conversations"):
            path = f"/groups/{team}/conversations/{conversation['id']}"
            assert quiet.get(path).json()["topic"] == conversation["topic"]
            for thread in quiet.rows(f"{path}/threads"):
                posts = quiet.rows(f"{path}/threads/{thread['id']}/posts?$top=1")
                seen |= {post["id"] for post in posts}
                assert posts == quiet.rows(f"/groups/{team}/threads/{thread['id']}/posts")
    assert seen == {post["id"] for post in tenant.expected("posts")} != set()
    nobodys = f"/groups/{team}/conversations/AAQk"
    assert error(quiet.get(nobodys)) == (404, "ErrorItemNotFound")


def test_the_organization_is_the_tenant(quiet):
    [row] = asked(quiet, "/organization")
    assert row["id"] == quiet.sandbox.tenant.id
    assert [it["name"] for it in row["verifiedDomains"] if it["isInitial"]] == [
        "halyard.onmicrosoft.com"
    ]
