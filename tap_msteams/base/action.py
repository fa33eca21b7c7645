"""Streams that are OData actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from tap_msteams.base.collection import GraphStream
from tap_msteams.graph import Request
from tap_msteams.sweep import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.base.declaration import DeclaredStream
    from tap_msteams.base.stream import Ids
    from tap_msteams.sweep import Steps


class ActionStream(GraphStream):
    """An action that looks up many ids of its parent at once; each row is an observation."""

    appends = True

    ids_per_call: ClassVar[int]
    """How many ids Graph takes in one request."""

    added = ("observedDateTime",)

    @override
    def walks(self) -> Iterator[Walk | None]:
        ids: list[str] = []
        for found in self.feed.follow():
            if found is None:
                yield None
                continue
            ids += found.values()
            if len(ids) == self.ids_per_call:
                yield Walk({}, self.look_up(ids))
                ids = []
        if ids:
            yield Walk({}, self.look_up(ids))

    @classmethod
    @override
    def parents(cls, *, application: bool) -> list[type[DeclaredStream]]:
        return [cls.parent] if cls.parent else []

    @classmethod
    @override
    def sync_cost(cls) -> str:
        return f"1 per {cls.ids_per_call} {cls.parent.name if cls.parent else 'ids'}"

    def look_up(self, ids: list[str]) -> Steps:
        """Ask for some ids."""
        page = yield Request(self.path, self.decoder, body={"ids": ids})
        self.name_undeclared(page)
        observed: Ids = {}
        if page.served:
            observed["observedDateTime"] = page.served.isoformat().replace("+00:00", "Z")
        yield self.shape(page.value, observed)
