"""Teams, without archived ones where the settings leave them out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.client import OWN, Request, RowDecoder
from tap_msteams.declaration import fill
from tap_msteams.readers.collection import Collection, CollectionReader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.errors import GraphError
    from tap_msteams.readers.parts import Parts
    from tap_msteams.run import Parent, Run

_ARCHIVED = RowDecoder({"id": str, "isArchived": bool | None})


@dataclass(frozen=True, kw_only=True)
class TeamCollection(Collection):
    """All teams, or those that are not archived."""

    @override
    def reader(self, run: Run, stream: Declaration) -> TeamReader:
        return TeamReader(run, stream)


class TeamReader(CollectionReader):
    """Reads teams; only the path of a single team tells whether it is archived."""

    @override
    async def emit_page(self, parent: Parent, rows: Sequence[Row], parts: Parts) -> None:
        if self.run.settings.archived_teams:
            await super().emit_page(parent, rows, parts)
            return
        for row in rows:
            ids = {"teamId": row["id"]}
            if self.run.plan.takes(self.declaration, ids):
                await parts.start(parent, ids, partial(self._unless_archived, parent, ids, row))

    async def _unless_archived(self, parent: Parent, ids: Ids, row: Row) -> None:
        """Emit a team unless it is archived."""
        url = fill("/teams/{teamId}?$select=id,isArchived", ids)
        page = await self.client.page(Request(url, _ARCHIVED, single=True, proof=OWN))
        if not any(it.get("isArchived") for it in page.rows):
            await self.publish([row], parent)
            await self.read_more(parent, ids, row)

    @override
    def failed(self, parent: Parent, error: GraphError) -> None:
        super().failed(parent, error)
        self.shared.lists_all &= self.run.settings.archived_teams
