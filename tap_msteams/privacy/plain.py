"""Plain text: a message as a person reads it on the screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.privacy.markup import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.writer import Record

_SPACE = re.compile(r"[ \t\r\n\f]+")
_GAP = re.compile(r"(?<![ \t])[ \t]*+\n[ \t]*+")
_GAPS = re.compile(r"\n{3,}")
_NUMBER = re.compile(r"-?[0-9]{1,9}")

_BLOCKS = {
    "address",
    "article",
    "aside",
    "blockquote",
    "codeblock",
    "dd",
    "div",
    "dl",
    "dt",
    "figure",
    "footer",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
}
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6"}
_CELLS = {"td", "th"}
_LISTS = {"ol", "ul"}
_UNSEEN = {"script", "style", "template", "title"}
_VERBATIM = {"codeblock", "pre"}
_UNNAMED = {
    "messageReference": "quoted message",
    "forwardedMessageReference": "forwarded message",
    "application/vnd.microsoft.card.adaptive": "card",
}


def plain_text(body: Record, attachments: Iterable[Record] | None = None) -> str | None:
    """The text of a message's body: mentions with an `@`, links and attachments by name."""
    content: str | None = body.get("content")
    if not content or body.get("contentType") == "text":
        return content
    reader = _Reader(attachments or ())
    reader.read(content)
    return reader.text()


class _Reader(Markup):
    """Reads one message."""

    def __init__(self, attachments: Iterable[Record]) -> None:
        super().__init__()
        self._names = {
            it.get("id"): it.get("name") or _UNNAMED.get(it.get("contentType") or "")
            for it in attachments
        }
        self._done: list[str] = []
        self._out: list[str] = []
        self._is_line_begun = False
        self._verbatim = self._unseen = 0
        self._lists: list[int | None] = []
        """The number of the next item of each open list; None for a bullet."""
        self._address: str | None = None
        """The address of the open link."""
        self._shown: list[str] = []

    def text(self) -> str:
        """The text so far, each paragraph on a line of its own."""
        self._end_link()
        self._end_part()
        return _GAPS.sub("\n\n", "".join(self._done)).strip()

    @override
    def show(self, text: str) -> None:
        if self._unseen or not text:
            return
        if not self._verbatim:
            text = _SPACE.sub(" ", text)
            if not self._is_line_begun:
                text = text.lstrip(" ")
        self._write(text.replace("\xa0", " "))

    @override
    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        self._unseen += tag in _UNSEEN
        if self._unseen:
            return
        if tag in _BLOCKS:
            self._break()
            if tag in _VERBATIM:
                self._begin_verbatim()
            elif tag in _LISTS:
                self._lists.append(_number(attributes.get("start"), 1) if tag == "ol" else None)
            elif tag == "li":
                self._item(attributes.get("value"))
        elif tag == "br":
            self._write("\n")
        elif tag == "a":
            self._end_link()
            self._address = attributes.get("href", "")
        else:
            self._thing(tag, attributes)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if self._unseen:
            return
        if tag in _BLOCKS:
            self._break()
            if tag in _VERBATIM and self._verbatim:
                self._end_verbatim()
            elif tag in _LISTS and self._lists:
                self._lists.pop()
        elif tag in _CELLS:
            self._write("\t")
        elif tag == "a":
            self._end_link()

    def _write(self, text: str) -> None:
        if not text:
            return
        self._out.append(text)
        self._is_line_begun = not text.endswith("\n")
        if self._address is not None:
            self._shown.append(text)

    def _break(self) -> None:
        """End the current line."""
        if self._is_line_begun:
            self._write("\n")

    def _end_part(self) -> None:
        """Close the current part; spaces around line breaks are kept in code only."""
        text = "".join(self._out)
        self._done.append(text if self._verbatim else _GAP.sub("\n", text))
        self._out.clear()

    def _begin_verbatim(self) -> None:
        if not self._verbatim:
            self._end_part()
        self._verbatim += 1

    def _end_verbatim(self) -> None:
        if self._verbatim == 1:
            self._end_part()
        self._verbatim -= 1

    def _item(self, value: str | None) -> None:
        number = self._lists[-1] if self._lists else None
        if number is None:
            self._write("- ")
        else:
            number = _number(value, number)
            self._write(f"{number}. ")
            self._lists[-1] = number + 1
        self._is_line_begun = False  # its text may be a paragraph

    def _end_link(self) -> None:
        """Add the address of a link unless its text is the address."""
        address, self._address = self._address, None
        shown = "".join(self._shown).strip()
        self._shown.clear()
        if address and address.removeprefix("mailto:").rstrip("/") != shown.rstrip("/"):
            self._write(f" ({address})")

    def _thing(self, name: str, found: dict[str, str]) -> None:
        """The text of an element that is shown as something else, such as an image."""
        if name == "at":
            self._write("@")
        elif name == "emoji":
            self._write(found.get("alt", ""))
        elif name == "attachment":
            self._break()
            self._write(f"[{self._names.get(found.get('id')) or 'attachment'}]\n")
        elif name == "img":
            is_emoji = "emoji" in found.get("itemtype", "").lower()
            alt = found.get("alt", "")
            self._write(alt if is_emoji else f"[{alt or 'image'}]")


def _number(text: str | None, otherwise: int) -> int:
    """The number in a text; `otherwise` where there is none, or one of too many digits."""
    return int(text) if text and _NUMBER.fullmatch(text) else otherwise
