"""The directory: single users and groups, members, changes, and the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas import groups, people, query
from tap_msteams_sandbox.areas.deltas import OPTIONS as DELTA
from tap_msteams_sandbox.areas.deltas import Deltas
from tap_msteams_sandbox.company.people import COMPANY, DOMAIN, INITIAL_DOMAIN
from tap_msteams_sandbox.company.profiles import USER_DEFAULT, USER_PROPERTIES, user
from tap_msteams_sandbox.instants import DAY, SECOND, iso
from tap_msteams_sandbox.odata import PAGED, entity, page, pick
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

ME = ("User.Read", "User.ReadWrite", *people.USER)
ORGANIZATION = ("Organization.Read.All", "Directory.Read.All", "Directory.ReadWrite.All")

AREA = Area("Directory", roles=("Organization.Read.All",), directory=True)


@AREA.endpoint(
    "GET /me", "user-get", application=None, delegated=ME, options={"$select", "$expand"}
)
@AREA.endpoint(
    "GET /users/{id}",
    "user-get",
    application=people.USER,
    delegated=ME,
    options={"$select", "$expand"},
)
def one_user(call: Call) -> bytes:
    """GET /me and /users/{id}: by the id or by the principal name."""
    person = person_of(call)
    names = call.query.selected(USER_PROPERTIES) or USER_DEFAULT
    row = user(person, call.tenant.until) | dict.fromkeys(people.withheld(call, names))
    row = people.with_manager(call, row, person)
    return entity(call.context("users/$entity"), pick(row, (*names, "manager")))


@AREA.endpoint(
    "GET /oidc/userinfo",
    "../../entra/identity-platform/userinfo",
    application=None,
    delegated=(),
)
def userinfo(call: Call) -> bytes:
    """GET /oidc/userinfo, without a version: the user as OpenID Connect knows one."""
    person = call.tenant.users[call.caller.user or ""]
    found = {
        "sub": call.caller.subject,
        "name": person.display_name,
        "family_name": person.surname,
        "given_name": person.given_name,
        "email": person.mail,
    }
    return msgspec.json.encode(found)


def person_of(call: Call) -> Person:
    """Return the user that the path names: `me`, an id or a principal name."""
    tenant = call.tenant
    if call.endpoint.path.startswith("/me"):
        return tenant.users[call.caller.user or ""]
    name = call.names[0]
    person = tenant.users.get(name)
    if person is None and "@" in name:
        folded = name.casefold()
        person = next((it for it in tenant.people if it.principal_name.casefold() == folded), None)
    if person is None:
        msg = (
            f"Resource '{name}' does not exist or one of its queried reference-property objects "
            "are not present."
        )
        raise GraphError(404, "Request_ResourceNotFound", msg)
    return person


@AREA.endpoint(
    "GET /users/$count", "user-list", application=people.USER, delegated=people.USER,
    options={"$filter", "$search"},
)  # fmt: skip
def count(call: Call) -> Reply:
    """GET /users/$count: a number as text."""
    if call.headers.get("ConsistencyLevel", "").lower() != "eventual":
        msg = "$count is not currently supported."
        raise GraphError(400, "Request_UnsupportedQuery", msg)
    found = query.found(call, people.all_users(call.tenant), people.COLLECTION)
    return Reply(body=str(len(found)).encode(), headers={"Content-Type": "text/plain"})


@AREA.endpoint(
    "GET /users/delta", "user-delta", application=people.USER, delegated=people.USER,
    options=DELTA | {"$select", "$top"}, paging=people.USERS,
)  # fmt: skip
def changed_users(call: Call) -> bytes:
    """GET /users/delta."""
    names = call.query.selected(USER_PROPERTIES) or USER_DEFAULT
    rows = {row["id"]: pick(row, ("id", *names)) for row in people.all_users(call.tenant)}
    return call.tenant.part(Deltas).answer(call, "users", rows)


@AREA.endpoint(
    "GET /groups/{id}", "group-get", application=groups.READ, delegated=groups.READ,
    options={"$select", "$expand"},
)  # fmt: skip
def one_group(call: Call) -> bytes:
    """GET /groups/{id}."""
    row = _group(call)
    names = groups.shown_of(call)
    row = groups.with_members(call, row)
    return entity(call.context("groups/$entity"), pick(row, (*names, "members")))


@AREA.endpoint(
    "GET /groups/delta", "group-delta", application=groups.READ, delegated=groups.READ,
    options=DELTA | {"$select", "$top"}, paging=groups.DIRECTORY,
)  # fmt: skip
def changed_groups(call: Call) -> bytes:
    """GET /groups/delta: each group with all its members."""
    names = groups.shown_of(call, "members")
    rows = {}
    for _, _, make in groups.groups(call.tenant):
        row = make()
        if "members" in names:
            people_of = groups.members_of(call.tenant, row["id"])
            row["members@delta"] = [{"@odata.type": USER_TYPE, "id": it.id} for it in people_of]
        rows[row["id"]] = pick(row, ("id", *names, "members@delta"))
    return call.tenant.part(Deltas).answer(call, "groups", rows)


USER_TYPE = "#microsoft.graph.user"


@AREA.endpoint(
    "GET /groups/{id}/members", "group-list-members",
    application=groups.READ, delegated=groups.READ,
    options=PAGED | {"$select", "$count"}, paging=groups.DIRECTORY,
)  # fmt: skip
def members(call: Call) -> bytes:
    """GET /groups/{id}/members."""
    return _users(call, groups.members_of(call.tenant, _group(call)["id"]))


@AREA.endpoint(
    "GET /groups/{id}/owners", "group-list-owners",
    application=groups.READ, delegated=groups.READ,
    options=PAGED | {"$select", "$count"}, paging=groups.DIRECTORY,
)  # fmt: skip
def owners(call: Call) -> bytes:
    """GET /groups/{id}/owners."""
    return _users(call, groups.owners_of(call.tenant, _group(call)["id"]))


def _users(call: Call, found: Iterable[Person]) -> bytes:
    """Return people as objects of the directory."""
    names = call.query.selected(USER_PROPERTIES) or USER_DEFAULT
    counted = query.counts(call)
    everybody = list(found)
    start, size = call.query.number() or 0, call.size
    shown = everybody[start : start + size]
    more = call.next_link(start + size) if start + size < len(everybody) else None
    rows = [pick({"@odata.type": USER_TYPE, **user(it, call.tenant.until)}, names) for it in shown]
    total = len(everybody) if counted and not start else None
    return page(call.context("directoryObjects"), rows, count=total, next_link=more)


def _group(call: Call) -> Row:
    for _, _, make in groups.groups(call.tenant):
        row = make()
        if row["id"] == call.names[0]:
            return row
    msg = f"Resource '{call.names[0]}' does not exist."
    raise GraphError(404, "Request_ResourceNotFound", msg)


@AREA.endpoint(
    "GET /organization", "organization-list", application=ORGANIZATION,
    delegated=("User.Read", *ORGANIZATION), options={"$select"},
)  # fmt: skip
def organization(call: Call) -> bytes:
    """GET /organization: the tenant."""
    tenant = call.tenant
    row = {
        "id": tenant.id,
        "deletedDateTime": None,
        "businessPhones": ["+353 21 555 0100"],
        "city": "Cork",
        "country": "Ireland",
        "countryLetterCode": "IE",
        "createdDateTime": iso((tenant.until - 4000 * DAY) // SECOND * SECOND),
        "defaultUsageLocation": "IE",
        "displayName": COMPANY,
        "marketingNotificationEmails": [],
        "onPremisesLastSyncDateTime": iso(tenant.until // DAY * DAY),
        "onPremisesSyncEnabled": True,
        "partnerTenantType": None,
        "postalCode": "T12 W8KV",
        "preferredLanguage": "en",
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "state": None,
        "street": "7 Lavitt's Quay",
        "technicalNotificationMails": [f"it@{DOMAIN}"],
        "tenantType": "AAD",
        "assignedPlans": [],
        "provisionedPlans": [],
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": name == DOMAIN,
                "isInitial": name == INITIAL_DOMAIN,
                "name": name,
                "type": "Managed",
            }
            for name in (DOMAIN, INITIAL_DOMAIN)
        ],
    }
    return page(call.context("organization"), [pick(row, call.query.selected(row))])


@AREA.rows("group_members")
def all_members(tenant: Company) -> Iterator[Row]:
    """Yield who is in which group."""
    for _, _, make in groups.groups(tenant):
        group = make()["id"]
        for person in groups.members_of(tenant, group):
            yield {"groupId": group, "@odata.type": USER_TYPE, **user(person, tenant.until)}


@AREA.rows("group_owners")
def all_owners(tenant: Company) -> Iterator[Row]:
    """Yield who owns which group."""
    for _, _, make in groups.groups(tenant):
        group = make()["id"]
        for person in groups.owners_of(tenant, group):
            yield {"groupId": group, "@odata.type": USER_TYPE, **user(person, tenant.until)}
