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
        ├── MissingError        its own address answers so: it is gone    404
        ├── UnprovenError       what it is below is still there           404
        ├── UnsupportedError    not offered to this caller or cloud       402, 405, 412, 501
        │   ├── NotEntitledError a person has no licence or policy: skip them
        │   ├── LackingError    the tenant lacks the product: deselect it
        │   └── UnofferedListError a list of the whole tenant: a gap
        ├── ForbiddenError      refused for this parent: skip it          403
        │   ├── NotGrantedError the permission is missing: skip the stream, grant it
        │   │   └── SwitchedOffError  the tenant does not give it out: switch it on
        │   ├── NotLicensedError the tenant has no licence for it
        │   └── DisabledError   the tenant has switched Teams off
        ├── UnlistedError       the stream above was not read
        ├── ExcessError         an answer or a list without end: leave it
        ├── RejectedError       the request itself is wrong: stop         400 and the rest
        ├── DamagedError        a row that could not be read: report it
        └── UnforeseenError     a mistake of this tap: report it
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

from typing_extensions import override

E = TypeVar("E", bound="GraphError")

ACCESS_SWITCHED_OFF = "GraphAccessToTranscriptsDisabled"
"""The code of transcripts that the tenant gives to no application."""

UNATTRIBUTED_ONLY = "SpeakerAttributionNotAllowed"
"""The code of a transcript that is given out without the names of the speakers only."""

SWITCHES = {
    ACCESS_SWITCHED_OFF: (
        "have a Teams administrator switch on Graph's access to transcripts, which is off by "
        "default (Set-CsTeamsMeetingConfiguration -EnableGraphTranscriptAccess $true)"
    ),
    UNATTRIBUTED_ONLY: (
        "for the names of the speakers have a Teams administrator switch them on "
        "(Set-CsTeamsMeetingConfiguration -EnableAttributedTranscripts $true)"
    ),
}
"""What to do, by the code of what a tenant does not give out.

https://learn.microsoft.com/graph/api/calltranscript-get
https://learn.microsoft.com/microsoftteams/meeting-transcript-api-access
"""

_PEOPLE = re.compile(
    r"(?<=/users/)[^/]+|(?<=/users\(')[^/]+(?='\))|(?<=/users\(%27)[^/]+(?=%27\))"
    r"|(?<=[uU]serId=')[^/',]+|(?<=[uU]serId=%27)[^/,]+?(?=%27)"
)

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_DIRECTIONS = (*range(0x200E, 0x2010), *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_VISIBLE = {number: ascii(chr(number))[1:-1] for number in (*_CONTROLS, *_DIRECTIONS)}


def visible(text: str) -> str:
    """A foreign text for a log or a terminal, in which nothing moves the cursor."""
    return text.translate(_VISIBLE)


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
        self.code = visible(code)
        self.message = visible(" ".join(message.split()))
        self.request_id = request_id
        self.client_request_id = client_request_id
        self.date = date
        self.retry_after = retry_after

    @override
    def __str__(self) -> str:
        # The request, the answer, and the ids to quote to Microsoft.
        answer = " ".join(str(part) for part in (self.status, self.code) if part)
        trace = f" ({self.evidence})" if self.evidence else ""
        return f"{self.path}: " + ": ".join(part for part in (answer, self.message) if part) + trace

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
    """Gone: its own address has answered 404, or the address of what it is below has."""


class UnprovenError(GraphError):
    """A 404 that proves nothing: what it is below is still there."""


class UnsupportedError(GraphError):
    """Not offered to this kind of caller, this tenant or this cloud."""


class NotEntitledError(UnsupportedError):
    """Not offered to this person, who lacks a licence, a mailbox or a policy."""

    remedy: str = "nothing to do"
    """The remedy, for an administrator."""


class LackingError(UnsupportedError):
    """The tenant lacks the product that a stream is of."""

    product: str = ""

    @property
    def remedy(self) -> str:
        """The remedy, for whoever runs the tap."""
        return f"this tenant seems to lack {self.product}: deselect it, or buy it or switch it on"


class UnofferedListError(UnsupportedError):
    """A list of the whole tenant that Graph does not offer."""


class ForbiddenError(GraphError):
    """Refused for this parent."""


class NotGrantedError(ForbiddenError):
    """The permission is missing altogether; `message` lists what Graph would take."""

    permission: str = ""
    """The permission to grant, once the stream is known."""

    named: tuple[str, ...] = ()
    """The permissions that Graph names, of which one is enough."""

    def grant(self, declared: str) -> str:
        """The permission to grant: the `declared` one, unless Graph names only others."""
        return self.named[0] if self.named and declared not in self.named else declared


class NotLicensedError(ForbiddenError):
    """The tenant lacks a licence, which excuses no list of the tenant."""


class DisabledError(ForbiddenError):
    """The tenant has switched Teams off."""


class UnlistedError(GraphError):
    """Nothing was read below a list that was not read."""


class ExcessError(GraphError):
    """An answer or a list without end."""


class SwitchedOffError(NotGrantedError):
    """An administrator has to switch it on for the whole tenant."""

    @property
    def remedy(self) -> str:
        """The remedy, for an administrator."""
        return SWITCHES.get(self.code, "have an administrator of the tenant switch it on")


class RejectedError(GraphError):
    """The request itself is wrong; sending it again would not help."""


class DamagedError(GraphError):
    """A row that could not be read, in a readable answer."""


class UnforeseenError(GraphError):
    """An unforeseen error, which is a mistake of this tap."""


class EnoughError(Exception):
    """A sample is complete."""


def forget_trace(error: GraphError) -> None:
    """Let go of what led to an error that has been dealt with.

    Its frames and the future that raised it know each other: only a garbage collection would free
    them, with all that the request has held.
    """
    error.__traceback__ = None


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
    try:
        path = urlsplit(url).path
    except ValueError:
        return "an unreadable link"
    return _PEOPLE.sub("{id}", path.removeprefix("/v1.0"))


def retry_after_seconds(value: str | None, now: datetime | None = None) -> float | None:
    """The seconds in a Retry-After header; None where it is absent or unreadable.

    Graph sends whole and fractional seconds, and HTTP allows a date. Of several headers, which
    arrive as one, the longest wait counts. https://learn.microsoft.com/graph/throttling
    """
    if not value:
        return None
    if found := [it for part in value.split(",") if (it := _finite(part)) is not None]:
        return max(0.0, *found)
    if (date := http_date(value)) is None:
        return None
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())


def _finite(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def http_date(value: str | None) -> datetime | None:
    """The moment in an HTTP date, in UTC where it names no zone; None for no date."""
    try:
        date = parsedate_to_datetime(value or "")
    except (OverflowError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
