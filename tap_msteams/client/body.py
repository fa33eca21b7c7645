"""Bodies of answers: what is wrong with their texts is repaired."""

from __future__ import annotations

import codecs
import re

# PostgreSQL takes no NUL in a text; the escape is real after an even number of backslashes only.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")

# A text that does not end is one, too: otherwise each quote in it would be looked at as a start.
_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
_TEXTS = re.compile(_TEXT, re.DOTALL)
_TEXTS_AND_BRACKETS = re.compile(_TEXT + rb"|[\[\]{}]", re.DOTALL)

# Pairs of surrogates and other escapes are matched so that they are skipped.
_FLAWS = re.compile(
    rb"\\u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}"
    rb"|(?P<half>\\u[Dd][89A-Fa-f][0-9A-Fa-f]{2})"
    rb"|\\."
    rb"|(?P<control>[\x00-\x1f])",
    re.DOTALL,
)

_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
"""Line breaks between values become spaces: a line break ends a Singer message."""

_ROW_DEPTH = 3
"""The depth of a row: an object in a list in a page."""

TOO_DEEP = b'"too deep"'
"""The mark in place of a row that is too deep to decode."""

_DEEPEST = 200
"""The greatest depth of a row that is kept where a page is too deep to decode."""

_PIECE = 1 << 16


def readable(body: bytes) -> bytes:
    """The body as targets can read it: UTF-8, without NUL, on one line."""
    body = body.removeprefix(codecs.BOM_UTF8)
    if not _is_utf_8(body):
        body = body.decode(errors="replace").encode()
    # From the end, since CPython searches forward for such a short text three times slower.
    if body.rfind(rb"\u0000") >= 0:
        body = _NUL.sub(rb"\1", body)
    if b"\n" in body or b"\r" in body:
        body = repaired(body).translate(_ON_ONE_LINE)
    return body


def _is_utf_8(body: bytes) -> bool:
    """Whether the body is UTF-8; read in pieces, since a long text takes new memory each time."""
    pieces, done = memoryview(body), 0
    try:
        while done < len(body):
            piece = pieces[done : done + _PIECE]
            done += codecs.utf_8_decode(piece, "strict", len(piece) < _PIECE)[1]
    except UnicodeDecodeError:
        return False
    return True


def repaired(body: bytes) -> bytes:
    """The body with texts that JSON allows: half of a surrogate pair becomes U+FFFD.

    Control characters become escapes; everything else stays byte for byte.
    """
    return _TEXTS.sub(lambda text: _FLAWS.sub(_repair, text[0]), body)


def _repair(flaw: re.Match[bytes]) -> bytes:
    if flaw["half"]:
        return rb"\ufffd"
    if flaw["control"]:
        return b"\\u%04x" % flaw["control"][0] if flaw["control"] > b"\0" else b""
    return flaw[0]


def without_deep_rows(body: bytes) -> bytes:
    """The body with a mark in place of each row that is too deep to decode."""
    kept: list[bytes] = []
    depth = deepest = start = end = 0
    for mark in _TEXTS_AND_BRACKETS.finditer(body):
        if mark[0] in (b"[", b"{"):
            depth += 1
            if depth == _ROW_DEPTH:
                start, deepest = mark.start(), depth
            deepest = max(deepest, depth)
        elif mark[0] in (b"]", b"}"):
            if depth == _ROW_DEPTH and deepest > _DEEPEST:
                kept += (body[end:start], TOO_DEEP)
                end = mark.end()
            depth -= 1
    return b"".join((*kept, body[end:]))
