"""Laws of the groups that the sandbox serves."""

from __future__ import annotations

from sandbox.tests.answers import declared
from sandbox.tests.conftest import SMALL
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.groups import ALONE

PROPERTIES = set(declared("group"))
TEAM = "$filter=resourceProvisioningOptions/Any(x:x%20eq%20'Team')"


def test_the_filter_finds_the_groups_that_carry_the_mark_of_a_team(quiet):
    everything = quiet.rows("/groups")
    marked = quiet.rows(f"/groups?{TEAM}")

    assert marked == [row for row in everything if row["resourceProvisioningOptions"]]
    assert len(marked) < len(everything)


def test_every_team_has_its_group_and_a_mark_can_be_stale(quiet):
    marked = {row["id"] for row in quiet.rows(f"/groups?{TEAM}")}
    teams = set(quiet.sandbox.tenant.teams)

    (stale,) = marked - teams
    assert teams < marked
    assert quiet.get(f"/teams/{stale}").status_code == 404


def test_the_listing_is_as_expected_page_by_page(quiet):
    listed = PROPERTIES - {*ALONE}
    rows = quiet.rows(f"/groups?{TEAM}&$select={','.join(sorted(listed))}&$top=2")
    expected = list(quiet.sandbox.tenant.expected("groups"))

    assert rows == [{name: row[name] for name in row if name in listed} for row in expected]


def test_every_declared_property_has_a_value_somewhere(quiet):
    rows = list(quiet.sandbox.tenant.expected("groups"))

    assert {name for row in rows for name in row} == PROPERTIES
    filled = {name for row in rows for name, value in row.items() if value not in (None, [])}
    assert PROPERTIES - filled == {"deletedDateTime"}


def test_some_properties_come_only_when_they_are_selected(quiet):
    assert "isArchived" not in quiet.rows("/groups")[0]
    assert "isArchived" in quiet.rows("/groups?$select=id,isArchived")[0]


def test_a_team_that_is_gone_takes_its_group_along(open_client):
    client = open_client()
    tenant = client.sandbox.tenant
    gone = next(iter(tenant.teams))
    new = tenant.add_team("Newly founded")

    tenant.remove_team(gone)

    ids = {row["id"] for row in client.rows(f"/groups?{TEAM}&$top=999")}
    assert gone not in ids
    assert new in ids


def test_groups_are_refused_in_the_words_of_the_directory(open_client):
    client = open_client(roles=["Team.ReadBasic.All"])

    response = client.get("/groups")

    assert response.status_code == 403
    assert response.json()["error"]["code"] == "Authorization_RequestDenied"


def test_counting_needs_the_advanced_kind_of_query(quiet):
    refused = quiet.get("/groups?$count=true")
    counted = quiet.get("/groups?$count=true", headers={"ConsistencyLevel": "eventual"})

    assert refused.json()["error"]["code"] == "Request_UnsupportedQuery"
    assert counted.json()["@odata.count"] == len(counted.json()["value"])


def test_pages_are_as_large_as_documented(quiet):
    assert quiet.get("/groups?$top=999").status_code == 200
    assert quiet.get("/groups?$top=1000").status_code == 400
    assert quiet.get("/groups?$skip=1").status_code == 400


def test_a_group_keeps_the_mark_of_a_team_that_is_gone_unless_the_tenant_is_tidy(open_client):
    marked = "/groups?$filter=resourceProvisioningOptions/Any(x:x eq 'Team')"
    rows = open_client().rows(marked)
    stale = [row for row in rows if row["displayName"] == "Druckerfreigabe Süd"]
    tidy = open_client(Tenant(**SMALL, tidy=True)).rows(marked)

    assert [row["groupTypes"] for row in stale] == [["Unified"]]
    assert len(tidy) == SMALL["teams"]
