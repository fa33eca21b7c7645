"""Instants: milliseconds since 1970, and their form in Graph."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPELLING = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d))?")


def iso(instant: int) -> str:
    """Return an instant in ISO 8601 like .NET: UTC, without trailing zeros."""
    seconds, fraction = divmod(instant, SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:03d}".rstrip("0").rstrip(".") + "Z" if fraction else text + "Z"


def parse(text: str) -> float:
    """Return the milliseconds of an OData DateTimeOffset literal, or raise ValueError."""
    if not _SPELLING.fullmatch(text):
        msg = f"'{text}' is not a DateTimeOffset"
        raise ValueError(msg)
    value = datetime.fromisoformat(text)
    value = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (value - _EPOCH) / timedelta(milliseconds=1)
