"""Streams that Graph exports by the time of their last change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from tap_msteams.base.bookmarked import BookmarkedStream
from tap_msteams.base.declaration import fill
from tap_msteams.base.run import logger
from tap_msteams.errors import (
    ExpiredError,
    ForbiddenError,
    RejectedError,
    UnsupportedError,
    public_path,
)
from tap_msteams.graph import Request
from tap_msteams.privacy import plain_text
from tap_msteams.state import moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams.base.run import Run
    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Page, Record
    from tap_msteams.sweep import Lane, Steps

_MILLISECOND = timedelta(milliseconds=1)

_PAGES_WORTH_A_LINK = 4
"""After so many pages the place in a window is kept in STATE; reading fewer again costs less."""

_DELETIONS_KEPT = timedelta(days=21)
"""https://learn.microsoft.com/microsoftteams/export-teams-content: then they are gone."""


BODY_TEXT = "bodyText"

READ_FOR_TEXT = ("body", "mentions", "attachments")
"""What the plain text of a message is made of."""


class ExportStream(BookmarkedStream):
    """What changed below each parent since its bookmark, on `lastModifiedDateTime`.

    An application reads the export, a user the path for users, both with the same filter.
    """

    selects = False
    replication_key = "lastModifiedDateTime"

    export_path: ClassVar[str]
    """Path of the export of everything below a parent, for applications."""

    export_top: ClassVar[int] = 250
    """https://learn.microsoft.com/microsoftteams/export-teams-content: not more a page."""

    switches: ClassVar[Mapping[str, str]] = {BODY_TEXT: "body_text"}

    retained_path: ClassVar[str | None] = None
    """The same with what a retention policy keeps, read where `retained_messages` is set."""

    @classmethod
    @override
    def route(cls, *, application: bool) -> str:
        return cls.export_path if application else cls.path

    @override
    def begin(self, run: Run, *, emits: bool) -> Lane:
        lane = super().begin(run, emits=emits)
        self._retained_refused = False
        self._warn_of_old_bookmarks()
        return lane

    @override
    def read(self, parent: Ids) -> Steps:
        """Read what changed since the bookmark, after what a killed run left open."""
        whole = self.whole(parent)
        if window := self.bookmarks.left_open(whole):
            until, link = window
            try:
                yield from self._window(parent, until, self._request(link, first=False))
                if not self._is_retained(link):
                    yield from self._retained(parent, until)
            except (ExpiredError, RejectedError):
                self.bookmarks.drop_open(whole)
                logger.info("%s %s: its link has expired, reading it again", self.name, whole)
            else:
                self.bookmarks.advance(whole, moment(until))
        until = self.run.until
        if (since := self.window_start(whole)) and since >= until:
            return
        yield from self._window(parent, until, self._first(parent, until))
        yield from self._retained(parent, until)
        self.bookmarks.advance(whole, moment(until))

    def _retained(self, parent: Ids, until: datetime) -> Steps:
        """Read what deleted messages said, as far as a retention policy keeps it.

        It comes after the export, whose rows of deleted messages are empty.
        """
        wanted = self.run.settings.retained_messages and self.application
        if not (wanted and self.retained_path) or self._retained_refused:
            return
        try:
            yield from self._window(parent, until, self._first(parent, until, self.retained_path))
        except (ForbiddenError, UnsupportedError) as error:
            self._retained_refused = True
            self.run.report(self, parent, error)

    def _is_retained(self, link: str) -> bool:
        return bool(self.retained_path) and "getAllRetainedMessages" in link

    def _first(self, parent: Ids, until: datetime, path: str | None = None) -> Request:
        """The request for the first page of the window that ends at a moment."""
        whole = self.whole(parent)
        bounds = [f"lastModifiedDateTime lt {moment(until)}"]
        if since := self.window_start(whole):
            # Both bounds are exclusive.
            bounds.insert(0, f"lastModifiedDateTime gt {moment(since - _MILLISECOND)}")
        options = [f"$top={self.export_top if self.application else self.top}"]
        if self.order and not self.application:
            # Graph ignores a filter that is not on the property of the order.
            # https://learn.microsoft.com/graph/api/chat-list-messages#optional-query-parameters
            options.append("$orderby=" + self.order.replace(" ", "%20"))
        options.append("$filter=" + " and ".join(bounds).replace(" ", "%20"))
        path = path or self.route(application=self.application)
        return self._request(fill(path, parent) + "?" + "&".join(options))

    def window_start(self, whole: str) -> datetime | None:
        """From when on the next window of a parent reaches; None for its whole history."""
        return self.since(whole)

    @override
    def shape(self, records: list[Record], parent: Ids) -> list[Record]:
        if BODY_TEXT in self.asked:
            privacy = self.run.privacy
            for record in records:
                # People in it go by their pseudonyms, which only their mentions tell.
                body = privacy.body(record) if privacy else record.get("body") or {}
                record[BODY_TEXT] = plain_text(body, record.get("attachments"))
        return super().shape(records, parent)

    def _request(self, url: str, *, first: bool = True) -> Request:
        return Request(url, self.decoder, first=first)

    def _window(self, parent: Ids, until: datetime, first: Request) -> Steps:
        """Read one window; the order of its pages and of their rows means nothing.

        A window has an end in the past, so that Graph's link to its next page stands for all that
        is left of it: what changes meanwhile leaves it for the window of the next run.
        """
        request: Request | None = first
        whole = self.whole(parent)
        pages = 0
        while request:
            page: Page = yield request
            self.answered()
            if self._is_retained(first.url):
                # Of the others the export has told the present state.
                page.value = [it for it in page.value if it.get("deletedDateTime")]
            page.value = [self.placed(record, first) for record in page.value]
            yield from self.take(parent, page)
            request = request.following(page)
            del page
            pages += 1
            if request and pages >= _PAGES_WORTH_A_LINK:
                self.bookmarks.leave_open(whole, moment(until), request.url)

    def answered(self) -> None:
        """Take note that Graph has answered an export."""

    def placed(self, record: Record, request: Request) -> Record:
        """A record of the export with the ids of the place that it names."""
        if "channelId" not in self.primary_keys:
            return record
        where = record.get("channelIdentity") or {}
        try:
            record["teamId"], record["channelId"] = where["teamId"], where["channelId"]
        except KeyError as error:
            message = f"message {record['id']} does not say its channel"
            raise RejectedError(public_path(request.url), message=message) from error
        return record

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
