from __future__ import annotations

import pytest

from sandbox.tests.answers import error, in_channel
from tap_msteams_sandbox.areas.workspace.sharing import SOURCE, Sharing


def channels(client, *kinds):
    return [it for team in client.teams for it in team.channels.values() if it.kind in kinds]


def test_all_channels_are_the_hosted_ones_and_the_incoming_ones(quiet):
    for team in quiet.teams:
        rows = quiet.rows(f"/teams/{team.id}/allChannels")
        hosted = [row["id"] for row in quiet.rows(f"/teams/{team.id}/channels")]
        incoming = [row["id"] for row in quiet.rows(f"/teams/{team.id}/incomingChannels")]

        assert [row["id"] for row in rows] == hosted + incoming
        assert {row["membershipType"] for row in rows if row["id"] in incoming} <= {"shared"}


def test_a_channel_says_which_team_of_which_tenant_hosts_it(quiet):
    tenant = quiet.sandbox.tenant
    hosts = {channel.id: channel.team.id for channel in channels(quiet, "shared", "standard")}
    seen = set()
    for team in quiet.teams:
        for row in quiet.rows(f"/teams/{team.id}/allChannels?$select=id,tenantId"):
            address = row["@odata.id"].removeprefix(f"{quiet.root}/tenants/")
            home, _, host, _, channel = address.split("/")
            assert (home, channel) == (row["tenantId"], row["id"])
            assert hosts.get(channel, host) == host
            seen.add((home == tenant.id, host == team.id))

    assert seen == {(True, True), (True, False), (False, False)}


def test_a_channel_of_another_tenant_cannot_be_read_here(quiet):
    rows = [row for team in quiet.teams for row in quiet.rows(f"/teams/{team.id}/allChannels")]
    away = next(row for row in rows if row["tenantId"] != quiet.sandbox.tenant.id)
    address = away["@odata.id"]

    assert quiet.get(address).status_code == 400
    assert error(quiet.get(address.replace(f"/tenants/{away['tenantId']}", ""))) == (
        404,
        "NotFound",
    )


def test_channels_that_are_shared_and_no_longer_shared_come_and_go(open_client):
    client = open_client()
    host, _, other = client.teams
    sharing = client.sandbox.tenant.part(Sharing)
    channel = client.sandbox.tenant.add_channel(host.id, "Together", "shared")

    def incoming():
        return [row["id"] for row in client.rows(f"/teams/{other.id}/incomingChannels")]

    assert channel not in incoming()
    sharing.share(host.id, channel, other.id)
    assert channel in incoming()
    sharing.unshare(channel, other.id)
    assert channel not in incoming()


def test_a_shared_channel_names_its_teams_the_host_first(quiet):
    for channel in channels(quiet, "shared"):
        infos = quiet.rows(in_channel(channel, "sharedWithTeams"))

        assert [info["isHostTeam"] for info in infos] == [True, *[False] * (len(infos) - 1)]
        assert infos[0]["id"] == channel.team.id
        assert len(infos) > 1


def test_only_shared_channels_can_be_asked_for_their_teams(quiet):
    for channel in channels(quiet, "standard", "private"):
        assert error(quiet.get(in_channel(channel, "sharedWithTeams"))) == (400, "BadRequest")


def test_guests_of_a_team_are_not_allowed_into_the_channels_shared_with_it(quiet):
    channel = channels(quiet, "shared")[0]
    for info in quiet.rows(in_channel(channel, "sharedWithTeams"))[1:]:
        rows = quiet.rows(in_channel(channel, f"sharedWithTeams/{info['id']}/allowedMembers"))

        assert rows
        assert not any("guest" in row["roles"] for row in rows)
    unknown = in_channel(channel, "sharedWithTeams/nobody/allowedMembers")
    assert error(quiet.get(unknown)) == (404, "NotFound")


def test_members_of_a_standard_channel_are_those_of_its_team(quiet, team, channel):
    members = quiet.rows(f"/teams/{team.id}/members")

    assert quiet.rows(in_channel(channel, "members")) == members
    assert quiet.rows(in_channel(channel, "allMembers")) == members


def test_one_person_is_a_member_as_often_as_there_are_ways_in(quiet):
    channel = channels(quiet, "shared")[0]
    direct = quiet.rows(in_channel(channel, "members"))
    everybody = quiet.rows(in_channel(channel, "allMembers"))
    people = [row["userId"] for row in everybody]

    assert len(set(people)) < len(people)
    assert len({row["id"] for row in everybody}) == len(everybody)
    assert {row["id"] for row in direct} < {row["id"] for row in everybody}
    sources = {
        "/channels/" in row[SOURCE]: {row["id"]} for row in everybody if row["userId"] in people
    }
    assert set(sources) == {True, False}
    assert not any(SOURCE in row for row in direct)


@pytest.mark.parametrize("top", [1, 3, 999])
def test_every_page_size_gives_the_same_members(quiet, top):
    channel = channels(quiet, "private")[0]

    paged = quiet.rows(in_channel(channel, f"members?$top={top}"))

    assert paged == quiet.rows(in_channel(channel, "members"))
