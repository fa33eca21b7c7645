"""Teams, their channels and their members."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.lookup import channel_of, knows, team_of
from tap_msteams_sandbox.expression import expression
from tap_msteams_sandbox.filters import conditions
from tap_msteams_sandbox.limits import TEAMS, Limit
from tap_msteams_sandbox.odata import PAGED, Paging, entity, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.team import Channel, Team
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

TEAM = ("Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All")
CHANNEL = ("Channel.ReadBasic.All", "ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All")
MEMBER = ("TeamMember.Read.All", "TeamMember.ReadWrite.All")
DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
GROUP = ("Group.Read.All", "Group.ReadWrite.All")
ANY_TEAM = (*TEAM, *GROUP, *DIRECTORY)
ANY_CHANNEL = (*CHANNEL, *GROUP, *DIRECTORY)

ROSTER = Paging(default=100, maximum=999)
"""https://learn.microsoft.com/en-us/graph/api/team-list-members#optional-query-parameters"""

AREA = Area(
    "Teams",
    roles=("Team.ReadBasic.All", "TeamSettings.Read.All", "TeamMember.Read.All",
           "Channel.ReadBasic.All"),
    limits=(
        Limit("teams", r"GET /teams", 30, 1, TEAMS),
        Limit("team", r"GET (/teams/\{id\}|/me/joinedTeams)", 30, 1, TEAMS),
        Limit("channel", r"GET /teams/\{id\}/channels/\{id\}", 30, 1, TEAMS),
        Limit("channels", r"GET /teams/\{id\}/channels", 60, 1, TEAMS),
        Limit("members", r"GET /teams/\{id\}/members", 60, 1, TEAMS),
    ),
)  # fmt: skip

TEAM_BASIC = ("id", "displayName", "description")
"""What GET /teams fills.

https://learn.microsoft.com/en-us/graph/api/teams-list#response
"""

_KIND = "microsoft.graph.aadUserConversationMember"
FILTERABLE = {
    **dict.fromkeys(("displayName", "email"), frozenset({"eq"})),
    **dict.fromkeys((f"{_KIND}/{name}" for name in ("userId", "email")), frozenset({"eq"})),
    "roles": frozenset({"eq"}),
}
"""https://learn.microsoft.com/en-us/graph/api/team-list-members#optional-query-parameters"""

JOINED = (*TEAM_BASIC, "isArchived", "tenantId")
"""What GET /me/joinedTeams fills; the other properties are null.

https://learn.microsoft.com/en-us/graph/api/user-list-joinedteams#response
"""


@AREA.endpoint(
    "GET /teams",
    "teams-list",
    application=TEAM,
    delegated=TEAM,
    options=PAGED | {"$filter", "$select", "$count"},
    paging=ROSTER,
)
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


@AREA.endpoint(
    "GET /teams/{id}",
    "team-get",
    application=ANY_TEAM,
    delegated=ANY_TEAM,
    options={"$select", "$expand"},
)
def team(call: Call) -> bytes:
    """GET /teams/{id}; `channels` and `primaryChannel` can be expanded."""
    found = team_of(call)
    row = found.describe()
    names = call.query.selected(row)
    if (asked := call.query.get("$expand")) is not None:
        for name in asked.split(","):
            row[name] = _related(call, found, name)
        names = (*names, *asked.split(",")) if names else None
    return entity(call.context("teams/$entity"), pick(row, names))


def _related(call: Call, found: Team, name: str) -> object:
    visible = [it for it in found.channels.values() if it.kind == "standard" or _inside(call, it)]
    match name:
        case "channels":
            return [channel.describe() for channel in visible]
        case "primaryChannel":
            return next(iter(found.channels.values())).describe()
    msg = f"Parsing OData Select and Expand failed: '{name}' cannot be expanded."
    raise GraphError.bad_request(msg)


def _inside(call: Call, channel: Channel) -> bool:
    return call.caller.user is None or knows(call, channel.audience)


@AREA.endpoint(
    "GET /teams/{id}/primaryChannel",
    "team-get-primarychannel",
    application=ANY_CHANNEL,
    delegated=ANY_CHANNEL,
    options={"$select"},
)
def primary_channel(call: Call) -> bytes:
    """GET /teams/{id}/primaryChannel: General."""
    found = team_of(call)
    row = next(iter(found.channels.values())).describe()
    what = f"teams('{found.id}')/primaryChannel/$entity"
    return entity(call.context(what), pick(row, call.query.selected(row)))


@AREA.endpoint("GET /me/joinedTeams", "user-list-joinedteams", application=None, delegated=TEAM)
@AREA.endpoint(
    "GET /users/{id}/joinedTeams", "user-list-joinedteams", application=TEAM, delegated=TEAM
)
def joined_teams(call: Call) -> bytes:
    """GET /me/joinedTeams and /users/{id}/joinedTeams."""
    user = call.names[0] if call.names else call.caller.user
    if user not in call.tenant.users:
        msg = f"User {user}"
        raise GraphError.not_found(msg)
    if call.caller.user not in {None, user}:
        raise GraphError.not_a_member()
    shown: list[bytes] = []
    for mine in call.tenant.teams.values():
        if any(person.id == user for person in mine.people):
            row = mine.describe()
            shown.append(msgspec.json.encode({k: row[k] if k in JOINED else None for k in row}))
    return page(call.context("teams"), shown, count=len(shown))


@AREA.endpoint(
    "GET /teams/{id}/channels",
    "channel-list",
    application=ANY_CHANNEL,
    delegated=ANY_CHANNEL,
    options={"$filter", "$select"},
)
def channels(call: Call) -> bytes:
    """GET /teams/{id}/channels: all of them at once, private ones for those who are in them."""
    team = team_of(call)
    tests = conditions(call.query.get("$filter"), equal=("membershipType", "displayName", "id"))
    names: tuple[str, ...] | None = None
    shown = []
    for channel in team.channels.values():
        if call.caller.user is not None and not knows(call, channel.audience):
            continue
        row = channel.describe()
        names = call.query.selected(row)
        if all(test(row) for test in tests):
            shown.append(pick(row, names))
    return page(call.context(f"teams('{team.id}')/channels"), shown, count=len(shown))


@AREA.endpoint(
    "GET /teams/{id}/channels/{id}",
    "channel-get",
    application=ANY_CHANNEL,
    delegated=ANY_CHANNEL,
    options={"$filter", "$select"},
)
def channel(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}; `summary` comes only when it is selected."""
    found = channel_of(call)
    row = found.describe()
    names = call.query.selected([*row, "summary"])
    if names and "summary" in names:
        row["summary"] = found.summary()
    return entity(call.context(f"teams('{call.names[0]}')/channels/$entity"), pick(row, names))


@AREA.endpoint(
    "GET /teams/{id}/members",
    "team-list-members",
    application=MEMBER,
    delegated=MEMBER,
    options=PAGED | {"$filter", "$select"},
    paging=ROSTER,
)
def members(call: Call) -> bytes:
    """GET /teams/{id}/members."""
    team = team_of(call)
    wanted = expression(call.query.get("$filter"), FILTERABLE)
    after = call.query.number() or 0
    rows = [row for row in team.members() if wanted.test(row)]
    names = call.query.selected(rows[0] if rows else ("id",))
    left = list(enumerate(rows, start=1))[after:]
    return _slice(call, f"teams('{team.id}')/members", names, left)


@AREA.endpoint(
    "GET /teams/{id}/members/{id}", "team-get-members", application=MEMBER, delegated=MEMBER
)
def member(call: Call) -> bytes:
    """GET /teams/{id}/members/{id}."""
    found = team_of(call)
    row = next((it for it in found.members() if it["id"] == call.names[1]), None)
    if row is None:
        msg = f"Member {call.names[1]}"
        raise GraphError.not_found(msg)
    return entity(call.context(f"teams('{found.id}')/members/$entity"), msgspec.json.encode(row))


@AREA.rows("teams")
def all_teams(tenant: Company) -> Iterator[Row]:
    """Yield all teams with all properties."""
    return (team.describe() for team in tenant.teams.values())


@AREA.rows("members")
def all_members(tenant: Company) -> Iterator[Row]:
    """Yield the members of every team."""
    for team in tenant.teams.values():
        for member in team.members():
            yield {**member, "teamId": team.id}
