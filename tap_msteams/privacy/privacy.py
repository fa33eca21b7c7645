"""Privacy: the rules of the privacy settings for people and for what they wrote."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_msteams.privacy.guests import Guests
from tap_msteams.privacy.pseudonyms import PSEUDONYM, Pseudonyms
from tap_msteams.privacy.rewriting import DROP_RECORD, Rewriting, drop
from tap_msteams.privacy.texts import PeopleInTexts, renamed
from tap_msteams.schema import (
    Card,
    ChatId,
    ChatUrl,
    ContentBytes,
    FileUrl,
    FreeText,
    GuestMark,
    Html,
    MailAddress,
    MentionName,
    PersonalDetail,
    PersonalUrl,
    PersonalValue,
    PersonId,
    PersonName,
    Public,
    WebVtt,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_msteams.privacy.rewriting import Rewrite
    from tap_msteams.settings import Settings
    from tap_msteams.writer import Record

logger = logging.getLogger("tap-msteams")

WRITTEN = (FreeText, Html, Card, WebVtt, FileUrl, ContentBytes)
"""Kinds of texts that `message_content` drops."""

NON_PERSONAL = (th.StringType, Public)
"""Kinds of ids that are not about a person."""

GUEST = "guest"
"""The name that replaces a guest's in texts, and Graph's word for a guest."""


class Privacy:
    """The rules of one run."""

    def __init__(self, settings: Settings, variables: Mapping[str, Any] | None = None) -> None:
        """Take the rules from the settings; `variables` gives each path variable's kind of id."""
        self._variables = variables or {}
        self._drops = settings.message_content == "drop"
        self._pseudonyms = (
            Pseudonyms(settings.need("people_key")) if settings.people == "hash" else None
        )
        self.guests = Guests() if settings.guests == "drop" else None
        """The guests to leave out; None where guests are kept."""
        texts = PeopleInTexts(self._pseudonyms) if self._pseudonyms else None
        self._hashing = _hashing(self._pseudonyms, texts) if self._pseudonyms and texts else {}
        self._rules = self._made_rules()
        self._told: set[str] = set()

    def __bool__(self) -> bool:
        """Whether any rule applies."""
        return bool(self._rules)

    @property
    def closes(self) -> bool:
        """Whether undeclared properties are left out, since their content is unknown."""
        return self._drops or self.hides_people

    @property
    def hides_people(self) -> bool:
        """Whether pseudonyms replace people."""
        return self._pseudonyms is not None

    def _made_rules(self) -> dict[type, Rewrite]:
        """The rewrite for each kind of text."""
        rules = dict(self._hashing)
        if self._drops:
            rules |= dict.fromkeys(WRITTEN, drop)
        if self.guests:
            rules |= _leaving_out(self.guests, dict(rules))
        return rules

    # Records

    def of_rows(
        self, properties: Iterable[th.Property[Any]], stream: str
    ) -> Callable[[list[Record]], list[Record]] | None:
        """The rewriter of a stream's records; None where it would change nothing."""
        rewriting = Rewriting(
            self._rules, closes=self.closes, on_unknown=lambda key: self._tell(f"{stream}.{key}")
        )
        return rewriting.of_rows(properties)

    def _tell(self, key: str) -> None:
        if key not in self._told:
            self._told.add(key)
            logger.info(
                "%s: nobody has declared what this holds, so the privacy settings leave it out", key
            )

    def body(self, message: Record) -> Record:
        """The body of a message after rewriting, for use before its record is rewritten."""
        body: Record = message.get("body") or {}
        rule = self._rules.get(Html)
        text = body.get("content")
        return {**body, "content": rule(text, message)} if rule and text else body

    # Ids and messages outside of records

    def subject(self, ids: Mapping[str, str]) -> dict[str, str]:
        """The ids of a record's parents, with pseudonyms for personal ones."""
        guests = self.guests
        return {
            name: GUEST if guests and guests.is_named(id_) else self.key(name, id_)
            for name, id_ in ids.items()
        }

    def key(self, variable: str, id_: str) -> str:
        """The id that fills a variable, or its pseudonym where it is personal."""
        if not self.is_personal(variable) or PSEUDONYM.fullmatch(id_):
            return id_
        kind = self._variables.get(variable, PersonalValue)
        return str(self._hashing[kind](id_, {}))

    def is_personal(self, variable: str) -> bool:
        """Whether the ids that fill a variable are personal and have to be hidden."""
        return (
            self.hides_people and self._variables.get(variable, PersonalValue) not in NON_PERSONAL
        )

    def text(self, text: str) -> str:
        """A message of Graph's with pseudonyms for people."""
        return self._pseudonyms.scrub(text) if self._pseudonyms else text


def _hashing(pseudonyms: Pseudonyms, texts: PeopleInTexts) -> dict[type, Rewrite]:
    """The rules that replace people with pseudonyms."""
    alone: dict[type, Callable[[str], str]] = {
        PersonId: pseudonyms.id,
        PersonName: pseudonyms.of,
        MailAddress: pseudonyms.mail,
        PersonalValue: pseudonyms.of,
        PersonalUrl: pseudonyms.url,
        ChatId: pseudonyms.chat,
        ChatUrl: pseudonyms.chat_url,
        FreeText: pseudonyms.scrub,
        FileUrl: pseudonyms.scrub,
        Card: texts.card,
        WebVtt: texts.transcript,
    }
    rules: dict[type, Rewrite] = {kind: _alone(change) for kind, change in alone.items()}
    rules[PersonalDetail] = drop
    rules[MentionName] = texts.mention_name
    rules[Html] = lambda text, message: texts.html(text, message.get("mentions"))
    return rules


def _leaving_out(guests: Guests, rules: Mapping[type, Rewrite]) -> dict[type, Rewrite]:
    """The rules that leave guests out before they apply the given ones."""

    def unless(is_guest: Callable[[str], bool], rest: Rewrite | None) -> Rewrite:
        def rewrite(value: Any, owner: Record) -> Any:  # noqa: ANN401 - any JSON
            if is_guest(value):
                return DROP_RECORD
            return rest(value, owner) if rest else value

        return rewrite

    def unnamed(name: str, user: Record) -> str:
        return GUEST if guests.has(user.get("id") or "") else name

    def html(text: str, message: Record) -> str:
        rest = rules.get(Html)
        text = renamed(text, message.get("mentions"), unnamed)
        found: str = rest(text, message) if rest else text
        return found

    def card(text: str, owner: Record) -> str | None:
        rest = rules.get(Card)
        if guests.is_named(text):
            return None
        found: str = rest(text, owner) if rest else text
        return found

    left_out: dict[type, Rewrite] = {
        PersonId: unless(guests.has, rules.get(PersonId)),
        MailAddress: unless(guests.has, rules.get(MailAddress)),
        ChatId: unless(guests.is_named, rules.get(ChatId)),
        ChatUrl: unless(guests.is_named, rules.get(ChatUrl)),
        GuestMark: unless(lambda word: word.lower() == GUEST, None),
    }
    if rules.get(Html) is not drop:
        left_out |= {Html: html, Card: card}
    return left_out


def _alone(change: Callable[[str], str]) -> Rewrite:
    """A rule that looks at the text alone."""
    return lambda text, owner: change(text)  # noqa: ARG005 - a rule like the others
