"""Moments: times on Graph's clock as texts."""

from __future__ import annotations

from datetime import UTC, datetime

NEWEST = "9"
"""A text later than any moment: a row without a time of change counts as new."""

ENDLESS = "~"
"""A text later than all others that Graph may send in place of a moment."""

_FIRST_YEAR = 2000


def moment(value: datetime) -> str:
    """The text of a moment in STATE and in Graph's filters."""
    text = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def parsed(text: str) -> datetime:
    """The moment in a text of STATE; raises ValueError where the text is none."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None or value.year < _FIRST_YEAR:
        msg = f"'{text}' is no moment that Graph's clock could have shown"
        raise ValueError(msg)
    return value


def comparable(text: str) -> str:
    """A moment of Graph's with the zeros that Graph may trim, so that texts can be compared."""
    text = text.rstrip("Z")
    return text.rstrip("0").rstrip(".") if "." in text else text
