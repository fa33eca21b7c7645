"""Users and their presence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.company.profiles import USER_DEFAULT, USER_PROPERTIES, presence, user
from tap_msteams_sandbox.filters import conditions
from tap_msteams_sandbox.limits import PRESENCE, Limit
from tap_msteams_sandbox.odata import PAGED, Paging, page
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call
    from tap_msteams_sandbox.filters import Condition

    Row = dict[str, Any]

USER = (
    "User.ReadBasic.All", "User.Read.All", "User.ReadWrite.All", "Directory.Read.All",
    "Directory.ReadWrite.All",
)  # fmt: skip
WATCH = ("Presence.Read.All", "Presence.ReadWrite.All")

USERS = Paging(default=100, maximum=999)
"""https://learn.microsoft.com/en-us/graph/api/user-list#optional-query-parameters"""

PRESENCES = 650
"""The most ids in one call.

https://learn.microsoft.com/en-us/graph/api/cloudcommunications-getpresencesbyuserid#request-body
"""

AREA = Area(
    "People",
    roles=("User.Read.All",),
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
        self._rows: dict[tuple[str, ...], list[bytes]] = {}

    def rows(self, names: tuple[str, ...]) -> list[bytes]:
        """Return all users as JSON, cut down to some properties."""
        if names not in self._rows:
            rows = ({name: row[name] for name in names} for row in all_users(self._tenant))
            self._rows[names] = [msgspec.json.encode(row) for row in rows]
        return self._rows[names]


@AREA.endpoint(
    "GET /users",
    "user-list",
    application=USER,
    delegated=USER,
    options=PAGED | {"$filter", "$select", "$count"},
    paging=USERS,
)
def users(call: Call) -> bytes:
    """GET /users."""
    names = call.query.selected(USER_PROPERTIES) or USER_DEFAULT
    equal = ("userType", "accountEnabled", "department", "displayName", "mail", "id")
    starts = ("displayName", "userPrincipalName", "mail")
    text = call.query.get("$filter")
    tests = conditions(text, equal=equal, starts=starts)
    counted = call.query.get("$count") == "true"
    if counted and call.headers.get("ConsistencyLevel", "").lower() != "eventual":
        msg = "$count is not currently supported."
        raise GraphError(400, "Request_UnsupportedQuery", msg)
    after = call.query.number() or 0
    size = call.size
    people = call.tenant.people
    rows = call.tenant.part(Listing).rows(names)
    shown: list[bytes] = []
    place = after
    while place < len(people) and len(shown) < size:
        if not tests or _meets(call, people[place], tests):
            shown.append(rows[place])
        place += 1
    more = call.next_link(place) if place < len(people) else None
    # The number of all users comes with the first page only.
    total = sum(_meets(call, person, tests) for person in people) if counted and not after else None
    return page(call.context("users"), shown, count=total, next_link=more)


def _meets(call: Call, person: Person, tests: list[Condition]) -> bool:
    """Whether a user meets the conditions of a filter."""
    row = user(person, call.tenant.until)
    return all(test(row) for test in tests)


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
