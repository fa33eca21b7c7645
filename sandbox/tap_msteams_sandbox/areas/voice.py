"""Voice: policies in force and telephone numbers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.organization import with_link
from tap_msteams_sandbox.areas.products import PHONE, require
from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.expression import expression
from tap_msteams_sandbox.instants import DAY, iso
from tap_msteams_sandbox.odata import PAGED, Paging, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

CONFIGURATIONS = ("TeamsUserConfiguration.Read.All",)
NUMBERS = ("TeamsTelephoneNumber.Read.All", "TeamsTelephoneNumber.ReadWrite.All")

AREA = Area("Voice", roles=(*CONFIGURATIONS, NUMBERS[0]))

FILTERABLE = dict.fromkeys(
    (
        "activationState", "assignmentCategory", "assignmentStatus", "assignmentTargetId",
        "civicAddressId", "isoCountryCode", "locationId", "networkSiteId", "numberSource",
        "numberType", "operatorId", "portInStatus", "telephoneNumber",
    ),
    frozenset({"eq", "ne", "and", "or"}),
)  # fmt: skip
"""Everything but the id and the city, as the page of the list says."""

POLICIES = ("TeamsMeetingPolicy", "TeamsMessagingPolicy", "TeamsCallingPolicy")


class Numbers:
    """The telephone numbers of a tenant, and who has them."""

    def __init__(self, tenant: Company) -> None:
        able = (person for person in tenant.people if person.licensed and person.n % 2 == 0)
        self.owners: dict[str, Person | None] = {f"+353215550{it.n:03}": it for it in able}
        self.owners |= {f"+353215559{place:03}": None for place in range(3)}
        self.changed: dict[str, int] = {}
        """When somebody got or lost a number, by the id of the person."""

    def of(self, person: Person) -> str | None:
        """The telephone number of a person, if there is one."""
        return next((number for number, it in self.owners.items() if it is person), None)


@AREA.day
def day(tenant: Company, random: Random) -> dict[str, int]:
    """Give a free number to somebody, and take one away from somebody else."""
    numbers = tenant.part(Numbers)
    owned = [number for number, owner in numbers.owners.items() if owner]
    free = [number for number in numbers.owners if number not in owned]
    without = [it for it in tenant.people if it.licensed and not numbers.of(it)]
    if not (owned and free and without):
        return {}
    given, taken, person = random.choice(free), random.choice(owned), random.choice(without)
    left = numbers.owners[taken]
    numbers.owners |= {given: person, taken: None}
    for it in (person, left):
        if it:
            numbers.changed[it.id] = int(tenant.now())
    return {"telephone numbers": 2}


@AREA.endpoint(
    "GET /admin/teams/userConfigurations",
    "teamsadministration-teamsadminroot-list-userconfigurations",
    application=CONFIGURATIONS,
    delegated=CONFIGURATIONS,
    options=PAGED | {"$select"},
    paging=Paging(100, 999),
)
def user_configurations(call: Call) -> bytes:
    """GET /admin/teams/userConfigurations."""
    return with_link(call, "admin/teams/userConfigurations", all_configurations(call.tenant))


@AREA.rows("user_configurations")
def all_configurations(tenant: Company) -> Iterator[Row]:
    """Yield the configuration of each person."""
    numbers = tenant.part(Numbers)
    for person in tenant.people:
        number = numbers.of(person)
        created = tenant.until - (person.n + 30) * DAY
        yield {
            "id": person.id,
            "tenantId": tenant.id,
            "userPrincipalName": person.principal_name,
            "accountType": "guest" if person.guest else "user",
            "isEnterpriseVoiceEnabled": number is not None,
            "featureTypes": ["Teams", "PhoneSystem"] if number else ["Teams"],
            "telephoneNumbers": [{"telephoneNumber": number, "assignmentCategory": "primary"}]
            if number
            else [],
            "effectivePolicyAssignments": [
                {
                    "policyType": policy,
                    "policyAssignment": {
                        "displayName": f"Policy {(person.n + place) % 3}",
                        "assignmentType": "group" if place else "direct",
                        "policyId": guid(tenant.random("policy", policy, str(person.n % 3))),
                        "groupId": guid(tenant.random("policy group", policy)) if place else None,
                    },
                }
                for place, policy in enumerate(POLICIES)
            ],
            "createdDateTime": iso(created),
            "modifiedDateTime": iso(numbers.changed.get(person.id, created + 3 * DAY)),
        }


@AREA.endpoint(
    "GET /admin/teams/telephoneNumberManagement/numberAssignments",
    "teamsadministration-telephonenumbermanagementroot-list-numberassignments",
    application=NUMBERS,
    delegated=NUMBERS,
    options={"$filter", "$top", "$skip"},
    paging=Paging(500, 1000),
)
def telephone_numbers(call: Call) -> bytes:
    """GET /admin/teams/telephoneNumberManagement/numberAssignments: no page links to another."""
    require(call, PHONE)
    skip = call.query.get("$skip") or "0"
    if not skip.isdecimal():
        msg = f"Invalid value '{skip}' for $skip query option found."
        raise GraphError.bad_request(msg)
    chosen = expression(call.query.get("$filter"), FILTERABLE).test
    rows = [row for row in all_numbers(call.tenant) if chosen(row)]
    shown = [pick(row, None) for row in rows[int(skip) : int(skip) + call.size]]
    return page(call.context("admin/teams/telephoneNumberManagement/numberAssignments"), shown)


@AREA.rows("telephone_numbers")
def all_numbers(tenant: Company) -> Iterator[Row]:
    """Yield the telephone numbers of the tenant, some of nobody."""
    for place, (number, person) in enumerate(tenant.part(Numbers).owners.items()):
        random = tenant.random("number", number)
        key = f"{tenant.id}|{number}".encode()
        direct = place % 3 == 1
        yield {
            "id": base64.urlsafe_b64encode(key).decode().rstrip("="),
            "telephoneNumber": number,
            "operatorId": guid(random),
            "numberType": "directRouting" if direct else "callingPlan",
            "activationState": "activated",
            "capabilities": ["userAssignment", "voiceApplicationAssignment"],
            "locationId": None if direct else guid(random),
            "civicAddressId": None if direct else guid(random),
            "networkSiteId": None if direct else "cork",
            "assignmentTargetId": person.id if person else None,
            "assignmentCategory": "primary" if person else None,
            "portInStatus": None if direct else "completed",
            "assignmentStatus": "userAssigned" if person else "unassigned",
            "isoCountryCode": None if direct else "IE",
            "city": None if direct else "Cork",
            "numberSource": "online",
            "supportedCustomerActions": ["locationUpdate"],
            "reverseNumberLookupOptions": [],
        }
