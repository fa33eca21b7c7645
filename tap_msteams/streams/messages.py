"""Messages of channels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import BODY_TEXT, Content, fill
from tap_msteams.readers import Export, ExportOrLists, GraphStream, Made
from tap_msteams.schema import (
    Attachment,
    ChannelIdentity,
    ChatId,
    ChatUrl,
    ContentBytes,
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
    strings,
    texts,
)
from tap_msteams.settings.clouds import OUTSIDE_CHINA
from tap_msteams.streams.teams import Channels, DeletedTeams, Teams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids


MESSAGE = (
    th.Property(
        "replyToId",
        th.StringType,
        description="Id of the post that it replies to; null for a post.",
    ),
    th.Property("messageType", th.StringType, description="message, systemEventMessage, ..."),
    th.Property("from", IdentitySet, description="Author; empty for system events."),
    *strings(FreeText, "subject", "summary"),
    th.Property("body", ItemBody),
    th.Property("importance", th.StringType, description="normal, high or urgent."),
    th.Property("attachments", Many(Attachment)),
    th.Property("mentions", Many(Mention)),
    th.Property("reactions", Many(Reaction)),
    th.Property("messageHistory", Many(HistoryItem)),
    th.Property("eventDetail", EventDetail, description="Content of a system event."),
    th.Property("policyViolation", PolicyViolation),
    th.Property("channelIdentity", ChannelIdentity),
    *strings(ChatId, "chatId"),
    *texts("etag", "locale"),
    *strings(ChatUrl, "webUrl"),
    *moments("createdDateTime"),
    th.Property(
        "lastModifiedDateTime",
        th.DateTimeType,
        description="Last edit, reaction or deletion; also of system events.",
    ),
    th.Property("lastEditedDateTime", th.DateTimeType, description="Last edit of the text."),
    *moments("deletedDateTime"),
)
"""The properties of a message, without its keys."""

TEXT = th.Property(
    BODY_TEXT,
    FreeText,
    description="The body as text without HTML; only when selected, or by `body_text`.",
)


_CARD = "application/vnd.microsoft."
"""The beginning of the types of cards: of code snippets, of announcements, adaptive ones."""

_ADDRESS = re.compile(r"[^\"'<> ]+")
"""An address, as far as a text in HTML or JSON may quote it."""

TEXT_SWITCH = {BODY_TEXT: "body_text"}
"""The setting that selects the plain text."""


def _place(name: str) -> Callable[[Ids, Row], str | None]:
    """A function that returns an id of a message's channel: an export has it in its rows."""

    def place(ids: Ids, message: Row) -> str | None:
        if "channelId" in ids:
            return ids[name]
        found: str | None = (message.get("channelIdentity") or {}).get(name)
        return found

    return place


PLACE = {"teamId": _place("teamId"), "channelId": _place("channelId")}
"""The ids of the channel that a message is in."""


class Messages(GraphStream):
    """Posts and replies of every channel, with edited and deleted ones.

    Graph shows a deleted message for 21 days, with `deletedDateTime` and an empty body: a
    daily run misses none. A new reaction changes `lastModifiedDateTime`, so that the
    message comes again.
    """

    name = "messages"
    path = "/teams/{teamId}/channels/getAllMessages"
    parents = (Teams,)
    read = ExportOrLists(
        top=250,
        waits_for=Channels,
        list_path="/teams/{teamId}/channels/{channelId}/messages",
        retained_path="/teams/{teamId}/channels/getAllRetainedMessages",
    )
    cost = "1 per team and 250 rows; a user: 1 per channel and 50 posts"
    permission = "ChannelMessage.Read.All"
    entity = "chatMessage"
    fills = "messageId"
    primary_keys = ("teamId", "channelId", "id")
    on_request = added = (BODY_TEXT,)
    switches = TEXT_SWITCH
    facts = ("channelIdentity",)
    computed = PLACE
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("channelId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True, description="Unique within the channel."),
        *MESSAGE,
        TEXT,
    )

    @classmethod
    @override
    def ids_of(cls, parent: Ids, row: Row) -> Ids | None:
        channel = PLACE["channelId"](parent, row)
        return {**parent, "channelId": channel, "messageId": row["id"]} if channel else None


class DeletedTeamMessages(GraphStream):
    """Posts and replies of the channels of deleted teams."""

    name = "deleted_team_messages"
    path = "/teamwork/deletedTeams/{teamId}/channels/getAllMessages"
    parents = (DeletedTeams,)
    read = Export(top=250)
    chosen_by = {"channels": (), "membership_types": ()}
    sign_in = "application"
    # https://learn.microsoft.com/graph/teamwork-national-cloud-differences: no export in China.
    clouds = OUTSIDE_CHINA
    cost = "1 per deleted team and 250 rows"
    permission = "ChannelMessage.Read.All"
    entity = "chatMessage"
    primary_keys = ("teamId", "channelId", "id")
    appends = True
    on_request = added = (BODY_TEXT,)
    switches = TEXT_SWITCH
    facts = ("channelIdentity",)
    computed = PLACE
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True, description="Id of the deleted team."),
        th.Property("channelId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True, description="Unique within the channel."),
        *MESSAGE,
        TEXT,
    )


class HostedContents(GraphStream):
    """Pictures and snippets of a channel's message, and of its cards, that Teams hosts itself."""

    name = "hosted_contents"
    path = "/teams/{teamId}/channels/{channelId}/messages/{messageId}/hostedContents"
    parents = (Messages,)
    parent_facts = ("attachments", "body", "replyToId")
    read = Made(
        of=lambda message: [
            {**row, "replyToId": message.get("replyToId")} for row in contents_of(texts_of(message))
        ]
    )
    content = Content(name="contentBytes", path=f"{path}/{{id}}/$value")
    permission = "ChannelMessage.Read.All"
    entity = "chatMessageHostedContent"
    primary_keys = ("teamId", "channelId", "messageId", "id")
    on_request = ("contentBytes", "contentType")
    facts = ("replyToId",)
    cost = "none; with `contentBytes` 1 each"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("channelId", th.StringType, required=True),
        th.Property(
            "messageId", th.StringType, required=True, description="Id of the post or reply."
        ),
        th.Property("id", th.StringType, required=True),
        th.Property(
            "contentBytes",
            ContentBytes,
            description="In base64; a request for each row: only when selected.",
        ),
        th.Property(
            "contentType",
            th.StringType,
            description="For example image/png; read together with the bytes.",
        ),
    )

    @classmethod
    @override
    def content_path(cls, ids: Ids, row: Row, *, application: bool) -> str:
        # The path of a reply contains its post.
        message, post = ids["messageId"], row.get("replyToId")
        place = f"{post}/replies/{message}" if post else message
        path = "/teams/{teamId}/channels/{channelId}/messages/"
        return fill(f"{path}{place}/hostedContents/{{id}}/$value", ids)


def texts_of(message: Mapping[str, Any]) -> Iterable[str]:
    """The texts of a message with addresses of contents: its body, and its cards.

    https://learn.microsoft.com/graph/teams-messaging-overview
    """
    yield (message.get("body") or {}).get("content") or ""
    for attachment in message.get("attachments") or ():
        # A forwarded message is an attachment, too, but its contents belong to that message.
        if (attachment.get("contentType") or "").startswith(_CARD):
            yield attachment.get("content") or ""


def contents_of(texts: Iterable[str]) -> list[dict[str, Any]]:
    """A row for each content in the texts; its bytes are read later if selected."""
    return [{"id": id_} for id_ in hosted_in(*texts)]


def hosted_in(*texts: str) -> Iterable[str]:
    """The ids of the contents in the texts, each once."""
    addresses = (address for text in texts for address in _ADDRESS.findall(text))
    found = (_content_at(address) for address in addresses)
    # Texts are untrusted: an id must not lead out of its message.
    return dict.fromkeys(id_ for id_ in found if id_.strip("."))


def _content_at(address: str) -> str:
    """The id of the content at an address; empty for an address outside of the message."""
    place, _, content = address.rpartition("/hostedContents/")
    id_, _, value = content.partition("/")
    return id_ if "/messages/" in place and value.startswith("$value") else ""
