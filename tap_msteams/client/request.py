"""Requests and what comes back: an answer of Graph's, and the page in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import requests

from tap_msteams.errors import UnavailableError, late_error, public_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tap_msteams.client.row import Row


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one answer, and where the next ones are."""

    rows: Sequence[Row]
    next: str | None = None
    """Graph's link to the next page; None on the last."""
    delta: str | None = None
    """Graph's link to what changes from now on."""
    served: datetime | None = None
    """When Graph answered, on Graph's clock, to the second."""
    undeclared: frozenset[str] = frozenset()
    """Top-level keys of the rows that nobody declared."""
    unreadable: Sequence[str] = ()
    """What is wrong with each row that could not be read."""


class Decoder(Protocol):
    """Turns an answer into a page; raises ValueError or MsgspecError where it is none."""

    def decode(self, answer: Answer) -> Page:
        """The page in an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to Graph: a path below the version, or a link of Graph's, taken verbatim."""

    url: str
    decoder: Decoder
    single: bool = False
    """Whether the answer is one entity and not a collection."""
    body: Mapping[str, Any] | None = None
    """What to POST; None for a GET."""
    headers: Mapping[str, str] | None = None
    """Headers of its own."""
    elsewhere: bool = False
    """Whether the answer lies at another origin, to which Graph redirects. No token goes there."""

    def following(self, link: str) -> Request:
        """The request for a later page of the same collection."""
        return replace(self, url=link)


@dataclass(frozen=True, slots=True)
class Answer:
    """What Graph answered, as it came: a decoded page takes several times as much memory."""

    request: Request
    headers: Mapping[str, str]
    body: bytes
    served: datetime

    def page(self) -> Page:
        """The page; raises a GraphError where the answer is none after all."""
        try:
            page = self.request.decoder.decode(self)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            if late := late_error(self.request.url, self.headers, self.body):
                raise late from error
            raise UnavailableError(
                public_path(self.request.url),
                requests.codes.ok,
                message=f"the answer is no page of Graph's: {error}",
                request_id=self.headers.get("request-id", ""),
                client_request_id=self.headers.get("client-request-id", ""),
                date=self.served,
            ) from error
        return replace(page, served=self.served)
