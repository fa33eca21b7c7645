"""Nested records: those that stand in the records of another stream."""

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
    """Records in a property of the parents' records: no request, but for their content."""

    made_of: Callable[[Mapping[str, Any]], Iterable[dict[str, Any]]] | None = None
    """What makes them out of the facts of a parent's record, where they do not stand there."""

    @override
    def reader(self, run: Run, stream: Declaration) -> NestedReader:
        return NestedReader(run, stream, self)


class NestedReader(CollectionReader):
    """Reads what parents' records hold."""

    def __init__(self, run: Run, stream: Declaration, options: Nested) -> None:
        """Look into the property that the stream declares."""
        super().__init__(run, stream)
        self._made_of = options.made_of
        self._made = RowDecoder(self.facts, self.selected, plain=True)

    @override
    async def read(self, parent: Parent) -> None:
        if self._made_of:
            page = self._made.page(self._made_of(parent.facts))
        else:
            page = self.decoder.rows(parent.facts.get(self.kind.nested or ""))
        self.look_at(page, parent)
        async with self.parts() as parts:
            await self.take(parent, self.chosen(page.rows), parts)
