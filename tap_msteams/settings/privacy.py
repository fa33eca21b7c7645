"""Settings for privacy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tap_msteams.labels import label
from tap_msteams.settings.rules import setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SHORTEST_KEY = 16
"""The least characters of a key, so that it cannot be guessed."""


@dataclass(frozen=True, kw_only=True, repr=False)
class PrivacySettings:
    """Settings that keep people, or what they wrote, out of the output."""

    message_content: Literal["keep", "drop"] = setting(
        "Texts that people wrote: bodies, subjects, topics, names of files, transcripts, notes. "
        "`keep` them, or `drop` them (empty columns).",
        default="keep",
    )
    people: Literal["keep", "hash"] = setting(
        "Ids, names and addresses of people: `keep` them, or `hash` them (the first 32 digits of "
        "an HMAC-SHA-256, the same in all streams). Names within texts stay, except for mentions: "
        "see `message_content`.",
        default="keep",
    )
    people_key: str | None = setting(
        "Secret key of the hashes of people, at least 16 characters; another key makes other "
        "hashes.",
        secret=True,
    )
    guests: Literal["keep", "drop"] = setting(
        "Guest accounts: `keep` them, or `drop` the rows about them or written by them, "
        "one-on-one chats with them, and their entries in lists.",
        default="keep",
    )
    body_text: bool = setting(
        "Add the column `bodyText` to messages: their text without HTML.",
        default=False,
    )


def wrong_privacy(config: Mapping[str, Any]) -> Iterator[str]:
    """One line for each contradiction between the settings."""
    key = config.get("people_key")
    where = label("people_key")
    if config.get("people") == "hash" and not key:
        yield f"{where} is missing: {label('people')} set to hash needs it"
    if isinstance(key, str) and key and len(key) < SHORTEST_KEY:
        yield f"{where} must have at least {SHORTEST_KEY} characters"
