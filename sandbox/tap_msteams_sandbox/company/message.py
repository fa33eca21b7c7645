"""Messages: one post or reply, held as the bytes that Graph would send."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from tap_msteams_sandbox.instants import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.places import ChannelLike, Place

EXPORT_TYPE = b'{"@odata.type":"#microsoft.graph.chatMessage",'
"""What the export puts before each row, and the list does not."""

ENCODER = msgspec.json.Encoder()


class Message:
    """A message: its row as JSON and the few keys that order and filters need."""

    __slots__ = ("deleted", "id", "modified", "parent", "retained", "row", "shuffle")

    def __init__(self, place: Place, row: dict[str, Any], modified: int) -> None:
        self.id = int(row["id"])
        self.retained = b""
        """What a deleted message said, which only a retention policy keeps."""
        self.parent = int(row["replyToId"] or 0)
        self.shuffle = zlib.crc32(row["id"].encode(), place.salt)
        self.keep(row, modified)

    def keep(self, row: dict[str, Any], modified: int, deleted: int = 0) -> None:
        """Replace the state with one of the instant `modified`."""
        self.modified, self.deleted = modified, deleted
        row["etag"] = str(modified)
        row["lastModifiedDateTime"] = iso(modified)
        row["deletedDateTime"] = iso(deleted) if deleted else None
        self.row = ENCODER.encode(row)

    def delete(self, row: dict[str, Any], instant: int) -> None:
        """Replace the state with that of a deleted message."""
        times = {"lastModifiedDateTime": iso(instant), "deletedDateTime": iso(instant)}
        self.retained = ENCODER.encode({**row, **times, "etag": str(instant)})
        row["body"] = {"contentType": "html", "content": ""}
        row |= {"subject": None, "summary": None, "attachments": [], "mentions": []}
        row |= {"reactions": [], "policyViolation": None}
        self.keep(row, instant, instant)

    def visible(self, kept_since: int) -> bool:
        """Whether Graph still shows the message, deleted or not."""
        return not self.deleted or self.deleted > kept_since

    @property
    def place(self) -> tuple[int, int]:
        """The message's place in the export, which does not depend on time."""
        return self.shuffle, self.id

    @property
    def exported(self) -> bytes:
        """The row in the shape of the export."""
        return EXPORT_TYPE + self.row[1:]

    def read(self) -> dict[str, Any]:
        """Return the row, decoded."""
        row: dict[str, Any] = msgspec.json.decode(self.row)
        return row


class Thread:
    """A root post and its replies, oldest first."""

    __slots__ = ("activity", "replies", "root")

    def __init__(self, root: Message, replies: list[Message]) -> None:
        self.root = root
        self.replies = replies
        self.touch()

    def touch(self) -> None:
        """Recompute when the chain was last changed."""
        self.activity = max(message.modified for message in self.messages())

    @property
    def rank(self) -> tuple[int, int]:
        """The sort key of a channel's list."""
        return self.activity, self.root.id

    def messages(self) -> Iterator[Message]:
        """Yield the root, then the replies."""
        yield self.root
        yield from self.replies

    def visible(self, kept_since: int) -> bool:
        """Whether the list shows the thread; replies keep a deleted root visible."""
        return any(message.visible(kept_since) for message in self.messages())

    def find(self, message: int) -> Message | None:
        """Return the root or the reply of that id."""
        return next((it for it in self.messages() if it.id == message), None)


def draft(
    channel: ChannelLike, instant: int, author: Person | None, text: str, parent: int = 0
) -> dict[str, Any]:
    """Return an ordinary message, to which features can be added."""
    address = f"{channel.message_url}/{instant}?{channel.message_query}&createdTime={instant}"
    return {
        "id": str(instant),
        "replyToId": str(parent) if parent else None,
        "etag": "",
        "messageType": "message",
        "createdDateTime": iso(instant),
        "lastModifiedDateTime": "",
        "lastEditedDateTime": None,
        "deletedDateTime": None,
        "subject": None,
        "summary": None,
        "chatId": None,
        "importance": "normal",
        "locale": "en-us",
        "webUrl": f"{address}&parentMessageId={parent or instant}",
        "policyViolation": None,
        "eventDetail": None,
        "from": author.identity_set if author else None,
        "body": {"contentType": "html", "content": f"<p>{text}</p>"},
        "channelIdentity": channel.identity,
        "attachments": [],
        "mentions": [],
        "reactions": [],
        "messageHistory": [],
    }


def message_url(channel_id: str) -> str:
    """Return the Teams address below which a channel's messages live."""
    return f"https://teams.microsoft.com/l/message/{quote(channel_id, safe='')}"


def reaction(person: Person, kind: str, instant: int) -> dict[str, Any]:
    """Return one reaction; `kind` is a key of REACTIONS."""
    symbol, name = REACTIONS[kind]
    url = "https://graph.microsoft.com/v1.0/teamwork/hostedContents/aWQ9/$value"
    return {
        "reactionType": symbol,
        "displayName": name,
        "reactionContentUrl": url if kind == "custom" else None,
        "createdDateTime": iso(instant),
        "user": person.identity_set,
    }


REACTIONS = {
    "like": ("👍", "Like"),
    "heart": ("❤️", "Heart"),
    "laugh": ("😆", "Laugh"),
    "surprised": ("😮", "Surprised"),
    "custom": ("custom", "ship-it"),
}
"""Reactions as Graph spells them.

https://learn.microsoft.com/en-us/graph/api/resources/chatmessagereaction
"""
