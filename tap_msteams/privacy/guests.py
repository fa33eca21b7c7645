"""Guests of the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams.graph import Decoder, Request
from tap_msteams.privacy.pseudonyms import GUID

if TYPE_CHECKING:
    from tap_msteams.graph import Page
    from tap_msteams.sweep import Steps

PERMISSION = "User.Read.All"
"""What listing them takes."""

_EXTERNAL = "#ext#"
"""What stands in the principal names of guests.

https://learn.microsoft.com/entra/external-id/user-properties
"""

_NAMES = ("id", "mail", "userPrincipalName")


class Guests:
    """The accounts of type Guest: their ids, mail addresses and principal names."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: set[str] = set()

    def learn(self) -> Steps:
        """List them."""
        path = f"/users?$select={','.join(_NAMES)}&$filter=userType%20eq%20'Guest'&$top=999"
        request: Request | None = Request(path, Decoder(_NAMES))
        while request:
            page: Page = yield request
            for row in page.value:
                self._known.update(row[name].lower() for name in _NAMES if row.get(name))
            request = request.following(page)

    def has(self, text: str) -> bool:
        """Whether an id or an address is a guest's."""
        return text.rpartition(":")[2].lower() in self._known or _EXTERNAL in text.lower()

    def is_named(self, text: str) -> bool:
        """Whether a guest's id stands in a text."""
        return any(found.lower() in self._known for found in GUID.findall(text))
