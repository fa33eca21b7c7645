"""Streams whose records stand in those of another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from tap_msteams.base.collection import GraphStream
from tap_msteams.sweep import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_msteams.base.feed import Feed
    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Record
    from tap_msteams.sweep import Steps


class NestedStream(GraphStream):
    """Records in a property of the parents' records: no request, but for their content."""

    nested: ClassVar[str]
    """The property of the parents' records; it has to be among `reads`."""

    cost = "none of its own"

    @override
    def subscribe(self) -> None:
        found = self.run.subscribe(self, self.above, self._found, self.reads)
        self._found_rows: Feed[tuple[Ids, list[Record]]] = found

    def _found(self, ids: Ids, record: Record) -> Iterable[tuple[Ids, list[Record]]]:
        if rows := list(self.rows_in(ids, record)):
            yield ids, rows

    def rows_in(self, ids: Ids, record: Record) -> Iterable[Record]:  # noqa: ARG002 - for overrides
        """The records in a record of a parent."""
        return record.get(self.nested) or ()

    @override
    def walks(self) -> Iterator[Walk | None]:
        for found in self._found_rows.follow():
            yield from self.wait_for_readers()
            yield Walk(found[0], self._tell(*found)) if found else None

    def _tell(self, ids: Ids, rows: list[Record]) -> Steps:
        """Yield the records, with their content where that is wanted."""
        self.publish(ids, rows)
        if not self.emits:
            return
        if self.has_content:
            for row in rows:
                keys = {**ids, self.fills or "id": row["id"]}
                yield Walk(keys, self.read_more(ids, keys, row))
            return
        names = {*self.asked}
        kept = [{name: value for name, value in row.items() if name in names} for row in rows]
        yield self.shape(kept, ids)
