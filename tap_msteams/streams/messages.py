"""Messages of channels."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.base import MessageStream
from tap_msteams.schema import (
    Attachment,
    ChannelIdentity,
    EventDetail,
    HistoryItem,
    IdentitySet,
    ItemBody,
    Many,
    Mention,
    PolicyViolation,
    Reaction,
    moments,
    texts,
)
from tap_msteams.streams.teams import Channels, Teams


class Messages(MessageStream):
    """Posts of every channel and the replies to them, edited and deleted ones too."""

    name = "messages"
    path = "/teams/{teamId}/channels/{channelId}/messages"
    export_path = "/teams/{teamId}/channels/getAllMessages"
    parent = Teams
    listed_below = Channels
    permission = "ChannelMessage.Read.All"
    entity = "chatMessage"
    primary_keys = ("teamId", "channelId", "id")
    replication_key = "lastModifiedDateTime"
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("channelId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True, description="Unique in its channel."),
        th.Property(
            "replyToId", th.StringType, description="The post it replies to; null: a post."
        ),
        th.Property("messageType", th.StringType, description="message, systemEventMessage, ..."),
        th.Property("from", IdentitySet, description="Empty for system events."),
        *texts("subject", "summary"),
        th.Property("body", ItemBody),
        th.Property("importance", th.StringType, description="normal, high or urgent."),
        th.Property("attachments", Many(Attachment)),
        th.Property("mentions", Many(Mention)),
        th.Property("reactions", Many(Reaction)),
        th.Property("messageHistory", Many(HistoryItem)),
        th.Property("eventDetail", EventDetail, description="What a system event says."),
        th.Property("policyViolation", PolicyViolation),
        th.Property("channelIdentity", ChannelIdentity),
        *texts("chatId", "etag", "locale", "webUrl"),
        *moments("createdDateTime"),
        th.Property(
            "lastModifiedDateTime",
            th.DateTimeType,
            description="Last edit, reaction or deletion; also of system events.",
        ),
        th.Property("lastEditedDateTime", th.DateTimeType, description="Last edit of the text."),
        *moments("deletedDateTime"),
    )
