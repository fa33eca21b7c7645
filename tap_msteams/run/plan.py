"""The plan of a run: which streams take part, and who is read below whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Raw

from tap_msteams.declaration.types import types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_msteams.declaration import Declaration


class Plan:
    """Some streams, and the parents that they are read below."""

    def __init__(
        self,
        streams: Mapping[type[Declaration], Declaration],
        wanted: Iterable[type[Declaration]],
        *,
        application: bool,
        cloud: str,
    ) -> None:
        """Read the `wanted` ones of all `streams`; what is not to be had has no parents."""
        self.application = application
        self._cloud = cloud
        found = {it for stream in wanted for it in self._with_parents(stream)}
        self.streams = {kind: stream for kind, stream in streams.items() if kind in found}
        """All that take part, in the order of the catalog."""

    def _with_parents(self, stream: type[Declaration]) -> Iterator[type[Declaration]]:
        yield stream
        for parent in self.parents(stream):
            yield from self._with_parents(parent)

    def parents(self, stream: type[Declaration]) -> list[type[Declaration]]:
        """The streams that one is read below, as far as they are to be had."""
        if self.why_not(stream):
            return []
        parents = stream.parent_streams(application=self.application)
        return [parent for parent in parents if not self.why_not(parent)]

    def children(self, stream: type[Declaration]) -> list[type[Declaration]]:
        """The streams that are read below one."""
        return [it for it in self.streams if stream in self.parents(it)]

    def is_awaited(self, stream: type[Declaration]) -> bool:
        """Whether others wait for its lists, parent by parent."""
        return any(stream in it.waits_for for it in self.streams)

    def facts(self, stream: type[Declaration], names: Iterable[str]) -> dict[str, Any]:
        """What is looked at in a stream's records, with types: these, its own, and its readers'."""
        children = self.children(stream)
        looked_at = {"id", *stream.facts, *names, *([stream.version] if stream.version else [])}
        looked_at |= {name for child in children for name in child.parent_facts}
        nested = {child.nested for child in children if child.nested}
        types = types_of(sorted(looked_at - nested), stream.properties)
        return types | dict.fromkeys(nested, Raw)

    def why_not(self, stream: type[Declaration]) -> tuple[str, str] | None:
        """Why a stream is not to be had, and what to do; None if it is."""
        if self._cloud not in stream.clouds:
            have = ", ".join(stream.clouds)
            return f"Graph has it in the cloud {have} only, not in {self._cloud}", "deselect it"
        if stream.sign_in == "application" and not self.application:
            return (
                "Graph has it for applications only, not for a signed-in user",
                "use an `auth_method` of an application, or deselect it",
            )
        parents = stream.parent_streams(application=self.application)
        reasons = [self.why_not(parent) for parent in parents]
        return reasons[0] if reasons and all(reasons) else None
