"""The plan of a run: the streams that take part, with their parents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Raw

from tap_msteams.declaration.types import types_of
from tap_msteams.labels import label
from tap_msteams.run.shard import WHOLE, is_split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.run.shard import Shard


class Plan:
    """The selected streams and the parent streams that they need."""

    def __init__(
        self,
        streams: Mapping[type[Declaration], Declaration],
        selected: Iterable[type[Declaration]],
        *,
        application: bool,
        cloud: str,
        shard: Shard = WHOLE,
    ) -> None:
        """Plan the `selected` ones of all `streams`; an unavailable stream has no parents."""
        self.application = application
        self.shard = shard
        self._cloud = cloud
        selected = {*selected}
        found = self._with_all_parents(selected)
        self.streams = {it: stream for it, stream in streams.items() if it in found}
        """All streams that take part, in the order of the catalog."""
        self._split = {
            it for it in selected if shard.of > 1 and is_split(it, application=application)
        }
        self._partial = found - self._with_all_parents(selected - self._split)

    def _with_all_parents(self, streams: Iterable[type[Declaration]]) -> set[type[Declaration]]:
        return {it for stream in streams for it in self._with_parents(stream)}

    def _with_parents(self, stream: type[Declaration]) -> Iterator[type[Declaration]]:
        yield stream
        for parent in self.parents(stream):
            yield from self._with_parents(parent)

    def parents(self, stream: type[Declaration]) -> list[type[Declaration]]:
        """The available parent streams of a stream."""
        if self.why_not(stream):
            return []
        parents = stream.parent_streams(application=self.application)
        return [parent for parent in parents if not self.why_not(parent)]

    def children(self, stream: type[Declaration]) -> list[type[Declaration]]:
        """The child streams of a stream."""
        return [it for it in self.streams if stream in self.parents(it)]

    def is_partial(self, stream: type[Declaration]) -> bool:
        """Whether only this shard's part of a stream is read."""
        return stream in self._partial

    def takes(self, stream: type[Declaration], ids: Ids) -> bool:
        """Whether this shard reads a stream below a parent, of which `ids` has all ids above."""
        return stream not in self._partial or self.shard.owns(next(iter(ids.values())))

    @property
    def divided_routes(self) -> list[str]:
        """The paths that several shards ask for, except the single lists of topmost parents."""
        return [
            path
            for stream in self._with_all_parents(self._split)
            if self.parents(stream)
            for path in stream.routes(application=self.application)
        ]

    def is_awaited(self, stream: type[Declaration]) -> bool:
        """Whether other streams wait for the stream's ids, parent by parent."""
        return any(stream is it.read.waits_for for it in self.streams)

    def facts(self, stream: type[Declaration], names: Iterable[str]) -> dict[str, Any]:
        """The facts of a stream's records with types: `names`, its own, and its children's."""
        children = self.children(stream)
        version = stream.read.version
        required = {*stream.facts, *names, *([version] if version else [])}
        required |= {"id"} - {*stream.computed}
        required |= {name for child in children for name in child.parent_facts}
        nested = {child.read.inside for child in children if child.read.inside}
        types = types_of(sorted(required - nested), stream.properties)
        return types | dict.fromkeys(nested, Raw)

    def why_not(self, stream: type[Declaration]) -> tuple[str, str] | None:
        """The reason why a stream is unavailable, with a remedy; None if it is available."""
        if self._cloud not in stream.clouds:
            have = ", ".join(stream.clouds)
            return f"Graph has it in the cloud {have} only, not in {self._cloud}", "deselect it"
        if stream.sign_in == "application" and not self.application:
            return (
                "Graph has it for applications only, not for a signed-in user",
                f"set {label('auth_method')} to one of an application, or deselect it",
            )
        parents = stream.parent_streams(application=self.application)
        reasons = [self.why_not(parent) for parent in parents]
        return reasons[0] if reasons and all(reasons) else None
