"""Sessions: one for each kind of service."""

from __future__ import annotations

import logging
import platform
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import requests
from urllib3.util import Retry

from tap_msteams.settings import env_name
from tap_msteams.transport.adapter import DirectTransport, Transport
from tap_msteams.transport.proxies import Proxies
from tap_msteams.transport.trust import authorities, tls

if TYPE_CHECKING:
    from tap_msteams.settings import Settings
    from tap_msteams.transport.adapter import Timeouts

MACHINE_TIMEOUTS = (5.0, 30.0)
"""Seconds for the instance metadata address, on the machine itself, which may be busy."""

_BRIEFLY_UNAVAILABLE = (429, 500, 502, 503, 504)

_LOGGER = logging.getLogger(__name__)


def session(settings: Settings) -> requests.Session:
    """The session for Graph, without retries: these are the client's."""
    return _session(settings, _transport(settings, "graph_url", connections=settings.concurrency))


def identity_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for Entra ID; retries below MSAL, which remembers a refusal for a minute."""
    return _session(settings, _transport(settings, "authority_host", retries=_retries(backoff)))


def broker_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for a broker that hands out tokens."""
    return _session(settings, _transport(settings, "nango_host", retries=_retries(backoff)))


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
    direct = DirectTransport(authorities(settings.ca_bundle), MACHINE_TIMEOUTS, retries=retries)
    return _session(settings, direct)


def _retries(backoff: float) -> Retry:
    return Retry(
        total=3,
        connect=2,
        read=1,
        other=0,  # a wrong certificate or proxy password stays wrong
        allowed_methods=None,
        status_forcelist=_BRIEFLY_UNAVAILABLE,
        backoff_factor=backoff,
        raise_on_status=False,
        retry_after_max=60,
    )


def _transport(
    settings: Settings,
    origin_setting: str,
    *,
    connections: int = 4,
    retries: Retry | int = 0,
) -> Transport:
    """The adapter for services on the network."""
    context = tls(settings)
    if not (settings.tls_verify or settings.certificate_fingerprint):
        _LOGGER.warning(
            "'tls_verify' (env %s) is false: nobody checks who answers at %s, and anyone on the "
            "way can read the data and the token",
            env_name("tls_verify"),
            getattr(settings, origin_setting),
        )
    pinned = bool(settings.certificate_fingerprint)
    return Transport(
        context,
        timeouts(settings),
        Proxies(settings),
        origin_setting=origin_setting,
        # The pin is the server's, not the proxy's.
        proxy_tls=authorities(settings.ca_bundle) if pinned else context,
        connections=connections,
        retries=retries,
    )


def timeouts(settings: Settings) -> Timeouts:
    """Seconds to connect, and between two pieces of an answer; 0 waits without end."""
    return settings.connect_timeout or None, settings.request_timeout or None


def _session(settings: Settings, transport: Transport) -> requests.Session:
    result = requests.Session()
    result.trust_env = False
    # No service needs cookies, which all threads would share.
    result.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    result.mount("https://", transport)
    result.mount("http://", transport)
    result.headers["User-Agent"] = user_agent(settings.user_agent)
    return result


def user_agent(operator: str | None = None) -> str:
    """The User-Agent: the tap, its version, and its operator where that is set."""
    name = (
        f"tap-msteams/{_version('tap-msteams')} "
        f"(singer-sdk/{_version('singer-sdk')}; python/{platform.python_version()})"
    )
    return " ".join([name, *(operator or "").split()])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # not installed, but run from a folder
        return "0"
