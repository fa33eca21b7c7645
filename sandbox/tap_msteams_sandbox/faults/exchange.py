"""Exchanges: requests that a fault strikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tap_msteams_sandbox.instants import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    import msgspec

    from tap_msteams_sandbox.identity.entra import Entra
    from tap_msteams_sandbox.replies import Reply
    from tap_msteams_sandbox.tenant import Tenant


@dataclass
class Exchange:
    """A request that a fault strikes, with what its action needs."""

    path: str
    """The path with its version, without a slash in front."""
    query: str
    origin: str
    tenant: Tenant
    entra: Entra
    normal: Callable[[], Reply]
    """Gives the answer that would have come without the fault."""
    earlier: dict[str, msgspec.Raw]
    """The last row of the last page of each collection that was answered."""
    kind: str
    """The kind of the fault."""
    options: Mapping[str, str]
    """What the kind was told, defaults included."""
    chance: Random
    """Chance that can be repeated."""
    seed: int = 0

    @property
    def team(self) -> str:
        """The id of the team in the path."""
        _, _, rest = self.path.partition("/teams/")
        return unquote(rest.partition("/")[0])

    @property
    def now(self) -> float:
        """The present in seconds since 1970."""
        return self.tenant.now() / SECOND

    def number(self, option: str) -> float:
        """Return an option that is a number."""
        return float(self.options[option])
