"""The adapter of requests with the tap's own rules for TLS, proxies and timeouts."""

from __future__ import annotations

import base64
import math
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_auth_from_url
from typing_extensions import override

from tap_msteams.bounds import TOKEN_BYTES
from tap_msteams.transport.bounds import bound
from tap_msteams.transport.failures import Route, told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3.util import Retry

    from tap_msteams.transport.proxies import Proxies


Timeouts = tuple[float | None, float | None]
"""Seconds to connect, and between two pieces of an answer; None waits without end."""


Limits = tuple[float, float]
"""Seconds and bytes of a whole answer."""


class Transport(HTTPAdapter):
    """Connections with one TLS context, one rule for proxies, and default timeouts."""

    def __init__(  # noqa: PLR0913 - each of these is a decision of its own
        self,
        tls: ssl.SSLContext,
        timeouts: Timeouts,
        proxies: Proxies | None = None,
        *,
        origin_setting: str | None = None,
        proxy_tls: ssl.SSLContext | None = None,
        connections: int = 4,
        retries: Retry | int = 0,
        limits: Limits = (math.inf, math.inf),
    ) -> None:
        """Verify servers by `tls`, and proxies with TLS of their own by `proxy_tls`.

        `origin_setting` names the setting that decides the server. A whole answer keeps within
        the `limits`.
        """
        # One context for all connections reads the certificate authorities once.
        self._tls = tls
        self._proxy_tls = proxy_tls or tls
        self._timeouts = timeouts
        self._limits = limits
        self._proxies = proxies
        self._origin_setting = origin_setting
        # A context without verification has checked the pin itself, or its user was warned.
        self._verify = tls.verify_mode != ssl.CERT_NONE
        super().__init__(pool_maxsize=connections, max_retries=retries)

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls)
        bound(self.poolmanager, *self._limits)

    @override
    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        if proxy.startswith("https:"):
            kwargs["proxy_ssl_context"] = self._proxy_tls
        known = proxy in self.proxy_manager
        pools = super().proxy_manager_for(proxy, **kwargs, ssl_context=self._tls)
        if not known:
            bound(pools, *self._limits)
        return pools

    @override
    def proxy_headers(self, proxy: str) -> dict[str, str]:
        # requests fails at letters that are not in latin-1.
        username, password = get_auth_from_url(proxy)
        if not username:
            return {}
        pair = base64.b64encode(f"{username}:{password}".encode()).decode()
        return {"Proxy-Authorization": f"Basic {pair}"}

    @override
    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: the TLS context verifies."""

    @override
    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        url = request.url or ""
        found = self._proxies.find(url) if self._proxies else {}
        wait: Any = self._timeouts if timeout is None else timeout
        try:
            return super().send(
                request,
                stream=stream,
                timeout=wait,
                verify=self._verify,
                cert=cert,
                proxies=found,
            )
        except requests.RequestException as error:
            waits = dict(zip(("connect_timeout", "request_timeout"), self._timeouts, strict=True))
            route = Route(
                server=urlsplit(url).netloc,
                origin_setting=self._origin_setting,
                timeouts=waits,
                proxy=found.get("all"),
                proxies=self._proxies,
            )
            raise told(error, route) from error


class DirectTransport(Transport):
    """Connections that no proxy may see."""

    @override
    def __init__(
        self, tls: ssl.SSLContext, timeouts: Timeouts, *, retries: Retry | int = 0
    ) -> None:
        super().__init__(tls, timeouts, retries=retries, limits=limits_of_tokens(timeouts))


def limits_of_tokens(timeouts: Timeouts) -> Limits:
    """The limits of an answer with a token: whoever waits for it holds the lock of the store."""
    return 2 * (timeouts[1] or math.inf), TOKEN_BYTES.value
