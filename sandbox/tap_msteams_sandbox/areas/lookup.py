"""Lookups: the team or channel that a path names, if the caller may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.endpoints import is_guid
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams_sandbox.company.team import Channel, Team
    from tap_msteams_sandbox.endpoints import Call


def team_of(call: Call, *, insiders: bool = True) -> Team:
    """Return the team that the path names; a signed-in user has to be one of its members."""
    team = call.tenant.teams.get(call.names[0])
    if team is None and not is_guid(call.names[0]):
        msg = "teamId needs to be a valid GUID."
        raise GraphError.bad_request(msg)
    if team is None:
        raise GraphError.no_team(call.names[0])
    if insiders and call.caller.user is not None and not knows(call, team.people):
        raise GraphError.not_a_member()
    return team


def channel_of(call: Call) -> Channel:
    """Return the channel that the path names."""
    channel = team_of(call).channels.get(call.names[1])
    if channel is None:
        msg = f"Channel {call.names[1]}"
        raise GraphError.not_found(msg)
    if call.caller.user is not None and not knows(call, channel.audience):
        raise GraphError.not_a_member()
    return channel


def knows(call: Call, people: Iterable[Any]) -> bool:
    """Whether the signed-in user is among some people."""
    return any(person.id == call.caller.user for person in people)
