"""Graph v1.0: all endpoints and their permissions."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tap_msteams_sandbox import batch
from tap_msteams_sandbox.annotations import full
from tap_msteams_sandbox.areas import AREAS, messages
from tap_msteams_sandbox.endpoints import Call, Caller, Endpoint, Routes
from tap_msteams_sandbox.expression import UNSUPPORTED
from tap_msteams_sandbox.odata import Query, bare
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from tap_msteams_sandbox.endpoints import Again
    from tap_msteams_sandbox.request import Request
    from tap_msteams_sandbox.tenant import Tenant

VERSION = "v1.0"

OPENID = "oidc"
"""What OpenID Connect has at Graph's origin, without a version."""

BARE = "application/json;odata.metadata=none;odata.streaming=true;charset=utf-8"
FULL = "application/json;odata.metadata=full;odata.streaming=true;charset=utf-8"

ENDPOINTS = tuple(endpoint for area in (*AREAS, batch.AREA) for endpoint in area.endpoints)

ROLES = tuple(dict.fromkeys(role for area in AREAS for role in area.roles))
"""What an administrator would consent to for reading all that is served here."""

COLUMNS = frozenset(name for area in AREAS for name in area.columns)
"""What single properties need besides."""

APP_ROLES = frozenset(name for it in ENDPOINTS for name in it.application or ()) | COLUMNS
"""All that any endpoint asks an application for."""

SCOPES = frozenset(name for it in ENDPOINTS for name in it.delegated or ()) | {
    "User.Read",
    *COLUMNS,
}
"""All that any endpoint asks a user for."""

PERMISSIONS = APP_ROLES | SCOPES


class UnknownPermissionError(ValueError):
    """A permission that no endpoint asks for."""

    def __init__(self, name: str) -> None:
        near = difflib.get_close_matches(name, PERMISSIONS, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        super().__init__(f"no endpoint asks for the permission '{name}'{hint}")


def granted(names: Iterable[str] = ROLES, *, without: Iterable[str] = ()) -> frozenset[str]:
    """Return some permissions without others, or refuse an unknown one."""
    names, without = frozenset(names), frozenset(without)
    for name in sorted(names | without):
        if name not in PERMISSIONS:
            raise UnknownPermissionError(name)
    return names - without


LATE_MEMBERS = tuple(
    (f'"{name}":"{member}"'.encode(), f'"{name}":"unknownFutureValue"'.encode())
    for name, member in (
        ("messageType", "systemEventMessage"),
        ("membershipType", "shared"),
        ("userIdentityType", "emailUser"),
        ("role", "coorganizer"),
        ("productFamily", "azureCommunicationServices"),
    )
)
"""Enum members behind the sentinel, and what is sent to those who did not ask for them.

https://learn.microsoft.com/en-us/graph/best-practices-concept#handling-future-members-in-evolvable-enumerations
"""

REFUSALS = {
    402: ("PaymentRequired", "The request requires a payment model to be configured."),
    403: ("Forbidden", ""),
    405: ("Request_BadRequest", "The requested API is not available."),
    412: ("PreconditionFailed", "Requested API is not supported in this tenant."),
    501: ("NotImplemented", "The requested API is not available in this cloud."),
}
"""How a tenant can refuse the export; without a text: for want of a permission."""


class Graph:
    """Graph over one tenant."""

    def __init__(
        self,
        tenant: Tenant,
        claims: Callable[[str], Mapping[str, Any]],
        *,
        page_size: int | None = None,
        inline_replies: int = messages.INLINE_REPLIES,
        export_refusal: int | None = None,
    ) -> None:
        self.tenant, self._claims = tenant, claims
        self.page_size, self.inline_replies = page_size, inline_replies
        self.export_refusal = export_refusal
        self._routes = Routes(ENDPOINTS)

    @property
    def origin(self) -> str:
        """Where this Graph is served."""
        return self.tenant.graph_url

    def find(self, method: str, path: str) -> tuple[Endpoint, tuple[str, ...]]:
        """Return the endpoint of a path with its version, and the names in the path."""
        version, _, rest = path.strip("/").partition("/")
        if version == OPENID:
            return self._routes.find(method, path.strip("/").split("/"))
        if version != VERSION:
            msg = f"Invalid version: {version}"
            raise GraphError.bad_request(msg)
        return self._routes.find(method, [unquote(it) for it in rest.removesuffix("()").split("/")])

    def answer(
        self, endpoint: Endpoint, names: tuple[str, ...], request: Request, again: Again
    ) -> Reply:
        """Answer a request to an endpoint, or raise Graph's refusal."""
        caller = self._caller(request.headers)
        self._allow(endpoint, caller)
        with _codes_of(endpoint):
            query = Query(request.path[len(VERSION) :], request.query, endpoint.options)
        call = Call(
            endpoint=endpoint,
            names=names,
            query=query,
            caller=caller,
            tenant=self.tenant,
            root=f"{self.origin}/{VERSION}",
            headers=request.headers,
            body=request.body,
            ceiling=self.page_size,
            inline_replies=self.inline_replies,
            again=again,
        )
        if request.body and "json" not in request.headers.get("Content-Type", ""):
            msg = "Entity only allows writes with a JSON Content-Type header."
            raise GraphError.bad_request(msg)
        with self.tenant.lock, _codes_of(endpoint):
            content = endpoint.answer(call)
        if isinstance(content, Reply):
            return content
        if "include-unknown-enum-members" not in request.headers.get("Prefer", ""):
            for late, unknown in LATE_MEMBERS:
                content = content.replace(late, unknown)
        content = self.tenant.localized(content)
        accepted = request.headers.get("Accept", "")
        if "odata.metadata=none" in accepted:
            return Reply(body=bare(content), headers={"Content-Type": BARE})
        if "odata.metadata=full" in accepted and (annotated := full(content)) is not None:
            return Reply(body=annotated, headers={"Content-Type": FULL})
        return Reply(body=content)

    def _caller(self, headers: Mapping[str, str]) -> Caller:
        """Return the caller of the bearer token."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            msg = "Access token is empty."
            raise GraphError.unauthorized(msg)
        return Caller.of(self._claims(token))

    def _allow(self, endpoint: Endpoint, caller: Caller) -> None:
        """Check the kind of the token and its permissions."""
        if caller.user is None:
            if endpoint.application is None:
                msg = "/me request is only valid with delegated authentication flow."
                raise GraphError.bad_request(msg)
        elif endpoint.delegated is None:
            msg = "Requested API is not supported in delegated context."
            raise GraphError(412, "PreconditionFailed", msg)
        needed = endpoint.application if caller.user is None else endpoint.delegated
        if needed and not set(needed) & set(caller.granted):
            raise _missing(endpoint, caller, needed)
        if endpoint.answer is messages.export and self.export_refusal:
            code, message = REFUSALS[self.export_refusal]
            if not message:
                raise _missing(endpoint, Caller(()), needed or ())
            raise GraphError(self.export_refusal, code, message)


DIRECTORY_CODES = {
    "BadRequest": "Request_BadRequest",
    "NotFound": "Request_ResourceNotFound",
    UNSUPPORTED: "Request_UnsupportedQuery",
}
"""Graph's codes as Entra's directory spells them.

https://learn.microsoft.com/en-us/graph/errors
"""


@contextmanager
def _codes_of(endpoint: Endpoint) -> Iterator[None]:
    """Give refusals the codes of the service that answers."""
    try:
        yield
    except GraphError as error:
        codes = DIRECTORY_CODES if endpoint.directory else {UNSUPPORTED: "BadRequest"}
        error.code = codes.get(error.code, error.code)
        raise


def _missing(endpoint: Endpoint, caller: Caller, needed: tuple[str, ...]) -> GraphError:
    """Return the refusal of a caller without a permission.

    https://learn.microsoft.com/en-us/graph/resolve-auth-errors
    """
    if endpoint.directory:
        msg = "Insufficient privileges to complete the operation."
        return GraphError(403, "Authorization_RequestDenied", msg)
    kind = "role" if caller.user is None else "scope"
    asked, held = ", ".join(needed), ", ".join(caller.granted)
    msg = f"Missing {kind} permissions on the request. API requires one of '{asked}'. "
    return GraphError(403, "Forbidden", msg + f"{kind.title()}s on the request '{held}'.")
