"""Streams that are OData actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from tap_msteams.base.collection import GraphStream
from tap_msteams.graph import Request
from tap_msteams.sweep import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.base.stream import Ids
    from tap_msteams.sweep import Steps


class ActionStream(GraphStream):
    """An action that looks up many ids of its parent at once; each row is an observation."""

    appends = True

    ids_per_call: ClassVar[int]
    """How many ids Graph takes in one request."""

    @override
    def walks(self) -> Iterator[Walk | None]:
        ids: list[str] = []
        for found in self.run.streams[self._parent].feed.follow():
            if found is None:
                yield None
                continue
            ids.append(found[self._parent.fills or ""])
            if len(ids) == self.ids_per_call:
                yield Walk({}, self.look_up(ids))
                ids = []
        if ids:
            yield Walk({}, self.look_up(ids))

    @property
    def _parent(self) -> type[GraphStream]:
        if self.parent is None:
            msg = f"{self.name} needs a parent"
            raise TypeError(msg)
        return self.parent

    def look_up(self, ids: list[str]) -> Steps:
        """Ask for some ids."""
        page = yield Request(self.path, self.decoder, body={"ids": ids})
        self.name_undeclared(page)
        observed: Ids = {}
        if page.served:
            observed["observedDateTime"] = page.served.isoformat().replace("+00:00", "Z")
        yield self.shape(page.value, observed)
