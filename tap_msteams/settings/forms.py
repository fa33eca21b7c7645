"""Forms: the formats of texts, each with its description."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SERVICES = {"calls", "directory", "files", "presence", "reports", "teams"}

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True)
class Form:
    """A format that a text has to have."""

    fits: Callable[[Any], object]
    """Returns a true value for a text of this form, or a list of such texts."""
    what: str
    json_type: type[th.StringType] = th.StringType


def parse_moment(text: str) -> datetime:
    """The moment in an ISO 8601 text, in UTC where it names no zone."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_moment(text: str) -> bool:
    try:
        parse_moment(text)
    except (OverflowError, ValueError):
        return False
    return True


def _split(text: str) -> SplitResult | None:
    """The parts of a URL; None where the text is no URL."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_bare(parts: SplitResult) -> bool:
    """Whether a URL has nothing after its host and port."""
    return bool(parts.hostname) and parts.path in {"", "/"} and not (parts.query or parts.fragment)


def _is_origin(text: str) -> bool:
    parts = _split(text)
    return (
        parts is not None
        and parts.scheme == "https"
        and _is_bare(parts)
        and not re.search(r"[@\\\s]", parts.netloc)
    )


def _is_proxy(text: str) -> bool:
    parts = _split(text)
    return (
        parts is not None
        and parts.scheme in PROXY_SCHEMES
        and _is_bare(parts)
        and not re.search(r"\s", text)
    )


def _is_page(text: str) -> bool:
    parts = _split(text)
    return (
        parts is not None
        and bool(parts.scheme and (parts.netloc or parts.path))
        and not re.search(r"[\s#]", text)
    )


def _is_fingerprint(text: str) -> bool:
    pins = re.split(r"[,\s]+", text.strip().replace(":", ""))
    return all(re.fullmatch(r"[0-9a-fA-F]{64}", pin) for pin in pins)


def shares_of(entries: Iterable[str]) -> dict[str, float]:
    """The shares in entries like files=0.5; raises ValueError where one says something else."""
    shares = {
        service.strip(): float(share) for service, _, share in (it.partition("=") for it in entries)
    }
    if not {*shares} <= _SERVICES or not all(0 < it < inf for it in shares.values()):
        raise ValueError
    return shares


def _are_shares(entries: list[str]) -> bool:
    try:
        shares_of(entries)
    except ValueError:
        return False
    return True


WORD = Form(
    # An empty value is reported as missing, which says more.
    re.compile(r"[!-~]*").fullmatch,
    "of plain ASCII letters without white space or line breaks: copy it again",
)
TENANT = Form(
    re.compile(r"([0-9A-Za-z][0-9A-Za-z.-]*)?").fullmatch,
    "the tenant's GUID or domain",
)
HEADER = Form(
    re.compile(r"[ -~]*").fullmatch,
    "of plain ASCII letters: it goes into an HTTP header",
)
ORIGIN = Form(_is_origin, "an origin like https://graph.microsoft.com")
PROXY = Form(
    _is_proxy,
    "an address like http://proxy.example:8080, with http, https, socks5 or socks5h; what is "
    "special in its user and password is percent-encoded, or goes into 'proxy_username' and "
    "'proxy_password' as it is",
)
SHARES = Form(
    _are_shares,
    f"a list of shares above 0 like files=0.5, for {', '.join(sorted(_SERVICES))}",
)
PAGE = Form(_is_page, "an address like http://localhost:33333")
FINGERPRINT = Form(
    _is_fingerprint,
    "the 64 hexadecimal digits of a SHA-256 fingerprint, several with commas between them",
)
MOMENT = Form(
    _is_moment,
    "a date like 2026-01-31 or 2026-01-31T00:00:00Z",
    json_type=th.DateTimeType,
)
