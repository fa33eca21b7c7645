"""Teams and their channels, with members and messages."""

from __future__ import annotations

import base64
import zlib
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from tap_msteams_sandbox.company.history import history
from tap_msteams_sandbox.company.message import message_url
from tap_msteams_sandbox.company.people import DOMAIN, guid
from tap_msteams_sandbox.company.prose import CHANNEL_TOPICS, TEAM_TOPICS
from tap_msteams_sandbox.instants import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.message import Message, Thread
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.places import TenantLike

NEVER = "0001-01-01T00:00:00Z"
"""What Graph says where a member's history has no start.

https://learn.microsoft.com/en-us/graph/api/team-list-members#response-1
"""

OWNERS = range(2)
"""The places in a team's people that own it."""

WINDOWS = 8
"""How many windows of an export are kept at hand."""

PARTNER_TENANT = "8f4c6a0e-52d1-4a3b-9c57-0d4e1b7a9f23"

FIRST_TEAMS = range(2)
"""Teams that have a private and a shared channel in every tenant."""


class Team:
    """A team of the tenant."""

    def __init__(
        self, tenant: TenantLike, n: int, name: str = "", founded: int = 0, *, known: str = ""
    ) -> None:
        self.tenant, self.n = tenant, n
        random = tenant.random("team", str(n))
        made_up = guid(random)  # whatever else is random does not depend on `known`
        self.id = known or made_up
        round_, topic = divmod(n, len(TEAM_TOPICS))
        self.name = name or TEAM_TOPICS[topic] + (f" {round_ + 1}" if round_ else "")
        self.description = f"Work and talk of {self.name}"
        self.nickname = "".join(it for it in self.name if it.isalnum())
        self.archived = not founded and (n + 5) % 9 == 0
        self.visibility = ("private", "public", "private", "hiddenMembership")[n % 4]
        self.created = founded or tenant.until - random.randrange(560 * DAY, 1400 * DAY)
        self.width = 1 if founded else tenant.width
        self.owners = len(OWNERS)
        """How many of the first people own the team."""
        self.given: dict[str, Any] = {}
        """What own data say of the team, and nothing here models."""
        self.removed: list[Channel] = []
        """Deleted channels, whose messages only the export still shows."""
        self._exports: dict[tuple[float, float], list[Message]] = {}

    @cached_property
    def people(self) -> list[Person]:
        """The members of the home tenant; the first ones own the team."""
        random = self.tenant.random("people", str(self.n))
        me, *others = self.tenant.people
        wanted = random.randint(min(5, len(others)), max(5, min(60, len(others) // 2)))
        people = random.sample(others, min(wanted, len(others)))
        people.sort(key=lambda person: person.guest)
        # The user who signs in is no member of every third team.
        if (self.n + 1) % 3 or not people:
            people.insert(random.randrange(2), me)
        return people

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """The channels hosted here, by id, General first."""
        return {channel.id: channel for channel in self._first_channels()}

    def _first_channels(self) -> Iterator[Channel]:
        """Yield the channels that the team starts with."""
        random = self.tenant.random("channels", str(self.n))
        kinds = random.choices(("standard", "private", "shared"), (80, 12, 8), k=self.width)
        # Even the smallest tenant has one of each kind.
        last = {0: "private", 1: "shared"}.get(self.n, kinds[-1])
        kinds = ["standard", *kinds[1:-1], last][: self.width]
        start = random.randrange(len(CHANNEL_TOPICS))
        for n, kind in enumerate(kinds):
            round_, topic = divmod(start + n, len(CHANNEL_TOPICS))
            name = CHANNEL_TOPICS[topic] + (f" {round_ + 1}" if round_ > 1 else "")
            created = self.created if n == 0 else self.created + random.randrange(20 * DAY)
            yield Channel(self, n, name if n else "General", kind, created)

    def export(self, low: float, high: float) -> list[Message]:
        """Return the messages changed between two instants, both excluded, in no order of time."""
        if (low, high) not in self._exports:
            if len(self._exports) == WINDOWS:
                self._exports.clear()
            kept_since = self.tenant.kept_since
            found = [
                message
                for channel in (*self.channels.values(), *self.removed)
                for thread in channel.threads.values()
                for message in thread.messages()
                if low < message.modified < high and message.visible(kept_since)
            ]
            found.sort(key=lambda message: message.place)
            self._exports[low, high] = found
        return self._exports[low, high]

    def touch(self) -> None:
        """Drop cached exports after a change."""
        self._exports.clear()

    def settle(self) -> None:
        """Write the history now, before the team itself changes."""
        for channel in self.channels.values():
            _ = channel.threads

    def members(self) -> Iterator[dict[str, Any]]:
        """Yield the members as Graph lists them, in an arbitrary order."""
        guest_team = self.n % 5 == 1
        for place, person in enumerate(self.people):
            yield {
                "@odata.type": "#microsoft.graph.aadUserConversationMember",
                "id": self._member_id(person.id),
                "roles": ["guest"] if person.guest else ["owner"] if place < self.owners else [],
                "displayName": person.display_name,
                "visibleHistoryStartDateTime": NEVER,
                "userId": person.id,
                "email": person.mail,
                "tenantId": self.tenant.id,
            }
        if guest_team:
            # Someone of another tenant, of whom this one knows next to nothing.
            stranger = guid(self.tenant.random("stranger", str(self.n)))
            yield {
                "@odata.type": "#microsoft.graph.aadUserConversationMember",
                "id": self._member_id(stranger),
                "roles": ["owner"],
                "displayName": None,
                "visibleHistoryStartDateTime": NEVER,
                "userId": stranger,
                "email": None,
                "tenantId": PARTNER_TENANT,
            }

    def _member_id(self, person: str) -> str:
        """Return an opaque membership id."""
        return base64.b64encode(f"MCMjMSMj{self.tenant.id}##{self.id}##{person}".encode()).decode()

    def describe(self) -> dict[str, Any]:
        """Return the team with all that GET /teams/{id} shows."""
        guests = sum(person.guest for person in self.people)
        owners = min(self.owners, len(self.people))
        loose = self.n % 2 == 0
        address = f"groupId={self.id}&tenantId={self.tenant.id}"
        general = next(iter(self.channels))
        return {
            "id": self.id,
            "createdDateTime": iso(self.created),
            "displayName": self.name,
            "description": self.description,
            "internalId": general,
            "classification": ("Internal", None, "Confidential")[self.n % 3],
            "specialization": "none",
            "visibility": self.visibility,
            "webUrl": f"https://teams.microsoft.com/l/team/{general}/conversations?{address}",
            "isArchived": self.archived,
            "isMembershipLimitedToOwners": False,
            "firstChannelName": None,
            "tenantId": self.tenant.id,
            "summary": {
                "ownersCount": owners,
                "membersCount": len(self.people) - guests - owners,
                "guestsCount": guests,
            },
            "memberSettings": {
                "allowCreateUpdateChannels": loose,
                "allowCreatePrivateChannels": loose,
                "allowDeleteChannels": False,
                "allowAddRemoveApps": True,
                "allowCreateUpdateRemoveTabs": True,
                "allowCreateUpdateRemoveConnectors": loose,
            },
            "guestSettings": {"allowCreateUpdateChannels": False, "allowDeleteChannels": False},
            "messagingSettings": {
                "allowUserEditMessages": True,
                "allowUserDeleteMessages": loose,
                "allowOwnerDeleteMessages": True,
                "allowTeamMentions": True,
                "allowChannelMentions": loose,
            },
            "funSettings": {
                "allowGiphy": loose,
                "giphyContentRating": "moderate" if loose else "strict",
                "allowStickersAndMemes": True,
                "allowCustomMemes": not loose,
            },
            **self.given,
        }


class Channel:
    """A channel hosted by a team, written when first asked for; number 0 is its General channel."""

    def __init__(  # noqa: PLR0913 (what a channel is, and its id where that is known)
        self, team: Team, n: int, name: str, kind: str, created: int, *, known: str = ""
    ) -> None:
        self.team, self.n, self.name, self.kind, self.created = team, n, name, kind, created
        self.key = f"{team.n}/{n}"
        """Where the channel stands in the tenant."""
        random = team.tenant.random("channel", self.key)
        self.id = known or f"19:{random.getrandbits(128):032x}@thread.tacv2"
        self.given: dict[str, Any] = {}
        """What own data say of the channel, and nothing here models."""
        self.salt = zlib.crc32(self.id.encode())
        self.description = f"Everything about {name}" if n else f"What concerns all of {team.name}"
        self.identity = msgspec.Raw(msgspec.json.encode({"teamId": team.id, "channelId": self.id}))
        self.message_url = message_url(self.id)
        self.message_query = f"groupId={team.id}&tenantId={team.tenant.id}"
        self._ranking: list[Thread] | None = None

    @cached_property
    def audience(self) -> list[Person]:
        """The people who write here and are written to."""
        people = self.team.people
        if self.kind == "standard":
            return people
        random = self.team.tenant.random("audience", self.key)
        some = random.sample(people, max(1, len(people) * 2 // 5))
        me = self.team.tenant.me
        # Whoever signs in is in one private and in one shared channel at least, but not in all.
        if self.team.n in FIRST_TEAMS and me in people and me not in some:
            some[-1] = me
        return some

    @cached_property
    def threads(self) -> dict[int, Thread]:
        """The threads of the channel by the id of their root, in the order of writing."""
        return {thread.root.id: thread for thread in history(self)}

    @property
    def ranking(self) -> list[Thread]:
        """The threads by activity, the one that changed last at the end."""
        if self._ranking is None:
            self._ranking = sorted(self.threads.values(), key=_rank)
        return self._ranking

    def newest(self, below: tuple[int, int] | None, count: int) -> list[Thread]:
        """Return the `count` most recently changed threads among those ranking below another."""
        ranking = self.ranking
        end = len(ranking) if below is None else bisect_left(ranking, below, key=_rank)
        kept_since = self.team.tenant.kept_since
        threads: list[Thread] = []
        while end and len(threads) < count:
            end -= 1
            if ranking[end].visible(kept_since):
                threads.append(ranking[end])
        return threads

    def touch(self) -> None:
        """Drop the cached ranking after a change."""
        self._ranking = None
        self.team.touch()

    def describe(self) -> dict[str, Any]:
        """Return the channel as Graph lists it."""
        migrated = self.n == 1 and self.team.n % 8 == 0
        alias = zlib.crc32(b"mail", self.salt)
        path = f"{quote(self.id, safe='')}/{quote(self.name, safe='')}"
        return {
            "id": self.id,
            "createdDateTime": iso(self.created),
            "displayName": self.name,
            "description": self.description,
            "isFavoriteByDefault": True if self.n == 0 else None,
            "email": f"{alias:08x}.{DOMAIN}@emea.teams.ms" if self.salt % 3 or not self.n else "",
            "tenantId": self.team.tenant.id,
            "webUrl": f"https://teams.microsoft.com/l/channel/{path}?{self.message_query}",
            "membershipType": self.kind,
            "isArchived": self.team.archived,
            "layoutType": "post" if (self.n + 2) % 4 else "chat",
            "migrationMode": "completed" if migrated else None,
            "originalCreatedDateTime": iso(self.created - 900 * DAY) if migrated else None,
            **self.given,
        }

    def summary(self) -> dict[str, Any]:
        """Return the numbers of members, which Graph shows only for a single channel."""
        guests = sum(person.guest for person in self.audience)
        return {
            "ownersCount": 1,
            "guestsCount": guests,
            "membersCount": max(0, len(self.audience) - guests - 1),
            "hasMembersFromOtherTenants": self.kind == "shared",
        }


def _rank(thread: Thread) -> tuple[int, int]:
    return thread.rank
