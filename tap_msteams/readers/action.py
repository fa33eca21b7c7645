"""Actions: OData actions that look up many ids at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.client import Request
from tap_msteams.errors import MissingError, RejectedError
from tap_msteams.readers.kind import Kind
from tap_msteams.readers.reader import Reader
from tap_msteams.run import Parent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Run

_MOST_REFUSALS = 10
"""Ids that are refused one by one before others are answered; then the request itself is wrong."""


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
        super().__init__(run, stream)
        self._ids_per_call = options.ids_per_call
        self._is_answered = False
        self._refusals = 0

    @override
    def begin(self) -> None:
        super().begin()
        self.shared.parents_at_once = self._ids_per_call

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
        await self._look_up(parent.facts["ids"])

    async def _look_up(self, ids: list[str]) -> None:
        """Look up ids, in halves where Graph refuses one of them."""
        request = Request(self.stream.path, self.decoder, body={"ids": ids})
        try:
            page = await self.client.page(request)
        except (RejectedError, MissingError) as error:
            if len(ids) > 1 and self._refusals < _MOST_REFUSALS:
                middle = len(ids) // 2
                await self._look_up(ids[:middle])
                await self._look_up(ids[middle:])
            else:
                self._refusals += not self._is_answered
                [parent] = self.run.plan.parents(self.declaration)
                alone = {parent.variable(): ids[0]} if len(ids) == 1 else {}
                self.failed(Parent(alone), error)
            return
        self._is_answered, self._refusals = True, 0
        self.failures.look_at(page, Parent({}))
        served = page.served.isoformat().replace("+00:00", "Z") if page.served else ""
        await self.write(page.rows, Parent({"observedDateTime": served}))
