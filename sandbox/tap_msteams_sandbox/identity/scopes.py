"""Scopes of a sign-in.

https://learn.microsoft.com/en-us/entra/identity-platform/scopes-oidc
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from tap_msteams_sandbox.identity.aadsts import Refusal

if TYPE_CHECKING:
    from tap_msteams_sandbox.identity.registration import Application, User

IDENTITY: Final = frozenset({"openid", "profile", "email", "offline_access"})
DEFAULT: Final = ".default"
GRAPH: Final = "https://graph.microsoft.com"

WITHOUT_ADMIN: Final = frozenset(
    {
        "Channel.ReadBasic.All",
        "Chat.Read",
        "Chat.ReadBasic",
        "Presence.Read",
        "Presence.Read.All",
        "Team.ReadBasic.All",
        "User.Read",
        "User.ReadBasic.All",
    }
)
"""What users may consent to by themselves.

https://learn.microsoft.com/en-us/graph/permissions-reference
"""


@dataclass(frozen=True)
class Scopes:
    """The parsed `scope` of a request."""

    asked: tuple[str, ...]
    """The permissions as they were spelled."""
    identity: frozenset[str]
    """What is asked for beside them."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The scopes of a request; all permissions or some, not both."""
        words = text.split()
        asked = tuple(word for word in words if word not in IDENTITY)
        names = {_name(word) for word in asked}
        if DEFAULT in names and len(names) > 1:
            raise Refusal(70011, got=text)
        return cls(asked, frozenset(words) & IDENTITY)

    @property
    def resource(self) -> str | None:
        """The resource of the permissions, if it is named."""
        return next((it.rpartition("/")[0] for it in self.asked if "/" in it), None)

    @property
    def named(self) -> frozenset[str]:
        """The permissions by their short names, as far as they are named one by one."""
        return frozenset(map(_name, self.asked)) - {DEFAULT}

    def names(self, application: Application) -> frozenset[str]:
        """The permissions by their short names."""
        names = frozenset(map(_name, self.asked))
        return application.scopes | application.asks_scopes if DEFAULT in names else names

    def granted(self, application: Application, user: User) -> frozenset[str]:
        """The permissions that the user's token gets, all of those asked for."""
        consented = user.consented(application)
        default = DEFAULT in map(_name, self.asked)
        granted = consented if default else self.names(application)
        if not granted or not granted <= consented:
            raise Refusal(65001, client_id=application.client_id, name=application.name)
        return granted

    def echo(self, withheld: frozenset[str]) -> str:
        """Return the granted scopes in the request's spelling."""
        return " ".join(word for word in self.asked if _name(word) not in withheld)


def _name(scope: str) -> str:
    return scope.rpartition("/")[2]
