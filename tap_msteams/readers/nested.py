"""Nested records: records inside the records of another stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_msteams.client import RowDecoder
from tap_msteams.readers.collection import CollectionReader
from tap_msteams.readers.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Parent, Run


@dataclass(frozen=True)
class Nested(Kind):
    """Records in a property of the parents' records: only their content takes requests."""

    made_of: Callable[[Mapping[str, Any]], Iterable[dict[str, Any]]] | None = None
    """A function that makes the records from the facts of a parent's record."""

    @override
    def reader(self, run: Run, stream: Declaration) -> NestedReader:
        return NestedReader(run, stream, self)


class NestedReader(CollectionReader):
    """Reads the records inside the parents' records."""

    def __init__(self, run: Run, stream: Declaration, options: Nested) -> None:
        super().__init__(run, stream)
        self._made_of = options.made_of
        self._made = RowDecoder(self.facts, self.selected, plain=True)

    @override
    async def read(self, parent: Parent) -> None:
        if self._made_of:
            page = self._made.page(self._made_of(parent.facts))
        else:
            page = self.decoder.page_in(parent.facts.get(self.declaration.nested or ""))
        self.failures.look_at(page, parent)
        async with self.parts() as parts:
            await self.emit_page(parent, self.chosen(page.rows), parts)
