from __future__ import annotations

import pytest

from sandbox.tests.answers import error
from tap_msteams_sandbox import Tenant


@pytest.mark.parametrize("top", [1, 2, 3, 7, 999])
def test_every_page_size_gives_the_same_users(quiet, top):
    rows = quiet.rows(f"/users?$select=id&$top={top}")

    assert [row["id"] for row in rows] == [person.id for person in quiet.sandbox.tenant.people]


@pytest.mark.parametrize("collection", ["teams", "members"])
@pytest.mark.parametrize("top", [1, 2, 999])
def test_every_page_size_gives_the_same_rows(quiet, team, collection, top):
    path = "/teams" if collection == "teams" else f"/teams/{team.id}/members"
    everything = quiet.rows(path)

    assert quiet.rows(f"{path}?$top={top}") == everything
    assert len({row["id"] for row in everything}) == len(everything)


def test_a_smaller_server_page_shows_the_same_rows_on_more_pages(open_client):
    client = open_client(page_size=2)
    tenant = client.sandbox.tenant

    pages = list(client.pages("/teams?$top=50"))

    assert [len(page["value"]) for page in pages] == [2, 1]
    assert [page["@odata.count"] for page in pages] == [2, 1]
    assert [row["id"] for page in pages for row in page["value"]] == list(tenant.teams)


def test_next_links_repeat_the_query_and_hide_the_rest(quiet):
    query = "$select=id,%20mail&$top=2&$filter=userType%20eq%20'Member'"
    link = quiet.get(f"/users?{query}").json()["@odata.nextLink"]

    assert link.startswith(f"{quiet.root}/users?{query}&$skiptoken=")
    assert quiet.sandbox.tenant.people[1].id not in link


@pytest.mark.parametrize(
    "spoil",
    [
        lambda link: link[:-1],
        lambda link: link[:-2] + ("AA" if link[-2:] != "AA" else "BB"),
        lambda link: link.replace("$top=2", "$top=3"),
        lambda link: link.replace("/users?", "/teams?"),
        lambda link: link + "=",
        lambda link: link.partition("$skiptoken=")[0] + "$skiptoken=%F0%9F%98%80",
    ],
    ids=["shorter", "altered", "other query", "other path", "longer", "no base64"],
)
def test_a_token_that_was_not_given_out_for_this_query_is_refused(quiet, spoil):
    link = quiet.get("/users?$top=2").json()["@odata.nextLink"]

    assert quiet.get(link).status_code == 200
    status, code = error(quiet.get(spoil(link)))
    assert (status, code.removeprefix("Request_")) == (400, "BadRequest")


def test_a_row_that_leaves_while_it_is_read_takes_no_other_with_it(open_client):
    client = open_client(Tenant(seed=2, teams=5, channels=1, messages=0, users=10))
    tenant = client.sandbox.tenant
    pages = client.pages("/teams?$top=2")
    seen = [row["id"] for row in next(pages)["value"]]

    tenant.remove_team(seen[0])
    seen += [row["id"] for page in pages for row in page["value"]]

    assert set(tenant.teams) < set(seen)
    assert len(seen) == 5


@pytest.mark.parametrize(
    "path",
    [
        "/teams?$orderby=displayName",
        "/teams?$skip=1",
        "/teams?$top=0",
        "/teams?$top=x",
        "/teams?$top=1&$top=2",
        "/teams?$filter=description%20eq%20'x'",
        "/teams?$filter=displayName%20ne%20'x'",
        "/teams?$select=nothing",
        "/users?$top=1000",
        "/users?$skip=2",
        "/users?$expand=memberOf",
        "/teams/{team}?$expand=photo",
        "/teams/{team}/channels?$top=2",
        "/teams/{team}/channels?$skiptoken=abc",
        "/teams/{team}/channels?$filter=membershipType%20ne%20'private'",
        "/teams/{team}/members?$top=1000",
        "/teams/{team}/members?$filter=roles/any(r:r%20ne%20'owner')",
        "/teams/{team}/channels/{channel}/messages?$top=51",
        "/teams/{team}/channels/{channel}/messages?$select=id",
        "/teams/{team}/channels/{channel}/messages?$expand=members",
        "/teams/{team}/channels/{channel}/messages?$filter=lastModifiedDateTime%20gt%202026-01-01",
        "/teams/{team}/channels/getAllMessages?$expand=replies",
        "/teams/{team}/channels/getAllMessages?$orderby=lastModifiedDateTime",
        "/teams/{team}/channels/getAllMessages?$filter=lastModifiedDateTime%20ge%202026-01-01",
        "/teams/{team}/channels/getAllMessages?$filter=createdDateTime%20gt%202026-01-01",
        "/teams/{team}/channels/getAllMessages?$filter=lastModifiedDateTime%20gt%20yesterday",
        "/teams/{team}/channels/getAllMessages?$filter=",
        "/teams/{team}/nothing",
        "/nothing",
        "/",
    ],
)
def test_what_is_not_documented_is_a_bad_request(quiet, team, channel, path):
    response = quiet.get(path.format(team=team.id, channel=channel.id))

    code = "Request_BadRequest" if path.startswith(("/users", "/groups")) else "BadRequest"
    assert error(response) == (400, code)


@pytest.mark.parametrize(
    "path", ["/teams/{id}", "/teams/{id}/channels", "/teams/{id}/channels/getAllMessages"]
)
def test_a_team_that_is_not_there_is_not_found_in_graphs_words(quiet, path):
    nobodys = "00000000-0000-4000-8000-000000000000"
    response = quiet.get(path.format(id=nobodys))

    assert error(response) == (404, "NotFound")
    assert response.json()["error"]["message"] == f"No team found with Group Id {nobodys}"


def test_a_team_is_named_by_a_guid(quiet):
    response = quiet.get("/teams/abc/channels")

    assert error(response) == (400, "BadRequest")
    assert response.json()["error"]["message"] == "teamId needs to be a valid GUID."


@pytest.mark.parametrize("below", ["", "/messages", "/messages/1", "/messages/1/replies"])
def test_a_channel_that_is_not_there_is_not_found(quiet, team, below):
    assert error(quiet.get(f"/teams/{team.id}/channels/19:x/{below}"))[0] in {400, 404}
    assert error(quiet.get(f"/teams/{team.id}/channels/19:x{below}")) == (404, "NotFound")


def test_another_version_or_method_is_refused(quiet):
    beta = quiet.get(f"{quiet.sandbox.graph_url}/beta/teams")

    assert error(beta) == (400, "BadRequest")
    assert quiet.send("DELETE", "/teams").status_code == 405


def test_options_that_are_not_odatas_are_ignored(quiet):
    assert quiet.rows("/teams?model=A") == quiet.rows("/teams")


def test_the_list_of_teams_fills_three_properties_and_the_team_itself_all(quiet, team):
    listed = quiet.rows("/teams")[0]
    selected = quiet.rows("/teams?$select=id,visibility")[0]
    alone = quiet.get(f"/teams/{team.id}").json()

    assert set(listed) == {"id", "displayName", "description"}
    assert selected == {"id": team.id, "visibility": None}
    assert alone.pop("@odata.context").endswith("$metadata#teams/$entity")
    assert alone == team.describe()


def test_teams_are_filtered_by_name(quiet, team):
    def named(text):
        return [row["id"] for row in quiet.rows(f"/teams?$filter={text}")]

    assert named(f"displayName%20eq%20'{team.name}'") == [team.id]
    assert named(f"startswith(displayName,%20'{team.name[:4]}')") == [team.id]
    assert named("startswith(displayName,'zzz')") == []


def test_select_cuts_rows_down(quiet, team):
    channels = quiet.rows(f"/teams/{team.id}/channels?$select=id,displayName")
    members = quiet.rows(f"/teams/{team.id}/members?$select=id")

    assert {frozenset(row) for row in channels} == {frozenset({"id", "displayName"})}
    assert {frozenset(row) for row in members} == {frozenset({"id", "@odata.type"})}


def test_channels_come_in_one_page_without_their_summary(quiet, team):
    rows = quiet.rows(f"/teams/{team.id}/channels")

    assert rows == [channel.describe() for channel in team.channels.values()]
    assert not any("summary" in row for row in rows)


def test_the_summary_comes_for_one_channel_that_selects_it(quiet, team, channel):
    path = f"/teams/{team.id}/channels/{channel.id}"

    assert "summary" not in quiet.get(path).json()
    assert quiet.get(f"{path}?$select=summary").json()["summary"]["membersCount"] > 0


def test_channels_are_filtered_by_the_kind_of_membership(quiet, team):
    rows = quiet.rows(f"/teams/{team.id}/channels?$filter=membershipType%20eq%20'private'")

    assert [row["membershipType"] for row in rows] == ["private"]


def test_users_show_a_short_list_unless_more_is_selected(quiet):
    short = quiet.rows("/users")[0]
    chosen = quiet.rows("/users?$select=id,userType,accountEnabled")[0]

    assert "userType" not in short
    assert set(short) >= {"id", "displayName", "mail", "userPrincipalName"}
    assert set(chosen) == {"id", "userType", "accountEnabled"}


def test_users_are_filtered_and_counted(quiet):
    everybody = quiet.rows("/users?$select=id,userType")
    guests = quiet.rows("/users?$select=id&$top=2&$filter=userType%20eq%20'Guest'")
    counted = quiet.get(
        "/users?$count=true&$top=1&$filter=userType%20eq%20'Guest'",
        headers={"ConsistencyLevel": "eventual"},
    ).json()

    assert [row["id"] for row in guests] == [
        row["id"] for row in everybody if row["userType"] == "Guest"
    ]
    assert counted["@odata.count"] == len(guests)


def test_counting_users_needs_eventual_consistency(quiet):
    assert error(quiet.get("/users?$count=true")) == (400, "Request_UnsupportedQuery")


def test_members_can_be_asked_for_one_person(quiet, team):
    person = team.people[0]
    text = f"(microsoft.graph.aadUserConversationMember/userId%20eq%20'{person.id}')"

    rows = quiet.rows(f"/teams/{team.id}/members?$filter={text}")

    assert [row["userId"] for row in rows] == [person.id]
    assert rows[0]["roles"] == ["owner"]


def test_presences_are_given_for_known_ids_once_each(quiet):
    known = [person.id for person in quiet.sandbox.tenant.people]
    body = {"ids": [*known, known[0], "nobody"]}

    rows = quiet.send("POST", "/communications/getPresencesByUserId", json=body).json()["value"]

    assert [row["id"] for row in rows] == known


@pytest.mark.parametrize(
    "body", [{"ids": ["x"] * 651}, {"ids": []}, {"ids": "x"}, {}, {"ids": [None]}]
)
def test_presences_are_refused_for_too_many_ids_or_none(quiet, body):
    response = quiet.send("POST", "/communications/getPresencesByUserId", json=body)

    assert error(response) == (400, "BadRequest")


def test_presences_are_given_for_650_ids(quiet):
    body = {"ids": ["x"] * 650}

    response = quiet.send("POST", "/communications/getPresencesByUserId", json=body)

    assert response.json()["value"] == []


def test_answers_carry_the_servers_date_and_the_ids_of_the_request(open_client):
    client = open_client(clock=lambda: 1_795_000_000.25)

    good = client.get("/teams", headers={"client-request-id": "mine"})
    bad = client.get("/nothing", headers={"client-request-id": "mine"})

    assert good.headers["Date"] == "Wed, 18 Nov 2026 11:06:40 GMT"
    assert good.headers["client-request-id"] == "mine"
    inner = bad.json()["error"]["innerError"]
    assert inner["client-request-id"] == "mine"
    assert inner["request-id"] == bad.headers["request-id"] != good.headers["request-id"]
    assert inner["date"] == "2026-11-18T11:06:40"


def test_a_clock_behind_the_history_is_set_forward_to_its_end(open_client):
    client = open_client(clock=lambda: 1_000.0)

    assert client.get("/teams").headers["Date"] == "Sun, 01 Nov 2026 08:00:00 GMT"


@pytest.mark.parametrize(
    ("path", "name"), [("users", "aboutMe"), ("users", "mailboxSettings"), ("groups", "isFavorite")]
)
def test_what_is_kept_outside_of_the_directory_is_given_one_by_one(quiet, path, name):
    [first, *_] = quiet.rows(f"/{path}?$select=id")

    assert quiet.get(f"/{path}?$select={name}").status_code == 501
    assert quiet.get(f"/{path}/{first['id']}?$select={name}").json().keys() >= {name}
