"""A rehearsal: the streams read as in a run, but only a little of each."""

from __future__ import annotations

import re
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from typing_extensions import override

from tap_msteams.base import GraphStream, MessageStream, NestedStream, Run
from tap_msteams.errors import GraphError, NotGrantedError
from tap_msteams.graph import Request
from tap_msteams.sweep import Promise, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_msteams.base.declaration import DeclaredStream
    from tap_msteams.base.feed import Feed
    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Page, Record
    from tap_msteams.preflight.courier import Courier
    from tap_msteams.settings import Settings
    from tap_msteams.sweep import Step

T = TypeVar("T")

WORKERS = 8

_TOP = re.compile(r"(?<=\$top=)\d+")


@dataclass(frozen=True)
class Measure:
    """How much of each stream is read."""

    parents: int = 1
    """Parents to read below."""
    spare: int = 4
    """Further parents to try where nothing is found below the first."""
    pages: int = 1
    """Pages of one parent."""
    rows: int | None = None
    """Rows of a page; None for as many as a run asks for."""
    lists_all: bool = False
    """Whether streams without parents are read to their end."""


@dataclass
class Part:
    """What came of one stream."""

    stream: GraphStream
    found: int = 0
    """Parents that were found for it."""
    walked: int = 0
    """Parents that it was read below."""
    good: int = 0
    """Parents below which it could be read."""
    requests: int = 0
    answered: int = 0
    rows: int = 0
    cut: bool = False
    """Whether pages were left unread."""
    more: int = 0
    """Walks that its walks began: for each of them one request, at least."""
    more_walked: int = 0
    url: str = ""
    """The first address asked for."""
    refusals: list[tuple[Ids, GraphError]] = field(default_factory=list)
    not_granted: NotGrantedError | None = None


class Rehearsal(Run):
    """A run that keeps to itself what it finds."""

    def __init__(
        self, courier: Courier, settings: Settings, streams: Iterable[GraphStream]
    ) -> None:
        """Send by `courier`; `streams` are all that there are."""
        super().__init__(courier.graph, settings, {type(stream): stream for stream in streams})
        if self.graph.started is None:
            # Some streams would ask for the time first; here a second more or less is no matter.
            self.graph.started = datetime.now(UTC).replace(microsecond=0)
        self.parts: dict[str, Part] = {}
        self._courier = courier
        self._readers: dict[type[DeclaredStream], list[str]] = defaultdict(list)

    # What streams ask of their run

    @override
    def leave_out(self, stream: GraphStream) -> bool:
        return self.why_not(type(stream)) is not None

    @override
    def report(self, stream: GraphStream, subject: dict[str, str], error: GraphError) -> None:
        self.parts[stream.name].refusals.append((subject, error))

    @override
    def subscribe(
        self,
        reader: GraphStream,
        parents: Sequence[type[DeclaredStream]],
        find: Callable[[Ids, Record], Iterable[T]],
        reads: Iterable[str],
    ) -> Feed[T]:
        name = reader.name
        for parent in parents:
            self._readers[parent].append(name)

        def counted(ids: Ids, record: Record) -> list[T]:
            found = list(find(ids, record))
            self.parts[name].found += len(found)
            return found

        return super().subscribe(reader, parents, counted, reads)

    # Reading

    def read(self, wanted: Iterable[GraphStream], measure: Measure) -> dict[str, Part]:
        """Read a little of some streams and of those that they are read below."""
        self.measure = measure
        application = self.graph.is_application
        active = [stream for stream in wanted if self.offers(type(stream))]
        for stream in active:
            for parent in stream.parents(application=application):
                if self.offers(parent) and self.streams[parent] not in active:
                    active.append(self.streams[parent])

        def level(stream: GraphStream) -> tuple[int, bool]:
            # Where it is no export, messages wait for the channels of their team.
            return stream.depth(application=application), isinstance(stream, MessageStream)

        active.sort(key=level)
        for stream in reversed(active):
            self.parts[stream.name] = Part(stream)
            stream.begin(self, emits=stream.selected)
        with ThreadPoolExecutor(WORKERS) as pool:
            for _, streams in groupby(active, key=level):
                list(pool.map(self._read, streams))
        return self.parts

    def _read(self, stream: GraphStream) -> None:
        part, measure = self.parts[stream.name], self.measure
        for walk in stream.walks():
            if walk is None:
                break
            rows = part.rows
            part.walked += 1
            part.good += self._follow(part, walk)
            if part.not_granted or part.walked >= measure.parents + measure.spare:
                break
            if part.good >= measure.parents and (part.rows > rows or not self._waited_for(stream)):
                break
        stream.lane.stop()

    def _waited_for(self, stream: GraphStream) -> bool:
        """Whether a stream below it, that asks Graph for something, has found nothing yet."""
        below = [self.parts[name] for name in self._readers[type(stream)]]
        return any(
            not part.found
            for part in below
            if part.stream.has_content or not isinstance(part.stream, NestedStream)
        )

    def _follow(self, part: Part, walk: Walk) -> bool:
        """Read one walk, as far as the measure goes; whether Graph let it."""
        answered, begun, cut = part.answered, 0, False
        try:
            step = next(walk.steps)
            while True:
                if isinstance(step, Request):
                    if part.answered - answered >= self._pages(part):
                        part.cut = cut = True
                        break
                    step = self._ask(part, walk, step)
                elif isinstance(step, Promise):
                    if not step.settled:
                        break
                    step = step.resume(walk)
                else:
                    if isinstance(step, Walk):
                        begun += 1
                        self._begin(part, step, first=begun == 1)
                    step = next(walk.steps)
        except StopIteration:
            return True
        except GraphError as error:
            part.refusals.append((walk.subject, error))
            part.stream.listing(walk.subject).fail(error)
            if isinstance(error, NotGrantedError):
                part.not_granted = error
            return False
        walk.steps.close()
        return cut

    def _ask(self, part: Part, walk: Walk, request: Request) -> Step:
        """Send a request of a walk; returns its next step."""
        try:
            page = self._send(part, request)
        except GraphError as error:
            return walk.throw(error)
        part.answered += 1
        try:
            return walk.steps.send(page)
        finally:
            part.rows += len(page.value)

    def _begin(self, part: Part, walk: Walk, *, first: bool) -> None:
        """Count a walk that another one began, and read the first."""
        part.more += 1
        if first:
            part.more_walked += 1
            rows = part.rows
            self._follow(part, walk)
            if part.stream.details or part.stream.has_content:
                part.rows = rows  # more about those that were counted

    def _pages(self, part: Part) -> int:
        """How many pages to read."""
        stream, measure = part.stream, self.measure
        listed = measure.lists_all and not stream.above and bool(self._readers[type(stream)])
        searched = self.choice_names(type(stream)) and not part.rows
        return _ALL if listed or searched else measure.pages

    def _send(self, part: Part, request: Request) -> Page:
        part.requests += 1
        part.url = part.url or request.url
        stream = type(part.stream)
        if self.measure.rows and request.first and not self.choice_names(stream):
            # Some more of those that others are read below, in case that the first one is empty.
            rows = self.measure.parents + self.measure.spare if self._readers[stream] else 1
            url = _TOP.sub(lambda it: str(min(int(it[0]), max(rows, 1))), request.url)
            request = replace(request, url=url)
        return self._courier.send(request)


_ALL = 1000
"""Pages that list the parents of all other streams."""
