"""Streams that are Graph collections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from typing_extensions import override

from tap_msteams.base.run import Feed, logger
from tap_msteams.base.stream import Ids, TapStream
from tap_msteams.errors import GraphError, NotGrantedError, RejectedError
from tap_msteams.graph import Decoder, Request
from tap_msteams.sweep import Promise, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from singer_sdk import Tap

    from tap_msteams.base.run import Run
    from tap_msteams.graph import Page, Record
    from tap_msteams.sweep import Lane, Step, Steps


class GraphStream(TapStream):
    """A Graph collection, read page by page below each of its parents.

    Subclasses are declarations: what they set here says everything.
    """

    path: ClassVar[str]
    """Graph path below the version, with `{variables}` that the parents fill."""

    delegated_path: ClassVar[str | None] = None
    """The path to take instead with a user's token; it takes no query options."""

    detail_path: ClassVar[str | None] = None
    """The path of one record, for properties that the collection leaves out."""

    parent: ClassVar[type[GraphStream] | None] = None
    """The stream whose records this one is read below."""

    fills: ClassVar[str | None] = None
    """The path variable that ids of this stream fill for the streams below it."""

    permission: ClassVar[str]
    """Least privileged tenant-wide permission, for applications and users alike."""

    entity: ClassVar[str]
    """Graph's name of the type of a record."""

    top: ClassVar[int | None] = None
    """The largest page that Graph gives, where it takes `$top`."""

    selects: ClassVar[bool] = True
    """Whether Graph takes `$select` for the collection."""

    listed: ClassVar[Sequence[str] | None] = None
    """The properties that the collection gives; None: all but the `detailed` ones."""

    delegated_listed: ClassVar[Sequence[str] | None] = None
    """The same for `delegated_path`."""

    detailed: ClassVar[Sequence[str]] = ()
    """Properties that only `detail_path` gives."""

    def __init__(self, tap: Tap) -> None:
        """Know no ids yet."""
        super().__init__(tap)
        self.feed = Feed()
        self.followed = False
        """Whether another stream of this run needs the ids of this one."""
        self.all_listed = True
        """Whether no id is missing, whatever became of the rest of the record."""
        self._listings: dict[str, Promise] = {}
        self._undeclared: set[str] = set()
        self._select_refused = False
        self._not_granted: NotGrantedError | None = None

    @override
    def begin(self, run: Run, *, emits: bool) -> Lane:
        self.feed = Feed()
        self._listings.clear()
        self.all_listed = True
        self._not_granted = None
        self.feed.lane = lane = super().begin(run, emits=emits)
        self.decoder = Decoder({*self.wanted, "id"}, self.schema["properties"])
        return lane

    @override
    def finish(self) -> None:
        if self.parent and not self.run.streams[self.parent].all_listed:
            self.complete = False
        super().finish()

    @override
    def failed(self, subject: Ids, error: GraphError) -> None:
        self.complete = False
        if self.fills not in subject:
            self.all_listed = False
        self.listing(subject).fail(error)
        if isinstance(error, NotGrantedError):
            self.lane.stop()
            if self._not_granted:
                return
            self._not_granted, subject = error, {}
            for promise in self._listings.values():
                promise.fail(error)
        self.run.report(self, subject, error)

    @property
    def variables(self) -> list[str]:
        """The variables of the path, which are ids of parents."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def details(self) -> bool:
        """Whether each record needs a request of its own."""
        if self.detail_path is None or not self.emits:
            return False
        asked = {*self.wanted} - {*self.variables}
        listed = self.listed if self.run.graph.is_application else self.delegated_listed
        return bool(asked & {*self.detailed} or (listed and asked - {*listed}))

    @override
    def walks(self) -> Iterator[Walk | None]:
        """One walk for each parent, as parents are listed; a single one without parents."""
        if self.parent is None:
            yield Walk({}, self.read({}))
            return
        for ids in self.run.streams[self.parent].feed.follow():
            yield None if ids is None else Walk(ids, self.read(ids))

    def read(self, parent: Ids) -> Steps:
        """Read one parent's collection."""
        ids: list[str] = []
        request, page = yield from self._ask(lambda: self.collection(parent))
        while True:
            self.name_undeclared(page)
            found = [record["id"] for record in page.value]
            self.publish(parent, found)
            if self.followed:
                ids += found
            if self.details:
                for id_ in found:
                    keys = {**parent, self.fills or "id": id_}
                    yield Walk(keys, self.read_detail(parent, keys))
            elif self.emits and page.value:
                yield self.shape(page.value, parent)
            if (following := request.following(page)) is None:
                break
            request, page = following, (yield following)
        if self.followed:
            self.listing(parent).settle(ids)

    def read_detail(self, parent: Ids, keys: Ids) -> Steps:
        """Read one record on its own path."""
        path = fill(self.detail_path or "", keys)
        _, page = yield from self._ask(lambda: path + self.query(self.select(), None), single=True)
        yield self.shape(page.value, parent)

    def _ask(
        self, url: Callable[[], str], *, single: bool = False
    ) -> Generator[Step, Any, tuple[Request, Page]]:
        """A first request and its answer, without a selection where Graph refuses one."""
        request = Request(url(), self.decoder, single=single)
        try:
            return request, (yield request)
        except RejectedError:
            # Graph has refused $select on single endpoints for weeks before.
            if "$select" not in request.url:
                raise
        if not self._select_refused:
            self._select_refused = True
            logger.info("%s: Graph refuses $select, asking for all properties", self.name)
        request = Request(url(), self.decoder, single=single)
        return request, (yield request)

    @property
    def sources(self) -> list[type[GraphStream]]:
        """The streams whose ids this one needs."""
        return [self.parent] if self.parent else []

    def publish(self, parent: Ids, ids: Iterable[str]) -> None:
        """Make ids known to the streams below."""
        if self.fills and self.followed:
            self.feed.items += [{**parent, self.fills: id_} for id_ in ids]

    def listing(self, parent: Ids) -> Promise:
        """The ids below one parent, once they have been listed."""
        promise = self._listings.setdefault("/".join(parent.values()), Promise())
        if self._not_granted:
            promise.fail(self._not_granted)
        return promise

    def collection(self, parent: Ids) -> str:
        """The path and query of one parent's collection."""
        if self.delegated_path and not self.run.graph.is_application:
            return fill(self.delegated_path, parent)
        chosen = ["id"] if self.details else self.select()
        return fill(self.path, parent) + self.query(chosen, self.top)

    def select(self) -> list[str]:
        """The properties to ask Graph for."""
        return [name for name in self.wanted if name not in self.variables] or ["id"]

    def query(self, select: Sequence[str], top: int | None) -> str:
        """The query options, as Graph takes them."""
        options = []
        if self.selects and not self._select_refused:
            options.append("$select=" + ",".join(sorted({*select, "id"})))
        if top:
            options.append(f"$top={top}")
        return "?" + "&".join(options) if options else ""

    def shape(self, records: list[Record], parent: Ids) -> list[Record]:
        """Records as they are emitted: with the ids of their parents, less what is deselected."""
        for record in records:
            record.update(parent)
        return self.prune(records)

    def name_undeclared(self, page: Page) -> None:
        """Say, once a run, which keys Graph sends that nobody declared."""
        if fresh := page.undeclared - self._undeclared:
            self._undeclared |= fresh
            logger.warning(
                "%s: Graph sends %s, which this version does not know and leaves out",
                self.name,
                ", ".join(sorted(fresh)),
            )


def fill(path: str, ids: Ids) -> str:
    """A path with its variables filled in."""
    return path.format_map({key: quote(value, safe=":@") for key, value in ids.items()})
