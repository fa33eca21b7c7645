"""Errors, named by what to do about them.

::

    TapError                    stop: one line says what is wrong and what to do
    ├── SettingsError           fix the setting
    ├── CatalogError            fix the catalog
    ├── StateError              fix or drop the state
    ├── AuthenticationError     fix the credential or sign in again
    ├── ForeignOriginError      a link leads away from Graph: it is not followed
    └── GraphError              Graph refused or failed
        ├── ThrottledError      wait `retry_after`, then send again       429
        ├── UnavailableError    back off, then send again                 5xx, dropped connection
        ├── TokenRejectedError  get a new token, then send again, once    401
        ├── ExpiredError        the link is too old: read from the start  410, syncStateNotFound
        ├── MissingError        gone since it was listed: skip it         404
        ├── UnsupportedError    not offered to this caller or cloud       402, 405, 412, 501
        │   └── NotEntitledError a person has no licence or policy: skip them
        ├── ForbiddenError      refused for this parent: skip it          403
        │   └── NotGrantedError the permission is missing: skip the stream, grant it
        │       └── SwitchedOffError  the tenant does not give it out: skip the stream, switch it on
        ├── RejectedError       the request itself is wrong: stop         400 and the rest
        ├── DamagedError        a row that could not be read: report it
        └── UnforeseenError     a mistake of this tap: report it
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping


E = TypeVar("E", bound="GraphError")


class TapError(Exception):
    """An error that ends a run or leaves a gap, told in one line."""


class SettingsError(TapError):
    """A setting is missing, misspelt or contradicts another."""


class CatalogError(TapError):
    """The catalog is unreadable or names a stream that this tap does not have."""


class StateError(TapError):
    """The state is unreadable or of a version this tap does not know."""


class AuthenticationError(TapError):
    """Entra ID or the identity endpoint gave no token."""


class ForeignOriginError(TapError):
    """A request would carry the token to another origin than Graph's."""


class GraphError(TapError):
    """Graph refused a request or failed to answer it."""

    def __init__(  # noqa: PLR0913 - the evidence that Microsoft's support asks for
        self,
        path: str,
        status: int | None = None,
        *,
        code: str = "",
        message: str = "",
        request_id: str = "",
        client_request_id: str = "",
        date: datetime | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep the evidence; `retry_after` is in seconds, None where Graph names no time."""
        super().__init__(path, status)
        self.path = path
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.client_request_id = client_request_id
        self.date = date
        self.retry_after = retry_after

    @override
    def __str__(self) -> str:
        # The request, the answer, and the ids to quote to Microsoft.
        answer = " ".join(str(part) for part in (self.status, self.code) if part)
        message = " ".join(self.message.split())
        trace = f" ({self.evidence})" if self.evidence else ""
        return f"{self.path}: " + ": ".join(part for part in (answer, message) if part) + trace

    @property
    def evidence(self) -> str:
        """The ids that Microsoft's support asks for; empty where Graph did not answer."""
        return evidence(self.request_id, self.client_request_id, self.date)


class ThrottledError(GraphError):
    """Too many requests: wait `retry_after` seconds, then send again."""


class UnavailableError(GraphError):
    """A temporary failure: back off, then send again."""


class TokenRejectedError(GraphError):
    """The token was not accepted: get a new one, then send again, once."""

    challenge: str = ""
    """The WWW-Authenticate header, which may ask for claims."""


class ExpiredError(GraphError):
    """The link is older than Graph keeps it: read from the start."""


class MissingError(GraphError):
    """Gone since it was listed."""


class UnsupportedError(GraphError):
    """Not offered to this kind of caller, this tenant or this cloud."""


class NotEntitledError(UnsupportedError):
    """Not offered to this person, who lacks a licence, a mailbox or a policy."""

    @property
    def remedy(self) -> str:
        """The remedy, for an administrator."""
        return _entitlement(self.message) or "nothing to do"


class ForbiddenError(GraphError):
    """Refused for this parent."""


class NotGrantedError(ForbiddenError):
    """The permission is missing altogether; `message` lists what Graph would take."""

    permission: str = ""
    """The permission to grant, once the stream is known."""


class SwitchedOffError(NotGrantedError):
    """An administrator has to switch it on for the whole tenant."""

    @property
    def remedy(self) -> str:
        """The remedy, for an administrator."""
        return _SWITCHES.get(self.code, "have an administrator of the tenant switch it on")


class RejectedError(GraphError):
    """The request itself is wrong; sending it again would not help."""


class DamagedError(GraphError):
    """A row that could not be read, in a readable answer."""


class UnforeseenError(GraphError):
    """An unforeseen error, which is a mistake of this tap."""


class EnoughError(Exception):
    """A sample is complete."""


class _Inner(msgspec.Struct):
    code: str | int | None = None
    request_id: str | None = msgspec.field(name="request-id", default=None)


class _Error(msgspec.Struct):
    code: str | None = None
    message: str | None = None
    inner: _Inner | None = msgspec.field(name="innerError", default=None)
    older: _Inner | None = msgspec.field(name="innererror", default=None)

    @property
    def request_id(self) -> str:
        inner = self.inner or self.older
        return (inner.request_id if inner else None) or ""

    @property
    def switch(self) -> str:
        """The code of something that the tenant has switched off."""
        inner = self.inner or self.older
        code = str(inner.code) if inner else ""
        return code if code in _SWITCHES else ""

    @property
    def status(self) -> int | None:
        """The status in the body."""
        inner = self.inner or self.older
        code = str(inner.code) if inner else ""
        return int(code) if re.fullmatch(r"[45]\d\d", code) else None


class _Body(msgspec.Struct):
    error: _Error


_BY_STATUS: dict[int, type[GraphError]] = {
    401: TokenRejectedError,
    402: UnsupportedError,
    403: ForbiddenError,
    404: MissingError,
    405: UnsupportedError,
    408: UnavailableError,
    409: UnavailableError,
    410: ExpiredError,
    412: UnsupportedError,
    423: UnavailableError,
    429: ThrottledError,
    501: UnsupportedError,
}
_HARMLESS = (MissingError, UnsupportedError, ExpiredError)
"""Kinds that only Graph's own errors can be: they raise no alarm."""

_EXPIRED_CODES = {"syncStateNotFound", "resyncRequired", "syncStateInvalid"}
# The answer of a cloud or version that does not have the path.
_NO_SUCH_SEGMENT = "Resource not found for the segment"
_NOT_GRANTED = re.compile(
    r"Missing (role|scope) permissions|Authorization_RequestDenied", re.IGNORECASE
)
UNATTRIBUTED_ONLY = "SpeakerAttributionNotAllowed"
"""The code of a transcript that is given out without the names of the speakers only."""
_SWITCHES = {
    # https://learn.microsoft.com/graph/api/calltranscript-get
    # https://learn.microsoft.com/microsoftteams/meeting-transcript-api-access
    "GraphAccessToTranscriptsDisabled": (
        "have a Teams administrator switch on Graph's access to transcripts, which is off by "
        "default (Set-CsTeamsMeetingConfiguration -EnableGraphTranscriptAccess $true)"
    ),
    UNATTRIBUTED_ONLY: (
        "for the names of the speakers have a Teams administrator switch them on "
        "(Set-CsTeamsMeetingConfiguration -EnableAttributedTranscripts $true)"
    ),
}
"""What to do by the code of what a tenant does not give out."""
_ALL_THAT_IS_GRANTED = re.compile(r"\s*(Roles|Scopes) on the request .*", re.DOTALL)
"""The text after the missing permissions: dozens of names, which the doctor shows better."""
_ENTITLEMENTS = (
    (re.compile(r"licen[sc]e", re.IGNORECASE), "assign a licence, or nothing to do"),
    (
        # https://learn.microsoft.com/graph/cloud-communication-online-meeting-application-access-policy
        re.compile(r"application access policy", re.IGNORECASE),
        (
            "have a Teams administrator grant the application access policy to these people "
            "(New-CsApplicationAccessPolicy, Grant-CsApplicationAccessPolicy)"
        ),
    ),
)
_PEOPLE = re.compile(r"(?<=/users/)[^/]+|(?<=/users\(')[^/]+(?='\))|(?<=/users\(%27)[^/]+(?=%27\))")


def _entitlement(message: str) -> str | None:
    """The remedy for what a person lacks by Graph's message; None where it lacks nothing."""
    return next((remedy for pattern, remedy in _ENTITLEMENTS if pattern.search(message)), None)


def recast(kind: type[E], error: GraphError) -> E:
    """The same error with its evidence, as one of another kind."""
    return kind(
        error.path,
        error.status,
        code=error.code,
        message=error.message,
        request_id=error.request_id,
        client_request_id=error.client_request_id,
        date=error.date,
    )


def evidence(request_id: str, client_request_id: str, date: datetime | None) -> str:
    """The ids by which Microsoft's support finds an answer in its own logs.

    https://learn.microsoft.com/graph/errors
    """
    if not request_id:
        return ""
    moment = f"{date.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if date else ""
    known = {"request-id": request_id, "client-request-id": client_request_id, "date": moment}
    return ", ".join(f"{name} {value}" for name, value in known.items() if value)


def public_path(url: str) -> str:
    """The path of a Graph URL below its version, without query and without ids of people."""
    path = urlsplit(url).path
    return _PEOPLE.sub("{id}", path.removeprefix("/v1.0"))


def retry_after_seconds(value: str | None, now: datetime | None = None) -> float | None:
    """The seconds in a Retry-After header; None where it is absent or unreadable.

    Graph sends whole and fractional seconds, and HTTP allows a date.
    https://learn.microsoft.com/graph/throttling
    """
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        if (date := http_date(value)) is None:
            return None
        return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())
    return max(0.0, seconds) if math.isfinite(seconds) else None


def http_date(value: str | None) -> datetime | None:
    """The moment in an HTTP date, in UTC where it names no zone; None for no date."""
    try:
        date = parsedate_to_datetime(value or "")
    except (OverflowError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def graph_error(
    url: str,
    status: int,
    headers: Mapping[str, Any],
    body: bytes,
) -> GraphError:
    """The error in an answer of Graph's.

    The status decides first, then the code; the message only where nothing else tells a missing
    permission from a closed team. https://learn.microsoft.com/graph/errors
    """
    try:
        error = msgspec.json.decode(body, type=_Body).error
    except (msgspec.MsgspecError, RecursionError):
        error = _Error(message=_first_line(body))
    code, message = error.switch or error.code or "", error.message or ""
    request_id = headers.get("request-id") or error.request_id
    kind = _BY_STATUS.get(status, UnavailableError if status >= 500 else RejectedError)  # noqa: PLR2004 - the class of server errors
    if code in _EXPIRED_CODES:
        kind = ExpiredError
    elif status == 400 and _NO_SUCH_SEGMENT in message:  # noqa: PLR2004 - Bad Request
        kind = UnsupportedError
    elif code in _SWITCHES:
        kind = SwitchedOffError
    elif kind is ForbiddenError and _NOT_GRANTED.search(f"{code} {message}"):
        kind = NotGrantedError
    elif issubclass(kind, ForbiddenError | MissingError) and _entitlement(message):
        kind = NotEntitledError
    elif not (code or request_id) and issubclass(kind, _HARMLESS):
        # An answer of a proxy says nothing about Graph's data.
        kind = RejectedError
        message = f"no answer of Graph's, check `graph_url` and the proxy: {message}"
    if kind is NotGrantedError:
        message = _ALL_THAT_IS_GRANTED.sub("", message)
    result = kind(
        public_path(url),
        status,
        code=code,
        message=message,
        request_id=request_id,
        client_request_id=headers.get("client-request-id") or "",
        date=http_date(headers.get("Date")),
        # A date is relative to Graph's own clock.
        retry_after=retry_after_seconds(headers.get("Retry-After"), http_date(headers.get("Date"))),
    )
    if isinstance(result, TokenRejectedError):
        result.challenge = headers.get("WWW-Authenticate", "")
    return result


def late_error(url: str, headers: Mapping[str, Any], body: bytes) -> GraphError | None:
    """The error in the body of an answer with status 200; None where there is none."""
    try:
        error = msgspec.json.decode(body, type=_Body).error
    except (msgspec.MsgspecError, RecursionError):
        return None
    return graph_error(url, error.status or 500, headers, body)


def _first_line(body: bytes) -> str:
    """The start of an answer that is no error of Graph's, for example a proxy's page."""
    text = re.sub(r"<[^>]*>", " ", body[:2000].decode("utf-8", "replace"))
    return " ".join(text.split())[:120]
