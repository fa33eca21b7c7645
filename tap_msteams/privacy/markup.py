"""Markup: HTML parsed at once, in time linear in its length."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from typing_extensions import override

_BARE = re.compile(r"<(?![a-zA-Z/!?])")
"""A `<` that begins nothing."""

_STAND_IN = "\ud800"
"""Stands for a `<` that begins nothing, each of which the parser would take a step of its own for;
no text has half a letter."""

_COMMENT_END = re.compile(r"-?>|.*?--!?>", re.DOTALL)


class Markup(HTMLParser):
    """A parser of untrusted HTML, which raises nothing whatever the HTML is."""

    def read(self, text: str) -> None:
        """Parse a whole text."""
        # `close` would look for the end of each tag and comment that has none, each time to the
        # end of the text. What follows such a beginning is, as in a browser, part of it.
        self.feed(_BARE.sub(_STAND_IN, text))
        if not self.rawdata.startswith("<"):
            self.handle_data(unescape(self.rawdata))

    def show(self, text: str) -> None:
        """Take a text between tags."""

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """Take a tag with its attributes, of which the first of a name counts."""

    @override
    def handle_data(self, data: str) -> None:
        self.show(data.replace(_STAND_IN, "<"))

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = ((name, value or "") for name, value in reversed(attrs))
        self.begin(tag, {name: value.replace(_STAND_IN, "<") for name, value in found})

    # Comments and declarations end where they do in a browser. Older Pythons take `<!-->` for the
    # beginning of a comment, and raise AssertionError at `<![`.

    @override
    def parse_comment(self, i: int, report: bool = True) -> int:
        end = _COMMENT_END.match(self.rawdata, i + len("<!--"))
        return end.end() if end else -1

    @override
    def parse_html_declaration(self, i: int) -> int:
        return self.parse_bogus_comment(i, report=False)

    @override
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # HTML ignores the slash
