"""Failures below HTTP, each in a line with the reason and the setting to change."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import NameResolutionError

from tap_msteams.settings import label
from tap_msteams.transport.bounds import OverdueError
from tap_msteams.transport.proxies import address
from tap_msteams.transport.trust import PinMismatchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_msteams.transport.proxies import Proxies

_EXPIRED, _NOT_YET_VALID, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64
"""OpenSSL's numbers. https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/"""

_DROPPED = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""Errors of a connection that ends during the handshake, which may be temporary."""

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}[^'\"]*)")
_TIMEOUT = re.compile(r"timeout=([\d.]+)")
_PROXY_WANTS_CREDENTIALS = "407"


@dataclass(frozen=True)
class Route:
    """The route to a server."""

    server: str
    """Its name and port."""
    origin_setting: str | None
    """The setting that decides the server."""
    timeouts: Mapping[str, float | None]
    """Timeouts in seconds, by setting."""
    proxy: str | None
    proxies: Proxies | None


def told(error: requests.RequestException, route: Route) -> requests.RequestException:
    """The error in a line: a ProxyError or SSLError where only a setting will help."""
    causes = list(_causes(error))
    kind, line = (
        _of_the_proxy(error, causes, route)
        or _of_the_certificate(causes, route)
        or _of_the_connection(error, causes, route)
    )
    return kind(line, request=error.request)


def reason(error: BaseException) -> str:
    """The reason of an error in a line, without addresses of objects in memory."""
    if isinstance(error, requests.RequestException) and error.args:
        line = error.args[0]
        if isinstance(line, str):
            return line
    innermost = list(_causes(error))[-1]
    text = str(innermost) or type(innermost).__name__
    return re.sub(r"<[^>]*>:? ?|\(?host='[^']*'.*?\): ?", "", text).strip()[:200]


_Told = tuple[type[requests.RequestException], str]


def _of_the_proxy(
    error: requests.RequestException, causes: list[BaseException], route: Route
) -> _Told | None:
    if not (route.proxy and route.proxies):
        return None
    barred = requests.exceptions.ProxyError
    where = f"the proxy {address(route.proxy)}"
    refusal = next((match for it in causes if (match := _TUNNEL.search(str(it)))), None)
    status = refusal[1].strip() if refusal else ""
    # PySocks has no types.
    socks = {type(it).__name__: str(it) for it in causes if type(it).__module__ == "socks"}
    if status.startswith(_PROXY_WANTS_CREDENTIALS) or "SOCKS5AuthError" in socks:
        line = f"{where} does not take this user: check {route.proxies.credentials}"
    elif passing := socks.get("SOCKS5Error") or (status.startswith("5") and status):
        return requests.ConnectionError, f"{where} cannot reach {route.server} ({passing})"
    elif status:
        line = (
            f"{where} does not let this tap through to {route.server} ({status}): have it allowed "
            f"there, or set {label('no_proxy')}"
        )
    elif not (isinstance(error, barred) or socks):
        return None
    elif unfit := [it for it in causes if isinstance(it, ssl.SSLCertVerificationError)]:
        line = _untrusted(unfit[0], route, f"the certificate of {where}")
    else:
        line = f"{where} cannot be reached ({reason(error)}): check {route.proxies.where}"
    return barred, line


def _of_the_certificate(causes: list[BaseException], route: Route) -> _Told | None:
    cause = next((it for it in causes if isinstance(it, ssl.SSLError)), None)
    if cause is None or isinstance(cause, _DROPPED):
        return None
    if isinstance(cause, PinMismatchError):
        line = (
            "its certificate is another than the pinned one, it has the fingerprint "
            f"{cause.shown}: ask who runs {route.server} whether it was replaced, and set "
            f"{label('certificate_fingerprint')} to the new one"
        )
    elif isinstance(cause, ssl.SSLCertVerificationError):
        line = _untrusted(cause, route, "its certificate")
    else:
        line = f"no TLS connection comes about ({cause.reason or cause}): check {_origin(route)}"
    return requests.exceptions.SSLError, line


def _untrusted(cause: ssl.SSLCertVerificationError, route: Route, of: str) -> str:
    code = getattr(cause, "verify_code", 0)
    detail = getattr(cause, "verify_message", "") or str(cause)
    if code in {_OTHER_NAME, _OTHER_ADDRESS}:
        return f"{of} is for another name than {route.server}: check {_origin(route)}"
    if code == _EXPIRED:
        return f"{of} has expired: check the clock of this machine, or have it renewed"
    if code == _NOT_YET_VALID:
        return f"{of} is not valid yet: check the clock of this machine"
    return (
        f"{of} is not trusted ({detail.rstrip('.')}): set {label('ca_bundle')} to a PEM file "
        "with the certificate authority of your network, or to `system`"
    )


def _of_the_connection(
    error: requests.RequestException, causes: list[BaseException], route: Route
) -> _Told:
    overdue = next((it for it in causes if isinstance(it, OverdueError)), None)
    if overdue:
        return type(error), f"{overdue}: check the network and the proxy"
    late = next((match for it in causes if (match := _TIMEOUT.search(str(it)))), None)
    if late and isinstance(error, requests.exceptions.Timeout):
        line = f"no answer in {late[1]} seconds: check the network and the proxy"
        # urllib3 calls the handshake reading, but its timeout is that of connecting.
        names = [label(key) for key, wait in route.timeouts.items() if wait == float(late[1])]
        return type(error), line + (f", or raise {' or '.join(names)}" if names else "")
    if any(isinstance(cause, NameResolutionError) for cause in causes):
        line = f"the name of {route.server} cannot be resolved: check the network"
        return requests.ConnectionError, line
    dropped = isinstance(error, requests.exceptions.SSLError)
    return requests.ConnectionError if dropped else type(error), reason(error)


def _origin(route: Route) -> str:
    setting = label(route.origin_setting) if route.origin_setting else "its address"
    return f"{setting} and the proxy"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and its causes, from the outside in."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (getattr(cause, "reason", None), *cause.args, cause.__cause__, cause.__context__)
        waiting += [it for it in inner if isinstance(it, BaseException)]
