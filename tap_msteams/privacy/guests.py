"""Guests of the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams.privacy.pseudonyms import GUID

if TYPE_CHECKING:
    from collections.abc import Iterable

PERMISSION = "User.Read.All"
"""The permission to list guests."""

_EXTERNAL = "#ext#"
"""The mark in the principal names of guests.

https://learn.microsoft.com/entra/external-id/user-properties
"""

GUEST_NAMES = ("id", "mail", "userPrincipalName")
"""Properties that identify a user."""


class Guests:
    """The accounts of type Guest: their ids, mail addresses and principal names."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, names: Iterable[str]) -> None:
        """Remember the ids and addresses of guests."""
        self._known.update(name.lower() for name in names)

    def has(self, text: str) -> bool:
        """Whether an id or an address is a guest's."""
        return text.rpartition(":")[2].lower() in self._known or _EXTERNAL in text.lower()

    def is_named(self, text: str) -> bool:
        """Whether a text contains a guest's id."""
        return any(found.lower() in self._known for found in GUID.findall(text))
