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
        empty, rows_before = 0, 0
        while True:
            page = page or await self.page(request)
            yield page
            empty = 0 if page.rows or page.unreadable else empty + 1
            if empty >= EMPTY_PAGES.value:
                message = f"{empty} pages in a row are empty, each with a link to another one"
                raise ExcessError(public_path(request.url), message=message)
            following = page.next
            if following == request.url:
                following = await self._link_again(request, is_short=len(page.rows) < rows_before)
            if following is None:
                return
            followed.add(hash(request.url))
            if hash(following) in followed:
                message = "its next link leads back to a page already read"
                raise RejectedError(public_path(request.url), message=message)
            rows_before = len(page.rows)
            request, page = request.following(following), None

    async def _link_again(self, request: Request, *, is_short: bool) -> str | None:
        """The next link of a page that leads to itself, in a second answer.

        A page that is shorter than the one before is taken as the last.
        """
        following = (await self.page(request)).next
        if following == request.url and is_short:
            self.circles += 1
            return None
        return following
