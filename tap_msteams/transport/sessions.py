"""Sessions: one for each kind of service."""

from __future__ import annotations

import logging
import math
import platform
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import requests

from tap_msteams.bounds import ANSWER_SECONDS
from tap_msteams.settings import label
from tap_msteams.transport.adapter import DirectTransport, Limits, Transport, limits_of_tokens
from tap_msteams.transport.proxies import Proxies
from tap_msteams.transport.retries import LONGER, UNAVAILABLE, TokenRetry
from tap_msteams.transport.trust import authorities, tls

if TYPE_CHECKING:
    from urllib3.util import Retry

    from tap_msteams.settings import Settings
    from tap_msteams.transport.adapter import Timeouts

MACHINE_TIMEOUTS = (5.0, 30.0)
"""Seconds for the instance metadata address, on the machine itself, which may be busy."""

UPDATING = frozenset({404, 410})
"""Statuses of a metadata service that is being updated, for which Microsoft asks for 70 seconds.

https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling
"""

_LOGGER = logging.getLogger(__name__)


def session(settings: Settings) -> requests.Session:
    """The session for Graph, without retries: these are the client's."""
    transport = _transport(
        settings,
        "graph_url",
        connections=settings.concurrency,
        limits=(ANSWER_SECONDS.value, math.inf),
    )
    return _session(settings, transport)


def identity_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for Entra ID; retries below MSAL, which remembers a refusal for a minute."""
    return _token_session(settings, "authority_host", "Entra ID", backoff)


def broker_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for a broker that hands out tokens."""
    return _token_session(settings, "nango_host", "Nango", backoff)


def machine_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for the identity endpoint of the machine that the tap runs on."""
    retries = TokenRetry.with_service(
        "The managed identity endpoint",
        backoff,
        attempts=LONGER,
        connect=1,
        read=0,
        statuses=UPDATING | UNAVAILABLE,
    )
    direct = DirectTransport(authorities(settings.ca_bundle), MACHINE_TIMEOUTS, retries=retries)
    return _plain(_session(settings, direct))


def _token_session(
    settings: Settings, origin_setting: str, service: str, backoff: float
) -> requests.Session:
    retries = TokenRetry.with_service(service, backoff)
    limits = limits_of_tokens(timeouts(settings))
    transport = _transport(settings, origin_setting, retries=retries, limits=limits)
    return _plain(_session(settings, transport))


def _transport(
    settings: Settings,
    origin_setting: str,
    *,
    connections: int = 4,
    retries: Retry | int = 0,
    limits: Limits,
) -> Transport:
    """The adapter for services on the network."""
    context = tls(settings)
    if not (settings.tls_verify or settings.certificate_fingerprint):
        _LOGGER.warning(
            "%s is false: nobody checks who answers at %s, and anyone on the way can read the data "
            "and the token",
            label("tls_verify"),
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
        limits=limits,
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


def _plain(session: requests.Session) -> requests.Session:
    """A session that asks for no compression, so that the bytes of an answer bound it."""
    session.headers["Accept-Encoding"] = "identity"
    return session


def user_agent(operator: str | None = None) -> str:
    """The User-Agent: the tap, its version, and its operator where that is set."""
    name = (
        f"tap-msteams/{_version('tap-msteams')} "
        f"(singer-sdk/{_version('singer-sdk')}; python/{platform.python_version()})"
    )
    return " ".join([name, *(operator or "").split()])


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # not installed, but run from a folder
        return "0"
