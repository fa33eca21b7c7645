"""Messages of channels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.base import ExportStream, MessageStream, NestedStream
from tap_msteams.base.declaration import fill
from tap_msteams.base.exports import BODY_TEXT, READ_FOR_TEXT
from tap_msteams.schema import (
    Attachment,
    ChannelIdentity,
    ChatId,
    ChatUrl,
    Content,
    EventDetail,
    FreeText,
    HistoryItem,
    IdentitySet,
    ItemBody,
    Many,
    Mention,
    PolicyViolation,
    Reaction,
    moments,
    texts,
    these,
)
from tap_msteams.streams.teams import Channels, DeletedTeams, Teams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Record


MESSAGE = (
    th.Property("replyToId", th.StringType, description="The post it replies to; null: a post."),
    th.Property("messageType", th.StringType, description="message, systemEventMessage, ..."),
    th.Property("from", IdentitySet, description="Empty for system events."),
    *these(FreeText, "subject", "summary"),
    th.Property("body", ItemBody),
    th.Property("importance", th.StringType, description="normal, high or urgent."),
    th.Property("attachments", Many(Attachment)),
    th.Property("mentions", Many(Mention)),
    th.Property("reactions", Many(Reaction)),
    th.Property("messageHistory", Many(HistoryItem)),
    th.Property("eventDetail", EventDetail, description="What a system event says."),
    th.Property("policyViolation", PolicyViolation),
    th.Property("channelIdentity", ChannelIdentity),
    *these(ChatId, "chatId"),
    *texts("etag", "locale"),
    *these(ChatUrl, "webUrl"),
    *moments("createdDateTime"),
    th.Property(
        "lastModifiedDateTime",
        th.DateTimeType,
        description="Last edit, reaction or deletion; also of system events.",
    ),
    th.Property("lastEditedDateTime", th.DateTimeType, description="Last edit of the text."),
    *moments("deletedDateTime"),
)
"""All of a message but its keys."""

TEXT = th.Property(
    BODY_TEXT, FreeText, description="The body without HTML; only when selected, or by `body_text`."
)


class Messages(MessageStream):
    """Posts of every channel and the replies to them, edited and deleted ones too."""

    name = "messages"
    path = "/teams/{teamId}/channels/{channelId}/messages"
    export_path = "/teams/{teamId}/channels/getAllMessages"
    retained_path = "/teams/{teamId}/channels/getAllRetainedMessages"
    parent = Teams
    listed_below = Channels
    cost = "1 per team and 250 rows; a user: 1 per channel and 50 posts"
    permission = "ChannelMessage.Read.All"
    entity = "chatMessage"
    fills = "messageId"
    primary_keys = ("teamId", "channelId", "id")
    on_request = added = (BODY_TEXT,)
    looks_at = (*MessageStream.looks_at, *READ_FOR_TEXT)
    replication_key = "lastModifiedDateTime"
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("channelId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True, description="Unique in its channel."),
        *MESSAGE,
        TEXT,
    )


class DeletedTeamMessages(ExportStream):
    """Posts and replies of the channels of deleted teams."""

    name = "deleted_team_messages"
    path = export_path = "/teamwork/deletedTeams/{teamId}/channels/getAllMessages"
    parent = DeletedTeams
    sign_in = "application"
    # https://learn.microsoft.com/graph/teamwork-national-cloud-differences: no export in China.
    clouds = ("global", "usgov", "usgov_dod")
    cost = "1 per deleted team and 250 rows"
    permission = "ChannelMessage.Read.All"
    entity = "chatMessage"
    primary_keys = ("teamId", "channelId", "id")
    on_request = (BODY_TEXT,)
    added = ("channelId", BODY_TEXT)
    looks_at = ("channelIdentity", *READ_FOR_TEXT)
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True, description="The deleted team."),
        th.Property("channelId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True, description="Unique in its channel."),
        *MESSAGE,
        TEXT,
    )


class HostedContents(NestedStream):
    """Pictures in the text of a message and snippets of code with it, which Teams hosts itself."""

    name = "hosted_contents"
    path = "/teams/{teamId}/channels/{channelId}/messages/{messageId}/hostedContents"
    parent = Messages
    reads = ("attachments", "body", "replyToId")
    nested = "body"
    permission = "ChannelMessage.Read.All"
    entity = "chatMessageHostedContent"
    primary_keys = ("teamId", "channelId", "messageId", "id")
    content = "contentBytes"
    on_request = ("contentBytes", "contentType")
    looks_at = ("replyToId",)
    cost = "none; with `contentBytes` 1 each"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("channelId", th.StringType, required=True),
        th.Property("messageId", th.StringType, required=True, description="A post or a reply."),
        th.Property("id", th.StringType, required=True),
        th.Property(
            "contentBytes",
            Content,
            description="In base64. Costs one request each: only when selected.",
        ),
        th.Property(
            "contentType", th.StringType, description="Such as image/png; comes with the bytes."
        ),
    )

    @override
    def rows_in(self, ids: Ids, record: Record) -> Iterable[Record]:
        # The message has the addresses, so that nobody has to be asked for a list of them.
        unread = {name: None for name in self.on_request if name in self.asked}
        post = record.get("replyToId")
        return [{"id": id_, "replyToId": post, **unread} for id_ in hosted_in(*shown(record))]

    @override
    def content_url(self, keys: Ids, record: Record) -> str:
        message = keys["messageId"]
        post = record["replyToId"]
        place = f"{post}/replies/{message}" if post else message
        path = "/teams/{teamId}/channels/{channelId}/messages/"
        return fill(f"{path}{place}/hostedContents/{{id}}/$value", keys)


def shown(message: Record) -> Iterable[str]:
    """The texts in which a message has addresses of contents: its own, and those of snippets."""
    yield (message.get("body") or {}).get("content") or ""
    for attachment in message.get("attachments") or ():
        # A message that is forwarded is attached, too, but its contents are not this one's.
        if attachment.get("contentType") == "application/vnd.microsoft.card.codesnippet":
            yield attachment.get("content") or ""


def hosted_in(*texts: str) -> Iterable[str]:
    """The ids of the contents that texts show, each once."""
    addresses = (address for text in texts for address in _ADDRESS.findall(text))
    found = (_content_at(address) for address in addresses)
    # Anybody can write a text: an id must not lead out of its message.
    return dict.fromkeys(id_ for id_ in found if id_.strip("."))


def _content_at(address: str) -> str:
    """The id of the content of a message at an address; empty where it leads elsewhere."""
    place, _, content = address.rpartition("/hostedContents/")
    id_, _, value = content.partition("/")
    return id_ if "/messages/" in place and value.startswith("$value") else ""


_ADDRESS = re.compile(r"[^\"'<> ]+")
