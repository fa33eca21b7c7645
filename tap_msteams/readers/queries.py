"""Queries: the paths and query options of a stream's requests."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_msteams.client.row import ADDITIONAL_DATA
from tap_msteams.declaration import Paged, fill, owner

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tap_msteams.declaration import Declaration, Ids


class Queries:
    """The paths and query options of one stream."""

    def __init__(
        self, stream: Declaration, requested: Collection[str], *, application: bool
    ) -> None:
        """Ask for `requested` properties, unless Graph sends or the tap computes them anyway."""
        self._stream = stream
        self._route = stream.route(application=application)
        self._owner = owner(self._route)
        self._options = stream.options(application=application)
        variables = re.findall(r"{(\w+)}", self._route)
        content = {stream.content.name} if stream.content else set[str]()
        expanded = (option.partition("(")[0] for option in self._options.expand)
        ours = {*stream.computed, *stream.added, *variables, *content, *expanded}
        self._asked = [it for it in requested if "@" not in it and it != ADDITIONAL_DATA]
        self._names = {name for name in self._asked if name not in ours} | {"id"}
        listed = stream.listed(application=application)
        only = {*stream.details.only} if stream.details else set[str]()
        self._listed = {it for it in self._names - only if listed is None or it in listed}
        self.lists_all = self._listed == self._names
        """Whether the collection has all requested properties."""
        self.select_is_refused = False
        self.falls_back = False

    def leave_out(self, name: str) -> bool:
        """Request a property no more; returns whether it was requested so far."""
        was_requested = name in self._names
        self._names.discard(name)
        self._listed.discard(name)
        return was_requested

    def collection(self, ids: Ids) -> str:
        """The path and query of one parent's collection."""
        path = self._stream.read.fallback_path if self.falls_back else None
        return fill(path or self._route, ids) + self._query(self._listed, ids)

    @property
    def skips(self) -> bool:
        """Whether Graph may not link to what comes next, which then has to be skipped to."""
        return isinstance(self._options, Paged) and self._options.skip

    def beyond(self, ids: Ids, rows: int) -> str | None:
        """The address of what comes after so many rows, where Graph may not link to it."""
        return f"{self.collection(ids)}&$skip={rows}" if self.skips and rows else None

    def is_full(self, rows: int) -> bool:
        """Whether so many rows fill their pages, so that there may be more."""
        return isinstance(self._options, Paged) and rows % self._options.top == 0

    def proof(self, ids: Ids) -> str | None:
        """The address of what a collection is below; None for one of the whole tenant."""
        return fill(self._owner, ids) if self._owner else None

    def details(self, ids: Ids) -> str:
        """The path and query of one record."""
        path = self._stream.details.path if self._stream.details else ""
        return fill(path, ids) + self._query(self._names, ids, is_collection=False)

    def _query(self, select: Iterable[str], ids: Ids, *, is_collection: bool = True) -> str:
        options, found = self._options, []
        if options.select and not self.select_is_refused:
            found.append("$select=" + ",".join(sorted({*select, "id"})))
        if expand := [it for it in options.expand if it.partition("(")[0] in self._asked]:
            found.append("$expand=" + ",".join(expand))
        if options.filter and is_collection:
            quoted = {key: value.replace("'", "''") for key, value in ids.items()}
            found.append("$filter=" + fill(options.filter, quoted).replace(" ", "%20"))
        if isinstance(options, Paged) and is_collection:
            tops = [top for name, top in options.top_with.items() if name in self._names]
            found.append(f"$top={min([options.top, *tops])}")
        return "?" + "&".join(found) if found else ""


def without_select(url: str) -> str:
    """The address without its `$select`, so that Graph chooses the properties."""
    return re.sub(r"\$select=[^&]*&?", "", url).rstrip("?&")
