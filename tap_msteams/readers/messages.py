"""Messages of channels: by export where Graph allows it, otherwise by lists of channels."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_msteams.client import Request, RowDecoder
from tap_msteams.client.row import field_of
from tap_msteams.declaration import fill, owner
from tap_msteams.errors import (
    ForbiddenError,
    GraphError,
    NotGrantedError,
    UnprovenError,
    UnsupportedError,
    forget_trace,
)
from tap_msteams.readers.export import PAGES_WORTH_A_LINK, Export, ExportReader
from tap_msteams.readers.reader import logger
from tap_msteams.run import NEWEST, Listing, Receipt, comparable, moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tap_msteams.client import Page, Row
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.run import Listings, Parent, Run

_INLINE_REPLIES = 1000
"""Replies that come with a post: https://learn.microsoft.com/graph/api/channel-list-messages"""

_LIST_TOP = 50
"""The largest page of a list, on the same page of Microsoft's."""

_REPLIES, _MORE_REPLIES = "replies", "replies@odata.nextLink"

# Not by the names, which costs more than all else that is done with most posts.
_replies_of = attrgetter(field_of(_REPLIES), field_of(_MORE_REPLIES))
"""The replies that came with a post, and the link to more of them or something false."""

_TIMES = ("createdDateTime", "lastModifiedDateTime")


@dataclass(frozen=True, kw_only=True)
class ExportOrLists(Export):
    """The export of a whole team, or, where that is refused, the list of each of its channels.

    An application reads the export, posts and replies flat. A user, and an application that is
    refused the export, reads each channel with its replies, newest conversation first, and stops
    at the bookmark. Both yield the same rows.
    """

    waits_for: type[Declaration] = field()  # needed, unlike in its base
    """The stream of the channels."""
    list_path: str
    """The path of a channel's list."""

    @property
    @override
    def more_paths(self) -> tuple[str, ...]:
        return (*super().more_paths, self.list_path)

    @override
    def reader(self, run: Run, stream: Declaration) -> MessageReader:
        return MessageReader(run, stream, self)


class MessageReader(ExportReader):
    """Reads messages with a bookmark for each team, or for each channel where they are listed."""

    def __init__(self, run: Run, stream: Declaration, options: ExportOrLists) -> None:
        super().__init__(run, stream, options, _TIMES)
        self._path = options.list_path
        self._channels = options.waits_for
        # A list needs neither the channel of a message nor, where all is read, its times.
        facts = {name: it for name, it in self.facts.items() if name != "channelIdentity"}
        untimed = {name: it for name, it in facts.items() if name not in _TIMES}
        self._replies = self.decoder_of(facts)
        self._posts = self._decoder_of_posts(facts)
        self._untimed_posts = self._decoder_of_posts(untimed)
        self._export_answered: asyncio.Event | None = None
        """Set by the first answer of the export; None before a team tries it."""
        self._is_export_refused = False
        self._read_by_several_pages: set[str] = set()

    def _decoder_of_posts(self, facts: Mapping[str, Any]) -> RowDecoder:
        nested = {_REPLIES: self.decoder_of(facts)}
        return self.decoder_of({**facts, _MORE_REPLIES: str | None}, nested)

    @property
    def _chooses_channels(self) -> bool:
        return bool(self.run.selection.names(self._channels))

    @property
    def _lists_whole_teams(self) -> bool:
        """Whether the listed channels are all channels of a team, as an application sees them."""
        return self.application and not self._chooses_channels

    @override
    def window_start(self, partition: str) -> datetime | None:
        # A row that moved past the reader of a list is older than the bookmark of the export.
        by_list = self.bookmarks.was_read_by_list(partition)
        return self.run.settings.start if by_list else self.partitions.since(partition)

    @override
    def answered(self) -> None:
        if self._export_answered:
            self._export_answered.set()

    @override
    async def read(self, parent: Parent) -> None:
        """Read a team: by export, or by lists where the export is refused."""
        if await self._may_export():
            try:
                await super().read(parent)
            except (UnsupportedError, ForbiddenError) as error:
                self._note_refusal(parent, error)
            except UnprovenError as error:
                self._note_refusal(parent, error)  # the team is there: its channels may be, too
            else:
                if listings := self._listings:
                    listings.decline(parent.ids)
                return
            finally:
                self.answered()
        await self._list(parent)

    @property
    def _listings(self) -> Listings | None:
        """The channels of teams as another stream lists them; None where none does."""
        channels = self.run.streams.get(self._channels)
        return channels.listings if channels else None

    async def _may_export(self) -> bool:
        """Whether to try the export; all teams wait until the first one has tried it."""
        if not self.application or self._chooses_channels:
            # The export covers all channels, also those that are not chosen.
            return False
        if self._export_answered is None:
            self._export_answered = asyncio.Event()
            return True
        await self._export_answered.wait()
        return not self._is_export_refused

    def _note_refusal(self, parent: Parent, error: GraphError) -> None:
        """Log that the export is refused; once, and for all teams, where the tenant is."""
        forget_trace(error)
        name = self.stream.name
        if not isinstance(error, NotGrantedError | UnsupportedError):
            team = parent.ids["teamId"]
            logger.info("%s %s: export refused, reading its channels: %s", name, team, error)
            return
        if not self._is_export_refused:
            logger.info("%s: export refused, reading channel by channel: %s", name, error)
        self._is_export_refused = True

    async def _list(self, parent: Parent) -> None:
        """Read the channels of a team side by side."""
        if listings := self._listings:
            channels = await listings.below(parent.ids)
        else:
            channels = await self._channels_of(parent.ids)
        team, left, until = parent.ids["teamId"], set(channels.ids), self.run.until
        if not channels.is_whole:
            self.failures.lost(parent, "a row in the list of its channels cannot be read")
        async with self.parts() as parts:
            for channel in channels.ids:
                ids = {**parent.ids, "channelId": channel}
                await parts.start(parent, ids, partial(self._channel, parent, ids, left))
        if not left and channels.is_whole and self._lists_whole_teams:
            by_list = team in self._read_by_several_pages
            self.bookmarks.advance(team, moment(until), by_list=by_list)

    async def _channels_of(self, ids: Ids) -> Listing:
        """The ids of a team's channels, where the channels stream does not list them anyway."""
        # Messages of a channel of another team are read there.
        path = self._channels.read.fallback_path or self._channels.path
        chosen = self.run.selection.names(self._channels)
        names = sorted({"id", *chosen})
        decoder = RowDecoder(dict.fromkeys(names, str | None))
        url = fill(path, ids) + "?$select=" + ",".join(names)
        request = Request(url, decoder, proof=fill(owner(path) or path, ids))
        found, is_whole = list[str](), True
        try:
            async for page in self.client.pages(request):
                admits = self.run.selection.admits
                is_whole = is_whole and not page.unreadable
                found += [row["id"] for row in page.rows if admits(self._channels, row)]
        except NotGrantedError as error:
            error.permission = self._channels.permission
            raise
        return Listing(found, is_whole=is_whole)

    async def _channel(self, parent: Parent, ids: Ids, left: set[str]) -> None:
        """Read a channel: the rest of what a killed run has begun, then all that is newer."""
        team, channel = ids["teamId"], ids["channelId"]
        part = replace(parent, ids=ids)
        if window := self.bookmarks.unfinished(team, channel):
            await self.resume(self._conversations(part, *window), team, channel)
        url = f"{fill(self._path, ids)}?$top={_LIST_TOP}&$expand=replies"
        if await self._conversations(part, self.run.until, url):
            left.discard(channel)

    async def _conversations(self, parent: Parent, until: datetime, url: str) -> bool:
        """Read conversations of a channel, the newest first, down to its bookmark.

        A conversation that changes meanwhile moves to the top, which the next run reads down to
        `until`. Returns whether all were read.
        """
        team, channel = parent.ids["teamId"], parent.ids["channelId"]
        shown = Receipt()
        reading = replace(parent, receipt=shown)
        settings = self.run.settings
        span = _Span(
            since=_comparable(self.partitions.since(team, channel)),
            start=_comparable(settings.start),
            end=comparable(moment(until)) if settings.end else None,
        )
        pages = 0
        decoder = self._untimed_posts if span.is_endless else self._posts
        proof = fill(owner(self._path) or self._path, parent.ids)
        async for page in self.client.pages(Request(url, decoder, proof=proof)):
            pages += 1
            if pages > 1 or not url.startswith("/"):
                self._read_by_several_pages.add(team)
            self.failures.look_at(page, reading)
            rows, goes_on = await self._conversations_of(page, span, reading, url)
            await self.publish(rows, reading)
            await self.write(rows, reading)
            following = page.next
            del page, rows  # before the next page comes, which halves the time
            if not goes_on:
                break
            if following and pages >= PAGES_WORTH_A_LINK and await shown.read():
                self.bookmarks.leave_unfinished(team, moment(until), following, channel)
        if is_read := await shown.read():
            self.bookmarks.advance_subpartition(team, channel, moment(until))
        return is_read

    async def _conversations_of(
        self, page: Page, span: _Span, parent: Parent, url: str
    ) -> tuple[list[Row], bool]:
        """The messages of a page, and whether later pages have more of the span."""
        goes_on = True
        rows: list[Row] = []
        for post in page.rows:
            replies, more = _replies_of(post)
            if more or len(replies) == _INLINE_REPLIES:
                replies = await self._replies_to(parent, post, url)
            conversation = [post, *replies]
            if not span.is_endless:
                # Conversations are ordered by their last change, which may be that of a reply.
                goes_on = any(_changed(row) >= span.since for row in conversation)
                # With unchanged rows: an earlier run may have missed it while it moved up.
                conversation = [row for row in conversation if span.has(row)]
            if goes_on:
                rows += conversation
        return rows, goes_on

    async def _replies_to(self, parent: Parent, post: Row, base: str) -> list[Row]:
        """All replies to a post: those that came with it, and those behind its link.

        A link is resolved against `base`, the address of the list.
        """
        address = f"{fill(self._path, parent.ids)}/{post['id']}"
        replies, link = _replies_of(post)
        if link:
            replies = [*replies]
            link = self.run.client.graph.resolve(base, link)
        else:
            # Graph sometimes leaves out the link to the rest: all replies are read from the start.
            link, replies = f"{address}/replies?$top={_LIST_TOP}", []
        try:
            request = Request(link, self._replies, proof=address)
            async for page in self.client.pages(request):
                self.failures.look_at(page, parent)
                replies += page.rows
        except GraphError as error:
            self.failed(replace(parent, ids={**parent.ids, "messageId": post["id"]}), error)
            # Even of a post that is said to be gone: the list has just shown it, and the next one
            # tells which is true.
            if parent.receipt:
                parent.receipt.miss()
        return replies


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """The time whose messages are read; an end that is empty is open."""

    since: str
    """The bookmark, down to which conversations are read."""
    start: str
    """The time of the first message to read."""
    end: str | None

    @property
    def is_endless(self) -> bool:
        """Whether all messages lie in it."""
        return not (self.since or self.start or self.end)

    def has(self, row: Row) -> bool:
        """Whether a message was changed in it."""
        changed = _changed(row)
        return self.start <= changed and (self.end is None or changed < self.end)


def _comparable(time: datetime | None) -> str:
    """A moment in the form that times are compared in; empty where there is none."""
    return comparable(moment(time)) if time else ""


def _changed(row: Row) -> str:
    changed = row.get("lastModifiedDateTime") or row.get("createdDateTime")
    return comparable(changed) if changed else NEWEST
