"""Microsoft Graph v1.0 over HTTP: each request ends in an answer or an error."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import requests

from tap_msteams.auth import origin_of
from tap_msteams.bounds import ANSWER_BYTES, DOWNLOAD_BYTES, MEGABYTE
from tap_msteams.client.body import LargeBodyError, body_of
from tap_msteams.client.request import Answer
from tap_msteams.client.verdict import verdict
from tap_msteams.errors import (
    AuthenticationError,
    ExcessError,
    ForeignOriginError,
    RejectedError,
    TapError,
    TokenRejectedError,
    UnavailableError,
    http_date,
    public_path,
)
from tap_msteams.labels import label
from tap_msteams.transport import reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams.auth import GraphAuthenticator
    from tap_msteams.client.request import Page, Request
    from tap_msteams.errors import GraphError

# Without it, values that were added to an enumeration later arrive as unknownFutureValue.
# https://learn.microsoft.com/graph/best-practices-concept#handling-future-members-in-evolvable-enumerations
_PREFER = "include-unknown-enum-members"

_VERSION = "/v1.0"

_ENCODING = {"Accept-Encoding": "gzip"}
"""The only compression that bodies are read with."""

_DAY = timedelta(days=1)

_TOLERANCE = timedelta(minutes=2)
"""The difference of two clocks that is no matter."""

logger = logging.getLogger("tap-msteams")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class Graph:
    """A Graph origin, reached through one connection pool with one token for all threads."""

    def __init__(
        self,
        origin: str,
        session: requests.Session,
        authenticator: GraphAuthenticator,
    ) -> None:
        """Send requests to `origin` through `session`, signed by `authenticator`."""
        self._root = origin + _VERSION
        self._origin = origin
        self._session = session
        self._authenticator = authenticator
        self.reached = False
        """Whether Graph has answered at all, be it with an error."""
        self.started: datetime | None = None
        """The time of Graph's first answer, on Graph's clock to the second; where this machine's
        is a little behind, on that."""
        self._ahead = timedelta()
        self._doubted: timedelta | None = None
        self.doubted: datetime | None = None
        """The time of an answer that no second one has confirmed, since it is days behind."""

    @property
    def is_application(self) -> bool:
        """Whether the token is an application's and not a user's."""
        return self._authenticator.is_application

    @property
    def tenant_id(self) -> str | None:
        """The tenant of the token; None where the token does not tell."""
        return self._authenticator.tenant_id

    @property
    def user_id(self) -> str | None:
        """The user who has signed in; None where the token does not tell."""
        return self._authenticator.user_id

    def now(self) -> datetime:
        """The time on Graph's clock; on this machine's until Graph has answered."""
        return datetime.now(UTC) + self._ahead

    def start_now(self) -> None:
        """Take this machine's clock for Graph's, unless Graph has answered."""
        if self.started is None:
            self.started = datetime.now(UTC).replace(microsecond=0)

    def send(self, request: Request) -> Answer:
        """Send a request once and return its answer; raises the GraphError of a failure."""
        path = public_path(request.url)
        try:
            prepared = self._prepare(request)
        except ForeignOriginError as error:
            raise RejectedError(path, message=str(error)) from error
        try:
            # Not by the session, whose cookies, hooks and redirects take a tenth of the time.
            way = self._session.get_adapter(prepared.url or "")
            response = way.send(prepared, stream=True)
            self._check_id(prepared, response, path)
            if request.elsewhere and response.is_redirect:
                response = self._fetch(response, path)
            most = DOWNLOAD_BYTES if request.elsewhere else ANSWER_BYTES
            body = body_of(response, int(most.value) * MEGABYTE)
        except LargeBodyError as error:
            message = f"the answer is larger than {most.value:,.0f} MB"
            raise ExcessError(path, response.status_code, message=message) from error
        except (requests.exceptions.SSLError, requests.exceptions.ProxyError) as error:
            if self.reached:
                raise UnavailableError(path, message=reason(error)) from error
            msg = f"Graph at {self._origin} cannot be reached: {reason(error)}"
            raise TapError(msg) from error
        except requests.RequestException as error:
            raise UnavailableError(path, message=reason(error)) from error
        self.reached = True
        if response.status_code != requests.codes.ok:
            refusal = verdict(request, response.status_code, response.headers, body)
            if isinstance(refusal, TokenRejectedError):
                used = prepared.headers["Authorization"]
                self._authenticator.renew(used, refusal.challenge)
            try:
                raise refusal
            finally:
                del refusal  # a frame that knows its own error waits for the garbage collection
        # This machine's time where a proxy has removed the header.
        served = http_date(response.headers.get("Date")) or datetime.now(UTC)
        if self.started is None:
            self._start(served, datetime.now(UTC))
        return Answer(request, response.headers, body, served)

    def _fetch(self, response: requests.Response, path: str) -> requests.Response:
        """Get the target of a redirect, a link that needs no token and must not get one.

        https://learn.microsoft.com/graph/api/reportroot-getteamsuseractivityuserdetail#response
        """
        _ = response.content  # gives the connection back
        link = urljoin(response.url, response.headers["Location"])
        if urlsplit(link).scheme != "https":
            message = "Graph redirects to an address that is not https: not followed"
            raise RejectedError(path, response.status_code, message=message)
        blank = requests.Request("GET", link, headers=_ENCODING)
        found = self._session.send(
            self._session.prepare_request(blank), allow_redirects=False, stream=True
        )
        if found.status_code != requests.codes.ok:
            # Such a link expires after minutes: the original request is sent again.
            found.close()
            raise UnavailableError(path, found.status_code, message="the download was refused")
        return found

    def _start(self, served: datetime, here: datetime) -> None:
        """Note the start of the run: a moment that both clocks have seen.

        Graph's clock is never days behind, unless a second answer says so, too; where it is days
        ahead this machine's is wrong.
        """
        ahead = served - here
        before, self._doubted, self.doubted = self._doubted, ahead, served
        if ahead < -_DAY and (before is None or abs(ahead - before) > _TOLERANCE):
            return
        self._ahead = ahead
        self.started = served if abs(ahead) > _DAY else min(served, here)
        if abs(ahead) > _TOLERANCE:
            logger.warning(
                "the clock of this machine is %d minutes %s Graph's: set it; %s",
                abs(ahead) // timedelta(minutes=1),
                "behind" if ahead > timedelta() else "ahead of",
                "the earlier one counts" if abs(ahead) <= _DAY else "Graph's counts",
            )

    def _check_id(
        self, request: requests.PreparedRequest, response: requests.Response, path: str
    ) -> None:
        """Drop an answer to another request: the connection is of no use any more."""
        echo = response.headers.get("client-request-id")
        if echo and echo.lower() != request.headers["client-request-id"].lower():
            response.close()
            message = "the answer to another request came instead"
            raise UnavailableError(path, message=message)

    def linked(self, request: Request, page: Page) -> Page:
        """The page with its links resolved against the address of its request."""
        root, url = self._root, request.url
        following, delta = page.next, page.delta
        if all(link is None or link.startswith(root) for link in (following, delta)):
            return page
        return replace(
            page,
            next=self.resolve(url, following) if following else None,
            delta=self.resolve(url, delta) if delta else None,
        )

    def resolve(self, base: str, link: str) -> str:
        """A link by RFC 3986; one that leads to Graph begins as the tap's own addresses do.

        In Microsoft's example of getAllOnlineMeetingMessages a rooted link lacks the version.
        """
        whole = self._root + base if base.startswith("/") else base
        is_rooted = link.startswith("/") and not link.startswith(("//", f"{_VERSION}/"))
        if is_rooted and whole.startswith(self._root):
            link = _VERSION + link
        try:
            found = link if _SCHEME.match(link) else urljoin(whole, link)
            if origin_of(found) != origin_of(self._origin):
                return found
            return f"{self._origin}/{found.partition('://')[2].partition('/')[2]}"
        except ValueError:
            return link

    def _prepare(self, request: Request) -> requests.PreparedRequest:
        """The request with its headers and its URL byte for byte as given."""
        url = self._root + request.url if request.url.startswith("/") else request.url
        prepared = self._get.copy() if request.body is None else self._blank("POST", request.body)
        prepared.headers["client-request-id"] = str(uuid4())
        prepared.headers.update(request.headers or {})
        prepared.url = url
        return self._authenticator.authenticate_request(prepared)

    @cached_property
    def _get(self) -> requests.PreparedRequest:
        """A prepared GET to copy: preparing each request takes most of the time of sending it."""
        return self._blank("GET")

    def _blank(
        self, method: str, body: Mapping[str, Any] | None = None
    ) -> requests.PreparedRequest:
        """A request with the headers that all requests have."""
        headers = {"Prefer": _PREFER, **_ENCODING}
        return self._session.prepare_request(
            requests.Request(method, self._origin, headers=headers, json=body)
        )

    def fatal(self, error: GraphError) -> TapError | None:
        """The error that ends the run where Graph has never answered or never accepted a token."""
        if isinstance(error, UnavailableError) and not self.reached:
            return TapError(
                f"Graph at {self._origin} cannot be reached: {error.message}; "
                f"check {label('graph_url')}, the network and the proxy"
            )
        if isinstance(error, TokenRejectedError) and self.started is None:
            return AuthenticationError(
                f"Graph accepts no token of this sign-in: {error}; check "
                f"{label('tenant_id')}, {label('cloud')} and {label('graph_url')}"
            )
        return None
