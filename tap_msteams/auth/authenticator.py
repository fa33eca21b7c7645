"""The one authenticator of a tap."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from singer_sdk.authenticators import APIAuthenticatorBase
from typing_extensions import override

from tap_msteams.auth.broker import Proxied
from tap_msteams.auth.claims import claims_of, demanded_claims
from tap_msteams.auth.provider import TokenProvider
from tap_msteams.auth.sources import source_for
from tap_msteams.errors import ForeignOriginError

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from tap_msteams.settings import Settings

_PORTS = {"https": 443, "http": 80}


class Signer(Protocol):
    """Signs the requests to Graph, which may lead past another server."""

    def __call__(self, request: requests.PreparedRequest, token: str) -> None:
        """Sign a request to Graph."""

    def knows(self, request: requests.PreparedRequest) -> bool:
        """Whether a request was signed already, for a way past another server."""

    def rejected(self, header: str) -> str:
        """The rejected token, from the Authorization header of a request answered 401."""


class Direct:
    """The direct way to Graph, with the token in the header."""

    def __call__(self, request: requests.PreparedRequest, token: str) -> None:
        """Sign a request to Graph."""
        request.headers["Authorization"] = f"Bearer {token}"

    def knows(self, _request: requests.PreparedRequest) -> bool:
        """False: no request leads past another server."""
        return False

    def rejected(self, header: str) -> str:
        """The token in the Authorization header."""
        return header.removeprefix("Bearer ")


class GraphAuthenticator(APIAuthenticatorBase):
    """Signs requests to Graph only: no other origin ever gets the token."""

    def __init__(self, graph_url: str, tokens: TokenProvider, signer: Signer | None = None) -> None:
        super().__init__()
        self._graph_url = graph_url
        self._origin = origin_of(graph_url)
        self._tokens = tokens
        self._signer = signer or Direct()

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        backoff: float = 0.5,
    ) -> GraphAuthenticator:
        """The authenticator for `auth_method`, which gets its first token at the first request.

        `backoff` is the unit, in seconds, of the waits between attempts to reach Entra ID.
        """
        tokens = TokenProvider(source_for(settings, clock, backoff), clock)
        proxied = settings.auth_method == "nango" and settings.nango_mode == "proxy"
        return cls(settings.graph_url, tokens, Proxied(settings) if proxied else Direct())

    @override
    def authenticate_request(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # Without super(), which rebuilds the URL and drops empty parameters of a delta link.
        if self._signer.knows(request):
            return request
        url = request.url or ""
        origin = origin_of(url)
        if origin is None or origin != self._origin:
            where = "{}://{}:{}".format(*origin) if origin else "a place that is not clear"
            msg = (
                f"a link leads to {where}, but the access token is for {self._graph_url} alone "
                "('graph_url'): not followed"
            )
            raise ForeignOriginError(msg)
        self._signer(request, self._tokens.get().value)
        return request

    def renew(self, rejected: str, challenge: str = "") -> None:
        """Replace the token that Graph answered 401 to.

        `challenge` is the answer's WWW-Authenticate header, which may demand claims.
        """
        self._tokens.renew(self._signer.rejected(rejected), demanded_claims(challenge))

    @property
    def is_application(self) -> bool:
        """Whether requests speak for an application rather than for a user."""
        claims = self.claims
        if "idtyp" in claims:
            return bool(claims["idtyp"] == "app")
        if "scp" in claims or "roles" in claims:
            return "scp" not in claims
        return self._tokens.source.is_application

    @property
    def granted(self) -> frozenset[str]:
        """The permissions in the token; empty for a token that cannot be read."""
        roles, scopes = self.claims.get("roles"), self.claims.get("scp")
        names = [*(roles if isinstance(roles, list) else ())]
        names += scopes.split() if isinstance(scopes, str) else ()
        return frozenset(name for name in names if isinstance(name, str))

    @property
    def tenant_id(self) -> str | None:
        """The tenant that the token is for; None for a token that cannot be read."""
        tenant = self.claims.get("tid")
        return tenant if isinstance(tenant, str) else None

    @property
    def user_id(self) -> str | None:
        """The user who has signed in; None for a token that cannot be read.

        https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
        """
        user = self.claims.get("oid")
        return user if isinstance(user, str) else None

    @property
    def expires_at(self) -> float:
        """The time at which the token expires, in seconds since 1970."""
        return self._tokens.get().expires_at

    @property
    def claims(self) -> dict[str, Any]:
        """The claims of the token, unverified: Graph verifies them."""
        return claims_of(self._tokens.get().value)


def origin_of(url: str) -> tuple[str, str, int] | None:
    """The scheme, host and port; None for a URL that two parsers may read differently."""
    try:
        parts = urlsplit(url)
        port = _PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        return None
    if not parts.hostname or port is None or re.search(r"[@\\\s]", parts.netloc):
        return None
    return parts.scheme, parts.hostname, port
