"""The one authenticator of a tap."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk.authenticators import APIAuthenticatorBase
from typing_extensions import override

from tap_msteams.auth.provider import TokenProvider
from tap_msteams.auth.sources import source_for
from tap_msteams.errors import ForeignOriginError

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from tap_msteams.settings import Settings

_PORTS = {"https": 443, "http": 80}
_CLAIMS = re.compile(r'\bclaims="([^"]+)"')


class GraphAuthenticator(APIAuthenticatorBase):
    """Signs requests to Graph, and nothing else: no other origin ever sees the token."""

    def __init__(self, graph_url: str, tokens: TokenProvider) -> None:
        super().__init__()
        self._graph_url = graph_url
        self._origin = _origin(graph_url)
        self._tokens = tokens

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        backoff: float = 0.5,
    ) -> GraphAuthenticator:
        """The authenticator for `auth_method`; asks for no token before the first request.

        `backoff` is the unit, in seconds, of the waits between attempts to reach Entra ID.
        """
        # At DEBUG it would log authorization codes and their verifiers.
        msal_logger = logging.getLogger("msal")
        msal_logger.setLevel(max(msal_logger.level, logging.INFO))
        return cls(settings.graph_url, TokenProvider(source_for(settings, backoff), clock))

    @override
    def authenticate_request(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # Not the base's, which writes the URL anew and drops empty parameters of a delta link.
        url = request.url or ""
        origin = _origin(url)
        if origin is None or origin != self._origin:
            where = "{}://{}:{}".format(*origin) if origin else "a place that is not clear"
            msg = (
                f"a link leads to {where}, but the access token is for {self._graph_url} alone "
                "('graph_url'): not followed"
            )
            raise ForeignOriginError(msg)
        request.headers["Authorization"] = f"Bearer {self._tokens.get().value}"
        return request

    def renew(self, rejected: str, challenge: str = "") -> None:
        """Replace the token of an Authorization header that Graph answered 401 to.

        `challenge` is the answer's WWW-Authenticate header, which may demand claims.
        """
        self._tokens.renew(rejected.removeprefix("Bearer "), _demanded_claims(challenge))

    @property
    def is_application(self) -> bool:
        """Whether requests speak for an application rather than for a user."""
        claims = self._claims()
        if "idtyp" in claims:
            return bool(claims["idtyp"] == "app")
        if "scp" in claims or "roles" in claims:
            return "scp" not in claims
        return self._tokens.source.is_application

    @property
    def granted(self) -> frozenset[str]:
        """The permissions in the token; empty for a token that cannot be read."""
        claims = self._claims()
        return frozenset([*claims.get("roles", ()), *claims.get("scp", "").split()])

    def _claims(self) -> dict[str, Any]:
        """What the token says of itself; Graph alone checks whether it is true."""
        try:
            content = json.loads(_decoded(self._tokens.get().value.split(".")[1]))
        except (IndexError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for a URL that two parsers may read differently."""
    try:
        parts = urlsplit(url)
        port = _PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        return None
    if not parts.hostname or port is None or re.search(r"[@\\\s]", parts.netloc):
        return None
    return parts.scheme, parts.hostname, port


def _demanded_claims(challenge: str) -> str | None:
    """The claims that a conditional-access policy asks for.

    https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge
    """
    if not (found := _CLAIMS.search(challenge)):
        return None
    try:
        claims = _decoded(found[1]).decode()
        json.loads(claims)
    except (binascii.Error, ValueError):
        return None
    return claims


def _decoded(text: str) -> bytes:
    """Base64 in either alphabet, with or without its padding."""
    return base64.urlsafe_b64decode(
        text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4)
    )
