"""Mending: answers that are almost JSON lose single values only."""

from __future__ import annotations

import re

from tap_msteams.client.body import TEXT

_TEXT = b"(?P<text>" + TEXT + b")"

_FLAWS = re.compile(
    _TEXT
    + rb"|(?P<constant>-?\b(?:NaN|Infinity)\b)"
    # Zeros in front of a number; those of an exponent or behind a point are none.
    + rb"|(?<![\w.+-])(?P<sign>-?)0+(?=\d)",
    re.DOTALL,
)
_ESCAPES = re.compile(rb'\\(?:(?P<good>["\\/bfnrt]|u[0-9A-Fa-f]{4})|)')

_HUGE = re.compile(_TEXT + rb"|(?P<number>-?\d+(?:\.\d+)?[eE]\+?\d{3,}|-?\d{309,})", re.DOTALL)
"""Texts, and numbers that may be too large for a float."""


def mended(body: bytes) -> tuple[bytes, int]:
    """The body as JSON, and how many of its values are null because they are no numbers.

    Zeros in front of a number are removed, and a backslash that escapes nothing is escaped.
    """
    constants = 0

    def mend(found: re.Match[bytes]) -> bytes:
        nonlocal constants
        if found["text"]:
            return _ESCAPES.sub(_escaped, found["text"])
        if found["constant"]:
            constants += 1
            return b"null"
        return found["sign"] or b""

    return _FLAWS.sub(mend, body), constants


def _escaped(found: re.Match[bytes]) -> bytes:
    return found[0] if found["good"] else rb"\\"


def with_huge_numbers_as_texts(body: bytes) -> tuple[bytes, int]:
    """The body with texts in place of numbers too large for a float, and how many they are."""
    numbers = 0

    def quote(found: re.Match[bytes]) -> bytes:
        nonlocal numbers
        if found["text"]:
            return found["text"]
        numbers += 1
        return b'"%s"' % found["number"]

    return _HUGE.sub(quote, body), numbers
