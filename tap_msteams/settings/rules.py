"""What a setting is declared with, and whether a value keeps to it."""

from __future__ import annotations

import math
import re
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SCHEMES = {"http", "https", "socks5", "socks5h"}


def setting(  # noqa: PLR0913 - the columns of the settings table
    kind: th.JSONTypeHelper[Any] | type[th.JSONTypeHelper[Any]],
    description: str,
    *,
    default: Any = None,  # noqa: ANN401 - the type is the field's
    choices: tuple[str, ...] | None = None,
    form: str | None = None,
    secret: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Any:  # noqa: ANN401 - a dataclass field
    """Declare one setting: its JSON type, what it does, and what it may be."""
    metadata = {
        "type": kind,
        "description": description,
        "choices": choices,
        "form": form,
        "secret": secret,
        "minimum": minimum,
        "maximum": maximum,
    }
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def env_name(key: str) -> str:
    """The environment variable of a setting."""
    return f"TAP_MSTEAMS_{key.upper()}"


def parse_moment(text: str) -> datetime:
    """A moment in ISO 8601; taken as UTC where it names no zone."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def coerce(kind: object, value: Any) -> Any:  # noqa: ANN401 - whatever the configuration holds
    """A value as its type wants it; the environment has only texts."""
    if kind is th.NumberType and not isinstance(value, bool):
        return float(value)
    if kind is th.IntegerType and isinstance(value, str):
        return int(value)
    return value


def wrong_value(key: str, value: object, rule: Mapping[str, Any]) -> Iterator[str]:
    """One line for each thing wrong with a value; never the value, which may be secret."""
    where = f"'{key}' (env {env_name(key)})"
    kind = rule["type"]
    expected = {
        th.StringType: str,
        th.DateTimeType: str,
        th.IntegerType: int,
        th.NumberType: float,
        th.BooleanType: bool,
    }.get(kind, list)
    try:
        value = coerce(kind, value)
    except (TypeError, ValueError):
        value = None
    if not _fits(value, expected):
        name = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
        yield f"{where} must be {name.get(expected, 'a list of texts')}"
        return
    values = value if isinstance(value, list) else [value]
    if isinstance(value, list) and not all(it.strip() for it in value):
        yield f"{where} has an entry of nothing: remove it"
    if rule["choices"] and not {*values} <= {*rule["choices"]}:
        yield f"{where} must be one of {', '.join(rule['choices'])}"
    if rule["minimum"] is not None and value < rule["minimum"]:
        yield f"{where} must be at least {rule['minimum']}"
    if rule["maximum"] is not None and value > rule["maximum"]:
        yield f"{where} must be at most {rule['maximum']}"
    if kind is th.DateTimeType and not _is_moment(str(value)):
        yield f"{where} must be a date like 2026-01-31 or 2026-01-31T00:00:00Z"
    if rule["form"]:
        keeps_to, what = FORMS[rule["form"]]
        if not keeps_to(str(value)):
            yield f"{where} must be {what}"


def _fits(value: object, kind: type) -> bool:
    """Whether a value is of a type; for numbers and lists as JSON has them."""
    if isinstance(value, bool):
        return kind is bool
    if isinstance(value, float):
        return kind is float and math.isfinite(value)
    if isinstance(value, list):
        return kind is list and all(isinstance(item, str) for item in value)
    return isinstance(value, kind)


def _is_moment(text: str) -> bool:
    try:
        parse_moment(text)
    except (OverflowError, ValueError):
        return False
    return True


def _is_origin(text: str) -> bool:
    """Whether a text is a place that https leads to, without anything around it."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and bool(parts.hostname)
        and not re.search(r"[@\\\s]", parts.netloc)
        and parts.path in {"", "/"}
        and not (parts.query or parts.fragment)
    )


def _is_proxy(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in _SCHEMES
        and bool(parts.hostname)
        and not re.search(r"\s", text)
        and parts.path in {"", "/"}
        and not (parts.query or parts.fragment)
    )


def _is_page(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) and not re.search(r"[\s#]", text)


def _is_fingerprint(text: str) -> bool:
    pins = re.split(r"[,\s]+", text.strip().replace(":", ""))
    return all(re.fullmatch(r"[0-9a-fA-F]{64}", pin) for pin in pins)


FORMS: dict[str, tuple[Callable[[str], bool], str]] = {
    # A value that has none is dealt with as missing, which tells more.
    "word": (
        lambda text: bool(re.fullmatch(r"[!-~]*", text)),
        "of plain ASCII letters without white space or line breaks: copy it again",
    ),
    "tenant": (
        lambda text: bool(re.fullmatch(r"([0-9A-Za-z][0-9A-Za-z.-]*)?", text)),
        "the tenant's GUID or domain",
    ),
    "header": (
        lambda text: bool(re.fullmatch(r"[ -~]*", text)),
        "of plain ASCII letters: it goes into an HTTP header",
    ),
    "origin": (_is_origin, "an origin like https://graph.microsoft.com"),
    "proxy": (
        _is_proxy,
        (
            "an address like http://proxy.example:8080, with http, https, socks5 or socks5h; what "
            "is special in its user and password is percent-encoded, or goes into "
            "'proxy_username' and 'proxy_password' as it is"
        ),
    ),
    "page": (_is_page, "an address like http://localhost:33333"),
    "fingerprint": (
        _is_fingerprint,
        "the 64 hexadecimal digits of a SHA-256 fingerprint, several with commas between them",
    ),
}
"""What a text has to look like, and how to say so."""
