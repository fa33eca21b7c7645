"""Users and their presence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas import query
from tap_msteams_sandbox.company.profiles import (
    USER_ALONE,
    USER_DEFAULT,
    USER_PERMISSIONS,
    USER_PROPERTIES,
    presence,
    user,
)
from tap_msteams_sandbox.limits import PRESENCE, Limit
from tap_msteams_sandbox.odata import PAGED, Paging, entity, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

USER = (
    "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All",
    "Directory.ReadWrite.All",
)  # fmt: skip
WATCH = ("Presence.Read.All", "Presence.ReadWrite.All")

USERS = Paging(default=100, maximum=999)
"""https://learn.microsoft.com/en-us/graph/api/user-list#optional-query-parameters"""

COMPARED = "eq ne not ge le in startswith"
COLLECTION = query.Collection(
    query.operators(
        (
            ("accountEnabled ageGroup creationType externalUserState id userType", "eq ne not in"),
            ("onPremisesSyncEnabled isResourceAccount", "eq ne not in"),
            ("city companyName country displayName employeeId employeeType givenName", COMPARED),
            ("jobTitle mailNickname mobilePhone officeLocation postalCode state", COMPARED),
            ("streetAddress surname usageLocation preferredLanguage", COMPARED),
            ("createdDateTime department employeeHireDate", "eq ne not ge le in"),
            ("mail userPrincipalName", f"{COMPARED} endswith"),
            ("otherMails proxyAddresses", "eq not ge le in startswith endswith"),
        )
    ),
    sortable=frozenset({"displayName", "userPrincipalName", "createdDateTime", "surname", "mail"}),
    searchable=frozenset({"displayName", "mail", "userPrincipalName", "givenName", "surname"}),
)
"""https://learn.microsoft.com/en-us/graph/api/resources/user#properties"""

_MANAGER = re.compile(r"manager(?:\(\$select=(?P<names>[\w,]+)\))?")

SPAN = 6
"""People below one manager."""

PRESENCES = 650
"""The most ids in one call.

https://learn.microsoft.com/en-us/graph/api/cloudcommunications-getpresencesbyuserid#request-body
"""

AREA = Area(
    "People",
    roles=("User.Read.All", *USER_PERMISSIONS.values()),
    columns=USER_PERMISSIONS.values(),
    directory=True,
)

PRESENCE_AREA = Area(
    "Presence",
    roles=("Presence.Read.All",),
    limits=(Limit("presence", r"POST /communications/.*", 1500, 30, PRESENCE),),
)


class Listing:
    """The rows of users, cached for each selection of properties."""

    def __init__(self, tenant: Company) -> None:
        self._tenant = tenant
        self._rows: dict[tuple[tuple[str, ...], frozenset[str]], list[bytes]] = {}

    def rows(self, names: tuple[str, ...], hidden: frozenset[str]) -> list[bytes]:
        """Return all users as JSON, cut down to some properties, of which some are null."""
        if (names, hidden) not in self._rows:
            empty = dict.fromkeys(hidden)
            rows = ({name: row[name] for name in names} | empty for row in all_users(self._tenant))
            self._rows[names, hidden] = [msgspec.json.encode(row) for row in rows]
        return self._rows[names, hidden]


def withheld(call: Call, names: Iterable[str]) -> Iterator[str]:
    """Yield the properties that are null for this caller, or refuse all of them for one."""
    for name in names:
        permission = USER_PERMISSIONS.get(name)
        if permission is None or permission in call.caller.granted:
            continue
        if name == "signInActivity":
            # https://learn.microsoft.com/en-us/graph/api/resources/signinactivity
            msg = f"Calling principal does not have required MSGraph permissions {permission}"
            raise GraphError(403, "Authentication_MSGraphPermissionMissing", msg)
        yield name


@AREA.endpoint(
    "GET /users",
    "user-list",
    application=USER,
    delegated=USER,
    options=PAGED | query.OPTIONS,
    paging=USERS,
)
def users(call: Call) -> bytes:
    """GET /users."""
    names = call.query.selected(USER_PROPERTIES) or USER_DEFAULT
    if alone := [name for name in names if name in USER_ALONE]:
        msg = f"This operation target is not yet supported: {', '.join(alone)}."
        raise GraphError(501, "NotImplemented", msg)
    hidden = frozenset(withheld(call, names))
    counted = query.counts(call)
    tenant = call.tenant
    start, size = call.query.number() or 0, call.size
    if query.asks(call) or call.query.get("$expand"):
        found = query.found(call, all_users(tenant), COLLECTION)
        total = len(found)
        shown = [
            _shown(call, row | dict.fromkeys(hidden), names) for row in found[start : start + size]
        ]
    else:
        total = len(tenant.people)
        shown = tenant.part(Listing).rows(names, hidden)[start : start + size]
    more = call.next_link(start + size) if start + size < total else None
    # The number of all users comes with the first page only.
    count = total if counted and not start else None
    return page(call.context("users"), shown, count=count, next_link=more)


def _shown(call: Call, row: Row, names: Iterable[str]) -> bytes:
    row = with_manager(call, row, call.tenant.users[row["id"]])
    return pick(row, (*names, "manager"))


def with_manager(call: Call, row: Row, person: Person) -> Row:
    """Return a user with the manager, if that is to be expanded."""
    if (asked := call.query.get("$expand")) is None:
        return row
    match = _MANAGER.fullmatch(asked)
    if match is None:
        msg = f"Parsing OData Select and Expand failed: '{asked}' cannot be expanded."
        raise GraphError.bad_request(msg)
    manager = manager_of(call.tenant, person)
    if manager is None:
        return row
    found = user(manager, call.tenant.until)
    names = ("id", *match["names"].split(",")) if match["names"] else USER_DEFAULT
    shown = {name: value for name, value in found.items() if name in names}
    return row | {"manager": {"@odata.type": "#microsoft.graph.user", **shown}}


def manager_of(tenant: Company, person: Person) -> Person | None:
    """Return somebody's manager: the first employee has none, and no guest has."""
    above = [it for it in tenant.people[: max(1, person.n // SPAN)] if not it.guest]
    return None if person.guest or person.n == 0 else above[-1]


@PRESENCE_AREA.endpoint(
    "POST /communications/getPresencesByUserId",
    "cloudcommunications-getpresencesbyuserid",
    application=WATCH,
    delegated=WATCH,
)
def presences(call: Call) -> bytes:
    """POST /communications/getPresencesByUserId; ids of nobody are dropped."""
    try:
        ids: list[str] = msgspec.json.decode(call.body, type=_Ids).ids
    except msgspec.DecodeError as error:
        msg = "Unable to read JSON request payload."
        raise GraphError.bad_request(msg) from error
    if not 1 <= len(ids) <= PRESENCES:
        msg = f"The number of ids must be between 1 and {PRESENCES}."
        raise GraphError.bad_request(msg)
    everybody, now = call.tenant.users, call.tenant.now()
    known = [everybody[key] for key in dict.fromkeys(ids) if key in everybody]
    rows = [msgspec.json.encode(presence(person, now)) for person in known]
    return page(call.context("Collection(microsoft.graph.presence)"), rows)


@PRESENCE_AREA.endpoint(
    "GET /me/presence",
    "presence-get",
    application=None,
    delegated=("Presence.Read", *WATCH),
)
@PRESENCE_AREA.endpoint(
    "GET /users/{id}/presence", "presence-get", application=WATCH, delegated=WATCH
)
def one_presence(call: Call) -> bytes:
    """GET /me/presence and /users/{id}/presence."""
    key = call.names[0] if call.names else call.caller.user or ""
    person = call.tenant.users.get(key)
    if person is None:
        msg = f"User {key}"
        raise GraphError.not_found(msg)
    row = presence(person, call.tenant.now())
    context = call.context(f"users('{person.id}')/presence/$entity")
    return entity(context, msgspec.json.encode(row))


class _Ids(msgspec.Struct):
    ids: list[str]


@AREA.rows("users")
def all_users(tenant: Company) -> Iterator[Row]:
    """Yield all users."""
    return (user(person, tenant.until) for person in tenant.people)


@PRESENCE_AREA.rows("presence")
def all_presences(tenant: Company) -> Iterator[Row]:
    """Yield the presence of all users."""
    return (presence(person, tenant.now()) for person in tenant.people)
