from __future__ import annotations

import json

import pytest

from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.workspace.catalog import Catalog
from tap_msteams_sandbox.areas.workspace.installations import Installations
from tap_msteams_sandbox.areas.workspace.sharing import Sharing
from tap_msteams_sandbox.areas.workspace.tabs import Tabs
from tap_msteams_sandbox.areas.workspace.tags import Tags
from tests.conftest import SMALL, run_tap
from tests.streams.tables import Table, by_default, catalog, expected_rows, swift

BELOW_TEAMS = (
    "channels",
    "channel_members",
    "shared_with_teams",
    "tabs",
    "installed_apps",
    "permission_grants",
    "tags",
    "tag_members",
)
FULL = (*BELOW_TEAMS, "apps", "user_installed_apps", "deleted_teams")
ALL = (*FULL, "deleted_team_messages", "hosted_contents")
COSTLY = {"hosted_contents.contentBytes", "hosted_contents.contentType"}


@pytest.fixture(scope="module")
def whole(shared_sandbox):
    """A run over everything."""
    return run_tap(swift(shared_sandbox), catalog=catalog(ALL, also=COSTLY))


@pytest.mark.parametrize("stream", ALL)
def test_a_full_read_gives_every_row_once_as_graph_shows_it(shared_sandbox, whole, stream):
    skipped = () if stream == "hosted_contents" else by_default(stream)

    assert whole.code == 0
    assert whole.rows(stream) == expected_rows(shared_sandbox.tenant, stream, without=skipped)
    assert len(whole.records[stream]) == len(whole.rows(stream))


@pytest.mark.parametrize("stream", FULL)
def test_a_full_read_activates_its_version(whole, stream):
    active = [it for it in whole.messages if it["type"] == "ACTIVATE_VERSION"]

    assert [it["stream"] for it in active].count(stream) == 1


def test_what_came_and_went_shows_in_the_next_full_read(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock)
    tenant = sandbox.tenant
    teams = list(tenant.teams.values())
    tables = [Table(stream) for stream in FULL]
    first = run_tap(swift(sandbox), streams=FULL)
    host, other = teams[1], teams[2]
    shared = next(it for it in host.channels.values() if it.kind == "shared")
    tenant.part(Sharing).unshare(shared.id, teams[0].id)
    opened = tenant.add_channel(host.id, "Together", "shared")
    tenant.part(Sharing).share(host.id, opened, other.id)
    where = next(iter(other.channels))
    tab = tenant.part(Tabs).add(other.id, where)
    tenant.part(Tabs).rename(other.id, where, tab, "Übersicht")
    tags = tenant.part(Tags)
    tag = next(iter(tags.of(teams[0])))
    tags.remove(teams[0].id, tag)
    tags.add(other.id)
    app = tenant.part(Catalog).publish()
    tenant.part(Catalog).retire("com.microsoft.teamspace.tab.wiki")
    tenant.part(Installations).install(other.id, app)
    tenant.part(Installations).remove(
        teams[0].id, tenant.part(Installations).of(teams[0].id)[-3].id
    )
    tenant.part(Installations).remove(
        tenant.me.id, tenant.part(Installations).of(tenant.me.id)[0].id
    )
    tenant.remove_member(host.id, host.people[-1].id)
    tenant.remove_channel(other.id, list(other.channels)[-1])
    clock.forward(60)
    second = run_tap(swift(sandbox), streams=FULL, state=first.state)

    untouched = Tenant(**SMALL)
    untouched.graph_url = sandbox.graph_url

    for table in tables:
        before = expected_rows(untouched, table.stream, without=by_default(table.stream))
        table.take(first)
        assert table.shown() == before, table.stream
        table.take(second)
        assert table.shown() == expected_rows(
            tenant, table.stream, without=by_default(table.stream)
        )
        assert (table.shown() != before) is (table.stream != "deleted_teams"), table.stream


# Channels


def test_a_channel_names_its_host_and_only_hosts_are_asked_for_what_is_in_it(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(swift(sandbox), streams=["channels", "tabs", "channel_members", "messages"])
    rows = output.records["channels"]
    hosted = [row for row in rows if row["hostTeamId"] == row["teamId"]]
    count = sandbox.count()

    assert len(hosted) < len(rows)
    assert {row["tenantId"] for row in hosted} == {sandbox.tenant.id}
    assert len({row["tenantId"] for row in rows}) == 2
    assert count["GET /teams/{id}/channels/{id}/tabs"] == len(hosted)
    own = [row for row in hosted if row["membershipType"] != "standard"]
    assert count["GET /teams/{id}/channels/{id}/allMembers"] == len(own)
    assert {entry.status for entry in sandbox.requests} == {200}


def test_a_cloud_without_incoming_channels_gives_the_hosted_ones(open_sandbox):
    sandbox = open_sandbox(faults=["501:where=/allChannels,times=0"])
    output = run_tap(swift(sandbox), streams=["channels", "tabs"])
    expected = {
        k: row
        for k, row in expected_rows(
            sandbox.tenant, "channels", without=by_default("channels")
        ).items()
        if row["teamId"] == row["hostTeamId"]
    }

    assert output.code == 0
    assert output.rows("channels") == expected
    assert output.rows("tabs") == expected_rows(sandbox.tenant, "tabs")


def test_the_summary_is_read_one_by_one_for_own_channels_and_loses_no_other_property(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(
        swift(sandbox), catalog=catalog(["channels", "tabs"], also=["channels.summary"])
    )
    summaries = {
        channel.id: channel.summary()
        for team in sandbox.tenant.teams.values()
        for channel in team.channels.values()
    }
    expected = expected_rows(sandbox.tenant, "channels", without=["email"])
    for row in expected.values():
        if row["hostTeamId"] == row["teamId"]:
            row["summary"] = summaries[row["id"]]
    found = output.rows("channels")
    for row in found.values():
        if row["teamId"] != row["hostTeamId"]:
            assert row.pop("summary") is None

    assert found == expected
    assert sandbox.count()["GET /teams/{id}/channels/{id}"] == len(summaries)
    assert output.rows("tabs") == expected_rows(sandbox.tenant, "tabs")


def test_only_shared_channels_are_asked_for_their_teams(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(swift(sandbox), streams=["shared_with_teams"])
    shared = {row["channelId"] for row in output.records["shared_with_teams"]}

    assert sandbox.count()["GET /teams/{id}/channels/{id}/sharedWithTeams"] == len(shared)
    assert {entry.status for entry in sandbox.requests} == {200}


def test_one_person_has_a_row_for_each_way_into_a_channel(whole):
    ways = {}
    for row in whole.records["channel_members"]:
        ways.setdefault((row["channelId"], row["userId"]), []).append(row)

    several = [rows for rows in ways.values() if len(rows) > 1]
    assert several
    for rows in several:
        sources = [row["originalSourceMembershipUrl"] for row in rows]
        assert len(set(sources)) == len(sources)


# Apps


@pytest.mark.parametrize(
    ("stream", "relations"),
    [
        ("apps", {"appDefinitions"}),
        ("tabs", {"teamsApp"}),
        ("installed_apps", {"teamsApp", "teamsAppDefinition"}),
        ("user_installed_apps", {"teamsApp", "teamsAppDefinition"}),
    ],
)
def test_relations_are_expanded_only_when_selected(open_sandbox, stream, relations):
    sandbox = open_sandbox()
    without = [f"{stream}.{name}" for name in relations]
    output = run_tap(swift(sandbox), catalog=catalog([stream], without=without))

    assert not any("$expand" in entry.path for entry in sandbox.requests)
    assert output.rows(stream) == expected_rows(sandbox.tenant, stream, without=relations)


def test_people_without_a_licence_are_one_notice_and_stop_nothing(shared_sandbox, whole):
    output = run_tap(swift(shared_sandbox), streams=["user_installed_apps", "sync_issues"])
    unlicensed = [it for it in shared_sandbox.tenant.people if not it.licensed]
    [issue] = output.records["sync_issues"]

    assert unlicensed
    assert (issue["severity"], issue["status"]) == ("notice", 403)
    assert "licence" in issue["remedy"]
    assert output.code == whole.code == 0


def test_an_app_keeps_what_its_tab_is_configured_with(whole):
    configurations = [row["configuration"] for row in whole.records["tabs"]]

    assert any("wikiTabId" in it for it in configurations)


# Tags


def test_a_tag_has_as_many_members_as_it_says(whole):
    counted = {row["id"]: row["memberCount"] for row in whole.records["tags"]}
    members = [row["tagId"] for row in whole.records["tag_members"]]

    assert {tag: members.count(tag) for tag in counted} == counted


# Signing in as a person


def test_a_user_reads_what_the_user_is_in_and_is_told_what_is_for_applications(open_sandbox):
    sandbox = open_sandbox(auth="refresh_token")
    tenant = sandbox.tenant
    output = run_tap(swift(sandbox), streams=[*ALL, "sync_issues"])
    mine = {team.id for team in tenant.teams.values() if tenant.me in team.people}
    inside = {
        channel.id
        for team in tenant.teams.values()
        for channel in team.channels.values()
        if tenant.me in channel.audience
    }

    def seen(stream):
        return {
            k: row
            for k, row in expected_rows(tenant, stream, without=by_default(stream)).items()
            if row["teamId"] in mine and row.get("channelId", "") in {"", *inside}
        }

    assert output.code == 0
    for stream in ("tabs", "channel_members", "shared_with_teams", "installed_apps", "tags"):
        assert output.rows(stream) == seen(stream), stream
    told = {row["stream"]: row for row in output.records["sync_issues"]}
    installed = expected_rows(tenant, "user_installed_apps")
    own = {key for key, row in installed.items() if row["userId"] == tenant.me.id}
    assert output.rows("user_installed_apps").keys() == own != set()
    assert set(told) == {"deleted_team_messages"}
    assert {row["severity"] for row in told.values()} == {"notice"}
    assert json.dumps(output.records["hosted_contents"])


# Pages, drift and gaps


@pytest.mark.parametrize("page_size", [1, 3])
def test_smaller_pages_give_the_same_rows(open_sandbox, page_size):
    sandbox = open_sandbox(page_size=page_size)
    output = run_tap(swift(sandbox), streams=FULL)

    for stream in FULL:
        assert output.rows(stream) == expected_rows(
            sandbox.tenant, stream, without=by_default(stream)
        )


def test_graph_sends_nothing_here_that_is_not_declared(open_sandbox, caplog):
    run_tap(swift(open_sandbox()), catalog=catalog(ALL, also=COSTLY))

    assert "does not know" not in caplog.text


def test_a_team_that_cannot_be_read_is_a_gap_and_what_it_had_stays(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock)
    tables = [Table(stream) for stream in ("tags", "installed_apps")]
    first = run_tap(swift(sandbox), streams=["tags", "installed_apps"])
    team = list(sandbox.tenant.teams)[1]
    sandbox.faults.add(f"403:where={team}/tags,times=0")
    clock.forward(60)
    second = run_tap(swift(sandbox), streams=["tags", "installed_apps"], state=first.state)

    assert (first.code, second.code) == (0, 3)
    for table in tables:
        table.take(first)
        table.take(second)
        assert table.shown() == expected_rows(sandbox.tenant, table.stream)
    assert second.activated == {"installed_apps"}
