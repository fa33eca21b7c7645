"""Requests to Graph, their answers, and the pages in these."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import requests

from tap_msteams.client.mending import mended, with_huge_numbers_as_texts
from tap_msteams.client.verdict import late_verdict
from tap_msteams.errors import DamagedError, UnavailableError, public_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tap_msteams.client.row import Row


_TOO_LARGE = "out of range"
"""What msgspec says of a number that no float holds."""

OWN = ""
"""Stands for the address of a request itself."""


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one answer, and the link to the next ones."""

    rows: Sequence[Row]
    next: str | None = None
    """Graph's link to the next page; None on the last."""
    delta: str | None = None
    """Graph's link to later changes."""
    served: datetime | None = None
    """The time of the answer on Graph's clock, to the second."""
    undeclared: frozenset[str] = frozenset()
    """Top-level keys of the rows that the stream does not declare."""
    unreadable: Sequence[str] = ()
    """The errors of the rows that could not be read."""
    flawed: Sequence[str] = ()
    """The errors of values that could not be kept, in rows that could be read."""


class Decoder(Protocol):
    """Turns an answer into a page; raises ValueError or MsgspecError where it cannot."""

    def decode(self, answer: Answer) -> Page:
        """The page in an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to Graph: a path below the version, or a link of Graph's, used verbatim."""

    url: str
    decoder: Decoder
    single: bool = False
    """Whether the answer is one entity and not a collection."""
    body: Mapping[str, Any] | None = None
    """The body of a POST; None for a GET."""
    headers: Mapping[str, str] | None = None
    """Additional headers."""
    elsewhere: bool = False
    """Whether Graph redirects to another origin, which gets no token."""
    proof: str | None = None
    """The address whose 404 proves that there is nothing to read: `OWN`, or that of what it is
    below; None for what belongs to the whole tenant."""

    @property
    def is_tenants(self) -> bool:
        """Whether it asks for a list of the whole tenant."""
        return self.proof is None and self.body is None

    def following(self, link: str) -> Request:
        """The request for a later page of the same collection."""
        return replace(self, url=link, proof=self.url if self.proof == OWN else self.proof)


@dataclass(frozen=True, slots=True)
class Answer:
    """Graph's answer as bytes: a decoded page takes several times as much memory."""

    request: Request
    headers: Mapping[str, str]
    body: bytes
    served: datetime

    def page(self) -> Page:
        """The page in the answer; raises a GraphError where the answer holds an error instead."""
        try:
            page = self._decoded()
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            if late := late_verdict(self.request, self.headers, self.body):
                raise late from error
            # What came whole would come again as it is.
            is_whole = isinstance(error, msgspec.ValidationError | RecursionError)
            raise (DamagedError if is_whole else UnavailableError)(
                public_path(self.request.url),
                requests.codes.ok,
                message=f"the answer is no page of Graph's: {error}",
                request_id=self.headers.get("request-id", ""),
                client_request_id=self.headers.get("client-request-id", ""),
                date=self.served,
            ) from error
        return replace(page, served=self.served)

    def _decoded(self) -> Page:
        """The decoded page; a value that is no JSON, or that no float holds, costs itself alone."""
        decoder, answer, flaws = self.request.decoder, self, list[str]()
        try:
            page = decoder.decode(answer)
        except msgspec.DecodeError as error:
            body, number = mended(self.body)
            if isinstance(error, msgspec.ValidationError) or body == self.body:
                raise
            answer = replace(self, body=body)
            page = decoder.decode(answer)
            flaws += [f"{number} values are no numbers (NaN or Infinity)"] * bool(number)
        if any(_TOO_LARGE in it for it in page.unreadable):
            body, number = with_huge_numbers_as_texts(answer.body)
            page = decoder.decode(replace(self, body=body))
            flaws.append(f"{number} numbers are too large for a float, and texts instead")
        return replace(page, flawed=(*page.flawed, *flaws)) if flaws else page
