"""Plain text: a message as somebody reads it."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.graph import Record

# A `>` in a quoted attribute does not end a tag; possessive, so that no text takes long.
_TAG = re.compile(
    r"<(?:!--.*?--|(/?)([a-zA-Z][\w:-]*)((?:[^>\"']++|\"[^\"]*\"|'[^']*')*+))>", re.DOTALL
)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_GAP = re.compile(r"[ \t]*\n[ \t]*")
_GAPS = re.compile(r"\n{3,}")

_BLOCKS = {
    "blockquote",
    "br",
    "codeblock",
    "div",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
}
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6"}
_CELLS = {"td", "th"}
_UNNAMED = {
    "messageReference": "quoted message",
    "forwardedMessageReference": "forwarded message",
    "application/vnd.microsoft.card.adaptive": "card",
}
_VERBATIM = {"codeblock", "pre"}


def plain_text(body: Record, attachments: Iterable[Record] | None = None) -> str | None:
    """The text of a message's body: mentions with an `@`, links and attachments by name."""
    content: str | None = body.get("content")
    if not content or body.get("contentType") == "text":
        return content
    return _Reader(attachments or ()).read(content)


class _Reader:
    """Reads one message."""

    def __init__(self, attachments: Iterable[Record]) -> None:
        self._names = {
            it.get("id"): it.get("name") or _UNNAMED.get(it.get("contentType") or "")
            for it in attachments
        }
        self._out: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._verbatim = 0
        self._has_code = False

    def read(self, content: str) -> str:
        """The text, paragraphs on lines of their own."""
        end = 0
        for match in _TAG.finditer(content):
            self._say(content[end : match.start()])
            end = match.end()
            if match[2]:
                self._tag(match[2].lower(), match[3], closes=bool(match[1]))
        self._say(content[end:])
        text = _GAP.sub("\n", "".join(self._out)) if not self._has_code else "".join(self._out)
        return _GAPS.sub("\n\n", text).strip()

    def _say(self, text: str) -> None:
        if not text:
            return
        text = html.unescape(text).replace("\xa0", " ")
        self._out.append(text if self._verbatim else _SPACE.sub(" ", text))

    def _tag(self, name: str, rest: str, *, closes: bool) -> None:
        if name == "br":
            self._out.append("\n")
        elif name in _BLOCKS:
            self._break()
            if name in _VERBATIM:
                self._has_code = True
                self._verbatim += -1 if closes else 1
            elif name == "li" and not closes:
                self._out.append("- ")
        elif name in _CELLS:
            self._out.append("\t" if closes else "")
        elif name == "a":
            self._link(rest, closes=closes)
        elif not closes:
            self._thing(name, rest)

    def _break(self) -> None:
        """End the line, unless it has just begun."""
        if self._out and not self._out[-1].endswith("\n"):
            self._out.append("\n")

    def _link(self, rest: str, *, closes: bool) -> None:
        """The text of a link, and where it leads where that is not its text."""
        if not closes:
            self._links.append((_attributes(rest).get("href", ""), len(self._out)))
        elif self._links:
            address, start = self._links.pop()
            shown = "".join(self._out[start:]).strip()
            if address.removeprefix("mailto:").rstrip("/") != shown.rstrip("/") and address:
                self._out.append(f" ({address})")

    def _thing(self, name: str, rest: str) -> None:
        """What is no text but stands for some."""
        if name == "at":
            self._out.append("@")
        elif name == "emoji":
            self._out.append(_attributes(rest).get("alt", ""))
        elif name == "attachment":
            self._break()
            shown = self._names.get(_attributes(rest).get("id"))
            self._out.append(f"[{shown or 'attachment'}]\n")
        elif name == "img":
            found = _attributes(rest)
            is_emoji = "emoji" in found.get("itemtype", "").lower()
            alt = found.get("alt", "")
            self._out.append(alt if is_emoji else f"[{alt or 'image'}]")


def _attributes(text: str) -> dict[str, str]:
    return {
        it[1].lower(): html.unescape(it[2] or it[3] or it[4] or "")
        for it in _ATTRIBUTE.finditer(text)
    }
