"""Collections: read page by page, with details and content of single records."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_msteams.client import OWN, Request
from tap_msteams.errors import (
    UNATTRIBUTED_ONLY,
    ExcessError,
    ForbiddenError,
    GraphError,
    MissingError,
    NotEntitledError,
    NotGrantedError,
    NotLicensedError,
    RejectedError,
    SwitchedOffError,
    UnsupportedError,
    public_path,
)
from tap_msteams.readers.content import ContentDecoder
from tap_msteams.readers.kind import Kind
from tap_msteams.readers.queries import Queries, without_select
from tap_msteams.readers.reader import Reader
from tap_msteams.run import LEFT_OUT, UNSELECTED, Listing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from tap_msteams.client import Page, Row
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.readers.parts import Parts
    from tap_msteams.run import Parent, Run


@dataclass(frozen=True, kw_only=True)
class Collection(Kind):
    """A collection of which each run reads all records."""

    fallback_path: str | None = None
    """The path used where a cloud does not have the stream's own."""
    single: bool = False
    """Whether the path leads to one entity and not to a collection."""
    absent: bool = False
    """Whether a 404 only means that a parent has no such record, and is not reported."""

    @override
    def reader(self, run: Run, stream: Declaration) -> CollectionReader:
        return CollectionReader(run, stream)


class CollectionReader(Reader):
    """Reads a collection of each parent."""

    def __init__(
        self,
        run: Run,
        stream: Declaration,
        more: Mapping[str, Callable[[Ids, Row], Any]] | None = None,
        facts: Iterable[str] = (),
    ) -> None:
        """Read for a run; `more` are properties that the reader computes from `facts`."""
        super().__init__(run, stream, more, facts)
        requested = self.requested()
        self.queries = Queries(stream, requested, application=self.application)
        self._reads_details = self.emits and bool(stream.details) and not self.queries.lists_all
        content = stream.content
        self.reads_content = bool(self.emits and content and content.name in self.selected)
        self._formats = deque(content.formats if content else ())
        self._content = ContentDecoder(content.name, is_text=content.is_text) if content else None
        acts_as = run.settings.acts_as_user_id if stream.acts_as and self.application else None
        self._headers = {"MS-APP-ACTS-AS": acts_as} if acts_as else None

    def requested(self) -> list[str]:
        """The properties to request."""
        return sorted({*self.selected, *self.facts})

    @override
    async def read(self, parent: Parent) -> None:
        listed, is_whole = list[str](), True
        try:
            async with self.parts() as parts:
                async for page in self.pages(parent.ids):
                    rows = self.chosen(page.rows)
                    listed += self._ids_below(parent.ids, rows)
                    is_whole = is_whole and not page.unreadable
                    self.failures.look_at(page, parent)
                    await self.emit_page(parent, rows, parts)
                    del page, rows  # before the next page comes, which halves the time
        except MissingError:
            if not (self.declaration.read.absent and not listed):
                raise
        if self.shared.listings and self.run.plan.shard.owns(next(iter(parent.ids.values()))):
            self.shared.listings.settle(parent.ids, Listing(listed, is_whole=is_whole))

    def _ids_below(self, ids: Ids, rows: Iterable[Row]) -> list[str]:
        """The ids of the rows, for a stream that waits for them."""
        if not self.shared.listings:
            return []
        return [row["id"] for row in rows if self.declaration.ids_of(ids, row) is not None]

    async def pages(self, ids: Ids) -> AsyncIterator[Page]:
        """The pages of one parent's collection."""
        request, page = await self.first_page(ids)
        shown, rows = set[str](), 0
        while True:
            size, pages = rows, self.client.pages(request, page)
            if self.queries.skips:
                shown.update(row["id"] for row in page.rows)
            del page
            async for following in pages:
                rows += len(following.rows) + len(following.unreadable)
                yield following
                del following
            beyond = self.queries.beyond(ids, rows)
            if beyond is None or rows == size:
                return
            request = replace(request, url=beyond)
            page = await self.client.page(request)
            is_empty = not (page.rows or page.unreadable)
            if not is_empty and shown.issuperset(row["id"] for row in page.rows):
                if not self.queries.is_full(rows):
                    return  # Graph overlooks $skip, and has shown all there is
                message = "the rows to skip are shown again"
                raise ExcessError(public_path(request.url), message=message)

    async def first_page(self, ids: Ids) -> tuple[Request, Page]:
        """A first request and its answer, on the fallback path or without $select where needed."""
        single = self.declaration.read.single
        proof = OWN if single or self.declaration.read.absent else self.queries.proof(ids)
        return await self._ask(lambda: self.queries.collection(ids), proof, single=single)

    async def _ask(
        self, url: Callable[[], str], proof: str | None, *, single: bool
    ) -> tuple[Request, Page]:
        queries, headers = self.queries, self._headers
        while True:
            fell_back = queries.falls_back
            request = Request(url(), self.decoder, single=single, headers=headers, proof=proof)
            try:
                return await self._answer(request)
            except UnsupportedError as error:
                if fell_back or not self.declaration.read.fallback_path:
                    raise
                if not queries.falls_back:  # another parent may have found out meanwhile
                    queries.falls_back = True
                    self.shared.is_complete = False
                    self.run.issues.report(self.declaration, {}, error)
            except ForbiddenError as error:
                if not self._leave_out_properties(request, error):
                    raise

    async def _answer(self, request: Request) -> tuple[Request, Page]:
        """A request and its answer, without $select where Graph refuses that."""
        try:
            return request, await self.client.page(request)
        except RejectedError:
            # Graph has refused $select on single endpoints for weeks.
            if "$select" not in request.url:
                raise
        bare = replace(request, url=without_select(request.url))
        page = await self.client.page(bare)
        # Not sooner: what is refused without it, too, is refused for another reason.
        if not self.queries.select_is_refused:
            self.queries.select_is_refused = True
            message = "Graph refuses $select, so that all properties are asked for"
            remedy = "nothing to do: rows may lack properties that Graph sends on request only"
            self.run.issues.notice(self.declaration, message, remedy, UNSELECTED)
        return bare, page

    def _leave_out_properties(self, request: Request, error: ForbiddenError) -> bool:
        """Leave out what needs a permission of its own, where that is why Graph refuses."""
        named = error.named if isinstance(error, NotGrantedError) else ()
        refused = {
            name: permission
            for name, permission in self.declaration.property_permissions.items()
            if name in request.url and (permission in named or isinstance(error, NotLicensedError))
        }
        for name, permission in refused.items():
            if self.queries.leave_out(name):
                message = f"`{name}` is left out, since it needs {permission}: {error.message}"
                remedy = f"grant {permission} with admin consent, or deselect {name}"
                self.run.issues.notice(self.declaration, message, remedy, LEFT_OUT, permission)
        return bool(refused)

    async def emit_page(self, parent: Parent, rows: Sequence[Row], parts: Parts) -> None:
        """Publish unseen rows to the child streams, and write them."""
        await self.emit_rows(parent, self.known.unseen(rows), parts)

    async def emit_rows(self, parent: Parent, rows: Sequence[Row], parts: Parts) -> None:
        """Publish rows to the child streams; write them, with details and content if selected."""
        await self.publish(rows, parent)
        if not (self._reads_details or self.reads_content):
            await self.write(rows, parent)
        elif self.emits:
            for row in rows:
                ids = {**parent.ids, self.declaration.variable(): row["id"]}
                await parts.start(parent, ids, partial(self.read_more, parent, ids, row))

    async def read_more(self, parent: Parent, ids: Ids, row: Row) -> None:
        """Read the details and the content of one record, and write it."""
        if self._reads_details and self.declaration.ids_of(parent.ids, row) is None:
            only = self.declaration.details.only if self.declaration.details else ()
            known = row.values
            row.put({name: None for name in only if name in self.selected and name not in known})
        elif self._reads_details:
            _, page = await self._ask(lambda: self.queries.details(ids), OWN, single=True)
            self.failures.look_at(page, parent)
            self.failures.grant(ids)
            row = page.rows[0] if page.rows else row
        if self.reads_content and self._content:
            try:
                page = await self._content_page(ids, row, self._content)
                self.failures.grant(ids)
                found = page.rows[0].values.items()
                row.put({name: value for name, value in found if name in self.selected})
            except GraphError as refusal:
                error = self.declaration.meaning(
                    refusal, ids, parent.facts, application=self.application
                )
                if not isinstance(error, MissingError | NotEntitledError):
                    await self.write([row], parent)
                    raise
                self.run.issues.report(self.declaration, ids, error)
        await self.write([row], parent)

    async def _content_page(self, ids: Ids, row: Row, decoder: ContentDecoder) -> Page:
        """The content of a record, in the best format that the tenant gives out."""
        path = self.declaration.content_path(ids, row, application=self.application)
        while True:
            kind = self._formats[0] if self._formats else None
            headers = {"Accept": kind} if kind else None
            try:
                return await self.client.page(Request(path, decoder, headers=headers, proof=OWN))
            except SwitchedOffError as error:
                if error.code != UNATTRIBUTED_ONLY or kind is None or self._formats[-1] == kind:
                    raise
                if self._formats[0] == kind:  # no other record has found out before
                    self._formats.popleft()
                    told = "the names of the speakers are left out"
                    self.run.issues.notice(self.declaration, told, error.remedy, error.code)
