"""Voice: policies in force and telephone numbers."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.organization import with_link
from tap_msteams_sandbox.areas.products import PHONE, require
from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.instants import DAY, iso
from tap_msteams_sandbox.odata import PAGED, Paging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

CONFIGURATIONS = ("TeamsUserConfiguration.Read.All",)
NUMBERS = ("TeamsTelephoneNumber.Read.All", "TeamsTelephoneNumber.ReadWrite.All")

AREA = Area("Voice", roles=(*CONFIGURATIONS, NUMBERS[0]))

POLICIES = ("TeamsMeetingPolicy", "TeamsMessagingPolicy", "TeamsCallingPolicy")


def _number(person: Person) -> str | None:
    """The telephone number of a person, if there is one."""
    return f"+353215550{person.n:03}" if person.licensed and person.n % 2 == 0 else None


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
    for person in tenant.people:
        number = _number(person)
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
            "modifiedDateTime": iso(created + 3 * DAY),
        }


@AREA.endpoint(
    "GET /admin/teams/telephoneNumberManagement/numberAssignments",
    "teamsadministration-telephonenumbermanagementroot-list-numberassignments",
    application=NUMBERS,
    delegated=NUMBERS,
    options=PAGED,
    paging=Paging(500, 1000),
)
def telephone_numbers(call: Call) -> bytes:
    """GET /admin/teams/telephoneNumberManagement/numberAssignments."""
    require(call, PHONE)
    what = "admin/teams/telephoneNumberManagement/numberAssignments"
    return with_link(call, what, all_numbers(call.tenant))


@AREA.rows("telephone_numbers")
def all_numbers(tenant: Company) -> Iterator[Row]:
    """Yield the telephone numbers of the tenant, some of nobody."""
    owned = [(number, person) for person in tenant.people if (number := _number(person))]
    free = [(f"+353215559{place:03}", None) for place in range(3)]
    for place, (number, person) in enumerate([*owned, *free]):
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
