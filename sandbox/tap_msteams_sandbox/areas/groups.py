"""Groups: the Microsoft 365 groups of the teams, and some without a team."""

from __future__ import annotations

import re
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas import query
from tap_msteams_sandbox.company.people import DOMAIN, INITIAL_DOMAIN, guid
from tap_msteams_sandbox.company.profiles import USER_DEFAULT, user
from tap_msteams_sandbox.company.team import OWNERS
from tap_msteams_sandbox.instants import DAY, SECOND, iso
from tap_msteams_sandbox.odata import PAGED, Paging, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.team import Team
    from tap_msteams_sandbox.endpoints import Call

    _Numbered = tuple[int, Callable[[], dict[str, Any]]]

READ = (
    "GroupMember.Read.All", "Group.ReadBasic.All", "Group.Read.All", "Group.ReadWrite.All",
    "Directory.Read.All", "Directory.ReadWrite.All",
)  # fmt: skip

DIRECTORY = Paging(default=100, maximum=999)
"""https://learn.microsoft.com/en-us/graph/api/group-list#optional-query-parameters."""

ON_REQUEST = ("isArchived",)
"""Properties that come only when they are selected.

https://learn.microsoft.com/en-us/graph/api/resources/group#properties
"""

ALONE = (
    "accessType", "allowExternalSenders", "autoSubscribeNewMembers", "hideFromAddressLists",
    "hideFromOutlookClients", "isFavorite", "isSubscribedByMail", "unseenConversationsCount",
    "unseenCount", "unseenMessagesCount",
)  # fmt: skip
"""The properties that are given of one group at a time only, and only when they are selected."""

_TEAM = re.compile(
    r"resourceProvisioningOptions/any\((?P<v>\w+): ?(?P=v) eq 'Team'\)", re.IGNORECASE
)

TEAMLESS = ("All staff", "VPN users", "Druckerfreigabe Süd")
"""Groups without a team; the last one still carries the mark of one that is gone."""


AREA = Area("Groups", roles=("GroupMember.Read.All",), directory=True)


def groups(tenant: Company) -> Iterator[tuple[int, bool, Callable[[], dict[str, Any]]]]:
    """Yield all groups: number, mark of a team, and a function that makes the row."""
    last = len(TEAMLESS) - 1
    for n, name in enumerate(() if tenant.tidy else TEAMLESS):
        yield n, n == last, partial(_teamless, tenant, n, name)
    for team in tenant.teams.values():
        yield len(TEAMLESS) + team.n, True, partial(_behind, tenant, team)


@AREA.rows("groups")
def with_team(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the groups that have the mark of a team, even a stale one."""
    return (make() for _, marked, make in groups(tenant) if marked)


def _plain(tenant: Company, key: str, name: str, nickname: str, created: int) -> dict[str, Any]:
    """Return the properties of every group."""
    numbers = "-".join(str(part) for part in _numbers(key))
    return {
        "id": key,
        "deletedDateTime": None,
        "classification": None,
        "createdDateTime": iso(created // SECOND * SECOND),
        "description": None,
        "displayName": name,
        "expirationDateTime": None,
        "groupTypes": [],
        "isArchived": None,
        "isAssignableToRole": None,
        "isManagementRestricted": None,
        "mail": None,
        "mailEnabled": False,
        "mailNickname": nickname,
        "membershipRule": None,
        "membershipRuleProcessingState": None,
        "onPremisesLastSyncDateTime": None,
        "onPremisesSyncEnabled": None,
        "preferredDataLocation": None,
        "preferredLanguage": None,
        "proxyAddresses": [],
        "renewedDateTime": iso(tenant.until // DAY * DAY - 30 * DAY),
        "resourceBehaviorOptions": [],
        "resourceProvisioningOptions": [],
        "securityEnabled": True,
        "securityIdentifier": f"S-1-12-1-{numbers}",
        "theme": None,
        "uniqueName": None,
        "visibility": None,
        "assignedLabels": [],
        "assignedLicenses": [],
        "hasMembersWithLicenseErrors": None,
        "infoCatalogs": [],
        "licenseProcessingState": None,
        "onPremisesDomainName": None,
        "onPremisesExtensionAttributes": None,
        "onPremisesNetBiosName": None,
        "onPremisesProvisioningErrors": [],
        "onPremisesSamAccountName": None,
        "onPremisesSecurityIdentifier": None,
        "organizationId": tenant.id,
        "serviceProvisioningErrors": [],
        "welcomeMessageEnabled": None,
        "accessType": None,
        "allowExternalSenders": None,
        "autoSubscribeNewMembers": None,
        "hideFromAddressLists": None,
        "hideFromOutlookClients": None,
        "isFavorite": None,
        "isSubscribedByMail": None,
        "unseenConversationsCount": None,
        "unseenCount": None,
        "unseenMessagesCount": None,
    }


def _numbers(key: str) -> Iterator[int]:
    """Yield the four numbers that a group's security identifier is made of."""
    return (zlib.crc32(key.encode(), part) for part in range(4))


def _behind(tenant: Company, team: Team) -> dict[str, Any]:
    """Return the group of a team."""
    n = team.n
    alias = f"{team.nickname}@{DOMAIN}"
    label = guid(tenant.random("label", str(n % 3)))
    renewed = tenant.until // DAY * DAY - (n % 90 + 1) * DAY
    more: dict[str, Any] = {
        "classification": ("Internal", None, "Confidential")[n % 3],
        "description": team.description,
        "expirationDateTime": iso(renewed + 365 * DAY) if n % 2 else None,
        "groupTypes": ["Unified"],
        "accessType": "private",
        "allowExternalSenders": n % 2 == 0,
        "autoSubscribeNewMembers": n % 3 == 0,
        "hideFromAddressLists": n % 4 == 0,
        "hideFromOutlookClients": True,
        "isFavorite": False,
        "isSubscribedByMail": False,
        "unseenConversationsCount": n % 3,
        "unseenCount": n % 3,
        "unseenMessagesCount": n,
        "hasMembersWithLicenseErrors": False,
        "infoCatalogs": ["Projects"] if n % 3 == 1 else [],
        "onPremisesProvisioningErrors": [
            {
                "category": "PropertyConflict",
                "occurredDateTime": iso(renewed),
                "propertyCausingError": "Mail",
                "value": alias,
            }
        ]
        if n % 3 == 1
        else [],
        "serviceProvisioningErrors": [
            {
                "@odata.type": "#microsoft.graph.serviceProvisioningXmlError",
                "createdDateTime": iso(renewed),
                "isResolved": True,
                "serviceInstance": "SharePoint/SPO_1",
                "errorDetail": "<Error/>",
            }
        ]
        if n % 3 == 1
        else [],
        "assignedLicenses": [{"disabledPlans": [], "skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900"}]
        if n % 4 == 1
        else [],
        "licenseProcessingState": {"state": "ProcessingComplete"} if n % 4 == 1 else None,
        "onPremisesExtensionAttributes": {f"extensionAttribute{n}": None for n in range(1, 16)},
        "welcomeMessageEnabled": False,
        "isArchived": team.archived,
        "isAssignableToRole": False if n % 4 == 0 else None,
        "isManagementRestricted": n % 5 == 0,
        "mail": alias,
        "mailEnabled": True,
        "preferredDataLocation": "EUR" if n % 3 == 1 else None,
        "preferredLanguage": "en-IE" if n % 3 == 1 else None,
        "proxyAddresses": [f"SMTP:{alias}", f"smtp:{team.nickname}@{INITIAL_DOMAIN}"],
        "renewedDateTime": iso(renewed),
        "resourceBehaviorOptions": ["HideGroupInOutlook", "WelcomeEmailDisabled"],
        "resourceProvisioningOptions": ["Team"],
        "securityEnabled": False,
        "theme": ("Teal", None, "Purple")[n % 3],
        "uniqueName": f"team-{n}" if n % 3 == 1 else None,
        "visibility": ("Private", "Public", "Private", "HiddenMembership")[n % 4],
    }
    if n % 3 == 1:
        more["assignedLabels"] = [{"labelId": label, "displayName": "Geschäftlich"}]
        more["groupTypes"] = ["Unified", "DynamicMembership"]
        more["membershipRule"] = '(user.department -eq "Engineering") -or (user.city -eq "Köln")'
        more["membershipRuleProcessingState"] = "On"
    if n % 4 == 1:
        more["onPremisesLastSyncDateTime"] = iso(tenant.until // DAY * DAY)
        more["onPremisesSyncEnabled"] = True
        more["onPremisesDomainName"] = "halyard.example"
        more["onPremisesNetBiosName"] = "HALYARD"
        more["onPremisesSamAccountName"] = team.nickname
        more["onPremisesSecurityIdentifier"] = f"S-1-5-21-{n}-{n + 5000}"
    return _plain(tenant, team.id, team.name, team.nickname, team.created) | more


def _teamless(tenant: Company, n: int, name: str) -> dict[str, Any]:
    """Return a group that has no team."""
    key = guid(tenant.random("group", name))
    created = tenant.until - (n + 2) * 365 * DAY
    row = _plain(tenant, key, name, f"group{n}", created)
    stale = n == len(TEAMLESS) - 1
    if not stale:
        return row
    alias = f"{row['mailNickname']}@{DOMAIN}"
    return row | {
        "groupTypes": ["Unified"],
        "mail": alias,
        "mailEnabled": True,
        "proxyAddresses": [f"SMTP:{alias}"],
        "resourceProvisioningOptions": ["Team"],
        "securityEnabled": False,
        "visibility": "Private",
    }


COMPARED = "eq ne not ge le in startswith"
COLLECTION = query.Collection(
    query.operators(
        (
            ("displayName mail mailNickname", COMPARED),
            ("id isAssignableToRole mailEnabled securityEnabled", "eq ne not in"),
            ("onPremisesSyncEnabled membershipRuleProcessingState", "eq ne not in"),
            ("classification description", "eq ne not ge le startswith"),
            ("createdDateTime expirationDateTime", "eq ne not ge le in"),
            ("groupTypes", "eq not"),
            ("resourceProvisioningOptions proxyAddresses", "eq not ge le startswith endswith"),
        )
    ),
    sortable=frozenset({"displayName", "createdDateTime", "mail"}),
    searchable=frozenset({"displayName", "description", "mail", "mailNickname"}),
)
"""https://learn.microsoft.com/en-us/graph/api/resources/group#properties"""

EXPANDED = 20
"""The most members that come with their group.

https://learn.microsoft.com/en-us/graph/query-parameters#expand-parameter
"""


def properties(tenant: Company) -> tuple[str, ...]:
    """Return the names of a group's properties."""
    return tuple(_plain(tenant, "", "", "", 0))


def shown_of(call: Call, *more: str) -> tuple[str, ...]:
    """Return the selected properties, or those that come by themselves."""
    known = properties(call.tenant)
    chosen = call.query.selected((*known, *more))
    return chosen or tuple(name for name in known if name not in {*ON_REQUEST, *ALONE})


def members_of(tenant: Company, group: str) -> list[Person]:
    """Return the people of this tenant in a group."""
    return list(tenant.teams[group].people) if group in tenant.teams else tenant.people[:3]


def owners_of(tenant: Company, group: str) -> list[Person]:
    """Return the people of this tenant who own a group."""
    people = members_of(tenant, group)
    number = tenant.teams[group].owners if group in tenant.teams else len(OWNERS)
    return [it for it in people[:number] if not it.guest]


def with_members(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    """Return a group with its first members, if they are to be expanded."""
    if (asked := call.query.get("$expand")) is None:
        return row
    if asked != "members":
        msg = f"Parsing OData Select and Expand failed: '{asked}' cannot be expanded."
        raise GraphError.bad_request(msg)
    members = []
    for person in members_of(call.tenant, row["id"])[:EXPANDED]:
        found = user(person, call.tenant.until)
        shown = {name: found[name] for name in USER_DEFAULT}
        members.append({"@odata.type": "#microsoft.graph.user", **shown})
    return row | {"members": members}


@AREA.endpoint(
    "GET /groups",
    "group-list",
    application=READ,
    delegated=READ,
    options=PAGED | query.OPTIONS,
    paging=DIRECTORY,
)
def listing(call: Call) -> bytes:
    """GET /groups."""
    counted = query.counts(call)
    names = (*shown_of(call), "members")
    if alone := [name for name in names if name in ALONE]:
        msg = f"This operation target is not yet supported: {', '.join(alone)}."
        raise GraphError(501, "NotImplemented", msg)
    after, size = call.query.number(), call.size
    text = call.query.get("$filter")
    if call.query.get("$search") or call.query.get("$orderby"):
        rows = query.found(call, (make() for _, _, make in groups(call.tenant)), COLLECTION)
        found: list[_Numbered] = [(n, partial(dict, row)) for n, row in enumerate(rows)]
    elif text is None or _TEAM.fullmatch(text):
        # The way to find all teams: no more rows are made than are shown.
        found = [(n, make) for n, team, make in groups(call.tenant) if team or text is None]
    else:
        made = {n: make() for n, _, make in groups(call.tenant)}
        kept = {row["id"] for row in query.found(call, made.values(), COLLECTION)}
        found = [(n, partial(dict, row)) for n, row in made.items() if row["id"] in kept]
    left = [(n, make) for n, make in found if after is None or n > after]
    shown = left[:size]
    more = call.next_link(shown[-1][0]) if len(shown) < len(left) else None
    total = len(found) if counted and after is None else None
    encoded = [pick(with_members(call, make()), names) for _, make in shown]
    return page(call.context("groups"), encoded, count=total, next_link=more)
