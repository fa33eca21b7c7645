"""An area: what one part of Teams adds to the sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from random import Random

    from tap_msteams_sandbox.endpoints import Endpoint
    from tap_msteams_sandbox.limits import Limit
    from tap_msteams_sandbox.tenant import Tenant


@dataclass(frozen=True, kw_only=True)
class Area:
    """Endpoints that belong together, and the parts of the tenant behind them."""

    endpoints: tuple[Endpoint, ...]
    roles: tuple[str, ...]
    """What an administrator would consent to for reading all of it."""
    limits: tuple[Limit, ...] = ()
    truth: Mapping[str, Callable[[Tenant], Iterator[dict[str, Any]]]] = field(default_factory=dict)
    """All current rows of a collection in full, ids of parents included, by stream name."""
    day: Callable[[Tenant, Random], dict[str, int]] | None = None
    """A day of work; says how often what was done."""
