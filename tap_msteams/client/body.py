"""Bodies of answers: read within bounds, with broken texts repaired."""

from __future__ import annotations

import codecs
import re
import zlib
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import HTTPError, IncompleteRead

if TYPE_CHECKING:
    import urllib3

# PostgreSQL takes no NUL in a text; the escape is real after an even number of backslashes only.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")

# A text that does not end is one, too: otherwise each quote in it would be looked at as a start.
TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
_TEXTS = re.compile(TEXT, re.DOTALL)
_TEXTS_AND_BRACKETS = re.compile(TEXT + rb"|[\[\]{}]", re.DOTALL)

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

_PIECE = 1 << 15

_CHUNK = 1 << 20
"""Bytes read at once where an answer does not tell its length."""

_GZIP, _GZIP_HEADER = b"\x1f\x8b", 16


class LargeBodyError(Exception):
    """A body that is larger than any of Graph's."""


def body_of(response: requests.Response, most: int) -> bytes:
    """The body of an answer, decompressed; raises LargeBodyError beyond `most` bytes.

    Neither by requests nor in pieces: each would copy the whole body once more.
    """
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    try:
        body = _received(response.raw, most)
        if encoding == "identity" or not body:
            return body
        if encoding == "gzip":
            return _unzipped(body, most)
    except (HTTPError, zlib.error) as error:
        raise requests.ConnectionError(error) from error
    finally:
        if not response.raw.closed:
            response.close()
    msg = f"the answer is encoded as {encoding[:40]}, which nobody has asked for"
    raise requests.ConnectionError(msg)


def _received(raw: urllib3.HTTPResponse, most: int) -> bytes:
    """The bytes that come, still compressed."""
    if raw.length_remaining is not None:
        if raw.length_remaining > most:
            raise LargeBodyError
        body = raw.read(decode_content=False)
        if raw.length_remaining:
            raise IncompleteRead(len(body), raw.length_remaining)
        return body
    pieces: list[bytes] = []
    left = most
    while piece := raw.read(_CHUNK, decode_content=False):
        pieces.append(piece)
        left -= len(piece)
        if left < 0:
            raise LargeBodyError
    return b"".join(pieces)


def _unzipped(body: bytes, most: int) -> bytes:
    pieces: list[bytes] = []
    while not pieces or body.startswith(_GZIP):  # which may come in several members
        unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | _GZIP_HEADER)
        pieces.append(unzip.decompress(body, most + 1))
        most -= len(pieces[-1])
        if most < 0:
            raise LargeBodyError
        if not unzip.eof:
            msg = "the compressed answer ends early"
            raise zlib.error(msg)
        body = unzip.unused_data
    return b"".join(pieces)


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
