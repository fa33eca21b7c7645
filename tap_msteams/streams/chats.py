"""Chats: who is in them, what is said there, and what hangs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.base import ExportStream, GraphStream, NestedStream
from tap_msteams.base.exports import BODY_TEXT, READ_FOR_TEXT
from tap_msteams.errors import ForbiddenError, NotEntitledError, NotGrantedError
from tap_msteams.schema import (
    ChatId,
    ChatUrl,
    Content,
    EventDetail,
    FreeText,
    GuestMark,
    IdentitySet,
    ItemBody,
    MailAddress,
    Many,
    PersonalUrl,
    PersonalValue,
    PersonId,
    PersonName,
    flags,
    moments,
    record,
    texts,
    these,
)
from tap_msteams.streams.directory import Users
from tap_msteams.streams.messages import MESSAGE, TEXT, hosted_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Record
    from tap_msteams.sweep import Steps


CLOUDS = ("global", "usgov", "usgov_dod")
"""https://learn.microsoft.com/graph/api/chats-getallmessages: all but China's."""

AWAY = "the chat belongs to another tenant, and applications read it there only"
"""https://learn.microsoft.com/graph/api/chat-list-messages"""


class Chats(GraphStream):
    """Chats of two, of groups and of meetings, each once, whoever of its members showed it."""

    name = "chats"
    path = "/users/{userId}/chats"
    delegated_path = "/me/chats"
    parent = Users
    once = True
    permission = "Chat.ReadBasic.All"
    delegated_permission = "Chat.ReadBasic"
    entity = "chat"
    fills = "chatId"
    selects = False
    top = 50
    expand = ("lastMessagePreview",)
    on_request = ("lastMessagePreview",)
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("id", ChatId, required=True),
        th.Property("chatType", th.StringType, description="oneOnOne, group or meeting."),
        th.Property("topic", FreeText, description="Null in chats of two."),
        *moments("createdDateTime"),
        th.Property(
            "lastUpdatedDateTime",
            th.DateTimeType,
            description="Last change of topic or members; messages do not count.",
        ),
        th.Property(
            "onlineMeetingInfo",
            record(
                *these(PersonalValue, "calendarEventId"),
                *these(PersonalUrl, "joinWebUrl"),
                th.Property(
                    "organizer",
                    record(
                        *these(PersonId, "id"),
                        *these(PersonName, "displayName"),
                        *texts("userIdentityType"),
                    ),
                ),
            ),
            description="The meeting that a meeting chat belongs to.",
        ),
        th.Property("tenantId", th.StringType, description="Tenant that owns the chat."),
        *these(ChatUrl, "webUrl"),
        *texts("migrationMode"),
        *flags("isHiddenForAllMembers"),
        *moments("originalCreatedDateTime"),
        th.Property(
            "viewpoint",
            record(*flags("isHidden"), *moments("lastMessageReadDateTime")),
            description="What it looks like to the signed-in user; null for an application.",
        ),
        th.Property(
            "lastMessagePreview",
            record(
                *texts("id", "messageType"),
                *moments("createdDateTime"),
                *flags("isDeleted"),
                th.Property("body", ItemBody),
                th.Property("eventDetail", EventDetail),
                th.Property("from", IdentitySet),
            ),
            description="The last message; not asked for unless selected.",
        ),
    )

    @override
    def ids_of(self, parent: Ids, record: Record) -> Ids | None:
        # A chat is nobody's: whose list showed it first is chance.
        return {"chatId": record["id"]}


class ChatStream(GraphStream):
    """Something below each chat."""

    parent = Chats
    reads = ("tenantId", "chatType")
    selected_by_default = False

    federated: ClassVar[bool] = False
    """Whether a chat of two from two tenants can be read in both."""

    @override
    def found_in(self, ids: Ids, record: Record) -> Iterable[Ids]:
        owner, own = record.get("tenantId"), self.run.graph.tenant_id
        at_home = not self.application or not (owner and own) or owner == own
        if at_home or (self.federated and record.get("chatType") == "oneOnOne"):
            return (ids,)
        # https://learn.microsoft.com/graph/api/chat-list-members
        if self.emits:
            self.run.report(self, ids, NotEntitledError("", message=AWAY))
        return ()


class ChatMembers(ChatStream):
    """Members of a chat, of whatever kind; those of a large chat, too."""

    name = "chat_members"
    path = "/chats/{chatId}/members"
    federated = True
    permission = "ChatMember.Read.All"
    delegated_permission = "Chat.ReadBasic"
    entity = "aadUserConversationMember"
    derived = (
        "anonymousGuestConversationMember",
        "azureCommunicationServicesUserConversationMember",
        "microsoftAccountUserConversationMember",
        "phoneUserConversationMember",
        "skypeForBusinessUserConversationMember",
        "skypeUserConversationMember",
    )
    primary_keys = ("chatId", "id")
    selects = False
    added = ("memberType",)
    looks_at = ("@odata.type",)
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property(
            "id", PersonalValue, required=True, description="The membership's id, not the user's."
        ),
        th.Property(
            "memberType",
            th.StringType,
            description="Graph's type of the member, such as aadUserConversationMember.",
        ),
        th.Property("userId", PersonId, description="The member's id among the users."),
        *these(PersonName, "displayName"),
        *these(MailAddress, "email"),
        th.Property("tenantId", th.StringType, description="Home tenant of the member."),
        th.Property("roles", Many(GuestMark), description="owner or guest."),
        th.Property(
            "visibleHistoryStartDateTime",
            th.DateTimeType,
            description="From when on the member sees the messages; year 1: all of them.",
        ),
        *these(PersonId, "anonymousGuestId", "azureCommunicationServicesId", "skypeId"),
        *these(PersonalValue, "phoneNumber"),
    )

    @override
    def shape(self, records: list[Record], parent: Ids) -> list[Record]:
        if "memberType" in self.asked:
            for row in records:
                kind = row.get("@odata.type") or ""
                row["memberType"] = kind.removeprefix("#microsoft.graph.") or None
        return super().shape(records, parent)


class ChatMessages(ExportStream):
    """Messages of every chat, each once, edited and deleted ones too."""

    name = "chat_messages"
    path = "/chats/{chatId}/messages"
    export_path = "/users/{userId}/chats/getAllMessages"
    parent = Users
    delegated_parent = Chats
    once = True
    order = "lastModifiedDateTime desc"
    top = 50
    permission = "Chat.Read.All"
    delegated_permission = "Chat.Read"
    clouds = CLOUDS
    entity = "chatMessage"
    fills = "messageId"
    primary_keys = ("chatId", "id")
    on_request = added = (BODY_TEXT,)
    looks_at = ("chatId", *READ_FOR_TEXT)
    cost = "1 per user and 250 rows; a user: 1 per chat and 50 rows"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property("id", th.StringType, required=True, description="Unique in its chat."),
        *(item for item in MESSAGE if item.name != "chatId"),
        TEXT,
    )

    @override
    def ids_of(self, parent: Ids, record: Record) -> Ids | None:
        return {"chatId": record["chatId"], "messageId": record["id"]}


class ChatHostedContents(NestedStream):
    """Pictures and snippets in the text of a chat's message, which Teams hosts itself."""

    name = "chat_hosted_contents"
    path = "/chats/{chatId}/messages/{messageId}/hostedContents"
    content_path = "/chats/{chatId}/messages/{messageId}/hostedContents/{id}/$value"
    parent = ChatMessages
    reads = ("body",)
    nested = "body"
    permission = "Chat.Read.All"
    delegated_permission = "Chat.Read"
    clouds = CLOUDS
    entity = "chatMessageHostedContent"
    primary_keys = ("chatId", "messageId", "id")
    content = "contentBytes"
    on_request = ("contentBytes", "contentType")
    cost = "none; with `contentBytes` 1 each"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property("messageId", th.StringType, required=True),
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
        text = (record.get("body") or {}).get("content") or ""
        return [{"id": id_} for id_ in hosted_in(text)]

    @override
    def read_more(self, parent: Ids, keys: Ids, record: Record) -> Steps:
        try:
            yield from super().read_more(parent, keys, record)
        except ForbiddenError as error:
            if isinstance(error, NotGrantedError) or not self.application:
                raise
            # Messages of chats of other tenants are exported here, their pictures are not.
            self.run.report(self, keys, NotEntitledError(error.path, error.status, message=AWAY))
            yield self.shape([record], parent)


class PinnedMessages(ChatStream):
    """Messages that are pinned to the head of a chat."""

    name = "pinned_messages"
    path = "/chats/{chatId}/pinnedMessages"
    permission = "Chat.Read.All"
    delegated_permission = "Chat.Read"
    entity = "pinnedChatMessageInfo"
    primary_keys = ("chatId", "id")
    selects = False
    expand = ("message",)
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("message", record(*texts("id"), *MESSAGE), description="What is pinned."),
    )
