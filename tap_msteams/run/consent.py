"""Who has granted what one stream needs, and who has not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_msteams.declaration import Ids
    from tap_msteams.errors import NotGrantedError

REFUSALS = 10
"""So many places have to lack a permission, and none to have it, until it counts as missing."""


class Consent:
    """With resource-specific consent some teams have a permission and others do not.

    https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
    """

    def __init__(self) -> None:
        """Know of nobody yet."""
        self._granted: set[frozenset[str]] = set()
        self._refused: list[tuple[Ids, NotGrantedError]] = []

    def grant(self, ids: Ids) -> None:
        """Take note that somebody has granted it for places like this one."""
        self._granted.add(frozenset(ids))

    def refuse(self, ids: Ids, error: NotGrantedError) -> bool:
        """Take note that a place lacks it; whether there is no use in asking any other."""
        self._refused.append((ids, error))
        enough = not ids or len(self._refused) >= REFUSALS
        return enough and frozenset(ids) not in self._granted

    def told(self) -> list[tuple[Ids, NotGrantedError]]:
        """The places that lack it, once; a single one without ids where nobody has granted it."""
        alone: list[tuple[Ids, NotGrantedError]] = []
        missing: list[tuple[Ids, NotGrantedError]] = []
        refused, self._refused = self._refused, []
        for ids, error in refused:
            if frozenset(ids) in self._granted:
                alone.append((ids, error))
            else:
                missing.append(({}, error))
        return alone + missing[:1]
