"""Actions: OData actions that look up many ids at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.client import Request
from tap_msteams.readers.kind import Kind
from tap_msteams.readers.reader import Reader
from tap_msteams.run import Parent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Run


@dataclass(frozen=True, kw_only=True)
class Action(Kind):
    """An action that looks up many parents at once; each row is an observation."""

    ids_per_call: int
    """The number of ids that Graph takes in one request."""

    @override
    def reader(self, run: Run, stream: Declaration) -> ActionReader:
        return ActionReader(run, stream, self)


class ActionReader(Reader):
    """Reads the ids of parents in requests with as many ids as Graph takes."""

    def __init__(self, run: Run, stream: Declaration, options: Action) -> None:
        """Look up the ids for a run, as many at once as `options` say."""
        super().__init__(run, stream)
        self._ids_per_call = self.shared.parents_at_once = options.ids_per_call

    @override
    async def parents(self) -> AsyncIterator[Parent]:
        ids: list[str] = []
        async for parent in super().parents():
            ids += parent.ids.values()
            if parent.receipt:
                parent.receipt.give_back()
            if len(ids) == self._ids_per_call:
                yield Parent({}, {"ids": ids})
                ids = []
        if ids:
            yield Parent({}, {"ids": ids})

    @override
    async def read(self, parent: Parent) -> None:
        """Look up these ids."""
        body = {"ids": parent.facts["ids"]}
        page = await self.client.page(Request(self.stream.path, self.decoder, body=body))
        self.look_at(page, parent)
        served = page.served.isoformat().replace("+00:00", "Z") if page.served else ""
        observed = Parent({"observedDateTime": served})
        await self.write(page.rows, observed)
