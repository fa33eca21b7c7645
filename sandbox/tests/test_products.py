"""Organization, voice, virtual events and Copilot, as Microsoft's pages describe them."""

from __future__ import annotations

import pytest

from sandbox.tests.answers import by_id, error
from sandbox.tests.clock import Clock
from sandbox.tests.conftest import Client
from tap_msteams_sandbox import Sandbox, Tenant
from tap_msteams_sandbox.areas.products import COPILOT, ENGAGE, EVENTS, PHONE, Products
from tap_msteams_sandbox.instants import DAY, SECOND, iso

TENANT = {"seed": 7, "teams": 2, "channels": 1, "messages": 2, "users": 12}

COMMUNITIES = "/employeeExperience/communities"
CONFIGURATIONS = "/admin/teams/userConfigurations"
NUMBERS = "/admin/teams/telephoneNumberManagement/numberAssignments"
WEBINARS = "/solutions/virtualEvents/webinars"
TOWNHALLS = "/solutions/virtualEvents/townhalls"

LISTS = {
    COMMUNITIES: "communities",
    CONFIGURATIONS: "user_configurations",
    NUMBERS: "telephone_numbers",
    "/subscribedSkus": "subscribed_skus",
    WEBINARS: "webinars",
    TOWNHALLS: "townhalls",
}


@pytest.fixture(scope="module")
def client():
    """A client of a tenant that these tests leave as it is."""
    with Sandbox(tenant=Tenant(**TENANT)) as sandbox:
        yield Client(sandbox)


@pytest.fixture
def tenant(client):
    return client.sandbox.tenant


def history(person):
    return f"/copilot/users/{person.id}/interactionHistory/getAllEnterpriseInteractions"


@pytest.mark.parametrize(("path", "collection"), LISTS.items())
def test_a_list_is_as_expected(client, tenant, path, collection):
    assert by_id(client.rows(path)) == by_id(tenant.expected(collection))


@pytest.mark.parametrize(("path", "most"), [(COMMUNITIES, 100), (CONFIGURATIONS, 999)])
def test_pages_are_as_large_as_asked_for(client, path, most):
    pages = list(client.pages(f"{path}?$top=2"))

    assert [len(page["value"]) for page in pages[:-1]] == [2] * (len(pages) - 1)
    assert len(pages) > 1
    assert client.get(f"{path}?$top={most}").status_code == 200
    assert client.get(f"{path}?$top={most + 1}").status_code == 400


def test_numbers_are_skipped_and_filtered_and_never_linked(client):
    everything = client.rows(NUMBERS)
    page = client.get(f"{NUMBERS}?$top=2&$skip=3").json()
    free = client.rows(f"{NUMBERS}?$filter=assignmentStatus eq 'unassigned'")

    assert page["value"] == everything[3:5]
    assert "@odata.nextLink" not in page
    assert client.get(f"{NUMBERS}?$skip={len(everything)}").json()["value"] == []
    assert free == [row for row in everything if row["assignmentTargetId"] is None]
    assert 0 < len(free) < len(everything)
    for refused in ("$top=1001", "$skip=-1", "$filter=city eq 'Cork'", "$select=id"):
        assert client.get(f"{NUMBERS}?{refused}").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/subscribedSkus?$filter=skuPartNumber eq 'MCOEV'",
        f"{WEBINARS}?$top=1",
        f"{WEBINARS}?$select=id",
        f"{COMMUNITIES}?$filter=privacy eq 'public'",
    ],
)
def test_options_that_the_pages_do_not_name_are_refused(client, path):
    assert client.get(path).status_code == 400


@pytest.mark.parametrize(
    ("product", "path"),
    [(ENGAGE, COMMUNITIES), (PHONE, NUMBERS), (EVENTS, WEBINARS), (EVENTS, TOWNHALLS)],
)
def test_a_tenant_without_the_product_is_refused(client, tenant, product, path):
    tenant.part(Products).lacking = {product}
    try:
        assert error(client.get(path)) == (403, "Forbidden")
        assert client.get(CONFIGURATIONS).status_code == 200
    finally:
        tenant.part(Products).lacking = set()


def test_a_list_of_sessions_has_names_and_times_alone(client, tenant):
    [event, *_] = tenant.expected("webinars")
    [brief, *_] = client.rows(f"{WEBINARS}/{event['id']}/sessions")
    whole = client.get(f"{WEBINARS}/{event['id']}/sessions/{brief['id']}").json()

    assert {name for name, it in brief.items() if it is not None and name[:1] != "@"} == {
        "id", "subject", "startDateTime", "endDateTime", "joinWebUrl",
    }  # fmt: skip
    assert whole["videoOnDemandWebUrl"]
    assert error(client.get(f"{WEBINARS}/nothing/sessions")) == (404, "NotFound")


def test_registrations_and_presenters_are_those_of_their_event(client, tenant):
    for kind in ("registrations", "presenters"):
        expected = [*tenant.expected(f"{'webinar' if kind[0] == 'r' else 'virtual_event'}_{kind}")]
        for event in tenant.expected("webinars"):
            shown = client.rows(f"{WEBINARS}/{event['id']}/{kind}")
            of_it = [row for row in expected if row["eventId"] == event["id"]]
            assert by_id(shown) == by_id(
                {name: it for name, it in row.items() if name != "eventId"} for row in of_it
            )


def test_a_user_reads_the_events_of_ones_own(open_client):
    client = open_client(Tenant(**TENANT), auth="refresh_token")
    me = client.sandbox.tenant.me.id
    own, shared = (
        client.rows(f"{WEBINARS}/getByUserRole(role='{role}')")
        for role in ("organizer", "coOrganizer")
    )

    assert {row["createdBy"]["user"]["id"] for row in own} == {me}
    assert me not in {row["createdBy"]["user"]["id"] for row in shared}
    assert client.get(f"{WEBINARS}/getByUserRole(role='guest')").status_code == 400
    assert client.get(WEBINARS).status_code == 412
    assert client.get(history(client.sandbox.tenant.me)).status_code == 412


def test_interactions_are_filtered_by_when_they_were_and_paged(client, tenant):
    person = next(it for it in tenant.people if it.licensed)
    everything = client.rows(history(person))
    middle = sorted(row["createdDateTime"] for row in everything)[len(everything) // 2]
    bounds = f"createdDateTime gt {middle} and createdDateTime lt 2100-01-01T00:00:00Z"
    later = client.rows(f"{history(person)}?$filter={bounds}&$top=1")

    assert [row["id"] for row in later] == [
        row["id"] for row in everything if row["createdDateTime"] > middle
    ]
    assert client.get(f"{history(person)}?$top=101").status_code == 400
    assert client.get(f"{history(person)}?$select=id").status_code == 400


def test_an_interactions_id_is_a_moment_that_two_conversations_may_share(client, tenant):
    person = next(it for it in tenant.people if it.licensed and it.n % 2)
    rows = client.rows(history(person))

    assert all(row["id"].isdigit() for row in rows)
    assert len({row["id"] for row in rows}) < len(rows)
    assert len({(row["sessionId"], row["id"]) for row in rows}) == len(rows)


def test_people_without_a_licence_have_no_interactions_and_tenants_without_copilot_none(
    client, tenant
):
    person = next((it for it in tenant.people if not it.licensed), None)
    assert person is None or client.rows(history(person)) == []
    tenant.part(Products).lacking = {COPILOT}
    try:
        assert error(client.get(history(tenant.people[0]))) == (403, "Forbidden")
    finally:
        tenant.part(Products).lacking = set()


def test_transcripts_of_calls_are_between_two_moments_and_of_the_user_of_the_path(open_client):
    clock = Clock(Tenant(**TENANT).until / SECOND)
    client = open_client(Tenant(**TENANT), clock=clock)
    tenant = client.sandbox.tenant
    expected = [*tenant.expected("call_transcripts")]
    person, middle = expected[0]["userId"], iso(tenant.until - 7 * DAY)
    path = f"/users/{person}/adhocCalls/getAllTranscripts"

    found = client.rows(f"{path}(userId='{person}',startDateTime={middle})")

    mine = [row for row in expected if row["userId"] == person]
    assert {row["id"] for row in found} == {
        row["id"] for row in mine if row["createdDateTime"] >= middle
    }
    assert 0 < len(found) < len(mine)
    assert client.get(f"{path}(userId='{tenant.id}')").status_code == 400
    assert client.get(f"{path}(userId='{person}',startDateTime=yesterday)").status_code == 400


def test_a_day_of_work_moves_numbers_registrations_and_licences():
    tenant = Tenant(**TENANT)
    kinds = ("telephone_numbers", "user_configurations", "webinar_registrations",
             "subscribed_skus", "communities", "webinars")  # fmt: skip
    before = {kind: [*tenant.expected(kind)] for kind in kinds}

    tenant.change()

    for kind in kinds:
        assert [*tenant.expected(kind)] != before[kind], kind
    owners = [row["assignmentTargetId"] for row in tenant.expected("telephone_numbers")]
    assert len([it for it in owners if it]) == len({*owners} - {None})
