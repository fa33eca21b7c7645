"""Reach: the way to a service, checked step by step: name, connection, TLS, HTTP."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from tap_msteams.errors import http_date
from tap_msteams.preflight.check import Check
from tap_msteams.transport import reason
from tap_msteams.transport.proxies import Proxies, address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_msteams.settings import Settings

CLOCK_SECONDS = 120.0
"""Seconds between two clocks that are reported: a signed assertion lives for minutes."""

_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


@dataclass(frozen=True)
class ServiceAnswer:
    """The first answer of a service."""

    headers: Mapping[str, str]
    """The headers, whose names may be spelt in either case."""
    ahead: float | None
    """Seconds that the service's clock is ahead of this machine's."""


@dataclass(frozen=True)
class Service:
    """A service that a run needs."""

    name: str
    url: str
    setting: str
    """The setting that decides its address."""
    session: Callable[[], requests.Session]


def reach(service: Service, settings: Settings) -> tuple[Check, ServiceAnswer | None]:
    """Check the way to a service up to the first step that fails."""
    proxy = Proxies(settings).find(service.url).get("all")
    first = urlsplit(proxy or service.url)
    host, port = first.hostname or "", first.port or _PORTS.get(first.scheme, 443)
    way = f"through the proxy {address(proxy)}" if proxy else "directly"
    steps: list[str] = []

    def stopped(step: str, text: str, remedy: str) -> tuple[Check, None]:
        told = f"{', '.join([*steps, f'{step} fails'])} ({way}): {text}"
        return Check(service.name, "failed", told, remedy), None

    where = f"'{'proxy_url' if proxy else service.setting}'"
    remedy = f"check the network of this machine and {where}"
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return stopped("DNS", f"the name {host} cannot be resolved", remedy)
    steps.append("DNS ok")
    try:
        with contextlib.closing(
            socket.create_connection((host, port), settings.connect_timeout or None)
        ):
            pass
    except OSError as error:
        text = f"{host}:{port} takes no connection ({error.strerror or error})"
        blocked = "have the firewall let this machine through, or set 'proxy_url'"
        return stopped("TCP", text, f"{remedy}; {blocked}")
    steps.append("TCP ok")
    begun = time.monotonic()
    try:
        with service.session() as session:
            response = session.get(service.url, allow_redirects=False)
    except requests.exceptions.ProxyError as error:
        return stopped("proxy", reason(error), "")
    except requests.exceptions.SSLError as error:
        return stopped("TLS", reason(error), "")
    except requests.RequestException as error:
        return stopped("HTTP", reason(error), remedy)
    took = (time.monotonic() - begun) * 1000
    served = http_date(response.headers.get("Date"))
    ahead = (served - datetime.now(UTC)).total_seconds() if served else None
    text = f"{', '.join(steps)}, TLS ok, HTTP {response.status_code} in {took:.0f} ms ({way})"
    return Check(service.name, "ok", text), ServiceAnswer(response.headers, ahead)


def clocks(answers: dict[str, ServiceAnswer]) -> Check | None:
    """Check the clock of this machine against the services'; None where none answered."""
    known = {name: answer.ahead for name, answer in answers.items() if answer.ahead is not None}
    if not known:
        return None
    name, ahead = max(known.items(), key=lambda item: abs(item[1]))
    if abs(ahead) < CLOCK_SECONDS:
        return Check("clock", "ok", f"within {max(1, round(abs(ahead)))} s of {name}")
    slow = "behind" if ahead > 0 else "ahead of"
    return Check(
        "clock",
        "warning",
        f"this machine is {abs(ahead):.0f} s {slow} {name}",
        "set the clock of this machine: signatures and tokens are only good at their time",
    )
