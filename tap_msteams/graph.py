"""Microsoft Graph v1.0: a request out, a page of typed records or an error in. No Singer here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Required, TypedDict
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import msgspec
import requests

from tap_msteams.errors import (
    ForeignOriginError,
    RejectedError,
    TapError,
    TokenRejectedError,
    UnavailableError,
    graph_error,
    http_date,
    late_error,
    public_path,
)
from tap_msteams.transport import reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_msteams.auth import GraphAuthenticator

Record = dict[str, Any]

# `TypedDict(...)` at run time: mypy knows it as a class statement only.
make_typed_dict: Any = TypedDict

# Without it, values that were added to an enumeration later arrive as unknownFutureValue.
# https://learn.microsoft.com/graph/best-practices-concept#handling-future-members-in-evolvable-enumerations
_PREFER = "include-unknown-enum-members"

# PostgreSQL takes no NUL in a text; an even number of backslashes before it means a real escape.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")

_LOOKS_AT_FIRST = 50
"""So many first pages of a stream are looked at for undeclared keys, and each fiftieth later."""

_CHUNK = 1 << 17
"""Bytes read at once: requests alone would take a page in pieces of 10 KB."""


@dataclass(slots=True)
class Page:
    """Records of one answer, and where the next ones are."""

    value: list[Record]
    next: str | None = None
    """Graph's link to the next page; None on the last."""
    delta: str | None = None
    """Graph's link to what changes from now on."""
    served: datetime | None = None
    """When Graph answered, on Graph's clock, to the second."""
    undeclared: frozenset[str] = frozenset()
    """Top-level keys of the first record that nobody declared."""


class Reader(Protocol):
    """Turns an answer into a page; raises ValueError or MsgspecError where it is none."""

    def read(self, answer: Answer) -> Page:
        """The page in an answer."""


class Decoder:
    """Turns the bytes of a page into plain dicts with just the properties asked for.

    Everything else is skipped while parsing, in C. Nested objects stay whole, since Graph may
    add to them what it does not declare.
    """

    def __init__(
        self,
        properties: Iterable[str],
        declared: Iterable[str] = (),
        inline: str | None = None,
    ) -> None:
        """Keep `properties`; name first-level keys that are neither these nor `declared`.

        Under the key `inline` a record holds more records like itself.
        """
        names = sorted(set(properties))
        fields: dict[str, Any] = dict.fromkeys(names, Any)
        if "id" in fields:
            # A record without an id could be neither keyed nor found again.
            fields["id"] = Required[str]
        record: Any = make_typed_dict("Record", fields, total=False)
        if inline:
            fields = {**fields, inline: list[record] | None}
            record = make_typed_dict("Record", fields, total=False)
        page = msgspec.defstruct(
            "Page",
            [
                ("value", list[record]),
                ("next", str | None, None),
                ("delta", str | None, None),
            ],
            rename={"next": "@odata.nextLink", "delta": "@odata.deltaLink"},
        )
        self._page: msgspec.json.Decoder[Any] = msgspec.json.Decoder(page)
        self._one: msgspec.json.Decoder[Any] = msgspec.json.Decoder(record)
        self._known = {*names, *declared}
        self._first_pages = 0

    def read(self, answer: Answer) -> Page:
        """The records of a collection, or the single one of an entity's own path."""
        body = answer.body
        # From the end: CPython takes three times as long to look forward for so short a text.
        if body.rfind(rb"\u0000") >= 0:
            body = _NUL.sub(rb"\1", body)
        looks = answer.request.first and self._looks()
        if answer.request.single:
            return Page([self._one.decode(body)], undeclared=self._unknown(body, looks=looks))
        found = self._page.decode(body)
        rows = _RAW_PAGE.decode(body).value if looks else []
        unknown = self._unknown(rows[0], looks=True) if rows else frozenset()
        return Page(found.value, found.next, found.delta, undeclared=unknown)

    def _looks(self) -> bool:
        """Whether to look for undeclared keys, which costs as much as half of decoding."""
        self._first_pages += 1
        return self._first_pages <= _LOOKS_AT_FIRST or self._first_pages % _LOOKS_AT_FIRST == 0

    def _unknown(self, row: bytes | msgspec.Raw, *, looks: bool) -> frozenset[str]:
        keys = msgspec.json.decode(row, type=dict[str, msgspec.Raw]) if looks else {}
        return frozenset(key for key in keys if key not in self._known and "@" not in key)


class _RawPage(msgspec.Struct):
    value: list[msgspec.Raw] = []


_RAW_PAGE = msgspec.json.Decoder(_RawPage)


@dataclass(slots=True)
class Request:
    """One question to Graph: a path below the version, or a link of Graph's, taken verbatim."""

    url: str
    decoder: Reader
    single: bool = False
    """Whether the answer is one entity and not a collection."""
    body: Mapping[str, Any] | None = None
    """What to POST; None for a GET."""
    headers: Mapping[str, str] | None = None
    """Headers of its own."""
    elsewhere: bool = False
    """Whether the answer lies at another origin, to which Graph redirects. No token goes there."""
    first: bool = True
    """Whether it asks for the first page of its collection."""
    seen: set[int] = field(default_factory=set)
    """Hashes of the links followed to here, against going in circles."""

    def following(self, page: Page) -> Request | None:
        """The request for the page after `page`; None after the last."""
        if page.next is None:
            return None
        self.seen.add(hash(self.url))
        if hash(page.next) in self.seen:
            raise RejectedError(
                public_path(self.url), message="its next link leads back to a page already read"
            )
        return Request(page.next, self.decoder, headers=self.headers, first=False, seen=self.seen)


@dataclass(slots=True)
class Answer:
    """What Graph answered, as it came: in memory a page takes several times as much."""

    request: Request
    headers: Mapping[str, str]
    body: bytes
    served: datetime

    def page(self) -> Page:
        """The page; raises a GraphError where the answer is none after all."""
        try:
            page = self.request.decoder.read(self)
        except (msgspec.MsgspecError, ValueError) as error:
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
        page.served = self.served
        return page


class Graph:
    """A Graph origin, reached through one connection pool with one token at a time."""

    def __init__(
        self,
        origin: str,
        session: requests.Session,
        authenticator: GraphAuthenticator,
    ) -> None:
        """Ask `origin` through `session`, signing with `authenticator`."""
        self._root = f"{origin}/v1.0"
        self._origin = origin
        self._session = session
        self._authenticator = authenticator
        self.reached = False
        """Whether Graph has answered at all, in whatever way."""
        self.started: datetime | None = None
        """Graph's clock at its first answer, to the second."""
        self._ahead = timedelta()

    @property
    def is_application(self) -> bool:
        """Whether it is an application that asks, not a user."""
        return self._authenticator.is_application

    @property
    def tenant_id(self) -> str | None:
        """The tenant that is asked, where the token tells."""
        return self._authenticator.tenant_id

    def now(self) -> datetime:
        """The moment on Graph's clock; on our own until Graph has answered."""
        return datetime.now(UTC) + self._ahead

    def send(self, request: Request) -> Answer:
        """The answer to a request, sent once; raises a GraphError by what went wrong."""
        path = public_path(request.url)
        try:
            prepared = self._prepare(request)
        except ForeignOriginError as error:
            raise RejectedError(path, message=str(error)) from error
        try:
            response = self._session.send(prepared, allow_redirects=False, stream=True)
            if request.elsewhere and response.is_redirect:
                response = self._fetch(response, path)
            body = b"".join(response.iter_content(_CHUNK))
        except (requests.exceptions.SSLError, requests.exceptions.ProxyError) as error:
            if self.reached:
                raise UnavailableError(path, message=reason(error)) from error
            msg = f"Graph at {self._origin} cannot be reached: {reason(error)}"
            raise TapError(msg) from error
        except requests.RequestException as error:
            raise UnavailableError(path, message=reason(error)) from error
        self.reached = True
        if response.status_code != requests.codes.ok:
            refusal = graph_error(request.url, response.status_code, response.headers, body)
            if isinstance(refusal, TokenRejectedError):
                used = prepared.headers["Authorization"]
                self._authenticator.renew(used, refusal.challenge)
            raise refusal
        # Our own time where a proxy took the header away.
        served = http_date(response.headers.get("Date")) or datetime.now(UTC)
        if self.started is None:
            self.started, self._ahead = served, served - datetime.now(UTC)
        return Answer(request, response.headers, body, served)

    def _fetch(self, response: requests.Response, path: str) -> requests.Response:
        """What lies where Graph redirects to, under a link that needs no token and must get none.

        https://learn.microsoft.com/graph/api/reportroot-getteamsuseractivityuserdetail#response
        """
        _ = response.content  # gives the connection back
        link = urljoin(response.url, response.headers["Location"])
        if urlsplit(link).scheme != "https":
            message = "Graph redirects to an address that is not https: not followed"
            raise RejectedError(path, response.status_code, message=message)
        blank = requests.Request("GET", link)
        found = self._session.send(
            self._session.prepare_request(blank), allow_redirects=False, stream=True
        )
        if found.status_code != requests.codes.ok:
            # Links like this one end after minutes: the whole request is sent again.
            raise UnavailableError(path, found.status_code, message="the download was refused")
        return found

    def _prepare(self, request: Request) -> requests.PreparedRequest:
        """The request with its headers; its URL byte for byte as given."""
        url = request.url if request.url.startswith("https:") else self._root + request.url
        prepared = self._get.copy() if request.body is None else self._blank("POST", request.body)
        prepared.headers["client-request-id"] = str(uuid4())
        prepared.headers.update(request.headers or {})
        prepared.url = url
        return self._authenticator.authenticate_request(prepared)

    @cached_property
    def _get(self) -> requests.PreparedRequest:
        """A GET to copy: preparing each anew would take most of the time that sending takes."""
        return self._blank("GET")

    def _blank(
        self, method: str, body: Mapping[str, Any] | None = None
    ) -> requests.PreparedRequest:
        """A request with what all have in common."""
        headers = {"Prefer": _PREFER}
        return self._session.prepare_request(
            requests.Request(method, self._origin, headers=headers, json=body)
        )

    def out_of_reach(self, error: UnavailableError) -> TapError:
        """What to say when Graph has never answered."""
        msg = (
            f"Graph at {self._origin} cannot be reached: {error.message}; "
            "check `graph_url`, the network and the proxy"
        )
        return TapError(msg)
