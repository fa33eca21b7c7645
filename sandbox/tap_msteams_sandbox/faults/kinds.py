"""Kinds of faults, declared at the functions that commit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams_sandbox.faults.exchange import Exchange
    from tap_msteams_sandbox.replies import Reply

    Act = Callable[[Exchange], Reply]

DOCS = "https://learn.microsoft.com/en-us/graph/"
"""Where the pages of the kinds are."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault."""

    act: Act
    page: str
    """Where Microsoft says that clients have to expect it, below DOCS."""
    options: dict[str, str]
    """What it can be told, with the defaults."""


KINDS: dict[str, Kind] = {}
"""The kinds of faults by name."""


def kind(name: str, page: str, **options: str) -> Callable[[Act], Act]:
    """Declare that the function below commits a kind of fault."""

    def declare(act: Act) -> Act:
        KINDS[name] = Kind(act, page, options)
        return act

    return declare
