"""Nango, a broker that keeps a sign-in and gives out its token, or sends the requests itself.

https://nango.dev/docs/reference/api/connection/get
https://nango.dev/docs/reference/api/proxy/get
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tap_msteams.auth.answers import checked, reached
from tap_msteams.auth.claims import claims_of
from tap_msteams.auth.provider import TokenAnswer, bounded_life, is_token
from tap_msteams.errors import AuthenticationError
from tap_msteams.settings import CLOUDS
from tap_msteams.transport import broker_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from tap_msteams.settings import Settings

_REMEDIES = {
    400: "it does not take the request: check 'nango_connection_id' and 'nango_integration_id'",
    401: "the key is wrong: set 'nango_secret_key' to that of the right environment",
    403: "the key may not read connections: check its permissions in Nango",
    404: "there is no such connection: check 'nango_connection_id' and 'nango_integration_id'",
    424: "it cannot renew the connection's token: have the user connect again in Nango",
}

_OWN = {"authorization", "connection", "content-length", "content-type", "host", "accept-encoding"}
"""Headers for Nango, which are not passed on to Graph."""

_UNKNOWN_LIFE = 3600


def nango_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for Nango, which raises for every answer without a connection."""
    where = _where(settings)

    def refused(body: Mapping[str, Any], status: int) -> AuthenticationError:
        error = body["error"]
        said = error.get("code") if isinstance(error, dict) else error
        remedy = _REMEDIES.get(status, "check the settings of Nango")
        return AuthenticationError(f"{where} gave no token: {remedy} (HTTP {status}, {said})")

    return checked(broker_session(settings, backoff), where, refused)


def _where(settings: Settings) -> str:
    return f"Nango at {settings.nango_host}"


class Broker:
    """The source of a token that Nango keeps."""

    is_application = False

    def __init__(
        self, settings: Settings, session: requests.Session, clock: Callable[[], float]
    ) -> None:
        """Request the token of the connection in the settings through a `nango_session`."""
        self._where = _where(settings)
        self._session = session
        connection = quote(settings.need("nango_connection_id"), safe="")
        self._url = f"{settings.nango_host}/connections/{connection}"
        self._integration_id = settings.need("nango_integration_id")
        self._key = settings.need("nango_secret_key")
        self._clock = clock

    def acquire(self, claims: str | None = None, rejected: str | None = None) -> TokenAnswer:
        """The connection's token, renewed if Graph rejected it."""
        query = {"provider_config_key": self._integration_id}
        if claims or rejected:
            query["force_refresh"] = "true"
        with reached(self._where, "Nango", "nango_host"):
            found = (
                self._session.get(
                    self._url, params=query, headers={"Authorization": f"Bearer {self._key}"}
                ).json()["credentials"]
                or {}
            )
            token, ends = found.get("access_token") or found.get("token"), found.get("expires_at")
            if not is_token(token):
                msg = f"{self._where} has no token for this connection: is it one of Microsoft's?"
                raise AuthenticationError(msg)
            ends = datetime.fromisoformat(ends).timestamp() if ends else claims_of(token).get("exp")
            life = bounded_life(ends - self._clock()) if ends else _UNKNOWN_LIFE
        return TokenAnswer(token, life)


class Proxied:
    """The way to Graph through Nango, which adds the token: Graph never gets Nango's key."""

    def __init__(self, settings: Settings) -> None:
        self._root = f"{settings.nango_host}/proxy"
        self._headers = {
            "Authorization": f"Bearer {settings.need('nango_secret_key')}",
            "Connection-Id": settings.need("nango_connection_id"),
            "Provider-Config-Key": settings.need("nango_integration_id"),
        }
        if settings.graph_url != CLOUDS["global"][1]:
            self._headers["Base-Url-Override"] = settings.graph_url
        self._signed = threading.local()

    def __call__(self, request: requests.PreparedRequest, token: str) -> None:
        """Redirect a request through Nango, with path and query unchanged byte for byte."""
        url = request.url or ""
        request.url = self._root + url[url.index("/", len("https://")) :]
        for name, value in list(request.headers.items()):
            if name.lower() not in _OWN:
                request.headers[f"Nango-Proxy-{name}"] = value
        request.headers.update(self._headers)
        self._signed.token = token

    def knows(self, request: requests.PreparedRequest) -> bool:
        """Whether a request already leads through Nango."""
        return request.headers.get("Authorization") == self._headers["Authorization"] and (
            request.url or ""
        ).startswith(f"{self._root}/")

    def rejected(self, header: str) -> str:  # noqa: ARG002 - it is the key in every request
        """The rejected token: the last one of this thread."""
        return getattr(self._signed, "token", "")
