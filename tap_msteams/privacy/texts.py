"""Texts that name people: HTML with mentions, cards, transcripts."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tap_msteams.graph import Record
    from tap_msteams.privacy.pseudonyms import Pseudonyms

# Quoted messages have mentions as their client writes them.
_MENTION = re.compile(
    r"(?P<tag><at\b[^>]*>|<span\b[^>]*schema\.skype\.com/Mention[^>]*>)(?P<name>.*?)(?=</(?:at|span)>)",
    re.IGNORECASE | re.DOTALL,
)
_NUMBER = re.compile(r"\b(?:item)?id=[\"']?(\d+)", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_VOICE = re.compile(r"(?P<tag><v(?:\.[^ >]*)? )(?P<name>[^>]*)(?=>)")

_NAMES = {"displayName", "givenName", "surname", "userDisplayName"}
_THINGS = {"application", "conversation"}


def name_in(markup: str) -> str:
    """A name as it is read."""
    return html.unescape(_TAG.sub("", markup)).replace("\xa0", " ").strip()


def mentioned_user(mention: Record) -> Record | None:
    """Who is mentioned; None where it is no person."""
    user: Record | None = (mention.get("mentioned") or {}).get("user")
    return user


def renamed(
    text: str, mentions: Iterable[Record] | None, name: Callable[[str, Record], str]
) -> str:
    """HTML with other names of the people whom it mentions; `name` gets theirs and who they are."""
    if "<at" not in text and "skype.com/Mention" not in text:
        return text
    known = {str(it.get("id")): mentioned_user(it) for it in mentions or ()}

    def instead(match: re.Match[str]) -> str:
        number = _NUMBER.search(match["tag"])
        user = known.get(number[1], {}) if number else {}
        if user is None:
            return match[0]
        return match["tag"] + name(name_in(match["name"]), user)

    return _MENTION.sub(instead, text)


class PeopleInTexts:
    """Puts pseudonyms into texts."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        """Take them from there."""
        self._pseudonyms = pseudonyms

    def html(self, text: str, mentions: Iterable[Record] | None = None) -> str:
        """The HTML of a message with these mentions."""
        return self._pseudonyms.scrub(renamed(text, mentions, self._mention))

    def _mention(self, name: str, user: Record) -> str:
        # A mention may show a part of a name only, which would have a pseudonym of its own.
        return self._pseudonyms.of(user.get("displayName") or name)

    def mention_name(self, name: str, mention: Record) -> str:
        """The name in a mention."""
        user = mentioned_user(mention)
        return name if user is None else self._mention(name, user)

    def transcript(self, text: str) -> str:
        """A transcript in WebVTT."""
        text = _VOICE.sub(lambda it: it["tag"] + self._pseudonyms.of(name_in(it["name"])), text)
        return self._pseudonyms.scrub(text)

    def card(self, text: str) -> str:
        """The content of an attachment, JSON as a rule."""
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
