"""Proxies: the proxy of each request."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies

from requests.utils import get_environ_proxies, select_proxy, should_bypass_proxies

from tap_msteams.errors import SettingsError
from tap_msteams.settings import env_name, label
from tap_msteams.settings.forms import PROXY_SCHEMES

if TYPE_CHECKING:
    from tap_msteams.settings import Settings


class Proxies:
    """The proxy for each origin, from the settings or else from the environment."""

    def __init__(self, settings: Settings) -> None:
        self.where = "the proxy in the environment (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY)"
        """The setting or variable of the proxy, in words."""
        self.credentials = f"the user and password of {self.where}, percent-encoded"
        """The settings of the proxy's user and password, in words."""
        self._proxy: str | None = None
        if settings.proxy_url:
            self.where = label("proxy_url")
            self.credentials = (
                f"'proxy_username' and 'proxy_password' (env {env_name('proxy_username')} and "
                f"{env_name('proxy_password')})"
            )
            self._proxy = _checked(
                settings.proxy_url, self.where, settings.proxy_username, settings.proxy_password
            )
        elif settings.proxy_username or settings.proxy_password:
            key = "proxy_username" if settings.proxy_username else "proxy_password"
            msg = f"{label(key)} needs {label('proxy_url')}"
            raise SettingsError(msg)
        self._exceptions: str | None = settings.no_proxy
        self._found: dict[tuple[str, ...], dict[str, str]] = {}

    def find(self, url: str) -> dict[str, str]:
        """The proxy for a URL, as requests wants it, looked up once for each origin."""
        origin = urlsplit(url)[:2]
        found = self._found.get(origin)
        if found is None:
            proxy = self._lookup(url)
            found = self._found[origin] = {"all": proxy} if proxy else {}
        return found

    def _lookup(self, url: str) -> str | None:
        if self._exceptions is not None and excepted(url, self._exceptions):
            return None
        if self._proxy:
            by_environment = self._exceptions is None and should_bypass_proxies(url, None)
            return None if by_environment else self._proxy
        found = get_environ_proxies(url, None) if self._exceptions is None else getproxies()
        proxy = select_proxy(url, found)
        return _checked(proxy, self.where) if proxy else None


def address(proxy: str) -> str:
    """A proxy's URL without user and password."""
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def excepted(url: str, exceptions: str) -> bool:
    """Whether a list of hosts, domains, addresses and networks includes the host of a URL.

    A domain includes the hosts below it, with or without a dot before it.
    """
    parts = urlsplit(url)
    host, port = (parts.hostname or "").lower(), parts.port or {"http": 80}.get(parts.scheme, 443)
    return any(_names(entry, host, port) for entry in re.split(r"[,\s]+", exceptions) if entry)


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    try:
        network = ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        name, _, only = entry.lower().partition(":")
        name = name.removeprefix("*").strip(".")
        return only in {"", str(port)} and (host == name or host.endswith(f".{name}"))
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


def _checked(
    proxy: str, where: str, username: str | None = None, password: str | None = None
) -> str:
    """The proxy's URL with its credentials, quoted; the named ones before those in the URL."""
    url = proxy.strip() if "://" in proxy else f"http://{proxy.strip()}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or (parts.path not in {"", "/"}) or parts.query or parts.fragment:
        # The message leaves out the value, which may hold a password.
        msg = (
            f"{where} is no address like http://proxy.example.com:8080: what is special in its "
            "user and password has to be percent-encoded, or goes into 'proxy_username' and "
            "'proxy_password' as it is"
        )
        raise SettingsError(msg)
    if parts.scheme not in PROXY_SCHEMES:
        msg = f"{where} must begin with one of {', '.join(f'{name}://' for name in PROXY_SCHEMES)}"
        raise SettingsError(msg)
    pair = [
        quote(given if given is not None else unquote(own or ""), safe="")
        for given, own in ((username, parts.username), (password, parts.password))
    ]
    if pair[1] and not pair[0]:
        msg = f"{where} has a password and no user: set 'proxy_username', or put the user into it"
        raise SettingsError(msg)
    userinfo = f"{':'.join(pair)}@" if pair[0] else ""
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{userinfo}{name}" + (f":{port}" if port else "")
