"""One stream in one run: what the others, and whoever watches, may know of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_msteams.client import StreamClient
    from tap_msteams.client.metrics import Metrics
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.errors import EnoughError, GraphError
    from tap_msteams.run.feed import Feed


_Listing: TypeAlias = "list[str] | GraphError | EnoughError"


class Listings:
    """The ids below each parent of a stream, for another one that waits for them."""

    def __init__(self) -> None:
        self._found: dict[str, asyncio.Future[_Listing]] = {}
        self._refusal: GraphError | EnoughError | None = None

    def settle(self, parent: Ids, found: _Listing) -> None:
        """Make the ids below a parent known, or why there are none; later calls change nothing."""
        future = self._future(parent)
        if not future.done():
            future.set_result(found)

    def refuse(self, error: GraphError | EnoughError) -> None:
        """Note that nobody will list anything more; what is known stays known."""
        self._refusal = self._refusal or error
        for future in self._found.values():
            if not future.done():
                future.set_result(error)

    async def below(self, parent: Ids) -> list[str]:
        """The ids below a parent, once they are known; raises a GraphError where none will be."""
        found = await self._future(parent)
        self._found.pop(_key(parent), None)
        if isinstance(found, list):
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
    """What has become of a stream so far."""

    stream: Declaration
    emits: bool
    """Whether its records are written; otherwise only its ids are read, for other streams."""
    client: StreamClient
    feed: Feed | None
    """Its parents; None where it is read below none."""
    feeds: Sequence[tuple[Declaration, Feed]]
    """The streams that are read below it, and where they get their parents from."""
    listings: Listings | None
    """None where nobody waits for its lists."""
    oldest: Callable[[], str | None] = lambda: None
    """Up to when it has been read, below all of its parents; None where nothing tells."""
    bookmark_before: str | None = None
    """The same at the start of the run."""
    is_complete: bool = True
    """Whether no row is missing."""
    lists_all: bool = True
    """Whether no id is missing, whatever became of the rest of the record."""
    failed: int = 0
    """Parents that could not be read to their end."""
    open: int = 0
    """Parents that are being read."""
    parents_at_once: int = 1
    """How many parents it looks up with one request."""
    has_ended: bool = False

    @property
    def metrics(self) -> Metrics:
        """What its requests and rows came to."""
        return self.client.metrics
