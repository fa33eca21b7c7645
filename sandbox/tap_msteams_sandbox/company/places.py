"""Places: the attributes of channels, teams and tenants that the parts below them need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from random import Random

    import msgspec

    from tap_msteams_sandbox.company.people import Person


class Place(Protocol):
    """Where messages are written: a channel or a chat."""

    @property
    def key(self) -> str:
        """Its place in the tenant."""

    @property
    def salt(self) -> int:
        """A number of its own, from which the small print is made."""

    @property
    def audience(self) -> list[Person]:
        """The people who write here and are written to."""


class TenantLike(Protocol):
    """The attributes of a tenant that its teams need."""

    id: str
    people: list[Person]
    until: int
    """The instant at which its history ends."""
    kept_since: int
    """What was deleted before this instant is gone."""
    width: int
    """How many channels a team has."""
    messages: int
    """How many messages a channel has, on average."""
    even: bool
    """Whether each has exactly as many."""

    @property
    def me(self) -> Person:
        """The user who signs in where a flow needs one."""

    def random(self, *path: str) -> Random:
        """Return a random generator for one place of the tenant."""

    def tick(self) -> int:
        """Return an instant after all that has happened so far."""


class TeamLike(Protocol):
    """The attributes of a team that its messages need."""

    id: str
    name: str
    description: str
    nickname: str

    @property
    def tenant(self) -> TenantLike:
        """The tenant of the team."""


class ChannelLike(Place, Protocol):
    """The attributes of a channel that its messages need."""

    n: int
    id: str
    name: str
    description: str
    created: int
    identity: msgspec.Raw
    """The channel as its messages name it."""
    message_url: str
    message_query: str

    @property
    def team(self) -> TeamLike:
        """The team that hosts the channel."""
