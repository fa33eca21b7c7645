"""Streams that are Graph collections."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_msteams.advice import advice_on
from tap_msteams.base.consent import Consent
from tap_msteams.base.content import Content
from tap_msteams.base.declaration import DeclaredStream, fill
from tap_msteams.base.run import logger
from tap_msteams.base.seen import Seen
from tap_msteams.errors import (
    GraphError,
    MissingError,
    NotEntitledError,
    NotGrantedError,
    RejectedError,
    UnsupportedError,
    taken_for,
)
from tap_msteams.graph import Decoder, Request
from tap_msteams.sweep import Promise, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from singer_sdk import Tap

    from tap_msteams.base.feed import Feed
    from tap_msteams.base.run import Run
    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Page, Record
    from tap_msteams.sweep import Lane, Step, Steps


class GraphStream(DeclaredStream):
    """A Graph collection, read page by page below each of its parents."""

    side_by_side: ClassVar[bool] = True
    """Whether what records have on paths of their own may come after the end of their parent."""

    def __init__(self, tap: Tap) -> None:
        """Know no ids yet."""
        super().__init__(tap)
        self.all_listed = True
        """Whether no id is missing, whatever became of the rest of the record."""
        self._listings: dict[str, Promise] = {}
        self._undeclared: set[str] = set()
        self._select_refused = False
        self._falls_back = False
        self._not_granted: NotGrantedError | None = None

    # Taking part in a run

    @override
    def begin(self, run: Run, *, emits: bool) -> Lane:
        self.all_listed = True
        self._listings.clear()
        self._not_granted = None
        self.consent = Consent()
        self._seen = Seen()
        self.application = run.graph.is_application
        self.above = [
            parent for parent in self.parents(application=self.application) if run.offers(parent)
        ]
        lane = super().begin(run, emits=emits)
        if run.leave_out(self):
            self.complete = False
            lane.stop()
        self.subscribe()
        looked_at = {"id", *self.looks_at, *run.reads[type(self)]}
        looked_at |= {self.version} if self.version else set()
        looked_at |= run.choice_names(type(self))
        self.asked = sorted({*self.wanted, *looked_at})
        self.surplus = looked_at - {*self.wanted}
        self.details = self.emits and bool(self.detail_path) and not self._lists_all()
        self.has_content = self.emits and self.content in self.asked
        self.decoder = Decoder(self.asked, self.schema["properties"])
        return lane

    def _lists_all(self) -> bool:
        """Whether the collection gives all that is asked for."""
        asked = {*self.select()}
        listed = self.listed if self.application else self.delegated_listed
        return not asked & {*self.detailed} and (listed is None or asked <= {*listed})

    def subscribe(self) -> None:
        """Ask the parents for what this stream is read below."""
        self.feed: Feed[Ids] = self.run.subscribe(self, self.above, self.found_in, self.reads)

    def found_in(self, ids: Ids, record: Record) -> Iterable[Ids]:  # noqa: ARG002 - for overrides
        """What to read below, out of a parent's record and its ids."""
        return (ids,)

    @override
    def finish(self) -> None:
        listed = all(self.run.streams[parent].all_listed for parent in self.above)
        if not listed or self.run.narrows(type(self)):  # what was not chosen is not gone
            self.complete = False
        self.tell_refusals()
        super().finish()

    def tell_refusals(self) -> None:
        """Report who lacks the permission, as far as that has come out."""
        for subject, error in self.consent.told():
            self.run.report(self, subject, error)

    @override
    def failed(self, subject: Ids, error: GraphError) -> None:
        if isinstance(error, MissingError) and not subject:
            error = taken_for(RejectedError, error)  # a collection of the whole tenant is not gone
        # Where a person is not entitled to something there is none of it to miss.
        if not isinstance(error, NotEntitledError):
            self.complete = False
            self.all_listed = self.all_listed and self.fills in subject
        if isinstance(error, NotGrantedError):  # before those who need its ids hear of it
            error.permission = error.permission or self.needs(application=self.application)
        self.listing(subject).fail(error)
        if advice_on(error).severity == "gap":
            self.hold_above(subject)
        if isinstance(error, NotGrantedError):
            # Told at the end, when it is known whether anybody has granted it.
            if self.consent.refuse(subject, error):
                self._give_up(error)
            return
        self.run.report(self, subject, error)

    def _give_up(self, error: NotGrantedError) -> None:
        """Ask nobody else for what nobody has granted."""
        self.lane.stop()
        self.hold_above(None)
        self._not_granted = error
        for promise in self._listings.values():
            promise.fail(error)

    def hold_above(self, ids: Ids | None) -> None:
        """Have the next run show again what was not read; None: all that is above."""
        for parent in self.above:
            self.run.streams[parent].missed(ids)

    def missed(self, ids: Ids | None) -> None:
        """Take note that something below it was not read."""
        self.hold_above(ids)

    # Reading

    @override
    def walks(self) -> Iterator[Walk | None]:
        """One walk for each parent, as parents are listed; a single one without parents."""
        if not self.above:
            yield Walk({}, self.read({}))
            return
        for ids in self.feed.follow():
            yield from self.wait_for_readers()
            yield None if ids is None else Walk(ids, self.read(ids))

    def wait_for_readers(self) -> Iterator[None]:
        """Hold back while the streams below have enough to do."""
        while any(feed.is_full for feed in self.run.feeds[type(self)]):
            yield None

    def read(self, parent: Ids) -> Steps:
        """Read one parent's collection."""
        ids: list[str] = []
        try:
            request, page = yield from self.ask(lambda: self.collection(parent), single=self.single)
        except MissingError:
            if not self.absent:
                raise
            self.listing(parent).settle(ids)
            return
        while True:
            if type(self) in self.run.listed:  # before `take`, which reshapes the records
                chosen = [it for it in page.value if self.run.admits(type(self), it)]
                ids += [it["id"] for it in chosen if self.ids_of(parent, it) is not None]
            yield from self.take(parent, page)
            if (following := request.following(page)) is None:
                break
            request, page = following, (yield following)
        self.listing(parent).settle(ids)

    def take(self, parent: Ids, page: Page) -> Steps:
        """Make a page known to the streams below, and yield what it holds."""
        self.consent.grant(parent)
        self.name_undeclared(page)
        records = page.value = self.fresh(page.value)
        self.publish(parent, records)
        if not self.emits or not records:
            return
        if self.details or self.has_content:
            for record in records:
                keys = {**parent, self.fills or "id": record["id"]}
                more = self.read_more(parent, keys, record)
                if self.side_by_side:
                    yield Walk(keys, more)
                else:
                    yield from more
        else:
            yield self.shape(records, parent)

    def read_more(self, parent: Ids, keys: Ids, record: Record) -> Steps:
        """Read what a record has on paths of its own."""
        if self.details:
            path = fill(self.detail_path or "", keys)
            url = lambda: path + self.query(self.select(), None)  # noqa: E731 - may be asked twice
            _, page = yield from self.ask(url, single=True)
            self.consent.grant(keys)
            record = page.value[0]
        if self.has_content:
            reader = Content(self.content or "", is_text=self.content_is_text)
            try:
                page = yield Request(self.content_url(keys, record), reader)
                self.consent.grant(keys)
                found = page.value[0].items()
                record |= {name: value for name, value in found if name in self.asked}
            except MissingError as error:
                self.run.report(self, keys, error)
        yield self.shape([record], parent)

    def ask(
        self, url: Callable[[], str], *, single: bool = False
    ) -> Generator[Step, Any, tuple[Request, Page]]:
        """A first request and its answer; in another way where Graph refuses the first one."""
        while True:
            asked_for_less = self._falls_back
            request = Request(url(), self.decoder, single=single, headers=self.headers)
            try:
                return request, (yield request)
            except UnsupportedError as error:
                if asked_for_less or not self.fallback_path:
                    raise
                if not self._falls_back:
                    self._falls_back = True
                    self.complete = False
                    self.run.report(self, {}, error)
            except RejectedError:
                # Graph has refused $select on single endpoints for weeks before.
                if "$select" not in request.url:
                    raise
                if not self._select_refused:
                    self._select_refused = True
                    logger.info("%s: Graph refuses $select, asking for all properties", self.name)

    def content_url(self, keys: Ids, record: Record) -> str:  # noqa: ARG002 - for overrides
        """Where the bytes of a record are."""
        return fill(self.content_path or "", keys)

    # What the streams below it need

    def ids_of(self, parent: Ids, record: Record) -> Ids | None:
        """Its ids for the streams below it; None where they are not to read below it."""
        return {**parent, self.fills: record["id"]} if self.fills else parent

    def publish(self, parent: Ids, records: Iterable[Record]) -> None:
        """Make records known to the streams below."""
        if feeds := self.run.feeds[type(self)]:
            for record in records:
                if (ids := self.ids_of(parent, record)) is not None:
                    for feed in feeds:
                        feed.put(ids, record)

    def listing(self, parent: Ids) -> Promise:
        """The ids below one parent, once they have been listed."""
        if type(self) not in self.run.listed:
            return Promise()
        promise = self._listings.setdefault("/".join(parent.values()), Promise())
        if self._not_granted:
            promise.fail(self._not_granted)
        return promise

    # Asking and shaping

    def collection(self, parent: Ids) -> str:
        """The path and query of one parent's collection."""
        path = self.fallback_path if self._falls_back else None
        path = fill(path or self.route(application=self.application), parent)
        if self.delegated_path and not self.application and not self.delegated_options:
            return path
        below = sorted({"id", *self.run.reads[type(self)], *self.run.choice_names(type(self))})
        return path + self.query(below if self.details else self.select(), self.top, parent)

    def select(self) -> list[str]:
        """The properties to ask Graph for."""
        ours = {*self.expand, *self.added, *self.variables, self.content}
        return [name for name in self.asked if name not in ours and "@" not in name]

    @property
    def variables(self) -> list[str]:
        """The variables of the path, which are ids of parents."""
        return re.findall(r"{(\w+)}", self.route(application=self.application))

    def query(self, select: Sequence[str], top: int | None, ids: Ids | None = None) -> str:
        """The query options, as Graph takes them."""
        options = []
        if self.selects and not self._select_refused:
            options.append("$select=" + ",".join(sorted({*select, "id"})))
        if expand := [it for it in self.expand if it.partition("(")[0] in self.asked]:
            options.append("$expand=" + ",".join(expand))
        if self.filter:
            quoted = {key: value.replace("'", "''") for key, value in (ids or {}).items()}
            options.append("$filter=" + fill(self.filter, quoted).replace(" ", "%20"))
        if self.order:
            options.append("$orderby=" + self.order.replace(" ", "%20"))
        if top:
            options.append(f"$top={top}")
        return "?" + "&".join(options) if options else ""

    @property
    def headers(self) -> Mapping[str, str] | None:
        """Headers that its requests need."""
        user = self.run.settings.acts_as_user_id
        return {"MS-APP-ACTS-AS": user} if self.acts_as and self.application and user else None

    def fresh(self, records: list[Record]) -> list[Record]:
        """Records less those that nobody chose, or that have come before where that can be."""
        if self.run.choice_names(type(self)):
            records = [it for it in records if self.run.admits(type(self), it)]
        if self.version:
            rises = self.version
            return [it for it in records if self._seen.is_new((it["id"],), it.get(rises) or 0)]
        if self.once:
            keys = [[str(it.get(key)) for key in self.primary_keys] for it in records]
            return [it for it, key in zip(records, keys, strict=True) if self._seen.is_new(key)]
        return records

    def shape(self, records: list[Record], parent: Ids) -> list[Record]:
        """Records as they are emitted: with the ids of their parents, less what is deselected."""
        ids = {name: id_ for name, id_ in parent.items() if name in self.schema["properties"]}
        for record in records:
            record.update(ids)
            for name in self.surplus:
                record.pop(name, None)
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
