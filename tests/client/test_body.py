"""Laws of bodies: whole, decompressed, and no larger than any of Graph's."""

from __future__ import annotations

import gzip
import io

import pytest
import requests
import urllib3

from tap_msteams.client.body import LargeBodyError, body_of

TEXT = b'{"value":[]}' * 1_000
ENOUGH = len(TEXT)


def body(content, most=ENOUGH, **headers):
    """The body of an answer with these bytes and headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = requests.Response()
    response.raw = urllib3.HTTPResponse(io.BytesIO(content), named, preload_content=False)
    response.headers.update(named)
    return body_of(response, most)


@pytest.mark.parametrize("length", [{}, {"Content_Length": str(ENOUGH)}], ids=["unknown", "known"])
def test_a_body_arrives_as_it_was_sent(length):
    assert body(TEXT, **length) == TEXT
    with pytest.raises(LargeBodyError):
        body(TEXT, most=ENOUGH - 1, **length)


@pytest.mark.parametrize("name", ["gzip", "GZIP"])
@pytest.mark.parametrize("parts", [1, 3])
def test_a_compressed_body_is_bounded_as_it_is_decompressed(parts, name):
    zipped = b"".join(gzip.compress(TEXT) for _ in range(parts))
    assert body(zipped, most=parts * ENOUGH, Content_Encoding=name) == parts * TEXT
    with pytest.raises(LargeBodyError):
        body(zipped, most=parts * ENOUGH - 1, Content_Encoding=name)


def test_an_empty_body_is_empty_however_it_is_encoded():
    assert body(b"", Content_Encoding="gzip") == b""


@pytest.mark.parametrize(
    ("content", "encoding"),
    [(gzip.compress(TEXT)[:-9], "gzip"), (TEXT, "gzip"), (TEXT, "br"), (TEXT, "gzip, gzip")],
    ids=["cut", "not compressed", "not asked for", "twice"],
)
def test_a_body_that_cannot_be_decompressed_may_be_asked_for_again(content, encoding):
    with pytest.raises(requests.ConnectionError):
        body(content, Content_Encoding=encoding)


def test_a_body_that_ends_early_is_no_body():
    with pytest.raises(requests.ConnectionError):
        body(TEXT[:-1], Content_Length=str(ENOUGH))
