"""Channels: shared ones, and members of channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.lookup import channel_of, team_of
from tap_msteams_sandbox.areas.workspace.area import AREA, CHOOSE, IN_CHANNEL
from tap_msteams_sandbox.areas.workspace.rows import MEMBER, collection, fitting
from tap_msteams_sandbox.areas.workspace.sharing import Sharing
from tap_msteams_sandbox.odata import PAGED, SKIP_TOKEN, Paging
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.team import Channel, Team
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

ALLOWED = ("Channel.ReadBasic.All", "ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All")
MEMBERS = ("ChannelMember.Read.All", "ChannelMember.ReadWrite.All")

ROSTER = Paging(default=100, maximum=999)
"""https://learn.microsoft.com/en-us/graph/api/channel-list-members#optional-query-parameters"""

CHANNEL = (
    "id", "createdDateTime", "displayName", "description", "isFavoriteByDefault", "email",
    "tenantId", "webUrl", "membershipType", "isArchived", "layoutType", "migrationMode",
    "originalCreatedDateTime", "summary",
)  # fmt: skip
INFO = ("id", "displayName", "tenantId", "isHostTeam")
MEMBER_PROPERTIES = (
    "id", "roles", "displayName", "visibleHistoryStartDateTime", "userId", "email", "tenantId",
)  # fmt: skip


@AREA.endpoint(
    "GET /teams/{id}/allChannels",
    "team-list-allchannels",
    application=ALLOWED,
    delegated=ALLOWED,
    options=CHOOSE,
)
def all_channels(call: Call) -> bytes:
    """GET /teams/{id}/allChannels: those of the team, then those shared with it."""
    team = team_of(call)
    rows = (*_hosted(call, team), *_incoming(call, team))
    return _channels(call, f"teams('{team.id}')/allChannels", rows)


@AREA.endpoint(
    "GET /teams/{id}/incomingChannels",
    "team-list-incomingchannels",
    application=ALLOWED,
    delegated=ALLOWED,
    options=CHOOSE,
)
def incoming_channels(call: Call) -> bytes:
    """GET /teams/{id}/incomingChannels."""
    team = team_of(call)
    return _channels(call, f"teams('{team.id}')/incomingChannels", _incoming(call, team))


def _channels(call: Call, what: str, rows: tuple[Row, ...]) -> bytes:
    equal = ("membershipType", "displayName", "id")
    return collection(call, what, fitting(call, rows, equal), CHANNEL)


def _hosted(call: Call, team: Team) -> tuple[Row, ...]:
    """Return the channels of a team that the caller may see."""
    me = call.caller.user
    return tuple(
        _located(call, team.id, channel.describe())
        for channel in team.channels.values()
        if me is None or any(person.id == me for person in channel.audience)
    )


def _incoming(call: Call, team: Team) -> tuple[Row, ...]:
    sharing = call.tenant.part(Sharing)
    return (
        *(_located(call, it.team.id, it.describe()) for it in sharing.incoming(team)),
        *(_located(call, host, row) for host, row in sharing.from_partner(team)),
    )


def _located(call: Call, host: str, row: Row) -> Row:
    """Return a channel with its address.

    https://learn.microsoft.com/en-us/graph/api/team-list-allchannels#response
    """
    path = f"/tenants/{row['tenantId']}/teams/{host}/channels/{row['id']}"
    return {"@odata.id": f"{call.root}{path}", **row}


@AREA.endpoint(
    f"{IN_CHANNEL}/sharedWithTeams",
    "sharedwithchannelteaminfo-list",
    application=MEMBERS,
    delegated=MEMBERS,
    options=CHOOSE,
)
def shared_with_teams(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/sharedWithTeams: for shared channels only."""
    channel = _shared(call)
    rows = fitting(call, call.tenant.part(Sharing).infos(channel), INFO[:3])
    return collection(call, f"{_address(channel)}/sharedWithTeams", rows, INFO)


@AREA.endpoint(
    f"{IN_CHANNEL}/sharedWithTeams/{{id}}/allowedMembers",
    "sharedwithchannelteaminfo-list-allowedmembers",
    application=MEMBERS,
    delegated=MEMBERS,
    options=CHOOSE,
)
def allowed_members(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/sharedWithTeams/{id}/allowedMembers."""
    channel, team = _shared(call), call.names[2]
    sharing = call.tenant.part(Sharing)
    if all(info["id"] != team for info in sharing.infos(channel)):
        msg = f"Team {team}"
        raise GraphError.not_found(msg)
    what = f"{_address(channel)}/sharedWithTeams('{team}')/allowedMembers"
    return _members(call, what, sharing.allowed(channel, team))


def _shared(call: Call) -> Channel:
    """Return the channel that the path names, if it is a shared one."""
    channel = channel_of(call)
    if channel.kind != "shared":
        msg = "This operation is allowed only for channels with membershipType 'shared'."
        raise GraphError.bad_request(msg)
    return channel


@AREA.endpoint(
    f"{IN_CHANNEL}/members",
    "channel-list-members",
    application=MEMBERS,
    delegated=MEMBERS,
    options=CHOOSE | PAGED,
    paging=ROSTER,
)
def members(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/members: direct members."""
    channel = channel_of(call)
    rows = call.tenant.part(Sharing).direct(channel)
    return _members(call, f"{_address(channel)}/members", rows)


@AREA.endpoint(
    f"{IN_CHANNEL}/allMembers",
    "channel-list-allmembers",
    application=MEMBERS,
    delegated=MEMBERS,
    options=CHOOSE | {SKIP_TOKEN},
    paging=ROSTER,
)
def all_members(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/allMembers: one person as often as there are ways in."""
    channel = channel_of(call)
    rows = call.tenant.part(Sharing).everybody(channel)
    return _members(call, f"{_address(channel)}/allMembers", rows)


def _members(call: Call, what: str, rows: Iterator[Row]) -> bytes:
    equal = ("displayName", "email", f"{MEMBER}/userId", f"{MEMBER}/email")
    return collection(call, what, fitting(call, rows, equal), MEMBER_PROPERTIES)


def _address(channel: Channel) -> str:
    return f"teams('{channel.team.id}')/channels('{channel.id}')"


@AREA.rows("channels")
def true_channels(tenant: Company) -> Iterator[Row]:
    """Yield the channels of every team, with the team that hosts each."""
    sharing = tenant.part(Sharing)
    for team in tenant.teams.values():
        hosts = (
            *((team.id, channel.describe()) for channel in team.channels.values()),
            *((channel.team.id, channel.describe()) for channel in sharing.incoming(team)),
            *sharing.from_partner(team),
        )
        for host, row in hosts:
            yield {"teamId": team.id, "hostTeamId": host, **row}


@AREA.rows("channel_members")
def true_members(tenant: Company) -> Iterator[Row]:
    """Yield the members of the channels that have members of their own."""
    sharing = tenant.part(Sharing)
    for channel in own_channels(tenant):
        if channel.kind != "standard":
            for row in sharing.everybody(channel):
                yield {"teamId": channel.team.id, "channelId": channel.id, **row}


@AREA.rows("shared_with_teams")
def true_shares(tenant: Company) -> Iterator[Row]:
    """Yield which teams see which shared channel."""
    sharing = tenant.part(Sharing)
    for channel in own_channels(tenant):
        if channel.kind == "shared":
            for row in sharing.infos(channel):
                yield {"teamId": channel.team.id, "channelId": channel.id, **row}


def own_channels(tenant: Company) -> Iterator[Channel]:
    """Yield the channels that teams of this tenant host."""
    for team in tenant.teams.values():
        yield from team.channels.values()
