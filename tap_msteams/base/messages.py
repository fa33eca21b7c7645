"""Streams of messages: by export where Graph allows it, by list elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_msteams.base.collection import GraphStream, fill
from tap_msteams.base.run import logger
from tap_msteams.errors import (
    ExpiredError,
    ForbiddenError,
    GraphError,
    MissingError,
    NotGrantedError,
    RejectedError,
    UnsupportedError,
    public_path,
)
from tap_msteams.graph import Decoder, Request
from tap_msteams.state import Bookmarks, comparable, moment
from tap_msteams.sweep import Promise, Walk

if TYPE_CHECKING:
    from collections.abc import Generator

    from tap_msteams.base.run import Run
    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Page, Record
    from tap_msteams.sweep import Lane, Step, Steps

_MILLISECOND = timedelta(milliseconds=1)

_INLINE_REPLIES = 1000
"""https://learn.microsoft.com/graph/api/channel-list-messages: so many come with their post."""

_PAGES_WORTH_A_LINK = 4
"""After so many pages a team's place is kept in STATE; reading fewer again costs less."""

_DELETIONS_KEPT = timedelta(days=21)
"""https://learn.microsoft.com/microsoftteams/export-teams-content: then they are gone."""


class MessageStream(GraphStream):
    """Messages below a team, incremental on `lastModifiedDateTime`, with a bookmark per team.

    An application reads the export of the whole team, roots and replies flat. A user, and an
    application that is refused the export, reads the list of each channel with its replies,
    newest chain first, and stops at the bookmark. Both yield the same rows.
    """

    selects = False
    top = 50

    export_path: ClassVar[str]
    """Path of the export of everything below the parent."""

    export_top: ClassVar[int] = 250
    """https://learn.microsoft.com/microsoftteams/export-teams-content: not more a page."""

    listed_below: ClassVar[type[GraphStream]]
    """The stream whose records have lists of their own."""

    bookmarks: Bookmarks

    @property
    @override
    def sources(self) -> list[type[GraphStream]]:
        return [*super().sources, self.listed_below]

    @override
    def begin(self, run: Run, *, emits: bool) -> Lane:
        parent, below = (
            run.streams[type(self).parent or GraphStream],
            run.streams[self.listed_below],
        )
        self.bookmarks = Bookmarks(self.stream_state, self.name, parent.name, below.name)
        self._verdict = Promise()
        self._tried = False
        self._refused: GraphError | None = None
        self._paged: set[str] = set()
        lane = super().begin(run, emits=emits)
        needed = {*self.wanted, "id", "lastModifiedDateTime"}
        self._extra = needed - {*self.wanted} | {"channelIdentity"} - {*self.wanted}
        declared = {*self.schema["properties"], "replies"}
        self.decoder = Decoder({*needed, "channelIdentity"}, declared)
        self._chains = Decoder({*needed, "replies@odata.nextLink"}, declared, inline="replies")
        self._replies = Decoder(needed, declared)
        self._warn_of_old_bookmarks()
        return lane

    @override
    def save_state(self) -> None:
        if hasattr(self, "bookmarks"):
            self.bookmarks.save()

    @override
    def finish(self) -> None:
        super().finish()
        parents = self.run.streams[type(self).parent or GraphStream]
        if parents.all_listed:
            seen = {next(iter(ids.values())) for ids in parents.feed.items}
            self.bookmarks.keep(seen, self.run.start.date())

    def since(self, whole: str, part: str | None = None) -> datetime | None:
        """From when on a team or a channel is to be read; None for its whole history."""
        begin = self.run.settings.start
        if bookmark := self.bookmarks.since(whole, part):
            lookback = timedelta(minutes=self.run.settings.lookback_minutes)
            since = datetime.fromisoformat(bookmark) - lookback
            return max(since, begin) if begin else since
        return begin

    @override
    def read(self, parent: Ids) -> Steps:
        """Read a team: by export, or by list where the export is refused."""
        if (yield from self._may_export()):
            try:
                yield from self._export(parent)
            except (UnsupportedError, ForbiddenError) as error:
                self._judge_refusal(parent, error)
            except MissingError:
                yield from self._ask_for(parent)
            else:
                return
            finally:
                self._verdict.settle(None)
        yield from self._list(parent)

    def _may_export(self) -> Generator[Step, Any, bool]:
        """Whether to try the export; others wait until the first team has tried it."""
        if not self.run.graph.is_application:
            return False
        if self._tried:
            yield self._verdict
        self._tried = True
        return self._refused is None

    def _judge_refusal(self, parent: Ids, error: GraphError) -> None:
        """Say that the export is refused: once where that holds for the whole tenant."""
        if not isinstance(error, NotGrantedError | UnsupportedError):
            team = parent["teamId"]
            logger.info("%s %s: export refused, reading its channels: %s", self.name, team, error)
        elif self._refused is None:
            self._refused = error
            logger.info("%s: export refused, reading channel by channel: %s", self.name, error)

    def _ask_for(self, parent: Ids) -> Steps:
        """Make sure that a team which the export does not know is really gone."""
        url = fill("/teams/{teamId}?$select=id", parent)
        yield Request(url, Decoder(["id"]), single=True)

    def _export(self, parent: Ids) -> Steps:
        """Read what changed in a team since its bookmark, after what a killed run left open."""
        whole = parent["teamId"]
        if window := self.bookmarks.left_open(whole):
            until, link = window
            try:
                yield from self._window(whole, until, Request(link, self.decoder, first=False))
            except (ExpiredError, RejectedError):
                self.bookmarks.drop_open(whole)
                logger.info("%s %s: its link has expired, reading it again", self.name, whole)
            else:
                self.bookmarks.advance(whole, moment(until))
        until = self.run.start
        bounds = [f"lastModifiedDateTime lt {moment(until)}"]
        # What moved past the reader of a list would come with the next list, but not so here.
        listed = self.bookmarks.was_listed(whole)
        if since := self.run.settings.start if listed else self.since(whole):
            # Both bounds are exclusive.
            bounds.insert(0, f"lastModifiedDateTime gt {moment(since - _MILLISECOND)}")
        filter_ = " and ".join(bounds).replace(" ", "%20")
        url = fill(self.export_path, parent) + f"?$top={self.export_top}&$filter={filter_}"
        yield from self._window(whole, until, Request(url, self.decoder))
        self.bookmarks.advance(whole, moment(until))

    def _window(self, whole: str, until: datetime, first: Request) -> Steps:
        """Read one window of a team; the order of its pages and of their rows means nothing.

        A window has an end in the past, so that Graph's link to its next page stands for all that
        is left of it: what changes meanwhile leaves it for the window of the next run.
        """
        request: Request | None = first
        pages = 0
        while request:
            page: Page = yield request
            self._verdict.settle(None)
            self.name_undeclared(page)
            if page.value:
                yield self.shape([_placed(record, first) for record in page.value], {})
            request = request.following(page)
            del page
            pages += 1
            if request and pages >= _PAGES_WORTH_A_LINK:
                self.bookmarks.leave_open(whole, moment(until), request.url)

    def _list(self, parent: Ids) -> Steps:
        """Read the channels of a team, each on its own walk."""
        below = self.run.streams[self.listed_below]
        if below.takes_part_in(self.run):
            channels = yield below.listing(parent)
        else:
            channels = yield from self._channels(parent)
        whole = parent["teamId"]
        left = set(channels)
        for channel in channels:
            ids = {**parent, "channelId": channel}
            yield Walk(ids, self._channel(ids, left))
        if not left and self.run.graph.is_application:
            self.bookmarks.advance(whole, moment(self.run.start))

    def _channels(self, parent: Ids) -> Generator[Step, Any, list[str]]:
        """The ids of a team's channels, where the channels stream does not list them anyway."""
        request: Request | None = Request(
            fill(self.listed_below.path, parent) + "?$select=id", Decoder(["id"])
        )
        found: list[str] = []
        while request:
            try:
                page: Page = yield request
            except NotGrantedError as error:
                error.permission = self.listed_below.permission
                raise
            found += [record["id"] for record in page.value]
            request = request.following(page)
        return found

    def _channel(self, ids: Ids, left: set[str]) -> Steps:
        """Read a channel from its newest chain down to its bookmark."""
        whole, part = ids["teamId"], ids["channelId"]
        since, start = self.since(whole, part), self.run.settings.start
        from_ = comparable(moment(since)) if since else ""
        begin = comparable(moment(start)) if start else ""
        request: Request | None = Request(
            f"{fill(self.path, ids)}?$top={self.top}&$expand=replies", self._chains
        )
        while request:
            request = yield from self._page(ids, request, from_, begin)
            if request:
                self._paged.add(whole)
        self.bookmarks.advance_part(whole, part, moment(self.run.start))
        left.discard(part)
        if not left and self.run.graph.is_application:
            # An application sees every channel, so that all of them are the whole team.
            self.bookmarks.advance(whole, moment(self.run.start), listed=whole in self._paged)

    def _page(
        self, ids: Ids, request: Request, from_: str, begin: str
    ) -> Generator[Step, Any, Request | None]:
        """Read one page of a channel, and let go of it; returns the request for the next."""
        page: Page = yield request
        self.name_undeclared(page)
        fresh = True
        records: list[Record] = []
        for root in page.value:
            chain = [root, *(yield from self._chain(ids, root))]
            # Chains come in the order of their last change, a reply's or the post's own.
            fresh = any(_changed(row) >= from_ for row in chain)
            if fresh:
                # Whole: while an earlier run went down the list, it may have moved up unread.
                records += [row for row in chain if _changed(row) >= begin]
        if records:
            yield self.shape(records, ids)
        return request.following(page) if fresh else None

    def _chain(self, ids: Ids, root: Record) -> Generator[Step, Any, list[Record]]:
        """All replies to a post: those that came with it, and the rest."""
        replies: list[Record] = root.pop("replies", None) or []
        following = root.pop("replies@odata.nextLink", None)
        if following is None and len(replies) == _INLINE_REPLIES:
            # Graph has left out the link to the rest before: read them all, from the start.
            following = f"{fill(self.path, ids)}/{root['id']}/replies?$top={self.top}"
            replies = []
        request = Request(following, self._replies, first=False) if following else None
        while request:
            page: Page = yield request
            replies += page.value
            request = request.following(page)
        return replies

    @override
    def shape(self, records: list[Record], parent: Ids) -> list[Record]:
        for record in records:
            for name in self._extra:
                record.pop(name, None)
        return super().shape(records, parent)

    def _warn_of_old_bookmarks(self) -> None:
        """Say when deletions may have come and gone unseen since the last run."""
        oldest = self.bookmarks.oldest
        if oldest and self.run.graph.now() - datetime.fromisoformat(oldest) > _DELETIONS_KEPT:
            logger.warning(
                "%s: the oldest bookmark is of %s; Graph shows deleted messages for %d days only, "
                "so that deletions before that can no longer be seen",
                self.name,
                oldest,
                _DELETIONS_KEPT.days,
            )


def _placed(record: Record, request: Request) -> Record:
    """A record of the export with the ids of the team and the channel that it names."""
    where = record.get("channelIdentity") or {}
    try:
        record["teamId"], record["channelId"] = where["teamId"], where["channelId"]
    except KeyError as error:
        message = f"message {record['id']} does not say its channel"
        raise RejectedError(public_path(request.url), message=message) from error
    return record


def _changed(record: Record) -> str:
    return comparable(record.get("lastModifiedDateTime") or record.get("createdDateTime") or "")
