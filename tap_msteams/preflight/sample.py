"""Samples: a run that reads a little of each stream and writes nothing."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.client import GraphClient, RowDecoder
from tap_msteams.errors import EnoughError, ThrottledError, public_path
from tap_msteams.readers import Made, Nested
from tap_msteams.run import LEFT_OUT, Issues, Run, Selection, open_streams
from tap_msteams.tap.session import Session

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_msteams.client import Page, Request, StreamClient
    from tap_msteams.client.patience import Attempt
    from tap_msteams.declaration import Declaration
    from tap_msteams.errors import GraphError, TapError
    from tap_msteams.readers import GraphStream
    from tap_msteams.run import StreamRun
    from tap_msteams.tap import TapMSTeams
    from tap_msteams.writer import Records

CONCURRENCY = 8

PATIENCE = 15.0
"""Seconds for one request, waiting included, since a person waits for the result."""

_ALL = 1000
"""Pages that are enough to list the parents of all other streams."""

_TOP = re.compile(r"(?<=\$top=)\d+")


@dataclass(frozen=True)
class Measure:
    """The size of the sample of each stream."""

    parents: int = 1
    """Parents to read below."""
    spare: int = 4
    """Further parents to try where the first ones have no records."""
    pages: int = 1
    """Pages of one parent."""
    rows: int | None = None
    """Rows of a page; None for as many as in a run."""
    lists_all: bool = False
    """Whether streams without parents are read to their end."""


@dataclass(eq=False)
class Part:
    """The sample of one stream."""

    read: StreamRun
    answered: int = 0
    """Pages received."""
    rows: int = 0
    cut: bool = False
    """Whether pages were left unread."""
    more: int = 0
    """Parts of its parents, each of which takes at least one request."""
    more_read: int = 0
    url: str = ""
    """The URL of the first request."""
    refusals: list[tuple[Mapping[str, str], GraphError]] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    """What is not read for lack of a permission of its own, with the remedy."""
    _parent: int = 0
    _parent_pages: int = 0
    _parent_parts: int = 0

    @property
    def stream(self) -> Declaration:
        """The stream of this sample."""
        return self.read.stream

    @property
    def found(self) -> int:
        """Parents that were found."""
        return self.read.feed.found if self.read.feed else 1

    @property
    def parents_read(self) -> int:
        """Parents that were read or failed."""
        return self.read.metrics.parents

    @property
    def good(self) -> int:
        """Parents that were read to their end."""
        return self.read.metrics.done - self.read.failed

    @property
    def requests(self) -> int:
        """Requests that were sent for the stream."""
        return self.read.metrics.requests

    def pages_of_parent(self) -> int:
        """Pages received of the current parent."""
        self._look_at_parent()
        return self._parent_pages

    def take_page(self) -> None:
        """Count a page."""
        self._look_at_parent()
        self.answered += 1
        self._parent_pages += 1

    def take_part(self) -> int:
        """Count a part of the current parent; returns the number of its parts so far."""
        self._look_at_parent()
        self.more += 1
        self._parent_parts += 1
        return self._parent_parts

    def _look_at_parent(self) -> None:
        if self._parent != self.parents_read:
            self._parent, self._parent_pages, self._parent_parts = self.parents_read, 0, 0


class SampleClient(GraphClient):
    """A client that stops each stream at the end of its sample, and gives up early."""

    def __init__(self, tap: TapMSTeams, sample: Sampling) -> None:
        super().__init__(tap.graph, tap.gate, CONCURRENCY, patience=tap.patience)
        self._sample = sample

    @override
    async def page(self, stream: StreamClient, request: Request) -> Page:
        part = self._sample.parts.get(stream.name)
        if part is None:
            return await super().page(stream, request)
        if part.pages_of_parent() >= self._sample.pages(part):
            part.cut = True
            raise EnoughError
        part.url = part.url or request.url
        now = self.clock()
        closed = max(self.gate.wait(limit, now) for limit in self.gate.keys(request.url))
        if closed > PATIENCE:
            message = f"no more requests for {closed:.0f} seconds"
            raise ThrottledError(public_path(request.url), message=message)
        try:
            async with asyncio.timeout(PATIENCE):
                page = await super().page(stream, self._sample.shortened(part, request))
        except TimeoutError:
            message = (
                f"no answer within {PATIENCE:.0f} seconds, waiting for Graph's limits included"
            )
            raise ThrottledError(public_path(request.url), message=message) from None
        part.take_page()
        if isinstance(request.decoder, RowDecoder) and request.single <= part.stream.read.single:
            part.rows += len(page.rows)
        return page

    @override
    def _next_try(self, stream: StreamClient, attempt: Attempt, error: TapError) -> float:
        again = super()._next_try(stream, attempt, error)
        if again - self.clock() > PATIENCE:
            raise error
        return again


class SampleIssues(Issues):
    """Issues that only the sample keeps."""

    def __init__(self, tap: TapMSTeams, sample: Sampling) -> None:
        graph = tap.graph
        super().__init__(tap.settings, None, graph.now, application=graph.is_application)
        self._sample = sample

    @override
    def report(
        self, stream: type[Declaration], ids: Mapping[str, str], error: GraphError, count: int = 1
    ) -> None:
        self._sample.parts[stream.name].refusals.append((ids, error))

    @override
    def notice(
        self,
        stream: type[Declaration],
        message: str,
        remedy: str,
        code: str = "",
        permission: str = "",
    ) -> None:
        """Keep what is left out: a sample has no use for other notices."""
        if code == LEFT_OUT:
            self._sample.parts[stream.name].left_out.append((message, remedy))

    @override
    def warn_once(self, topic: str, text: str) -> None:
        """Do nothing: a sample has no use for warnings."""


class Sampling:
    """Reads samples of some streams and of their parents."""

    def __init__(self, tap: TapMSTeams, streams: Collection[GraphStream], measure: Measure) -> None:
        """Read these streams of a tap."""
        self.measure = measure
        self.parts: dict[str, Part] = {}
        settings = tap.settings
        self.selection = Selection(settings, None, application=tap.graph.is_application)
        client, plan = SampleClient(tap, self), tap.new_plan([type(it) for it in streams])
        selected = [type(it) for it in streams if it.selected]
        self.run = Run(
            client=client,
            settings=settings,
            plan=plan,
            selection=self.selection,
            issues=SampleIssues(tap, self),
            privacy=None,
            emit=_drop,
            checkpoint=lambda: None,
            streams=open_streams(plan, selected, client),
            sample=self,
        )
        self.parts = {it.stream.name: Part(it) for it in self.run.streams.values()}
        self._streams = tap.graph_streams

    def read(self) -> dict[str, Part]:
        """Read the samples of all streams."""
        asyncio.run(self._read())
        return self.parts

    async def _read(self) -> None:
        # Otherwise some streams would ask for Graph's time first; here this clock will do.
        self.run.client.graph.start_now()
        await Session(self.run, self._streams).read()

    # Questions of the run

    def wants_parent(self, it: StreamRun) -> bool:
        """Whether to read another parent of a stream."""
        part, measure = self.parts[it.stream.name], self.measure
        if part.parents_read >= measure.parents + measure.spare:
            return False
        if part.good < measure.parents:
            return True
        return self._is_waited_for(it)

    def _is_waited_for(self, it: StreamRun) -> bool:
        """Whether a child stream that sends requests has no parents yet."""
        return any(not feed.found and self._asks(type(child)) for child, feed in it.feeds)

    def _asks(self, stream: type[Declaration]) -> bool:
        declared = self._streams[stream]
        content = stream.content
        is_content_selected = bool(content and content.name in declared.selected_properties)
        return is_content_selected or not isinstance(declared.read, Made | Nested)

    def wants_part(self, it: StreamRun) -> bool:
        """Whether to read another part of a parent: the first one is enough."""
        part = self.parts[it.stream.name]
        is_first = part.take_part() == 1
        part.more_read += is_first
        return is_first

    # Questions of the client

    def pages(self, part: Part) -> int:
        """The number of pages to read of a parent."""
        stream, measure = type(part.stream), self.measure
        is_listed = measure.lists_all and not part.read.feed and bool(part.read.feeds)
        is_searched = self.selection.names(stream) and not part.rows
        more = 1 if part.stream.details or part.stream.content else 0
        return _ALL if is_listed or is_searched else measure.pages + more

    def shortened(self, part: Part, request: Request) -> Request:
        """The request with a smaller page, where a few rows are enough."""
        measure = self.measure
        if not measure.rows or request.url.startswith("https:"):
            return request
        if self.selection.names(type(part.stream)):
            return request
        # A few more for streams with children, in case that the first parent has none.
        rows = measure.parents + measure.spare if part.read.feeds else 1
        return replace(request, url=_TOP.sub(lambda it: str(min(int(it[0]), rows)), request.url))


async def _drop(stream: Declaration, records: Records) -> None:
    """Drop the records of a sample."""
