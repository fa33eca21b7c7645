"""One stream in one run: its progress, its queues and its listings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tap_msteams.run.feed import Feed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from tap_msteams.client import GraphClient, StreamClient
    from tap_msteams.client.metrics import Metrics
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.errors import EnoughError, GraphError
    from tap_msteams.run.plan import Plan


_Listing: TypeAlias = "Listing | GraphError | EnoughError"


@dataclass(frozen=True, slots=True)
class Listing:
    """The ids that a list has shown."""

    ids: list[str]
    is_whole: bool = True
    """Whether all rows of the list could be read."""


class Listings:
    """The ids of a stream below each parent, for another stream that waits for them."""

    def __init__(self) -> None:
        self._found: dict[str, asyncio.Future[_Listing]] = {}
        self._unwanted: set[str] = set()
        self._refusal: GraphError | EnoughError | None = None

    def settle(self, parent: Ids, found: _Listing) -> None:
        """Publish the ids below a parent, or the error instead; later calls change nothing."""
        if (key := _key(parent)) in self._unwanted:
            self._unwanted.remove(key)
            return
        future = self._future(parent)
        if not future.done():
            future.set_result(found)

    def decline(self, parent: Ids) -> None:
        """Keep no ids below a parent, since nobody will ask for them."""
        if self._found.pop(_key(parent), None) is None:
            self._unwanted.add(_key(parent))

    def refuse(self, error: GraphError | EnoughError) -> None:
        """End all listings that are still unknown with this error."""
        self._refusal = self._refusal or error
        for future in self._found.values():
            if not future.done():
                future.set_result(error)

    async def below(self, parent: Ids) -> Listing:
        """The ids below a parent, once they are known; raises a GraphError where none will be."""
        found = await self._future(parent)
        self._found.pop(_key(parent), None)
        if isinstance(found, Listing):
            return found
        raise found

    def _future(self, parent: Ids) -> asyncio.Future[_Listing]:
        if (future := self._found.get(_key(parent))) is None:
            future = self._found[_key(parent)] = asyncio.get_running_loop().create_future()
            if self._refusal:
                future.set_result(self._refusal)
        return future


def _key(parent: Ids) -> str:
    return "/".join(parent.values())


@dataclass(eq=False)
class StreamRun:
    """The progress of a stream in a run."""

    stream: Declaration
    emits: bool
    """Whether records are written; otherwise only ids are read, for other streams."""
    client: StreamClient
    feed: Feed | None
    """The queue of its parents; None for a stream without parents."""
    feeds: Sequence[tuple[Declaration, Feed]]
    """The child streams and the queues of their parents."""
    listings: Listings | None
    """The ids for streams that wait for them; None where none does."""
    oldest: Callable[[], str | None] = lambda: None
    """The oldest bookmark of all parents; None where there is none."""
    bookmark_before: str | None = None
    """The oldest bookmark at the start of the run."""
    is_complete: bool = True
    """Whether no row is missing."""
    lists_all: bool = True
    """Whether no id is missing, even if records are."""
    unlisted: set[str] = field(default_factory=set)
    """The streams, this one or those above, of which ids are missing since they failed."""
    failed: int = 0
    """Parents that could not be read to their end."""
    open: int = 0
    """Parents that are being read."""
    parents_at_once: int = 1
    """The number of parents that one request looks up."""
    has_ended: bool = False

    @property
    def metrics(self) -> Metrics:
        """The counts of its requests and rows."""
        return self.client.metrics

    def begin_parent(self, now: float) -> None:
        """Count the start of a parent."""
        self.open += 1
        self.metrics.parents += 1
        if self.metrics.started is None:
            self.metrics.started = now

    def end_parent(self, now: float) -> None:
        """Count the end of a parent."""
        self.open -= 1
        self.metrics.done += 1
        self.metrics.ended = now


def open_streams(
    plan: Plan, selected: Collection[type[Declaration]], client: GraphClient
) -> dict[type[Declaration], StreamRun]:
    """The streams of a plan, of which the `selected` ones are written, each with its client."""
    feeds = {
        stream: Feed(len(parents)) for stream in plan.streams if (parents := plan.parents(stream))
    }
    return {
        stream: StreamRun(
            declared,
            emits=stream in selected,
            client=client.stream(declared.name),
            feed=feeds.get(stream),
            feeds=[(plan.streams[it], feeds[it]) for it in plan.children(stream)],
            listings=Listings() if plan.is_awaited(stream) else None,
        )
        for stream, declared in plan.streams.items()
    }
