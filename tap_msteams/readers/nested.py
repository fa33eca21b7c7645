"""Nested records: records inside the records of another stream."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_msteams.client import RowDecoder
from tap_msteams.readers.collection import CollectionReader
from tap_msteams.readers.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_msteams.client import Page
    from tap_msteams.declaration import Declaration
    from tap_msteams.run import Parent, Run


@dataclass(frozen=True, kw_only=True)
class Nested(Kind):
    """Records in a property of the parents' records: only their content takes requests."""

    inside: str = field()  # needed, unlike in its base
    """The property of the parents' records that holds the records."""

    @override
    def reader(self, run: Run, stream: Declaration) -> NestedReader:
        return NestedReader(run, stream, self)


@dataclass(frozen=True, kw_only=True)
class Made(Kind):
    """Records that the tap makes of the parents' records: only their content takes requests."""

    of: Callable[[Mapping[str, Any]], Iterable[dict[str, Any]]]
    """A function that makes the records from the facts of a parent's record."""
    has_additional_data: bool = field(default=False, init=False)

    @override
    def reader(self, run: Run, stream: Declaration) -> MadeReader:
        return MadeReader(run, stream, self)


class _InnerReader(CollectionReader):
    """Reads records without a request for each parent."""

    @abstractmethod
    def page(self, parent: Parent) -> Page:
        """The records of a parent."""

    @override
    async def read(self, parent: Parent) -> None:
        page = self.page(parent)
        self.failures.look_at(page, parent)
        async with self.parts() as parts:
            await self.emit_page(parent, self.chosen(page.rows), parts)


class NestedReader(_InnerReader):
    """Reads the records inside the parents' records."""

    def __init__(self, run: Run, stream: Declaration, options: Nested) -> None:
        super().__init__(run, stream)
        self._inside = options.inside

    @override
    def page(self, parent: Parent) -> Page:
        return self.decoder.page_in(parent.facts.get(self._inside))


class MadeReader(_InnerReader):
    """Makes the records of the parents' records."""

    def __init__(self, run: Run, stream: Declaration, options: Made) -> None:
        super().__init__(run, stream)
        self._of = options.of
        self._made = RowDecoder(self.facts, self.selected, plain=True)

    @override
    def page(self, parent: Parent) -> Page:
        return self._made.page(self._of(parent.facts))
