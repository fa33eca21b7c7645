"""Message features: mentions, attachments, reactions and the like."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.company.message import REACTIONS, reaction
from tap_msteams_sandbox.company.people import INITIAL_DOMAIN
from tap_msteams_sandbox.company.prose import SUBJECTS, fill
from tap_msteams_sandbox.instants import MINUTE, iso

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tap_msteams_sandbox.company.places import ChannelLike, Place

    Feature = Callable[[Random, ChannelLike, dict[str, Any]], None]

GRAPH = "https://graph.microsoft.com/v1.0"


def announce(random: Random, channel: ChannelLike, row: dict[str, Any]) -> None:
    """Give the post a subject and an importance."""
    del channel
    row["subject"] = fill(random, random.choice(SUBJECTS))
    row["importance"] = random.choice(("high", "urgent", "normal"))
    row["summary"] = f"{row['subject']}: please read"


def mention_person(random: Random, channel: Place, row: dict[str, Any]) -> None:
    """Address a member of the team."""
    person = random.choice(channel.audience)
    _mention(row, person.display_name, "user", person.identity)


def mention_channel(random: Random, channel: ChannelLike, row: dict[str, Any]) -> None:
    """Address the whole channel or the whole team."""
    whole_team = random.choice((True, False))
    owner, kind = (channel.team, "team") if whole_team else (channel, "channel")
    conversation = {"id": owner.id, "displayName": owner.name, "conversationIdentityType": kind}
    _mention(row, owner.name, "conversation", conversation)


def mention_bot(random: Random, channel: Place, row: dict[str, Any]) -> None:
    """Address a bot."""
    del random, channel
    _mention(row, "Dispatch", "application", BOT)


def attach_file(random: Random, channel: ChannelLike, row: dict[str, Any]) -> None:
    """Attach a document from the channel's folder."""
    name = fill(random, "{document}.xlsx")
    site = (
        f"https://{INITIAL_DOMAIN.partition('.')[0]}.sharepoint.com/sites/{channel.team.nickname}"
    )
    url = f"{site}/Shared%20Documents/{name.replace(' ', '%20')}"
    _attach(row, random, contentType="reference", contentUrl=url, name=name)


def attach_card(random: Random, channel: Place, row: dict[str, Any]) -> None:
    """Post an adaptive card of the dispatch bot in place of a person's text."""
    row["from"] = {"application": BOT, "device": None, "user": None}
    card = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [{"type": "TextBlock", "text": fill(random, "Alarm at {place}: {product}")}],
    }
    _attach(
        row,
        random,
        contentType="application/vnd.microsoft.card.adaptive",
        content=msgspec.json.encode(card).decode(),
        teamsAppId="c2e1f8b0-5f0e-4b2f-9d3a-6a4f0f6f1c11",
        thumbnailUrl=f"https://cdn.halyard.example/alarms/{channel.key}.png",
    )


def quote_message(random: Random, channel: Place, row: dict[str, Any]) -> None:
    """Quote another message of the channel."""
    author = random.choice(channel.audience)
    quoted = int(row["id"]) - random.randrange(1, 90) * MINUTE
    content = {
        "messageId": str(quoted),
        "messagePreview": "as said above …",
        "messageSender": {"user": author.identity},
    }
    text = msgspec.json.encode(content).decode()
    _attach(row, random, contentType="messageReference", content=text)


def show_picture(random: Random, channel: ChannelLike, row: dict[str, Any]) -> None:
    """Put a picture into the text; its bytes live in a hosted content."""
    source = _hosted(channel, row, f"aWQ9eF8wLXdldS1kNS0{random.getrandbits(32):08x}")
    row["body"]["content"] += f'<p><img src="{source}" width="480" height="270" alt="image"></p>'


def show_snippet(random: Random, channel: ChannelLike, row: dict[str, Any]) -> None:
    """Attach a few lines of code, which live in a hosted content, too."""
    source = _hosted(channel, row, f"{SNIPPET}{random.getrandbits(32):08x}")
    content = msgspec.json.encode({"language": "Python", "codeSnippetUrl": source}).decode()
    kind = "application/vnd.microsoft.card.codesnippet"
    _attach(row, random, contentType=kind, content=content)


def violate_policy(random: Random, channel: Place, row: dict[str, Any]) -> None:
    """Mark the message as blocked by a data loss prevention policy."""
    del random, channel
    row["policyViolation"] = {
        "dlpAction": "notifySender,blockAccess",
        "justificationText": "The numbers are test cards of the payment sandbox",
        "policyTip": {
            "complianceUrl": "https://intranet.halyard.example/dlp",
            "generalText": "This message was blocked because it holds card numbers.",
            "matchedConditionDescriptions": ["Credit Card Number"],
        },
        "userAction": "override",
        "verdictDetails": "allowFalsePositiveOverride,allowOverrideWithJustification",
    }


def react(random: Random, channel: Place, row: dict[str, Any], latest: int) -> int:
    """Add one to four reactions and their history; return when the last one was given."""
    instant = int(row["id"])
    for person in random.sample(channel.audience, min(len(channel.audience), random.randint(1, 4))):
        instant = min(instant + random.randrange(1, 40 * MINUTE), latest)
        given = reaction(person, random.choice(tuple(REACTIONS)), instant)
        row["reactions"].append(given)
        row["messageHistory"].append(
            {"modifiedDateTime": iso(instant), "actions": "reactionAdded", "reaction": given}
        )
    return instant


SNIPPET = "aWQ9LHR5cGU9MSx1cmw9"
"""How ids of hosted code begin here."""

BOT = {
    "@odata.type": "#microsoft.graph.teamworkApplicationIdentity",
    "id": "5d7c2b14-8e0a-4f7f-a3f0-9be1c3d0b6aa",
    "displayName": "Dispatch",
    "applicationIdentityType": "bot",
}

FEATURES: tuple[tuple[float, Feature], ...] = (
    (0.08, announce),
    (0.12, mention_person),
    (0.03, mention_channel),
    (0.01, mention_bot),
    (0.08, attach_file),
    (0.03, attach_card),
    (0.02, quote_message),
    (0.04, show_picture),
    (0.01, show_snippet),
    (0.002, violate_policy),
)
"""How often a message carries what; the first channel of a tenant shows each at least once."""


def _mention(row: dict[str, Any], name: str, kind: str, identity: object) -> None:
    """Put a mention before the text."""
    number = len(row["mentions"])
    body = row["body"]
    body["content"] = f'<p><at id="{number}">{name}</at></p>{body["content"]}'
    mentioned = dict.fromkeys(("application", "device", "user", "conversation")) | {kind: identity}
    row["mentions"].append({"id": number, "mentionText": name, "mentioned": mentioned})


def _hosted(channel: ChannelLike, row: dict[str, Any], content: str) -> str:
    """Return the address of a content that Teams hosts for a message."""
    reply = f"/replies/{row['id']}" if row["replyToId"] else ""
    message = f"{row['replyToId'] or row['id']}{reply}"
    path = f"/teams/{channel.team.id}/channels/{channel.id}/messages/{message}"
    return f"{GRAPH}{path}/hostedContents/{content}/$value"


def _attach(row: dict[str, Any], random: Random, **attachment: str) -> None:
    """Put an attachment behind the text."""
    properties = ("contentType", "contentUrl", "content", "name", "thumbnailUrl", "teamsAppId")
    key = str(uuid.UUID(int=random.getrandbits(128), version=4))
    row["attachments"].append({"id": key, **dict.fromkeys(properties), **attachment})
    row["body"]["content"] += f'<attachment id="{key}"></attachment>'
