"""Sessions: how this tap reaches Graph, Entra ID and a machine's identity endpoint.

Nothing of the environment works unseen: no `~/.netrc`, and proxies and certificate authorities
are looked up here.
"""

from __future__ import annotations

import os
import platform
import ssl
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from typing_extensions import override
from urllib3.util import Retry

from tap_msteams.errors import SettingsError
from tap_msteams.settings import env_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams.settings import Settings

GRAPH_TIMEOUTS = (10.0, 60.0)
"""Seconds to connect, and between two pieces of an answer."""

IDENTITY_TIMEOUTS = (10.0, 30.0)

MACHINE_TIMEOUTS = (1.0, 10.0)
"""The instance metadata address is on the machine itself or it is not there at all."""

_BRIEFLY_UNAVAILABLE = (429, 500, 502, 503, 504)


class Transport(HTTPAdapter):
    """Connections with one TLS context, proxies by the environment, and timeouts by default."""

    def __init__(
        self,
        tls: ssl.SSLContext,
        timeouts: tuple[float, float],
        connections: int = 4,
        retries: Retry | int = 0,
    ) -> None:
        # One context for all connections reads the certificate authorities once.
        self._tls = tls
        self._timeouts = timeouts
        self._proxies: dict[tuple[str, str], dict[str, str]] = {}
        super().__init__(pool_maxsize=connections, max_retries=retries)

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._tls)

    @override
    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, **kwargs, ssl_context=self._tls)

    @override
    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave it to the context."""

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
        return super().send(
            request,
            stream=stream,
            timeout=self._timeouts if timeout is None else timeout,
            verify=True,
            cert=cert,
            proxies=proxies or self.proxies(request.url or ""),
        )

    def proxies(self, url: str) -> dict[str, str]:
        """The proxy for a URL by HTTPS_PROXY and NO_PROXY, looked up once for each origin."""
        origin = urlsplit(url)[:2]
        found = self._proxies.get(origin)
        if found is None:
            found = self._proxies[origin] = get_environ_proxies(url, None)
        return found


class DirectTransport(Transport):
    """Connections that no proxy may see."""

    @override
    def proxies(self, url: str) -> dict[str, str]:
        return {}


def session(settings: Settings) -> requests.Session:
    """The session for Graph; sending again is the Graph client's decision."""
    return _session(
        settings,
        Transport(_tls(settings.ca_bundle), GRAPH_TIMEOUTS, settings.concurrency),
    )


def identity_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for Entra ID; asks again below MSAL, which remembers a refusal for a minute."""
    retries = Retry(
        total=3,
        connect=2,
        read=1,
        other=0,  # neither a certificate nor a proxy's password gets better
        allowed_methods=None,
        status_forcelist=_BRIEFLY_UNAVAILABLE,
        backoff_factor=backoff,
        raise_on_status=False,
        retry_after_max=60,
    )
    return _session(
        settings,
        Transport(_tls(settings.ca_bundle), IDENTITY_TIMEOUTS, retries=retries),
    )


def machine_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for the identity endpoint of the machine that the tap runs on."""
    # 404 and 410 pass, too: the endpoint is being updated.
    # https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling
    retries = Retry(
        total=3,
        connect=1,
        read=0,
        other=0,
        allowed_methods=None,
        status_forcelist=(404, 410, *_BRIEFLY_UNAVAILABLE),
        backoff_factor=backoff,
        raise_on_status=False,
        retry_after_max=60,
    )
    return _session(
        settings,
        DirectTransport(_tls(settings.ca_bundle), MACHINE_TIMEOUTS, retries=retries),
    )


def _session(settings: Settings, transport: Transport) -> requests.Session:
    result = requests.Session()
    result.trust_env = False
    # Neither service needs a cookie, and all threads would share it.
    result.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    result.mount("https://", transport)
    result.mount("http://", transport)
    result.headers["User-Agent"] = user_agent(settings.user_agent)
    return result


def user_agent(operator: str | None = None) -> str:
    """What this tap calls itself, and who runs it where that is set."""
    name = (
        f"tap-msteams/{_version('tap-msteams')} "
        f"(singer-sdk/{_version('singer-sdk')}; python/{platform.python_version()})"
    )
    return " ".join([name, *(operator or "").split()])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a folder, not installed
        return "0"


def _tls(ca_bundle: str | None) -> ssl.SSLContext:
    """Verification against the authorities of the setting, the environment or certifi."""
    where, path = "the certificate authorities that come with requests", DEFAULT_CA_BUNDLE_PATH
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        if value := os.environ.get(name):
            where, path = f"the environment variable {name}", value
    if ca_bundle:
        where, path = f"'ca_bundle' (env {env_name('ca_bundle')})", ca_bundle
    try:
        if Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except FileNotFoundError as error:
        msg = f"{where}: there is no file {path}"
        raise SettingsError(msg) from error
    except OSError as error:  # an SSLError is one, too
        msg = f"{where}: {path} is no readable PEM file with certificates"
        raise SettingsError(msg) from error
