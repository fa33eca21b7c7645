"""The client of one stream: single pages, and lists page by page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tap_msteams.bounds import EMPTY_PAGES
from tap_msteams.client.metrics import Metrics
from tap_msteams.errors import ExcessError, RejectedError, public_path

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import AsyncIterator

    from tap_msteams.client.patience import Attempt
    from tap_msteams.client.request import Page, Request
    from tap_msteams.errors import ThrottledError, UnavailableError


class Pages(Protocol):
    """Gets the pages that streams ask for."""

    async def page(self, stream: StreamClient, request: Request) -> Page:
        """The page that a request of a stream asks for."""


@dataclass(slots=True, eq=False)
class StreamClient:
    """The client of one stream: its requests take turns with those of other streams."""

    name: str
    _client: Pages
    metrics: Metrics = field(default_factory=Metrics)
    waiting: dict[tuple[str, ...], deque[Attempt]] = field(default_factory=dict)
    """Attempts that may not be sent yet, by the widest limit that applies to them."""

    unanswered: float = 0.0
    """Seconds that requests have waited in vain, all together, since Graph's last answer."""
    given_up: type[ThrottledError | UnavailableError] | None = None
    """The error of all that is left, where Graph has answered nothing for too long."""
    circles: int = 0
    """Lists whose last page leads to itself."""

    @property
    def is_waiting(self) -> bool:
        """Whether an attempt may not be sent yet."""
        return any(self.waiting.values())

    async def page(self, request: Request) -> Page:
        """The page that a request asks for; raises a GraphError when no retry is left."""
        return await self._client.page(self, request)

    async def pages(self, request: Request, page: Page | None = None) -> AsyncIterator[Page]:
        """The first page of a request, unless `page` is that page already, and all later ones."""
        followed = set[int]()
        empty, fewest = 0, 0
        while True:
            page = page or await self.page(request)
            yield page
            empty = 0 if page.rows or page.unreadable else empty + 1
            if empty >= EMPTY_PAGES.value:
                message = f"{empty} pages in a row are empty, each with a link to another one"
                raise ExcessError(public_path(request.url), message=message)
            following = page.next
            if following == request.url:
                following = await self._link_again(request, len(page.rows), fewest)
            if following is None:
                return
            followed.add(hash(request.url))
            if hash(following) in followed:
                message = "its next link leads back to a page already read"
                raise RejectedError(public_path(request.url), message=message)
            if rows := len(page.rows):
                fewest = min(fewest or rows, rows)
            request, page = request.following(following), None

    async def _link_again(self, request: Request, rows: int, fewest: int) -> str | None:
        """The next link of a page that leads to itself, in a second answer.

        A page is taken as the last if both answers have the same number of rows, less than the
        `fewest` of a page before. An empty page proves nothing: there may be one anywhere.
        """
        page = await self.page(request)
        if len(page.rows) != rows:
            return request.url
        if page.next == request.url and 0 < rows < fewest:
            self.circles += 1
            return None
        return page.next
