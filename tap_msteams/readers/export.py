"""Exports: changes below each parent, by the time of the last change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_msteams.client import OWN, Request
from tap_msteams.declaration import BODY_TEXT, fill
from tap_msteams.errors import (
    ExpiredError,
    GraphError,
    MissingError,
    NotGrantedError,
    RejectedError,
    UnprovenError,
    UnsupportedError,
)
from tap_msteams.privacy import plain_text
from tap_msteams.readers.collection import CollectionReader
from tap_msteams.readers.kind import Kind
from tap_msteams.readers.partitions import Partitions
from tap_msteams.readers.reader import logger
from tap_msteams.readers.repeats import Repeats
from tap_msteams.run import Receipt, Seen, comparable, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from tap_msteams.client import Row
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.run import Parent, Run

_MILLISECOND = timedelta(milliseconds=1)
_BEGINNING = datetime.fromtimestamp(0, UTC)

PAGES_WORTH_A_LINK = 4
"""Pages after which STATE keeps the place in a window; fewer are cheaper to read again."""

_DELETIONS_KEPT = timedelta(days=21)
"""How long Graph keeps deletions: https://learn.microsoft.com/microsoftteams/export-teams-content"""

READ_FOR_TEXT = ("body", "mentions", "attachments")
"""Properties from which the plain text of a message is computed."""


@dataclass(frozen=True, kw_only=True)
class Export(Kind):
    """Changes since each parent's bookmark, by `lastModifiedDateTime`."""

    top: int
    """The largest page."""
    top_for_users: int | None = None
    """The largest page of the path for users, which has to be ordered."""
    replication_key: str = field(default="lastModifiedDateTime", init=False)
    retained_path: str | None = None
    """The path of messages that a retention policy keeps, for `retained_messages`."""

    @property
    @override
    def more_paths(self) -> tuple[str, ...]:
        return (self.retained_path,) if self.retained_path else ()

    @override
    def reader(self, run: Run, stream: Declaration) -> ExportReader:
        return ExportReader(run, stream, self)


class ExportReader(CollectionReader):
    """Reads an export, or a path for users that works like one, window by window."""

    repeats = True
    partitions: Partitions

    def __init__(
        self, run: Run, stream: Declaration, options: Export, facts: Iterable[str] = ()
    ) -> None:
        """Read for a run; a reader of another kind needs more `facts`."""
        emits = run.streams[type(stream)].emits
        text = READ_FOR_TEXT if emits and BODY_TEXT in stream.selected_properties else ()
        retains = run.settings.retained_messages and run.application
        retained = ("deletedDateTime",) if retains else ()
        end = run.settings.end
        self._end = comparable(moment(end)) if end else None
        times = ("lastModifiedDateTime",) if end else ()
        super().__init__(run, stream, {BODY_TEXT: self._text}, {*facts, *text, *retained, *times})
        self.partitions = Partitions(run, stream)
        self.bookmarks = self.partitions.bookmarks
        users_top = None if run.application else options.top_for_users
        self._is_ordered, self._top = bool(users_top), users_top or options.top
        self._retained_path = options.retained_path if retains else None
        # The export has shown the same messages, without their texts.
        self._retained = Repeats(stream, Seen())

    def _text(self, ids: Ids, row: Row) -> str | None:  # noqa: ARG002 - like all that is computed
        """The plain text of a message; pseudonyms come from the mentions in its HTML."""
        privacy = self.run.privacy
        body = privacy.body(row.facts) if privacy else row.get("body") or {}
        return plain_text(body, row.get("attachments"))

    @override
    async def read_all(self) -> None:
        self._warn_of_old_bookmarks()
        await super().read_all()

    @override
    def begin_parent(self, parent: Parent) -> None:
        super().begin_parent(parent)
        if self._retained_path:
            self.partitions.seen[self._retained_name(parent.ids)] = ""

    @override
    async def read(self, parent: Parent) -> None:
        """Read what has changed since the bookmark, and the texts of what was deleted since."""
        partition = self.partitions.key(parent.ids)
        since = self.window_start(partition)
        await self._read_windows(parent, partition, lambda: self.window_start(partition))
        if self._retained_path:
            await self._read_retained(parent, since)

    async def _read_windows(
        self,
        parent: Parent,
        partition: str,
        start: Callable[[], datetime | None],
        path: str | None = None,
    ) -> None:
        """Read the unfinished window of a killed run, then all changes since `start`."""
        if window := self.bookmarks.unfinished(partition):
            until, link = window
            request = Request(link, self.decoder, proof=OWN)
            reading = self._window(parent, partition, until, request, is_retained=bool(path))
            await self.resume(reading, partition)
        until, since = self.run.until, start()
        if not (since and since >= until):
            first = self._first(parent.ids, since, until, path)
            await self._window(parent, partition, until, first, is_retained=bool(path))

    async def resume(
        self, reading: Coroutine[Any, Any, object], partition: str, part: str | None = None
    ) -> None:
        """Await the reading at the link of a killed run; drops a link that Graph refuses."""
        try:
            await reading
        except (ExpiredError, RejectedError, MissingError, UnprovenError):
            self.bookmarks.drop_unfinished(partition, part)
            name, what = self.stream.name, part or partition
            logger.info("%s %s: its link has expired, reading it again", name, what)

    async def _read_retained(self, parent: Parent, since: datetime | None) -> None:
        """Read the texts of deleted messages that a retention policy keeps.

        They follow the export, whose rows of deleted messages are empty, and have a bookmark of
        their own: what is refused here holds up nothing else.
        """
        name = self._retained_name(parent.ids)

        def start() -> datetime | None:
            own = self.window_start(name)
            return min(since, own) if since and own else None

        try:
            await self._read_windows(parent, name, start, self._retained_path)
        except GraphError as error:
            if isinstance(error, NotGrantedError | UnsupportedError):
                self._retained_path = None  # the same for all others
            self.run.issues.report(self.declaration, parent.ids, error)

    def _retained_name(self, ids: Ids) -> str:
        return f"retained/{self.partitions.key(ids)}"

    def _first(
        self, ids: Ids, since: datetime | None, until: datetime, path: str | None
    ) -> Request:
        """The request for the first page of the window between two moments."""
        # Both bounds are exclusive. Graph has refused one of them alone, and documents both.
        # https://learn.microsoft.com/graph/api/channel-getallmessages
        after = since - _MILLISECOND if since else _BEGINNING
        bounds = [
            f"lastModifiedDateTime gt {moment(after)}",
            f"lastModifiedDateTime lt {moment(until)}",
        ]
        options = [f"$top={self._top}"]
        if self._is_ordered:
            # Graph ignores a filter on another property than that of the order.
            # https://learn.microsoft.com/graph/api/chat-list-messages#optional-query-parameters
            options.append("$orderby=lastModifiedDateTime%20desc")
        options.append("$filter=" + " and ".join(bounds).replace(" ", "%20"))
        path = path or self.stream.route(application=self.application)
        url = fill(path, ids) + "?" + "&".join(options)
        return Request(url, self.decoder, proof=self.queries.proof(ids))

    def window_start(self, partition: str) -> datetime | None:
        """The start of the next window of a parent; None for its whole history."""
        return self.partitions.since(partition)

    async def _window(
        self,
        parent: Parent,
        partition: str,
        until: datetime,
        first: Request,
        *,
        is_retained: bool,
    ) -> None:
        """Read one window, whose pages and rows may come in any order, and move the bookmark.

        A window has an end in the past, so that Graph's link to its next page stands for the rest
        of it: a record that changes meanwhile moves to the window of the next run.
        """
        pages, shown = 0, Receipt()
        reading = replace(parent, receipt=shown)
        async with self.parts() as parts:
            async for page in self.client.pages(first):
                self.answered()
                self.failures.look_at(page, reading)
                rows, known = page.rows, self.known
                if is_retained:
                    # The export has the present state of all others.
                    rows = [it for it in rows if it.get("deletedDateTime")]
                    known = self._retained
                if self._end:  # a record may have changed since Graph chose it
                    end = self._end
                    rows = [it for it in rows if _changed(it) < end]
                await self.emit_rows(reading, known.unseen(rows), parts)
                pages, following = pages + 1, page.next
                del page, rows  # before the next page comes, which halves the time
                if following and pages >= PAGES_WORTH_A_LINK and await shown.read():
                    self.bookmarks.leave_unfinished(partition, moment(until), following)
        if await shown.read():
            self.bookmarks.advance(partition, moment(until))

    def answered(self) -> None:
        """React to an answer of an export; overridden."""

    def _warn_of_old_bookmarks(self) -> None:
        """Warn where Graph has dropped deletions since the last run."""
        oldest = self.bookmarks.oldest
        now = self.run.client.graph.now()
        if oldest and now - datetime.fromisoformat(oldest) > _DELETIONS_KEPT:
            logger.warning(
                "%s: the oldest bookmark is of %s; Graph shows deleted messages for %d days only, "
                "so that deletions before that can no longer be seen",
                self.stream.name,
                oldest,
                _DELETIONS_KEPT.days,
            )


def _changed(row: Row) -> str:
    """The time of a record's last change; empty where it does not say."""
    return comparable(row.get("lastModifiedDateTime") or "")
