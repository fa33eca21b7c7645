"""Content that is no JSON: the bytes of a picture, the text of a transcript."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tap_msteams.client import RowDecoder

if TYPE_CHECKING:
    from tap_msteams.client import Answer, Page


class ContentDecoder:
    """Turns an answer of any media type into one row with the content and its type."""

    def __init__(self, name: str, *, is_text: bool) -> None:
        """Put the content under `name`, as text or in base64."""
        self._name = name
        self._is_text = is_text
        self._row = RowDecoder({}, [name, "contentType"], plain=True)

    def decode(self, answer: Answer) -> Page:
        """The page with the content of an answer."""
        body = answer.body
        if self._is_text:
            # PostgreSQL takes no NUL in a text.
            content = body.decode("utf-8-sig", "replace").replace("\0", "")
        else:
            content = base64.b64encode(body).decode()
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        return self._row.page([{self._name: content, "contentType": kind}])
