"""Resources: what Graph shows of teams, channels, members, users and presences."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.filters import conditions
from tap_msteams_sandbox.odata import entity, page, pick
from tap_msteams_sandbox.profiles import USER_DEFAULT, USER_PROPERTIES, presence, user
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams_sandbox.channel import Channel
    from tap_msteams_sandbox.endpoints import Call
    from tap_msteams_sandbox.filters import Condition
    from tap_msteams_sandbox.people import Person
    from tap_msteams_sandbox.team import Team

TEAM_BASIC = ("id", "displayName", "description")
"""What GET /teams fills.

https://learn.microsoft.com/en-us/graph/api/teams-list#response
"""

JOINED = (*TEAM_BASIC, "isArchived", "tenantId")
"""What GET /me/joinedTeams fills; the other properties are null.

https://learn.microsoft.com/en-us/graph/api/user-list-joinedteams#response
"""

PRESENCES = 650
"""The most ids in one call.

https://learn.microsoft.com/en-us/graph/api/cloudcommunications-getpresencesbyuserid#request-body
"""


def team_of(call: Call, *, insiders: bool = True) -> Team:
    """Return the team that the path names; a signed-in user has to be one of its members."""
    team = call.tenant.teams.get(call.names[0])
    if team is None:
        raise GraphError.no_team(call.names[0])
    if insiders and call.caller.user is not None and not _knows(call, team.people):
        raise GraphError.not_a_member()
    return team


def channel_of(call: Call) -> Channel:
    """Return the channel that the path names."""
    channel = team_of(call).channels.get(call.names[1])
    if channel is None:
        msg = f"Channel {call.names[1]}"
        raise GraphError.not_found(msg)
    if call.caller.user is not None and not _knows(call, channel.audience):
        raise GraphError.not_a_member()
    return channel


def _knows(call: Call, people: Iterable[Any]) -> bool:
    """Whether the signed-in user is one of the people."""
    return any(person.id == call.caller.user for person in people)


def teams(call: Call) -> bytes:
    """GET /teams."""
    names = call.query.selected(_team_properties(call)) or TEAM_BASIC
    tests = conditions(call.query.get("$filter"), equal=("displayName",), starts=("displayName",))
    after = call.query.number()
    rows = (
        (team.n, _basic(team))
        for team in call.tenant.teams.values()
        if after is None or team.n > after
    )
    # Everything but the three basic properties is null here, selected or not.
    found = [(n, row) for n, row in rows if all(test(row) for test in tests)]
    nulls = dict.fromkeys(names)
    return _slice(call, "teams", names, [(n, {**nulls, **row}) for n, row in found])


def _basic(team: Team) -> dict[str, Any]:
    return {"id": team.id, "displayName": team.name, "description": team.description}


def _team_properties(call: Call) -> Iterable[str]:
    """Return the names of a team's properties."""
    for team in islice(call.tenant.teams.values(), 1):
        return team.describe()
    return TEAM_BASIC


def _slice(
    call: Call, what: str, names: Iterable[str] | None, rows: list[tuple[int, dict[str, Any]]]
) -> bytes:
    """Return the first page of numbered rows; the next one starts after the last number."""
    shown = rows[: call.size]
    more = call.next_link(shown[-1][0]) if len(shown) < len(rows) else None
    counted = call.query.get("$count") == "true"
    count = len(rows) if counted else len(shown)
    encoded = [pick(row, names) for _, row in shown]
    return page(call.context(what), encoded, count=count, next_link=more)


def team(call: Call) -> bytes:
    """GET /teams/{id}."""
    row = team_of(call).describe()
    return entity(call.context("teams/$entity"), pick(row, call.query.selected(row)))


def joined_teams(call: Call) -> bytes:
    """GET /me/joinedTeams."""
    shown: list[bytes] = []
    for mine in call.tenant.teams.values():
        if _knows(call, mine.people):
            row = mine.describe()
            shown.append(msgspec.json.encode({k: row[k] if k in JOINED else None for k in row}))
    return page(call.context("teams"), shown, count=len(shown))


def channels(call: Call) -> bytes:
    """GET /teams/{id}/channels: all of them at once, private ones for those who are in them."""
    team = team_of(call)
    tests = conditions(call.query.get("$filter"), equal=("membershipType", "displayName", "id"))
    names: tuple[str, ...] | None = None
    shown = []
    for channel in team.channels.values():
        if call.caller.user is not None and not _knows(call, channel.audience):
            continue
        row = channel.describe()
        names = call.query.selected(row)
        if all(test(row) for test in tests):
            shown.append(pick(row, names))
    return page(call.context(f"teams('{team.id}')/channels"), shown, count=len(shown))


def channel(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}; `summary` comes only when it is selected."""
    found = channel_of(call)
    row = found.describe()
    names = call.query.selected([*row, "summary"])
    if names and "summary" in names:
        row["summary"] = found.summary()
    return entity(call.context(f"teams('{call.names[0]}')/channels/$entity"), pick(row, names))


def members(call: Call) -> bytes:
    """GET /teams/{id}/members."""
    team = team_of(call)
    kind = "microsoft.graph.aadUserConversationMember"
    tests = conditions(
        call.query.get("$filter"),
        equal=("displayName", "email", f"{kind}/userId", f"{kind}/email"),
    )
    after = call.query.number() or 0
    rows = [row for row in team.members() if all(test(row) for test in tests)]
    names = call.query.selected(rows[0] if rows else ("id",))
    left = list(enumerate(rows, start=1))[after:]
    return _slice(call, f"teams('{team.id}')/members", names, left)


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
    rows = call.tenant.user_rows(names)
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
