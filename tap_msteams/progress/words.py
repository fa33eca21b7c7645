"""Numbers in words."""

from __future__ import annotations

_MINUTE = 60
_HOUR = 60 * _MINUTE
_FEW = 10


def duration(seconds: float) -> str:
    """A number of seconds in its two largest units."""
    if seconds < _FEW:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"


def rate(number: float) -> str:
    """A number of requests a second."""
    return f"{number:.1f}" if number < _FEW else f"{number:.0f}"


def plural(number: int, noun: str) -> str:
    """A number with a noun."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
