"""Channels: a conversation of a team, written when first asked for."""

from __future__ import annotations

import zlib
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from tap_msteams_sandbox.history import history
from tap_msteams_sandbox.instants import DAY, iso
from tap_msteams_sandbox.message import message_url
from tap_msteams_sandbox.people import DOMAIN

if TYPE_CHECKING:
    from tap_msteams_sandbox.message import Thread
    from tap_msteams_sandbox.people import Person
    from tap_msteams_sandbox.team import Team

FIRST_TEAMS = range(2)
"""Teams that have a private and a shared channel in every tenant."""


class Channel:
    """A channel hosted by a team; number 0 is its General channel."""

    def __init__(self, team: Team, n: int, name: str, kind: str, created: int) -> None:
        self.team, self.n, self.name, self.kind, self.created = team, n, name, kind, created
        self.key = f"{team.n}/{n}"
        """Where the channel stands in the tenant."""
        random = team.tenant.random("channel", self.key)
        self.id = f"19:{random.getrandbits(128):032x}@thread.tacv2"
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
        """Note that one of the messages has changed."""
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
        }

    def summary(self) -> dict[str, Any]:
        """Return the numbers of members, which Graph shows only when asked for one channel."""
        guests = sum(person.guest for person in self.audience)
        return {
            "ownersCount": 1,
            "guestsCount": guests,
            "membersCount": max(0, len(self.audience) - guests - 1),
            "hasMembersFromOtherTenants": self.kind == "shared",
        }


def _rank(thread: Thread) -> tuple[int, int]:
    return thread.rank
