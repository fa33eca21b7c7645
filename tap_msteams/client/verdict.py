"""Verdicts: what an answer of Graph's proves about the thing that was asked for.

A 404 proves that something is gone only at its own address, a licence word excuses a person and
no tenant, and a list of the whole tenant that was not read is always a gap.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tap_msteams.errors import (
    SWITCHES,
    DisabledError,
    ExpiredError,
    ForbiddenError,
    GraphError,
    MissingError,
    NotEntitledError,
    NotGrantedError,
    NotLicensedError,
    RejectedError,
    SwitchedOffError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
    UnofferedListError,
    UnsupportedError,
    http_date,
    public_path,
    retry_after_seconds,
)
from tap_msteams.labels import label

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGE_LENGTH = 1_000
"""Letters of Graph's message that are kept; its longest one on permissions has half as many."""

_PARTIAL_CONTENT, _SERVER_ERROR = 206, 500

_BY_STATUS: dict[int, type[GraphError]] = {
    _PARTIAL_CONTENT: UnavailableError,
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
    424: UnavailableError,
    429: ThrottledError,
    501: UnsupportedError,
}
_HARMLESS = (MissingError, UnsupportedError, ExpiredError)
"""Kinds that only Graph's own errors can be: they raise no alarm."""

_EXPIRED_CODES = {"syncStateNotFound", "resyncRequired", "syncStateInvalid"}
_DISABLED = re.compile(r"Teams (?:is|has been) disabled", re.IGNORECASE)
_BY_TEXT: tuple[tuple[int, re.Pattern[str], type[GraphError]], ...] = (
    # A cloud or version that does not have the path.
    (400, re.compile("Resource not found for the segment"), UnsupportedError),
    # The service behind Graph has failed, whatever the status says.
    (400, re.compile("Failed to execute Skype backend request"), UnavailableError),
    (401, _DISABLED, DisabledError),
    (403, _DISABLED, DisabledError),
    (
        403,
        re.compile(
            r"Missing (role|scope) permissions|Authorization_RequestDenied"
            r"|Authentication_MSGraphPermissionMissing",
            re.IGNORECASE,
        ),
        NotGrantedError,
    ),
)
"""Kinds that only the text of an answer with that status tells."""

_PERMISSION = re.compile(r"\b[A-Z][\w-]*\.Read\w*(?:\.\w+)*")
_ALL_THAT_IS_GRANTED = re.compile(r"\s*(Roles|Scopes) on the request .*", re.DOTALL)
"""The text after the missing permissions: dozens of names, which the doctor shows better."""
_LICENCE = re.compile(r"licen[sc]e|NonPremiumTenant", re.IGNORECASE)
_ENTITLEMENTS = (
    (_LICENCE, "assign a licence, or nothing to do"),
    (
        # https://learn.microsoft.com/graph/cloud-communication-online-meeting-application-access-policy
        re.compile(r"application access policy", re.IGNORECASE),
        (
            "have a Teams administrator grant the application access policy to these people "
            "(New-CsApplicationAccessPolicy, Grant-CsApplicationAccessPolicy)"
        ),
    ),
)
_OF_A_PERSON = re.compile(r"/users(?:/|\(\S?)\{id\}")


class _Inner(msgspec.Struct):
    code: str | int | None = None
    request_id: str | None = msgspec.field(name="request-id", default=None)


class _Error(msgspec.Struct):
    code: str | None = None
    message: str | None = None
    inner: _Inner | None = msgspec.field(name="innerError", default=None)
    older: _Inner | None = msgspec.field(name="innererror", default=None)

    @property
    def _inner(self) -> _Inner:
        return self.inner or self.older or _Inner()

    @property
    def request_id(self) -> str:
        return self._inner.request_id or ""

    @property
    def switch(self) -> str:
        """The code of something that the tenant has switched off."""
        code = str(self._inner.code)
        return code if code in SWITCHES else ""

    @property
    def status(self) -> int | None:
        """The status in the body."""
        code = str(self._inner.code)
        return int(code) if re.fullmatch(r"[45]\d\d", code) else None


class _Body(msgspec.Struct):
    error: _Error


class Requested(Protocol):
    """What was requested."""

    @property
    def url(self) -> str:
        """The address."""

    @property
    def is_tenants(self) -> bool:
        """Whether it is a list of the whole tenant."""


def verdict(
    requested: Requested, status: int, headers: Mapping[str, Any], body: bytes
) -> GraphError:
    """What an answer that is no page means for what was requested."""
    error = _error_in(body) or _Error(message=_described(headers, body))
    code = (error.switch or error.code or "")[:MESSAGE_LENGTH]
    message = (error.message or "")[:MESSAGE_LENGTH]
    request_id = headers.get("request-id") or error.request_id
    kind = _kind(requested, status, code, message)
    if issubclass(kind, _HARMLESS) and not (code or request_id):
        # An answer of a proxy says nothing about Graph's data.
        kind = RejectedError
        where = label("graph_url")
        message = f"no answer of Graph's, check {where} and the proxy: {message}"
    elif status == _PARTIAL_CONTENT:
        message = f"Graph has sent a part of an answer only: {message}"
    elif kind is NotGrantedError:
        message = _ALL_THAT_IS_GRANTED.sub("", message)
    result = kind(
        public_path(requested.url),
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
    elif isinstance(result, NotGrantedError):
        result.named = tuple(_PERMISSION.findall(message))
    elif isinstance(result, NotEntitledError):
        result.remedy = _remedy(f"{code} {message}") or result.remedy
    return result


def _kind(requested: Requested, status: int, code: str, message: str) -> type[GraphError]:
    """The kind of an error.

    The status decides first, then the code; the message only where nothing else tells a missing
    permission from a closed team. https://learn.microsoft.com/graph/errors
    """
    kind = _BY_STATUS.get(status, UnavailableError if status >= _SERVER_ERROR else RejectedError)
    text = f"{code} {message}"
    if code in _EXPIRED_CODES:
        return ExpiredError
    if code in SWITCHES:
        return SwitchedOffError
    for known, sign, other in _BY_TEXT:
        if status == known and sign.search(text):
            kind = other
    if kind in {ForbiddenError, MissingError} and _remedy(text):
        if _OF_A_PERSON.match(public_path(requested.url)):
            return NotEntitledError
        if kind is ForbiddenError and _LICENCE.search(text):
            return NotLicensedError
    return UnofferedListError if kind is UnsupportedError and requested.is_tenants else kind


def _remedy(text: str) -> str | None:
    """The remedy for what somebody lacks; None where nobody lacks anything."""
    return next((remedy for pattern, remedy in _ENTITLEMENTS if pattern.search(text)), None)


def late_verdict(
    requested: Requested, headers: Mapping[str, Any], body: bytes
) -> GraphError | None:
    """The meaning of an error in the body of an answer with status 200; None without one."""
    if error := _error_in(body):
        return verdict(requested, error.status or _SERVER_ERROR, headers, body)
    return None


def _error_in(body: bytes) -> _Error | None:
    try:
        return msgspec.json.decode(body, type=_Body).error
    except (msgspec.MsgspecError, RecursionError):
        return None


def _described(headers: Mapping[str, Any], body: bytes) -> str:
    """The form of an answer that is no error of Graph's; never a part of it, which may be data."""
    kind = str(headers.get("Content-Type") or "").partition(";")[0].strip()[:50]
    return f"{kind or 'an answer without a type'} of {len(body):,} bytes" if body else ""
