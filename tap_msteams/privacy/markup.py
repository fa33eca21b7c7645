"""Markup: HTML parsed at once, in time linear in its length."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from typing_extensions import override

_COMMENT_END = re.compile(r"-?>|.*?--!?>", re.DOTALL)


class Markup(HTMLParser):
    """A parser of untrusted HTML, which raises nothing whatever the HTML is."""

    def read(self, text: str) -> None:
        """Parse a whole text."""
        # `close` would look for the end of each tag and comment that has none, each time to the
        # end of the text. What follows such a beginning is, as in a browser, part of it.
        self.feed(text)
        if self.rawdata == "<" or not self.rawdata.startswith("<"):
            self.handle_data(unescape(self.rawdata))

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
