from __future__ import annotations

import base64

import pytest

from sandbox.tests.answers import declared, error, in_channel
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.workspace import AREA
from tap_msteams_sandbox.areas.workspace.catalog import Catalog
from tap_msteams_sandbox.areas.workspace.exports import Exports
from tap_msteams_sandbox.areas.workspace.installations import Installations
from tap_msteams_sandbox.areas.workspace.tabs import Tabs
from tap_msteams_sandbox.areas.workspace.tags import Tags

ENTITIES = {
    "channel_members": "aadUserConversationMember",
    "shared_with_teams": "sharedWithChannelTeamInfo",
    "tabs": "teamsTab",
    "apps": "teamsApp",
    "installed_apps": "teamsAppInstallation",
    "user_installed_apps": "userScopeTeamsAppInstallation",
    "permission_grants": "resourceSpecificPermissionGrant",
    "tags": "teamworkTag",
    "tag_members": "teamworkTagMember",
    "deleted_teams": "deletedTeam",
    "deleted_team_messages": "chatMessage",
    "hosted_contents": "chatMessageHostedContent",
}

KEYS = {
    "apps": ("id",),
    "user_installed_apps": ("userId", "id"),
    "deleted_teams": ("id",),
    "installed_apps": ("teamId", "id"),
    "permission_grants": ("teamId", "id"),
    "tags": ("teamId", "id"),
    "tag_members": ("teamId", "tagId", "id"),
    "hosted_contents": ("teamId", "channelId", "messageId", "id"),
}


@pytest.mark.parametrize("stream", ENTITIES)
def test_every_declared_property_of_a_row_has_a_value_somewhere(quiet, stream):
    rows = list(quiet.sandbox.tenant.expected(stream))
    filled = {name for row in rows for name, value in row.items() if value is not None}

    # Channels are no chats, and a deleted grant is not listed.
    assert set(declared(ENTITIES[stream])) - filled <= {"deletedDateTime", "chatId"}


@pytest.mark.parametrize("stream", ENTITIES)
def test_the_key_of_a_row_is_its_own(quiet, stream):
    key = KEYS.get(stream, ("teamId", "channelId", "id"))
    keys = [tuple(row[name] for name in key) for row in quiet.sandbox.tenant.expected(stream)]

    assert keys
    assert len(set(keys)) == len(keys)


def test_the_same_seed_gives_the_same_rows_whoever_asks_first():
    one, other = Tenant(seed=3, users=20), Tenant(seed=3, users=20)
    forth = {stream: list(one.expected(stream)) for stream in ENTITIES}
    back = {stream: list(other.expected(stream)) for stream in reversed(ENTITIES)}

    assert forth == back


def test_tabs_carry_their_apps_only_when_expanded_and_a_configuration_of_their_own(quiet, channel):
    plain = quiet.rows(in_channel(channel, "tabs"))
    expanded = quiet.rows(in_channel(channel, "tabs?$expand=teamsApp&$select=id"))

    assert {frozenset(row) for row in plain} == {frozenset(set(declared("teamsTab")))}
    assert {frozenset(row) for row in expanded} == {frozenset({"id", "teamsApp"})}
    known = set(declared("teamsTabConfiguration"))
    assert any(row["configuration"].keys() > known for row in plain)
    app = expanded[0]["teamsApp"]["id"]
    found = quiet.rows(in_channel(channel, f"tabs?$filter=teamsApp/id%20eq%20'{app}'"))
    assert [row["id"] for row in found] == [expanded[0]["id"]]


def test_installations_say_little_until_they_are_expanded(quiet, team):
    plain = quiet.rows(f"/teams/{team.id}/installedApps")
    expanded = quiet.rows(f"/teams/{team.id}/installedApps?$expand=teamsApp,teamsAppDefinition")

    assert {frozenset(row) for row in plain} == {frozenset({"id", "consentedPermissionSet"})}
    for row in expanded:
        assert row["id"] != row["teamsApp"]["id"] == row["teamsAppDefinition"]["teamsAppId"]


def test_grants_are_what_was_consented_to_in_the_team(quiet, team):
    consented = [
        item["permissionValue"]
        for row in quiet.rows(f"/teams/{team.id}/installedApps")
        for item in row["consentedPermissionSet"]["resourceSpecificPermissions"]
    ]
    granted = quiet.rows(f"/teams/{team.id}/permissionGrants")

    assert consented
    assert [row["permission"] for row in granted] == consented


def test_apps_of_a_person_need_a_licence(quiet):
    for person in quiet.sandbox.tenant.people:
        response = quiet.get(f"/users/{person.id}/teamwork/installedApps")

        assert response.status_code == (200 if person.licensed else 403)
        if not person.licensed:
            assert "license" in response.json()["error"]["message"]
    assert error(quiet.get("/users/nobody/teamwork/installedApps"))[0] == 404


def test_the_catalog_is_filtered_by_the_method_of_distribution(quiet):
    text = "distributionMethod%20eq%20'organization'"
    rows = quiet.rows(f"/appCatalogs/teamsApps?$filter={text}&$expand=appDefinitions")

    assert {row["distributionMethod"] for row in rows} == {"organization"}
    assert len(rows) < len(quiet.rows("/appCatalogs/teamsApps"))
    for row in rows:
        assert row["externalId"] != row["id"]
        assert [it["teamsAppId"] for it in row["appDefinitions"]] == [row["id"]]


def test_store_apps_have_no_external_id(quiet):
    text = "distributionMethod%20eq%20'store'"

    assert {row["externalId"] for row in quiet.rows(f"/appCatalogs/teamsApps?$filter={text}")} == {
        None
    }


def test_the_count_of_a_tag_is_the_number_of_its_members(quiet):
    for team in quiet.teams:
        for tag in quiet.rows(f"/teams/{team.id}/tags?$top=1"):
            members = quiet.rows(f"/teams/{team.id}/tags/{tag['id']}/members?$top=2")

            assert len(members) == tag["memberCount"]
    assert error(quiet.get(f"/teams/{team.id}/tags/none/members")) == (404, "NotFound")


def test_a_deleted_team_leaves_its_id_and_its_messages(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    team = client.teams[0].id
    before = client.rows(f"/teams/{team}/channels/getAllMessages")

    tenant.remove_team(team)

    listed = client.rows("/teamwork/deletedTeams")
    assert {"id": team} in listed
    assert {frozenset(row) for row in listed} == {frozenset({"id"})}
    export = f"/teamwork/deletedTeams/{team}/channels/getAllMessages"
    assert client.rows(export) == before
    instants = sorted({row["lastModifiedDateTime"] for row in before})
    window = f"lastModifiedDateTime%20gt%20{instants[3]}"
    later = client.rows(f"{export}?$filter={window}&$top=7")
    assert sorted({row["lastModifiedDateTime"] for row in later}) == instants[4:]
    assert error(client.get(export.replace(team, "0000"))) == (404, "NotFound")


def test_a_policy_keeps_what_was_deleted_except_in_private_channels(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    team = client.teams[0]
    general = next(iter(team.channels))
    private = tenant.add_channel(team.id, "Board", "private")
    posts = [tenant.post(team.id, channel, "Secret") for channel in (general, private)]
    tenant.delete(team.id, general, posts[0])
    retained = f"/teams/{team.id}/channels/getAllRetainedMessages"

    assert client.rows(retained) == []
    tenant.part(Exports).retention = True
    tenant.kept_since = tenant.now()
    rows = {row["id"]: row for row in client.rows(f"{retained}?$top=250")}

    assert "Secret" in rows[posts[0]]["body"]["content"]
    assert rows[posts[0]]["deletedDateTime"] == rows[posts[0]]["lastModifiedDateTime"]
    assert posts[1] not in rows
    kinds = {team.channels[row["channelIdentity"]["channelId"]].kind for row in rows.values()}
    assert "private" not in kinds
    visible = {row["id"] for row in client.rows(f"/teams/{team.id}/channels/getAllMessages")}
    assert posts[0] not in visible


def test_pictures_of_posts_and_replies_are_listed_without_their_bytes_and_fetched_one_by_one(quiet):
    seen = set()
    for row in list(quiet.sandbox.tenant.expected("hosted_contents")):
        message = next(
            it
            for it in quiet.rows(f"/teams/{row['teamId']}/channels/getAllMessages?$top=250")
            if it["id"] == row["messageId"]
        )
        root = message["replyToId"]
        below = f"{root}/replies/{message['id']}" if root else message["id"]
        where = f"/teams/{row['teamId']}/channels/{row['channelId']}/messages/{below}"
        nothing = {"id": row["id"], "contentBytes": None, "contentType": None}

        shown = [message["body"]["content"], *(it["content"] for it in message["attachments"])]
        assert f"{where}/hostedContents/{row['id']}/$value" in " ".join(filter(None, shown))
        assert nothing in quiet.rows(f"{where}/hostedContents")
        assert quiet.get(f"{where}/hostedContents/{row['id']}").json().items() >= nothing.items()
        value = quiet.get(f"{where}/hostedContents/{row['id']}/$value")
        assert value.headers["Content-Type"].startswith(row["contentType"])
        assert base64.b64encode(value.content).decode() == row["contentBytes"]
        seen.add(bool(root))
        if seen == {True, False}:
            break

    assert seen == {True, False}
    assert error(quiet.get(f"{where}/hostedContents/none/$value")) == (404, "NotFound")
    assert error(quiet.get(f"{where[:-3]}000/hostedContents")) == (404, "NotFound")


@pytest.mark.parametrize(
    "asked",
    [
        "/teams/{team}/allChannels?$top=5",
        "/teams/{team}/incomingChannels?$expand=members",
        "/teams/{team}/channels/{channel}/members?$top=1000",
        "/teams/{team}/channels/{channel}/allMembers?$top=5",
        "/teams/{team}/channels/{channel}/tabs?$top=5",
        "/teams/{team}/channels/{channel}/tabs?$expand=teamsAppDefinition",
        "/teams/{team}/installedApps?$expand=chat",
        "/teams/{team}/permissionGrants?$select=id",
        "/teams/{team}/tags?$orderby=displayName",
        "/appCatalogs/teamsApps?$filter=distributionMethod%20ne%20'store'",
        "/teamwork/deletedTeams?$top=5",
        "/teams/{team}/channels/getAllRetainedMessages?$orderby=id",
        "/teams/{team}/channels/{channel}/messages/1/hostedContents?$select=id",
    ],
)
def test_what_is_not_documented_here_is_a_bad_request(quiet, team, channel, asked):
    response = quiet.get(asked.format(team=team.id, channel=channel.id))

    assert error(response) == (400, "BadRequest")


@pytest.mark.parametrize("endpoint", AREA.endpoints, ids=lambda endpoint: endpoint.pattern)
def test_without_the_permission_there_is_nothing(open_client, endpoint):
    client = open_client(roles=["User.Read.All"])
    response = client.get(endpoint.path.replace("{id}", "0"))

    assert response.status_code == (403 if endpoint.application else 400)


def test_a_user_sees_what_the_user_is_in(open_client):
    client = open_client(auth="refresh_token")
    tenant = client.sandbox.tenant
    mine = [team for team in client.teams if tenant.me in team.people]
    other = next(team for team in client.teams if tenant.me not in team.people)

    for team in mine:
        rows = client.rows(f"/teams/{team.id}/allChannels")
        assert {row["id"] for row in client.rows(f"/teams/{team.id}/channels")} <= {
            row["id"] for row in rows
        }
    assert error(client.get(f"/teams/{other.id}/allChannels")) == (403, "Forbidden")
    assert error(client.get(f"/teams/{other.id}/tags")) == (403, "Forbidden")
    assert client.rows("/me/teamwork/installedApps")
    stranger = tenant.people[1].id
    assert error(client.get(f"/users/{stranger}/teamwork/installedApps"))[0] == 403
    export = "/teamwork/deletedTeams/0/channels/getAllMessages"
    assert error(client.get(export)) == (412, "PreconditionFailed")


def test_what_people_do_shows(open_client):
    client = open_client()
    tenant, team = client.sandbox.tenant, client.teams[0]
    channel = next(iter(team.channels.values()))
    tabs, tags, apps = tenant.part(Tabs), tenant.part(Tags), tenant.part(Installations)
    tab = tabs.add(team.id, channel.id, "Charts")
    tabs.rename(team.id, channel.id, tab, "Charts 2")
    app = tenant.part(Catalog).publish("Probe")
    apps.install(team.id, app)
    tag = tags.add(team.id, "Fire wardens", (team.people[0].id,))
    tags.assign(team.id, tag, team.people[1].id)
    tags.withdraw(team.id, tag, team.people[0].id)

    installed = client.rows(f"/teams/{team.id}/installedApps?$expand=teamsApp")

    assert client.rows(in_channel(channel, "tabs"))[-1]["displayName"] == "Charts 2"
    assert installed[-1]["teamsApp"]["id"] == app
    assert [row["userId"] for row in client.rows(f"/teams/{team.id}/tags/{tag}/members")] == [
        team.people[1].id
    ]
    tabs.remove(team.id, channel.id, tab)
    tags.remove(team.id, tag)
    apps.remove(team.id, app)
    tenant.part(Catalog).retire(app)
    assert tab not in [row["id"] for row in client.rows(in_channel(channel, "tabs"))]
    assert tag not in [row["id"] for row in client.rows(f"/teams/{team.id}/tags")]
    assert app not in [row["id"] for row in client.rows("/appCatalogs/teamsApps")]
    assert len(client.rows(f"/teams/{team.id}/installedApps")) == len(installed) - 1


def test_a_day_of_work_leaves_traces():
    tenant = Tenant(seed=5, users=30)
    before = {
        stream: list(tenant.expected(stream)) for stream in ("tabs", "tags", "installed_apps")
    }

    done = tenant.change()

    assert {"tabs", "tags", "apps"} <= set(done)
    assert all(list(tenant.expected(stream)) != rows for stream, rows in before.items())
