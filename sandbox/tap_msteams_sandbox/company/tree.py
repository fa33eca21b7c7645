"""The tree: a tenant's people, teams, channels and messages, the same for the same arguments."""

from __future__ import annotations

import threading
from random import Random
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from tap_msteams_sandbox.company.people import guid, population
from tap_msteams_sandbox.company.team import Team
from tap_msteams_sandbox.instants import DAY, SECOND, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams_sandbox.company.message import Message
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.team import Channel

T = TypeVar("T")

GRAPH = "https://graph.microsoft.com"
"""What links into Graph begin with, as long as the tenant is not served elsewhere."""

KEPT = 21 * DAY
"""How long Teams shows what a user has deleted.

https://learn.microsoft.com/en-us/microsoftteams/export-teams-content
"""


class Tree:
    """A synthetic company's tenant, whose history ends at the instant `until`.

    `messages` is the average of a channel, posts and replies together; with `even` it is the
    exact number in each channel. A `tidy` tenant has no groups but those of its teams.
    """

    def __init__(  # noqa: PLR0913 (the sizes of a tenant, each with a default)
        self,
        seed: int = 1,
        teams: int = 6,
        channels: int = 4,
        messages: int = 60,
        users: int = 60,
        *,
        until: str = "2026-11-01T08:00:00Z",
        even: bool = False,
        tidy: bool = False,
    ) -> None:
        self.seed, self.width, self.messages, self.even = seed, channels, messages, even
        self.tidy = tidy
        self.until = int(parse(until))
        self.kept_since = self.until - KEPT
        """What was deleted before this instant is gone."""
        self.id = guid(self.random("tenant"))
        self.people = list(population(self.random("people"), max(1, users), self.id))
        self.users = {person.id: person for person in self.people}
        self.teams: dict[str, Team] = {}
        for n in range(teams):
            team = Team(self, n)
            self.teams[team.id] = team
        self.deleted: dict[str, Team] = {}
        """Teams that were deleted, for as long as they can be restored."""
        self.graph_url = GRAPH
        """Where links into Graph lead."""
        self.lock = threading.RLock()
        """Held while the tenant is read or changed."""
        self.clock: Callable[[], float] = lambda: self.until / SECOND
        self.watchers: list[Callable[[str, Channel, Message], None]] = []
        """Called with each message that is created, updated or deleted."""
        self._parts: dict[object, Any] = {}
        self._last = self.until
        self._next_team = teams

    @property
    def me(self) -> Person:
        """The user who signs in where a flow needs one."""
        return self.people[0]

    def part(self, kind: Callable[[Self], T]) -> T:
        """Return this tenant's part of a kind, which is made on first use."""
        if kind not in self._parts:
            self._parts[kind] = kind(self)
        return cast("T", self._parts[kind])

    def localized(self, content: bytes) -> bytes:
        """Return JSON whose links into Graph lead to where this tenant is served."""
        if self.graph_url == GRAPH or GRAPH.encode() not in content:
            return content
        return content.replace(GRAPH.encode(), self.graph_url.encode())

    def random(self, *path: str) -> Random:
        """Return a random generator for one place of the tenant, the same at any time."""
        return Random("/".join((str(self.seed), *path)))  # noqa: S311 (chance that can be repeated)

    def tick(self) -> int:
        """Return an instant after all that has happened so far."""
        self._last = max(int(self.clock() * SECOND), self._last + 1)
        return self._last

    def now(self) -> int:
        """Return the present instant."""
        return max(int(self.clock() * SECOND), self._last)

    def enter(self, teams: list[Team]) -> None:
        """Take these teams instead of the made-up ones."""
        self.teams = {team.id: team for team in teams}
        self._next_team = len(teams)

    def enter_until(self, instant: int) -> None:
        """Let whatever happens next be later than this instant."""
        self._last = max(self._last, instant)

    def add(self, name: str) -> Team:
        """Return a new team, founded just now."""
        team = Team(self, self._next_team, name, self.tick())
        self._next_team += 1
        self.teams[team.id] = team
        return team
