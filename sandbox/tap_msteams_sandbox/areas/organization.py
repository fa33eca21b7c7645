"""Organization: licences, communities, and the teams of a person."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.directory import person_of
from tap_msteams_sandbox.areas.products import ENGAGE, require
from tap_msteams_sandbox.company.people import COMPANY, guid
from tap_msteams_sandbox.odata import PAGED, Paging, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

TEAMS = ("Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All")
LICENCES = (
    "LicenseAssignment.Read.All", "Directory.Read.All", "Directory.ReadWrite.All",
    "Organization.Read.All", "Organization.ReadWrite.All",
)  # fmt: skip
COMMUNITIES = ("Community.Read.All", "Community.ReadWrite.All")

AREA = Area("Organization", roles=(LICENCES[0], COMMUNITIES[0]))

SKUS = (
    ("06ebc4ee-1bb5-47dd-8120-11324bc54e06", "SPE_E5", ("TEAMS1", "EXCHANGE_S_ENTERPRISE")),
    ("639dec6b-bb19-468b-871c-c5c441c4b0cb", "Microsoft_365_Copilot", ("M365_COPILOT_TEAMS",)),
    ("e43b5b99-8dfb-405f-9987-dc307f34bcbd", "MCOEV", ("MCOEV",)),
)
"""https://learn.microsoft.com/en-us/entra/identity/users/licensing-service-plan-reference"""

NAMES = ("All of Halyard", "Kaffeeklatsch ☕", "Product ideas")


def with_link(call: Call, what: str, rows: Iterable[Row], *, names: Iterable[str] = ()) -> bytes:
    """Return rows on as many pages as it takes, cut down to a selection."""
    found = list(rows)
    chosen = call.query.selected(names or found[0]) if found else None
    start, size = call.query.number() or 0, call.size
    more = call.next_link(start + size) if start + size < len(found) else None
    shown = [pick(row, chosen) for row in found[start : start + size]]
    return page(call.context(what), shown, next_link=more)


@AREA.endpoint(
    "GET /users/{id}/teamwork/associatedTeams", "associatedteaminfo-list",
    application=TEAMS, delegated=TEAMS,
)  # fmt: skip
def associated_teams(call: Call) -> bytes:
    """GET /users/{id}/teamwork/associatedTeams: a user reads only their own."""
    person = person_of(call)
    if call.caller.user not in {None, person.id}:
        msg = "The user can only access their own associated teams."
        raise GraphError(403, "Forbidden", msg)
    rows = [
        {"@odata.type": "#microsoft.graph.associatedTeamInfo", **row}
        for row in _associated(call.tenant, person)
    ]
    return page(call.context("associatedTeams"), [pick(row, None) for row in rows])


def _associated(tenant: Company, person: Person) -> Iterator[Row]:
    """Yield the teams of a person, and those whose shared channels the person is in."""
    for team in tenant.teams.values():
        shared = (it for it in team.channels.values() if it.kind == "shared")
        if person in team.people or any(person in channel.audience for channel in shared):
            yield {"id": team.id, "displayName": team.name, "tenantId": tenant.id}


@AREA.rows("associated_teams")
def all_associated_teams(tenant: Company) -> Iterator[Row]:
    """Yield the teams of each person."""
    for person in tenant.people:
        for row in _associated(tenant, person):
            yield {"userId": person.id, **row}


@AREA.endpoint(
    "GET /subscribedSkus", "subscribedsku-list",
    application=LICENCES, delegated=LICENCES, options={"$select"},
)  # fmt: skip
def subscribed_skus(call: Call) -> bytes:
    """GET /subscribedSkus: on one page."""
    rows = [*all_skus(call.tenant)]
    names = call.query.selected(rows[0])
    return page(call.context("subscribedSkus"), [pick(row, names) for row in rows])


@AREA.rows("subscribed_skus")
def all_skus(tenant: Company) -> Iterator[Row]:
    """Yield the licences of the tenant."""
    for number, (sku, name, plans) in enumerate(SKUS):
        random = tenant.random("sku", name)
        yield {
            "id": f"{tenant.id}_{sku}",
            "accountId": tenant.id,
            "accountName": COMPANY,
            "appliesTo": "User",
            "capabilityStatus": "Warning" if number == 1 else "Enabled",
            "consumedUnits": len(tenant.people) // (number + 1) + tenant.days,
            "prepaidUnits": {
                "enabled": len(tenant.people) + 5,
                "lockedOut": 0,
                "suspended": 0,
                "warning": number % 2,
            },
            "servicePlans": [
                {
                    "servicePlanId": guid(random),
                    "servicePlanName": plan,
                    "provisioningStatus": "Success",
                    "appliesTo": "User",
                }
                for plan in plans
            ],
            "skuId": sku,
            "skuPartNumber": name,
            "subscriptionIds": [guid(random)],
        }


@AREA.endpoint(
    "GET /employeeExperience/communities", "employeeexperience-list-communities",
    application=COMMUNITIES, delegated=COMMUNITIES, options=PAGED | {"$select"},
    paging=Paging(20, 100),
)  # fmt: skip
def communities(call: Call) -> bytes:
    """GET /employeeExperience/communities."""
    require(call, ENGAGE)
    return with_link(call, "employeeExperience/communities", all_communities(call.tenant))


@AREA.rows("communities")
def all_communities(tenant: Company) -> Iterator[Row]:
    """Yield the communities of Viva Engage: each day opens one, and the first day closes one."""
    opened = [f"Topic {number + 1} of the day" for number in range(tenant.days)]
    for number, name in enumerate([*NAMES[: 2 if opened else None], *opened]):
        random = tenant.random("community", name)
        key = f'{{"_type":"Group","id":"{random.randrange(10**9, 10**10)}"}}'
        yield {
            "id": base64.urlsafe_b64encode(key.encode()).decode().rstrip("="),
            "displayName": name,
            "description": f"Everything about {name}" + ", and more" * bool(opened),
            "privacy": "private" if number % 2 else "public",
            "groupId": guid(random),
        }
