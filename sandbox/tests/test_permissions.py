from __future__ import annotations

import pytest

from sandbox.tests.answers import error
from tap_msteams_sandbox.graph import ENDPOINTS, ROLES


@pytest.fixture
def delegated(open_client):
    """A client that is signed in as a user."""
    return open_client(auth="refresh_token")


def place(client):
    """A team of which the user is a member, and one of which not."""
    tenant = client.sandbox.tenant
    mine = [team for team in tenant.teams.values() if tenant.me in team.people]
    return mine[0], next(team for team in tenant.teams.values() if team not in mine)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nobody", "Basic abc", "Bearer "])
def test_without_a_good_token_nothing_is_answered(quiet, header):
    response = quiet.get("/teams", headers={"Authorization": header})

    assert error(response) == (401, "InvalidAuthenticationToken")
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_is_given_for_this_graph_only(open_client):
    client = open_client()
    facts = client.sandbox.facts()
    form = {
        "client_id": facts.client_id,
        "client_secret": facts.client_secret,
        "grant_type": "client_credentials",
        "scope": "https://graph.microsoft.us/.default",
    }
    url = f"{client.sandbox.authority_host}/{facts.tenant_id}/oauth2/v2.0/token"

    assert client.session.post(url, data=form).status_code == 400


def test_a_token_is_good_until_it_expires(open_client):
    seconds = [1_800_000_000.0]
    client = open_client(clock=lambda: seconds[0])

    seconds[0] += 3_000
    assert client.get("/teams").status_code == 200
    seconds[0] += 1_000
    assert error(client.get("/teams")) == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/teams", "Team.ReadBasic.All"),
        ("/teams/{team}/channels", "Channel.ReadBasic.All"),
        ("/teams/{team}/members", "TeamMember.Read.All"),
        ("/teams/{team}/channels/{channel}/messages", "ChannelMessage.Read.All"),
        ("/teams/{team}/channels/getAllMessages", "ChannelMessage.Read.All"),
    ],
)
def test_without_its_permission_an_endpoint_says_which_one_it_needs(open_client, path, role):
    client = open_client(roles=set(ROLES) - {role, "TeamSettings.Read.All"})
    team = next(iter(client.sandbox.tenant.teams.values()))

    response = client.get(path.format(team=team.id, channel=next(iter(team.channels))))

    assert error(response) == (403, "Forbidden")
    text = response.json()["error"]["message"]
    assert text.startswith("Missing role permissions on the request. API requires one of '")
    assert role in text.partition("Roles on the request")[0]
    assert role not in text.partition("Roles on the request")[2]
    assert "Presence.Read.All" in text.partition("Roles on the request")[2]


def test_any_of_the_permissions_that_grant_an_endpoint_will_do(open_client):
    client = open_client(roles=["TeamSettings.Read.All", "Group.Read.All"])
    team = next(iter(client.sandbox.tenant.teams))

    assert client.get("/teams").status_code == 200
    assert client.get(f"/teams/{team}/channels").status_code == 200
    assert client.get(f"/teams/{team}/members").status_code == 403


def test_users_are_denied_in_the_words_of_the_directory(open_client):
    client = open_client(roles=["Team.ReadBasic.All"])

    assert error(client.get("/users")) == (403, "Authorization_RequestDenied")


def test_a_user_without_the_scope_is_told_about_scopes(open_client):
    client = open_client(auth="refresh_token", roles=["Team.ReadBasic.All"])
    team, _ = place(client)

    text = client.get(f"/teams/{team.id}/members").json()["error"]["message"]

    assert text.startswith("Missing scope permissions on the request.")


def test_the_default_roles_grant_every_endpoint():
    for endpoint in ENDPOINTS:
        for needed in filter(None, (endpoint.application, endpoint.delegated)):
            assert set(needed) & set(ROLES), endpoint.pattern


def test_an_application_has_no_me(quiet):
    response = quiet.get("/me/joinedTeams")

    assert error(response) == (400, "BadRequest")
    assert "delegated authentication flow" in response.json()["error"]["message"]


def test_a_user_has_no_export(delegated):
    team, _ = place(delegated)

    response = delegated.get(f"/teams/{team.id}/channels/getAllMessages")

    assert error(response) == (412, "PreconditionFailed")


def test_a_user_sees_the_teams_that_they_are_in(delegated):
    mine, other = place(delegated)

    joined = delegated.rows("/me/joinedTeams")

    assert mine.id in {row["id"] for row in joined}
    assert other.id not in {row["id"] for row in joined}
    assert {k for row in joined for k, v in row.items() if v is not None} == {
        "id", "displayName", "description", "isArchived", "tenantId",
    }  # fmt: skip
    assert set(joined[0]) == set(mine.describe())
    assert delegated.get("/me/joinedTeams?$top=1").status_code == 400


@pytest.mark.parametrize("below", ["", "/channels", "/members"])
def test_a_user_is_kept_out_of_other_teams(delegated, below):
    mine, other = place(delegated)

    assert delegated.get(f"/teams/{mine.id}{below}").status_code == 200
    assert error(delegated.get(f"/teams/{other.id}{below}")) == (403, "Forbidden")


def test_a_user_does_not_see_private_channels_that_they_are_not_in(delegated):
    tenant = delegated.sandbox.tenant
    team, _ = place(delegated)
    hidden = tenant.add_channel(team.id, "Board", "private")
    channel = team.channels[hidden]
    if tenant.me in channel.audience:
        channel.audience.remove(tenant.me)
    others = [it.id for it in team.channels.values() if tenant.me in it.audience]

    listed = [row["id"] for row in delegated.rows(f"/teams/{team.id}/channels")]

    assert listed == others
    assert hidden not in listed
    assert error(delegated.get(f"/teams/{team.id}/channels/{hidden}/messages"))[0] == 403


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (402, "PaymentRequired"),
        (403, "Forbidden"),
        (405, "Request_BadRequest"),
        (412, "PreconditionFailed"),
        (501, "NotImplemented"),
    ],
)
def test_a_tenant_can_refuse_the_export_and_only_that(open_client, status, code):
    client = open_client(export=False, export_refusal=status)
    team = next(iter(client.sandbox.tenant.teams.values()))

    response = client.get(f"/teams/{team.id}/channels/getAllMessages")

    assert error(response) == (status, code)
    path = f"/teams/{team.id}/channels/{next(iter(team.channels))}/messages"
    assert client.get(path).status_code == 200


def test_a_managed_identitys_token_opens_graph(open_client):
    client = open_client()
    query = f"api-version=2018-02-01&resource={client.sandbox.graph_url}"
    url = f"{client.sandbox.imds_url}/metadata/identity/oauth2/token?{query}"
    token = client.session.get(url, headers={"Metadata": "true"}).json()

    response = client.get("/teams", headers={"Authorization": f"Bearer {token['access_token']}"})

    assert response.status_code == 200
