"""Owned collections: found by another way than the people whom they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.client import OWN, Request, RowDecoder
from tap_msteams.declaration import fill
from tap_msteams.errors import MissingError
from tap_msteams.readers.collection import Collection, CollectionReader

if TYPE_CHECKING:
    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Parent, Run


@dataclass(frozen=True, kw_only=True)
class Owned(Collection):
    """A collection of a person, found by chats and calls of others, too."""

    by: type[Declaration]
    """The stream of the people, whose choice holds here as well."""

    @override
    def reader(self, run: Run, stream: Declaration) -> OwnedReader:
        return OwnedReader(run, stream, self.by)


class OwnedReader(CollectionReader):
    """Reads what belongs to the people whom the settings choose."""

    def __init__(self, run: Run, stream: Declaration, by: type[Declaration]) -> None:
        """Read for a run; an application asks who its owners are where they are chosen by name."""
        super().__init__(run, stream)
        self._by = by
        self._names = sorted(run.selection.names(by)) if self.application else []
        self._people = RowDecoder(dict.fromkeys(self._names, str | None))
        self._chosen: dict[str, bool] = {}

    @override
    async def read(self, parent: Parent) -> None:
        if not self._names or await self._is_chosen(parent.ids[self._by.variable()]):
            await super().read(parent)

    async def _is_chosen(self, id_: str) -> bool:
        if id_ not in self._chosen:
            url = f"{fill('/users/{id}', {'id': id_})}?$select={','.join(self._names)}"
            request = Request(url, self._people, single=True, proof=OWN)
            try:
                rows = (await self.client.page(request)).rows
            except MissingError:  # of another tenant, or gone, as nobody in the list of people is
                rows = ()
            admits = self.run.selection.admits
            self._chosen[id_] = any(admits(self._by, row) for row in rows)
        return self._chosen[id_]
