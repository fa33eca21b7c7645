"""Pseudonyms: hashes that replace ids and addresses of people."""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from urllib.parse import unquote

DIGITS = 32
"""Hexadecimal digits of a pseudonym: 128 bits of an HMAC-SHA-256."""

_REMEMBERED = 1 << 16

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

_DASHES = 4
"""Dashes in an id."""

_USER = re.compile(rf"(?:8:orgid:)?({GUID.pattern})", re.IGNORECASE)

PSEUDONYM = re.compile(rf"[0-9a-f]{{{DIGITS}}}")

_CHAT_OF_TWO = re.compile(
    r"(?<![^:@_])([^:@_]++)_([^:@_]++)@(?:fed\.)?unq\.gbl\.spaces",
)

# Prefixes of the ids of teams, tenants and attachments, which are not personal.
_NOBODY = "".join(
    f"(?<!{mark})"
    for mark in ("/teams/", "/teams/'", "groupId=", "tenantId=", 'attachment id="', "Tid%22%3a%22")
)

_ID = re.compile(_NOBODY + GUID.pattern, re.IGNORECASE)

# Ids of threads look like addresses. Matching starts at words only, to stay linear.
_MAIL = re.compile(
    r"(?<![\w.+'#-])[\w.+'#-]++(?:@|%40)(?!thread\.|unq\.|fed\.)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE
)

_SITE = re.compile(r"(/personal/|%2Fpersonal%2F)([^/?#&%\"'<>\s]+)", re.IGNORECASE)


class Pseudonyms:
    """The pseudonyms under one key: equal for equal texts, whatever their case."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self.of = lru_cache(_REMEMBERED)(self._hash)

    def _hash(self, text: str) -> str:
        """The pseudonym of a text: HMAC-SHA-256 of it in lower case, in hexadecimal digits."""
        if not text:
            return text
        return hmac.digest(self._key, text.lower().encode(), "sha256").hex()[:DIGITS]

    def id(self, text: str) -> str:
        """The pseudonym of a person's id in any of its forms."""
        found = _USER.fullmatch(text)
        return self.of(found[1] if found else text)

    def mail(self, text: str) -> str:
        """The pseudonym of a mail address; a scheme in front, as `SMTP:`, is kept."""
        scheme, colon, address = text.rpartition(":")
        return scheme + colon + self.of(address)

    def url(self, text: str) -> str:
        """The pseudonym of a URL, the same for every way of quoting it."""
        return self.of(unquote(text))

    def chat(self, text: str) -> str:
        """The id of a chat with pseudonyms for the two user ids in it."""
        pair = _CHAT_OF_TWO.search(text)
        if pair is None:
            return text
        one, other = (it if PSEUDONYM.fullmatch(it) else self.id(it) for it in pair.groups())
        return f"{text[: pair.start(1)]}{one}_{other}{text[pair.end(2) :]}"

    def chat_url(self, text: str) -> str:
        """A URL of a chat with pseudonyms for the two user ids in it."""
        return self.scrub(text) if "unq.gbl.spaces" in text else text

    def scrub(self, text: str) -> str:
        """A text in which pseudonyms replace people's ids, addresses and sites."""
        # A quick test, since most texts contain none of these.
        if "personal" in text:
            text = _SITE.sub(lambda it: it[1] + self.of(it[2]), text)
        if "@" in text or "%40" in text:
            text = _MAIL.sub(lambda it: self.of(unquote(it[0])), text)
        if text.count("-") >= _DASHES:
            text = _ID.sub(lambda it: self.of(it[0]), text)
        return text
