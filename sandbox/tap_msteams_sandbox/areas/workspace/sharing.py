"""Sharing: the channels that several teams see, here and in another tenant."""

from __future__ import annotations

import base64
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.company.team import NEVER, PARTNER_TENANT
from tap_msteams_sandbox.instants import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.team import Channel, Team

    Row = dict[str, Any]

GRAPH = "https://graph.microsoft.com/v1.0"
SOURCE = "@microsoft.graph.originalSourceMembershipUrl"
"""Where a member of a shared channel comes from.

https://learn.microsoft.com/en-us/graph/api/channel-list-allmembers#response
"""


class Sharing:
    """Which shared channels are open to which other teams."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        first = (team for team in tenant.teams.values() if team.created < tenant.until)
        self._first = {team.n: team for team in first}
        self._begun: dict[str, list[str]] = defaultdict(list)
        self._ended: set[tuple[str, str]] = set()

    def share(self, team: str, channel: str, other: str) -> None:
        """Open a shared channel of a team to another team."""
        with self.tenant.lock:
            found = self.tenant.teams[team].channels[channel]
            self._ended.discard((channel, other))
            if all(it.id != other for it in self.teams(found)):
                self._begun[channel].append(other)

    def unshare(self, channel: str, other: str) -> None:
        """Close a shared channel to another team."""
        with self.tenant.lock:
            self._ended.add((channel, other))
            if other in self._begun[channel]:
                self._begun[channel].remove(other)

    def teams(self, channel: Channel) -> list[Team]:
        """Return the other teams of this tenant that see a channel."""
        if channel.kind != "shared":
            return []
        found = [
            team
            for team in self._neighbours(channel.team)
            if channel.created < self.tenant.until
            and (team.n < channel.team.n or channel.salt % 2)
            and (channel.id, team.id) not in self._ended
        ]
        later = [self.tenant.teams.get(it) for it in self._begun[channel.id]]
        return found + [team for team in later if team is not None]

    def incoming(self, team: Team) -> Iterator[Channel]:
        """Yield the channels of other teams of this tenant that a team sees."""
        hosts = {host.id: host for host in self._neighbours(team)}
        later = {channel for channel, others in self._begun.items() if team.id in others}
        if later:
            hosts |= self.tenant.teams
        for host in hosts.values():
            for channel in host.channels.values():
                if channel.kind == "shared" and team in self.teams(channel):
                    yield channel

    def from_partner(self, team: Team) -> Iterator[tuple[str, Row]]:
        """Yield the channels of another tenant that a team sees, each after its team's id."""
        if team.n % 3 or team.created >= self.tenant.until:
            return
        random = self.tenant.random("partner channel", str(team.n))
        host = guid(random)
        key = f"19:{random.getrandbits(128):032x}@thread.tacv2"
        yield (
            host,
            {
                "id": key,
                "createdDateTime": iso(self.tenant.until - random.randrange(9, 400) * DAY),
                "displayName": "Nordlys + Halyard",
                "description": "Vindpark Sør: felles kanal",
                "isFavoriteByDefault": None,
                "email": None,
                "tenantId": PARTNER_TENANT,
                "webUrl": f"https://teams.microsoft.com/l/channel/{key.replace(':', '%3A')}/Nordlys"
                f"?groupId={host}&tenantId={PARTNER_TENANT}",
                "membershipType": "shared",
                "isArchived": False,
                "layoutType": "post",
                "migrationMode": None,
                "originalCreatedDateTime": None,
            },
        )

    def partner_team(self, channel: Channel) -> Row | None:
        """Return the team of another tenant that sees a channel, if there is one."""
        if channel.kind != "shared" or channel.salt % 3 == 0:
            return None
        return {
            "id": guid(self.tenant.random("partner team", channel.key)),
            "displayName": "Nordlys Feltservice",
            "tenantId": PARTNER_TENANT,
            "isHostTeam": False,
        }

    def infos(self, channel: Channel) -> Iterator[Row]:
        """Yield the teams that see a shared channel, its host first."""
        for team in (channel.team, *self.teams(channel)):
            yield {
                "id": team.id,
                "displayName": team.name,
                "tenantId": self.tenant.id,
                "isHostTeam": team is channel.team,
            }
        if (partner := self.partner_team(channel)) is not None:
            yield partner

    def direct(self, channel: Channel) -> Iterator[Row]:
        """Yield the direct members of a channel."""
        if channel.kind == "standard":
            yield from channel.team.members()
            return
        for place, person in enumerate(channel.audience):
            yield {
                "@odata.type": "#microsoft.graph.aadUserConversationMember",
                "id": self._key(channel, person.id),
                "roles": ["guest"] if person.guest else [] if place else ["owner"],
                "displayName": person.display_name,
                "visibleHistoryStartDateTime": NEVER,
                "userId": person.id,
                "email": person.mail,
                "tenantId": self.tenant.id,
            }

    def everybody(self, channel: Channel) -> Iterator[Row]:
        """Yield the members of a channel, with those of the teams that it is shared with."""
        if channel.kind != "shared":
            yield from self.direct(channel)
            return
        for row in self.direct(channel):
            path = f"teams/{channel.team.id}/channels/{channel.id}/members/{row['id']}"
            yield self._from(row, self.tenant.id, path)
        for info in self.infos(channel):
            if info["isHostTeam"]:
                continue
            for row in self.allowed(channel, info["id"]):
                path = f"teams/{info['id']}/members/{row['id']}"
                yield self._from(row, info["tenantId"], path)

    def allowed(self, channel: Channel, team: str) -> Iterator[Row]:
        """Yield the members of a team that see the channel: not the guests.

        https://learn.microsoft.com/en-us/graph/api/sharedwithchannelteaminfo-list-allowedmembers
        """
        partner = self.partner_team(channel)
        if partner is not None and team == partner["id"]:
            yield from self._strangers(channel, team)
            return
        for member in self.tenant.teams[team].members():
            if "guest" not in member["roles"] and member["tenantId"] == self.tenant.id:
                yield {**member, "id": self._key(channel, f"{team}##{member['userId']}")}

    def _strangers(self, channel: Channel, team: str) -> Iterator[Row]:
        """Yield people of the other tenant, mostly without properties."""
        random = self.tenant.random("strangers", channel.key)
        for number in range(2):
            person = guid(random)
            yield {
                "@odata.type": "#microsoft.graph.aadUserConversationMember",
                "id": self._key(channel, f"{team}##{person}"),
                "roles": [],
                "displayName": "Ingrid Sørlie" if number else None,
                "visibleHistoryStartDateTime": NEVER,
                "userId": person,
                "email": None,
                "tenantId": PARTNER_TENANT,
            }

    def _from(self, row: Row, tenant: str, path: str) -> Row:
        kind = {"@odata.type": row["@odata.type"]}
        return kind | {SOURCE: f"{GRAPH}/tenants/{tenant}/{path}"} | row

    def _key(self, channel: Channel, member: str) -> str:
        """Return an opaque membership id."""
        text = f"MCMjMiMj{self.tenant.id}##{channel.id}##{member}"
        return base64.b64encode(text.encode()).decode()

    def _neighbours(self, team: Team) -> Iterator[Team]:
        """Yield the teams numbered just before and after one, if they exist."""
        if self._first.get(team.n) is team:
            for n in (team.n - 1, team.n + 1):
                other = self._first.get(n)
                if other is not None and other.id in self.tenant.teams:
                    yield other
