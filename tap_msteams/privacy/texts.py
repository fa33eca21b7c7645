"""Texts that name people: HTML with mentions, cards, transcripts."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from typing_extensions import override

from tap_msteams.privacy.markup import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_msteams.privacy.pseudonyms import Pseudonyms
    from tap_msteams.writer import Record

_VOICE = re.compile(r"(?P<tag><v(?:\.[^ <>]*+)? )(?P<name>[^>]*+)(?=>)")

_NAMES = {"displayName", "givenName", "surname", "userDisplayName"}
_THINGS = {"application", "conversation"}


def mentioned_user(mention: Record) -> Record | None:
    """The user whom a mention names; None where it names no person."""
    user: Record | None = (mention.get("mentioned") or {}).get("user")
    return user


def renamed(
    text: str, mentions: Iterable[Record] | None, name: Callable[[str, Record], str]
) -> str:
    """HTML with each mentioned person's name replaced by the result of `name`."""
    lowered = text.lower()
    if "<at" not in lowered and "skype.com/mention" not in lowered:
        return text
    known = {str(it.get("id")): mentioned_user(it) for it in mentions or ()}
    parts, end = list[str](), 0
    for it in _MentionReader(text).found:
        user = known.get(it.id, {})
        if user is not None:
            parts += (text[end : it.start], name(it.name, user))
            end = it.end
    return "".join((*parts, text[end:]))


class _Mention(NamedTuple):
    id: str
    start: int
    end: int
    """The offset in the text at which the name ends."""
    name: str
    """The name as it is shown."""


class _MentionReader(Markup):
    """Finds the mentions in a message, and those in quotes, which have a markup of their own."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[_Mention] = []
        self._lines = [0, *(it.end() for it in re.finditer("\n", text))]
        self._tag = ""
        self._depth = 0
        self._id, self._start = "", 0
        self._name: list[str] = []
        self.read(text)
        self._end(len(text))

    @override
    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "at" or (tag == "span" and _is_mention(attributes)):
            self._end(self._here())
            self._tag, self._depth = tag, 1
            self._id = attributes.get("itemid" if tag == "span" else "id", "")
            self._start = self._here() + len(self.get_starttag_text() or "")
        elif tag == self._tag:
            self._depth += 1

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag == self._tag:
            self._depth -= 1
            if not self._depth:
                self._end(self._here())

    @override
    def show(self, text: str) -> None:
        if self._tag:
            self._name.append(text)

    def _here(self) -> int:
        """The offset of the current tag."""
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def _end(self, end: int) -> None:
        """End the open mention; without an end tag it ends at the next mention or at the end."""
        if self._tag:
            name = _cleaned("".join(self._name))
            self.found.append(_Mention(self._id, self._start, end, name))
        self._tag = ""
        self._name.clear()


def _is_mention(attributes: dict[str, str]) -> bool:
    return any("schema.skype.com/mention" in value.lower() for value in attributes.values())


def _cleaned(name: str) -> str:
    return name.replace("\xa0", " ").strip()


class PeopleInTexts:
    """Replaces people in texts with pseudonyms."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms

    def html(self, text: str, mentions: Iterable[Record] | None = None) -> str:
        """The HTML of a message with these mentions."""
        return self._pseudonyms.scrub(renamed(text, mentions, self._mention))

    def _mention(self, name: str, user: Record) -> str:
        # A mention may show only a part of a name, whose hash would be another.
        return self._pseudonyms.of(user.get("displayName") or name)

    def mention_name(self, name: str, mention: Record) -> str:
        """The name in a mention."""
        user = mentioned_user(mention)
        return name if user is None else self._mention(name, user)

    def transcript(self, text: str) -> str:
        """A transcript in WebVTT."""
        end = text.rfind(">") + 1  # otherwise each tag is searched for up to the end
        voices = _VOICE.sub(
            lambda it: it["tag"] + self._pseudonyms.of(_cleaned(unescape(it["name"]))), text[:end]
        )
        return self._pseudonyms.scrub(voices + text[end:])

    def card(self, text: str) -> str:
        """The content of an attachment, usually JSON."""
        try:
            found = msgspec.json.decode(text)
        except msgspec.MsgspecError:
            return self.html(text)
        return msgspec.json.encode(self._walk(found)).decode()

    def _walk(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, str):
            return self.html(value)
        if isinstance(value, list):
            return [self._walk(item) for item in value]
        if isinstance(value, dict):
            is_identity = "id" in value and ("name" in value or not _NAMES.isdisjoint(value))
            return {
                key: item if key in _THINGS else self._in_object(key, item, is_identity=is_identity)
                for key, item in value.items()
            }
        return value

    def _in_object(self, key: str, value: Any, *, is_identity: bool) -> Any:  # noqa: ANN401 - any JSON
        if isinstance(value, str):
            if key in _NAMES or (key == "name" and is_identity):
                return self._pseudonyms.of(value)
            if key == "id" and is_identity:
                return self._pseudonyms.id(value)
        return self._walk(value)
