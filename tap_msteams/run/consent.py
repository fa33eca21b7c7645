"""Consent: the places that have granted a stream's permission, and those that have not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams.errors import UnavailableError, recast

if TYPE_CHECKING:
    from tap_msteams.declaration import Ids
    from tap_msteams.errors import GraphError, LackingError, NotGrantedError

REFUSALS = 10
"""A permission counts as missing once so many places lack it and none has it."""


class Consent:
    """The places that lack a permission: with resource-specific consent only some teams have it.

    https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
    """

    def __init__(self) -> None:
        self._granted: set[frozenset[str]] = set()
        self._refused: list[tuple[Ids, NotGrantedError]] = []
        self._lacking: tuple[Ids, LackingError] | None = None
        self._lacking_places = 0

    def grant(self, ids: Ids) -> None:
        """Note that a place with these ids has granted the permission."""
        self._granted.add(frozenset(ids))

    def is_granted(self, ids: Ids) -> bool:
        """Whether a place of the same kind has been read."""
        return frozenset(ids) in self._granted

    def refuse(self, ids: Ids, error: NotGrantedError) -> bool:
        """Note that a place lacks the permission; returns whether asking others is of no use."""
        self._refused.append((ids, error))
        enough = not ids or len(self._refused) >= REFUSALS
        return enough and not self.is_granted(ids)

    def lack(self, ids: Ids, error: LackingError) -> None:
        """Note that a place was refused before any showed that the tenant has the product."""
        self._lacking = self._lacking or (ids, error)
        self._lacking_places += 1

    def told_of_product(self) -> tuple[Ids, GraphError, int] | None:
        """What lacks the product, once: the tenant, with the number of places that were refused.

        Where a place has been read since then, the tenant has it, and the first place stands for
        the others.
        """
        lacking, self._lacking = self._lacking, None
        if lacking is None:
            return None
        ids, error = lacking
        if self.is_granted(ids):
            return ids, recast(UnavailableError, error), self._lacking_places
        return {}, error, self._lacking_places

    def told(self) -> list[tuple[Ids, NotGrantedError]]:
        """The places that lack it, once; a single one without ids where no place has it."""
        alone: list[tuple[Ids, NotGrantedError]] = []
        missing: list[tuple[Ids, NotGrantedError]] = []
        refused, self._refused = self._refused, []
        for ids, error in refused:
            if self.is_granted(ids):
                alone.append((ids, error))
            else:
                missing.append(({}, error))
        return alone + missing[:1]
