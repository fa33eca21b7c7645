"""Exports: messages of deleted teams, and messages that a retention policy keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.areas.lookup import team_of
from tap_msteams_sandbox.areas.messages import EXPORT, exported
from tap_msteams_sandbox.areas.workspace.area import AREA, MESSAGE
from tap_msteams_sandbox.company.message import EXPORT_TYPE
from tap_msteams_sandbox.company.team import Team
from tap_msteams_sandbox.filters import window
from tap_msteams_sandbox.odata import PAGED, page
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.message import Message
    from tap_msteams_sandbox.endpoints import Call

TEAM = ("Team.ReadBasic.All",)
"""https://learn.microsoft.com/graph/api/teamwork-list-deletedteams: no broader one serves."""

CLOSED = 90_000
"""The number of the team that was deleted before the sandbox started."""


class Exports:
    """Deleted teams, and whether there is a retention policy."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        self.retention = False
        """Whether the tenant has a retention policy for the messages of channels.

        https://learn.microsoft.com/en-us/graph/api/channel-getallretainedmessages
        """
        self._closed = Team(tenant, CLOSED, "Project Gannet")

    def deleted(self) -> dict[str, Team]:
        """Return the deleted teams by their ids."""
        return {self._closed.id: self._closed, **self.tenant.deleted}

    def retained(self, team: Team, low: float, high: float) -> list[Message]:
        """Return the messages changed between two instants, both excluded, deleted ones too.

        Private channels are not covered.
        """
        found = [
            message
            for channel in (*team.channels.values(), *team.removed)
            if channel.kind != "private"
            for thread in channel.threads.values()
            for message in thread.messages()
            if low < message.modified < high
        ]
        return sorted(found, key=lambda message: message.place) if self.retention else []


@AREA.endpoint(
    "GET /teamwork/deletedTeams", "teamwork-list-deletedteams", application=TEAM, delegated=TEAM
)
def deleted_teams(call: Call) -> bytes:
    """GET /teamwork/deletedTeams: their ids are all that is left."""
    rows = [msgspec.json.encode({"id": key}) for key in call.tenant.part(Exports).deleted()]
    return page(call.context("teamwork/deletedTeams"), rows, count=len(rows))


@AREA.endpoint(
    "GET /teamwork/deletedTeams/{id}/channels/getAllMessages",
    "deletedteam-getallmessages",
    application=MESSAGE,
    delegated=None,
    options=PAGED | {"$filter"},
    paging=EXPORT,
)
def deleted_messages(call: Call) -> bytes:
    """GET /teamwork/deletedTeams/{id}/channels/getAllMessages."""
    team = call.tenant.part(Exports).deleted().get(call.names[0])
    if team is None:
        msg = f"Deleted team {call.names[0]}"
        raise GraphError.not_found(msg)
    return exported(call, team.export(*window(call.query.get("$filter"))))


@AREA.endpoint(
    "GET /teams/{id}/channels/getAllRetainedMessages",
    "channel-getallretainedmessages",
    application=MESSAGE,
    delegated=None,
    options=PAGED | {"$filter"},
    paging=EXPORT,
)
def retained_messages(call: Call) -> bytes:
    """GET /teams/{id}/channels/getAllRetainedMessages."""
    bounds = window(call.query.get("$filter"))
    found = call.tenant.part(Exports).retained(team_of(call), *bounds)
    return exported(
        call, found, lambda message: EXPORT_TYPE + (message.retained or message.row)[1:]
    )


@AREA.rows("deleted_teams")
def true_deleted(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the deleted teams."""
    for key in tenant.part(Exports).deleted():
        yield {"id": key}


@AREA.rows("deleted_team_messages")
def true_messages(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the messages of deleted teams."""
    everything = (float("-inf"), float("inf"))
    for key, team in tenant.part(Exports).deleted().items():
        for message in team.export(*everything):
            row: dict[str, Any] = msgspec.json.decode(message.exported)
            yield {"teamId": key, "channelId": row["channelIdentity"]["channelId"], **row}
