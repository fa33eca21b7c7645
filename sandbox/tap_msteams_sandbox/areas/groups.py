"""Groups: the Microsoft 365 groups of the teams, and some without a team."""

from __future__ import annotations

import re
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.company.people import DOMAIN, INITIAL_DOMAIN, guid
from tap_msteams_sandbox.filters import conditions
from tap_msteams_sandbox.instants import DAY, SECOND, iso
from tap_msteams_sandbox.odata import PAGED, Paging, clauses, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.team import Team
    from tap_msteams_sandbox.endpoints import Call

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

_TEAM = re.compile(r"resourceProvisioningOptions/any\(x: ?x eq 'Team'\)", re.IGNORECASE)

TEAMLESS = ("All staff", "VPN users", "Druckerfreigabe Süd")
"""Groups without a team; the last one still carries the mark of one that is gone."""


AREA = Area("Groups", roles=("GroupMember.Read.All",), directory=True)


def groups(tenant: Company) -> Iterator[tuple[int, bool, Callable[[], dict[str, Any]]]]:
    """Yield all groups: number, mark of a team, and a function that makes the row."""
    last = len(TEAMLESS) - 1
    for n, name in enumerate(TEAMLESS):
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
    return _plain(tenant, team.id, team.name, team.nickname, team.created) | more


def _teamless(tenant: Company, n: int, name: str) -> dict[str, Any]:
    """Return a group that has no team."""
    key = guid(tenant.random("group", name))
    created = tenant.until - (n + 2) * 365 * DAY
    row = _plain(tenant, key, name, f"group{n}", created)
    stale = n == len(TEAMLESS) - 1
    return row | ({"resourceProvisioningOptions": ["Team"]} if stale else {})


@AREA.endpoint(
    "GET /groups",
    "group-list",
    application=READ,
    delegated=READ,
    options=PAGED | {"$filter", "$select", "$count"},
    paging=DIRECTORY,
)
def listing(call: Call) -> bytes:
    """GET /groups."""
    parts = list(clauses(text)) if (text := call.query.get("$filter")) else []
    rest = " and ".join(part for part in parts if not _TEAM.fullmatch(part))
    tests = conditions(
        rest, equal=("displayName", "mail", "mailNickname", "id"), starts=("displayName", "mail")
    )
    counted = call.query.get("$count") == "true"
    if counted and call.headers.get("ConsistencyLevel", "").lower() != "eventual":
        msg = "$count is not currently supported."
        raise GraphError(400, "Request_UnsupportedQuery", msg)
    marked = any(_TEAM.fullmatch(part) for part in parts)
    found = [(n, make) for n, team, make in groups(call.tenant) if team or not marked]
    if tests:
        found = [(n, make) for n, make in found if all(test(make()) for test in tests)]
    properties = tuple(_plain(call.tenant, "", "", "", 0))
    names = call.query.selected(properties)
    names = names or tuple(name for name in properties if name not in ON_REQUEST)
    after = call.query.number()
    left = [(n, make) for n, make in found if after is None or n > after]
    shown = left[: call.size]
    more = call.next_link(shown[-1][0]) if len(shown) < len(left) else None
    total = len(found) if counted and after is None else None
    rows = [pick(make(), names) for _, make in shown]
    return page(call.context("groups"), rows, count=total, next_link=more)
