"""Streams of channel messages: by export where Graph allows it, by list elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_msteams.base.declaration import fill
from tap_msteams.base.exports import ExportStream
from tap_msteams.base.run import logger
from tap_msteams.errors import (
    ForbiddenError,
    GraphError,
    MissingError,
    NotGrantedError,
    UnsupportedError,
)
from tap_msteams.graph import Decoder, Request
from tap_msteams.state import comparable, moment
from tap_msteams.sweep import Promise, Walk

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import datetime

    from tap_msteams.base.collection import GraphStream
    from tap_msteams.base.declaration import DeclaredStream
    from tap_msteams.base.run import Run
    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Page, Record
    from tap_msteams.sweep import Lane, Step, Steps

_INLINE_REPLIES = 1000
"""https://learn.microsoft.com/graph/api/channel-list-messages: so many come with their post."""


class MessageStream(ExportStream):
    """Messages below a team, with a bookmark per team, or per channel where they are listed.

    An application reads the export of the whole team, roots and replies flat. A user, and an
    application that is refused the export, reads the list of each channel with its replies,
    newest chain first, and stops at the bookmark. Both yield the same rows.
    """

    top = 50
    looks_at: ClassVar[Sequence[str]] = ("channelIdentity", "lastModifiedDateTime")

    listed_below: ClassVar[type[DeclaredStream]]
    """The stream whose records have lists of their own."""

    @override
    def begin(self, run: Run, *, emits: bool) -> Lane:
        lane = super().begin(run, emits=emits)
        run.listed.add(self.listed_below)
        self._verdict = Promise()
        self._tried = False
        self._refused: GraphError | None = None
        self._paged: set[str] = set()
        known = {*self.schema["properties"], "replies"}
        chained = {*self.asked, "replies@odata.nextLink"}
        self._chains = Decoder(chained, known, inline="replies")
        self._replies = Decoder(self.asked, known)
        return lane

    @property
    @override
    def parts(self) -> str:
        return self.listed_below.name

    @property
    def _below(self) -> GraphStream:
        return self.run.streams[self.listed_below]

    @property
    def _chooses_channels(self) -> bool:
        return bool(self.run.choice_names(self.listed_below))

    @property
    def _lists_whole_teams(self) -> bool:
        """Whether all channels listed are the whole team: an application sees every one."""
        return self.application and not self._chooses_channels

    @override
    def whole(self, ids: Ids) -> str:
        return ids["teamId"]

    @override
    def window_start(self, whole: str) -> datetime | None:
        # What moved past the reader of a list would come with the next list, but not so here.
        listed = self.bookmarks.was_listed(whole)
        return self.run.settings.start if listed else self.since(whole)

    @override
    def ids_of(self, parent: Ids, record: Record) -> Ids | None:
        channel = parent.get("channelId") or record["channelId"]
        return {**parent, "channelId": channel, self.fills or "id": record["id"]}

    @override
    def answered(self) -> None:
        self._verdict.settle(None)

    @override
    def read(self, parent: Ids) -> Steps:
        """Read a team: by export, or by list where the export is refused."""
        if (yield from self._may_export()):
            try:
                yield from super().read(parent)
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
        if not self.application or self._chooses_channels:
            # Nothing that was not chosen is asked for, and the export knows no channels.
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

    def _list(self, parent: Ids) -> Steps:
        """Read the channels of a team, each on its own walk."""
        if self._below.takes_part_in(self.run):
            channels = yield self._below.listing(parent)
        else:
            channels = yield from self._channels(parent)
        whole = parent["teamId"]
        left = set(channels)
        for channel in channels:
            ids = {**parent, "channelId": channel}
            yield Walk(ids, self._channel(ids, left))
        if not left and self._lists_whole_teams:
            self.bookmarks.advance(whole, moment(self.run.until))

    def _channels(self, parent: Ids) -> Generator[Step, Any, list[str]]:
        """The ids of a team's channels, where the channels stream does not list them anyway."""
        # Messages of a channel of another team are read there.
        path = self.listed_below.fallback_path or self.listed_below.path
        names = sorted({"id", *self.run.choice_names(self.listed_below)})
        url = fill(path, parent) + "?$select=" + ",".join(names)
        request: Request | None = Request(url, Decoder(names))
        found: list[str] = []
        while request:
            try:
                page: Page = yield request
            except NotGrantedError as error:
                error.permission = self.listed_below.permission
                raise
            found += [it["id"] for it in page.value if self.run.admits(self.listed_below, it)]
            request = request.following(page)
        return found

    def _channel(self, ids: Ids, left: set[str]) -> Steps:
        """Read a channel from its newest chain down to its bookmark."""
        whole, part = ids["teamId"], ids["channelId"]
        since, start = self.since(whole, part), self.run.settings.start
        from_ = comparable(moment(since)) if since else ""
        begin = comparable(moment(start)) if start else ""
        end = comparable(moment(self.run.until)) if self.run.settings.end else "~"
        request: Request | None = Request(
            f"{fill(self.path, ids)}?$top={self.top}&$expand=replies", self._chains
        )
        while request:
            request = yield from self._page(ids, request, from_, (begin, end))
            if request:
                self._paged.add(whole)
        self.bookmarks.advance_part(whole, part, moment(self.run.until))
        left.discard(part)
        if not left and self._lists_whole_teams:
            self.bookmarks.advance(whole, moment(self.run.until), listed=whole in self._paged)

    def _page(
        self, ids: Ids, request: Request, from_: str, bounds: tuple[str, str]
    ) -> Generator[Step, Any, Request | None]:
        """Read one page of a channel, and let go of it; returns the request for the next."""
        page: Page = yield request
        self.consent.grant(ids)
        self.name_undeclared(page)
        fresh = True
        records: list[Record] = []
        for root in page.value:
            chain = [root, *(yield from self._chain(ids, root))]
            # Chains come in the order of their last change, a reply's or the post's own.
            fresh = any(_changed(row) >= from_ for row in chain)
            if fresh:
                # Whole: while an earlier run went down the list, it may have moved up unread.
                records += [row for row in chain if bounds[0] <= _changed(row) < bounds[1]]
        if records:
            self.publish(ids, records)
            if self.emits:
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


def _changed(record: Record) -> str:
    return comparable(record.get("lastModifiedDateTime") or record.get("createdDateTime") or "")
