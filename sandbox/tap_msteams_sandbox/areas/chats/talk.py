"""Talk: the history of a chat before the sandbox started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company import events, features, prose
from tap_msteams_sandbox.company.message import Message
from tap_msteams_sandbox.instants import DAY, HOUR, MINUTE, iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from tap_msteams_sandbox.areas.chats.protocol import ChatLike
    from tap_msteams_sandbox.areas.chats.strangers import Participant

SPAN = 400 * DAY
"""How far the talk reaches back."""

RECENT = 20 * DAY
"""Within what time a deleted message is still shown."""

EVENT_EVERY = 9
EDITED, REACTED, DELETED = 0.06, 0.2, 0.04
"""Shares of the messages to which something happens."""

GRAPH = "https://graph.microsoft.com/v1.0"


def draft(chat: ChatLike, instant: int, author: Participant | None, text: str) -> dict[str, Any]:
    """Return an ordinary message; a chat has no threads, and its messages no address."""
    return {
        "id": str(instant),
        "replyToId": None,
        "etag": "",
        "messageType": "message",
        "createdDateTime": iso(instant),
        "lastModifiedDateTime": "",
        "lastEditedDateTime": None,
        "deletedDateTime": None,
        "subject": None,
        "summary": None,
        "chatId": chat.id,
        "importance": "normal",
        "locale": "en-us",
        "webUrl": None,
        "policyViolation": None,
        "eventDetail": None,
        "from": author.identity_set if author else None,
        "body": {"contentType": "html", "content": f"<p>{text}</p>"},
        "channelIdentity": None,
        "attachments": [],
        "mentions": [],
        "reactions": [],
        "messageHistory": [],
    }


def event(chat: ChatLike, kind: str, instant: int, random: Random) -> Message:
    """Return a system message of one of the kinds of events that a chat can show."""
    row = draft(chat, instant, None, "")
    row["messageType"] = "systemEventMessage"
    row["body"]["content"] = "<systemEventMessage/>"
    about: dict[str, dict[str, Any]] = {
        "chatRenamed": {"chatId": chat.id, "chatDisplayName": chat.topic},
        "membersAdded": {"visibleHistoryStartDateTime": iso(chat.created)},
        "messageUnpinned": {"eventDateTime": iso(instant)},
        "meetingPolicyUpdated": {"meetingChatId": chat.id, "meetingChatEnabled": True},
    }
    detail = events.event(random, chat.audience, kind, instant, about.get(kind, {}))
    return Message(chat, row | {"eventDetail": detail}, instant)


def show_picture(random: Random, chat: ChatLike, row: dict[str, Any]) -> None:
    """Put a picture into the text; its bytes live in a hosted content."""
    content = f"aWQ9eF8wLXdldS1kNi0{random.getrandbits(32):08x}"
    source = f"{GRAPH}/chats/{chat.id}/messages/{row['id']}/hostedContents/{content}/$value"
    row["body"]["content"] += f'<p><img src="{source}" width="320" height="200" alt="image"></p>'


def urge(random: Random, chat: ChatLike, row: dict[str, Any]) -> None:
    """Mark the message as urgent."""
    del random, chat
    row["importance"] = "urgent"


def speak_plainly(random: Random, chat: ChatLike, row: dict[str, Any]) -> None:
    """Use plain text instead of HTML."""
    del chat
    row["body"] = {"contentType": "text", "content": prose.answer(random)}


FEATURES: tuple[tuple[float, Callable[[Random, ChatLike, dict[str, Any]], None]], ...] = (
    (0.1, speak_plainly),
    (0.03, urge),
    (0.08, features.mention_person),
    (0.02, features.mention_bot),
    (0.03, features.attach_card),
    (0.05, features.quote_message),
    (0.08, show_picture),
    (0.005, features.violate_policy),
)
"""How often a message carries what; the first chat of a tenant shows each at least once."""

EVENTS = {
    "oneOnOne": ("callStarted", "callEnded", "teamsAppInstalled", "messagePinned"),
    "group": (
        "membersAdded", "chatRenamed", "membersDeleted", "callStarted", "callEnded", "tabUpdated",
        "teamsAppInstalled", "teamsAppUpgraded", "teamsAppRemoved", "messagePinned",
        "messageUnpinned", "membersJoined", "membersLeft", "conversationMemberRoleUpdated",
    ),
    "meeting": (
        "membersAdded", "callStarted", "callEnded", "callRecording", "callTranscript",
        "meetingPolicyUpdated", "membersJoined", "membersLeft", "teamsAppInstalled",
    ),
}  # fmt: skip
"""Kinds of eventDetail that each kind of chat shows.

https://learn.microsoft.com/en-us/graph/system-messages
"""


def history(chat: ChatLike) -> Iterator[Message]:
    """Yield the messages of a chat, oldest first."""
    random = chat.tenant.random("talk", chat.key)
    pending = [it for _, it in FEATURES] if chat.n == 0 else []
    for place, instant in enumerate(_instants(chat, random)):
        if place % EVENT_EVERY == 0 and (chat.kind != "oneOnOne" or place):
            kinds = EVENTS[chat.kind]
            yield event(chat, kinds[(chat.n + place // EVENT_EVERY) % len(kinds)], instant, random)
        else:
            yield _message(chat, instant, random, pending)


def _instants(chat: ChatLike, random: Random) -> Iterator[int]:
    """Yield the instants of the messages; an instant is an id, so all differ."""
    until = chat.tenant.until
    start = max(until - SPAN, chat.created)
    if start >= until:
        return
    busy = 4 if chat.n == 0 else 1
    count = busy * random.randint(2, max(3, chat.tenant.messages // 5))
    found = sorted({random.randrange(start, until - HOUR) for _ in range(count)})
    yield from found


def _message(chat: ChatLike, instant: int, random: Random, pending: list[Any]) -> Message:
    """Write one message, and edit, react to or delete some of them."""
    author = random.choice(chat.people)
    row = draft(chat, instant, author, prose.answer(random))
    doomed = len(pending) == 1
    if pending:
        pending.pop(0)(random, chat, row)
    else:
        for share, add in FEATURES:
            if random.random() < share:
                add(random, chat, row)
    until = chat.tenant.until
    modified = instant
    if random.random() < EDITED:
        modified = min(instant + random.randrange(MINUTE, 2 * DAY), until - 1)
        row["body"]["content"] += " (edited)"
        row["lastEditedDateTime"] = iso(modified)
    if random.random() < REACTED:
        modified = max(modified, features.react(random, chat, row, until - 1))
    message = Message(chat, row, modified)
    if random.random() < DELETED or doomed:
        recently = doomed or random.randrange(4)
        since = max(modified + 1, until - RECENT) if recently else modified + 1
        if since < until:
            message.delete(row, random.randrange(since, until))
    return message
