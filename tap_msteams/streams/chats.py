"""Chats: their members, messages, pictures and pins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import BODY_TEXT, Content, Delegated, Paged, Query
from tap_msteams.errors import ForbiddenError, NotEntitledError
from tap_msteams.readers import Export, GraphStream, Made
from tap_msteams.schema import (
    ChatId,
    ChatUrl,
    ContentBytes,
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
    strings,
    texts,
)
from tap_msteams.settings.clouds import OUTSIDE_CHINA
from tap_msteams.streams.directory import Users, type_of
from tap_msteams.streams.messages import MESSAGE, TEXT, TEXT_SWITCH, contents_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids
    from tap_msteams.errors import GraphError


AWAY = "the chat belongs to another tenant, and applications read it there only"
"""https://learn.microsoft.com/graph/api/chat-list-messages"""


class Chats(GraphStream):
    """Chats of two, of groups and of meetings, each once."""

    name = "chats"
    path = "/users/{userId}/chats"
    query = Paged(select=False, top=50, expand=("lastMessagePreview",))
    parents = (Users,)
    once = True
    permission = "Chat.ReadBasic.All"
    delegated = Delegated(path="/me/chats", permission="Chat.ReadBasic")
    entity = "chat"
    fills = "chatId"
    on_request = ("lastMessagePreview",)
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("id", ChatId, required=True),
        th.Property("chatType", th.StringType, description="oneOnOne, group or meeting."),
        th.Property("topic", FreeText, description="Null in one-on-one chats."),
        *moments("createdDateTime"),
        th.Property(
            "lastUpdatedDateTime",
            th.DateTimeType,
            description="Last change of topic or members; messages do not count.",
        ),
        th.Property(
            "onlineMeetingInfo",
            record(
                *strings(PersonalValue, "calendarEventId"),
                *strings(PersonalUrl, "joinWebUrl"),
                th.Property(
                    "organizer",
                    record(
                        *strings(PersonId, "id"),
                        *strings(PersonName, "displayName"),
                        *texts("userIdentityType"),
                    ),
                ),
            ),
            description="Meeting of a meeting chat.",
        ),
        th.Property("tenantId", th.StringType, description="Tenant that owns the chat."),
        *strings(ChatUrl, "webUrl"),
        *texts("migrationMode"),
        *flags("isHiddenForAllMembers"),
        *moments("originalCreatedDateTime"),
        th.Property(
            "viewpoint",
            record(*flags("isHidden"), *moments("lastMessageReadDateTime")),
            description="State for the signed-in user; null for an application.",
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
            description="The last message; only when selected.",
        ),
    )

    @classmethod
    @override
    def ids_of(cls, parent: Ids, row: Row) -> Ids | None:
        # A chat belongs to no single member: the list that shows it first is chance.
        return {"chatId": row["id"]}


class ChatStream(GraphStream):
    """A stream below each chat."""

    parents = (Chats,)
    parent_facts = ("tenantId", "chatType")
    selected_by_default = False

    federated: ClassVar[bool] = False
    """Whether a chat of two users from two tenants can be read in both."""

    @classmethod
    @override
    def barred(
        cls, facts: Mapping[str, Any], *, application: bool, tenant_id: str | None
    ) -> GraphError | None:
        owner = facts.get("tenantId")
        at_home = not application or not (owner and tenant_id) or owner == tenant_id
        if at_home or (cls.federated and facts.get("chatType") == "oneOnOne"):
            return None
        # https://learn.microsoft.com/graph/api/chat-list-members
        return NotEntitledError("", message=AWAY)


class ChatMembers(ChatStream):
    """Members of every chat."""

    name = "chat_members"
    path = "/chats/{chatId}/members"
    query = Query(select=False)
    federated = True
    permission = "ChatMember.Read.All"
    delegated = Delegated(permission="Chat.ReadBasic")
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
    facts = ("@odata.type",)
    computed = {"memberType": type_of}
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property(
            "id", PersonalValue, required=True, description="Id of the membership, not of the user."
        ),
        th.Property(
            "memberType",
            th.StringType,
            description="Graph's type of the member, such as aadUserConversationMember.",
        ),
        th.Property("userId", PersonId, description="Id of the member in `users`."),
        *strings(PersonName, "displayName"),
        *strings(MailAddress, "email"),
        th.Property("tenantId", th.StringType, description="Home tenant of the member."),
        th.Property("roles", Many(GuestMark), description="owner or guest."),
        th.Property(
            "visibleHistoryStartDateTime",
            th.DateTimeType,
            description="Start of the history that the member sees; year 1 for all of it.",
        ),
        *strings(PersonId, "anonymousGuestId", "azureCommunicationServicesId", "skypeId"),
        *strings(PersonalValue, "phoneNumber"),
    )


class ChatMessages(GraphStream):
    """Messages of every chat, each once, with edited and deleted ones.

    Graph exports the messages of a user: a message of a chat comes once for each member,
    and is written once.
    """

    name = "chat_messages"
    path = "/users/{userId}/chats/getAllMessages"
    parents = (Users,)
    delegated = Delegated(
        path="/chats/{chatId}/messages",
        parents=(Chats,),
        permission="Chat.Read",
    )
    read = Export(
        top=250,
        # https://learn.microsoft.com/graph/api/chat-list-messages
        top_for_users=50,
        retained_path="/users/{userId}/chats/getAllRetainedMessages",
    )
    once = True
    permission = "Chat.Read.All"
    # https://learn.microsoft.com/graph/api/chats-getallmessages
    clouds = OUTSIDE_CHINA
    entity = "chatMessage"
    fills = "messageId"
    primary_keys = ("chatId", "id")
    on_request = added = (BODY_TEXT,)
    switches = TEXT_SWITCH
    facts = ("chatId",)
    cost = "1 per user and 250 rows; a user: 1 per chat and 50 rows"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property("id", th.StringType, required=True, description="Unique within the chat."),
        *(item for item in MESSAGE if item.name != "chatId"),
        TEXT,
    )

    @classmethod
    @override
    def ids_of(cls, parent: Ids, row: Row) -> Ids | None:
        chat = row.get("chatId") or parent.get("chatId")
        return {"chatId": chat, "messageId": row["id"]} if chat else None


class ChatHostedContents(GraphStream):
    """Pictures and snippets of a chat's message, and of its cards, that Teams hosts itself."""

    name = "chat_hosted_contents"
    path = "/chats/{chatId}/messages/{messageId}/hostedContents"
    content = Content(name="contentBytes", path=f"{path}/{{id}}/$value")
    parents = (ChatMessages,)
    parent_facts = ("attachments", "body")
    read = Made(of=lambda message: contents_of(texts_of(message)))
    permission = "Chat.Read.All"
    delegated = Delegated(permission="Chat.Read")
    # https://learn.microsoft.com/graph/api/chats-getallmessages
    clouds = OUTSIDE_CHINA
    entity = "chatMessageHostedContent"
    primary_keys = ("chatId", "messageId", "id")
    on_request = ("contentBytes", "contentType")
    cost = "none; with `contentBytes` 1 each"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property("messageId", th.StringType, required=True),
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
    def meaning(
        cls, error: GraphError, ids: Ids, facts: Mapping[str, Any], *, application: bool
    ) -> GraphError:
        # Messages of chats of other tenants are exported here, their pictures are not: Graph
        # refuses them without a word of its own.
        # https://github.com/microsoftgraph/microsoft-graph-docs/issues/14677
        says_nothing = {error.code, error.message} <= {"Forbidden", ""}
        if not (application and type(error) is ForbiddenError and says_nothing and error.code):
            return error
        return NotEntitledError(error.path, error.status, message=AWAY)


class PinnedMessages(ChatStream):
    """Messages that are pinned to the head of a chat."""

    name = "pinned_messages"
    path = "/chats/{chatId}/pinnedMessages"
    query = Query(select=False, expand=("message",))
    permission = "ChatMessage.Read.All"
    delegated = Delegated(permission="Chat.Read")
    entity = "pinnedChatMessageInfo"
    primary_keys = ("chatId", "id")
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("message", record(*texts("id"), *MESSAGE), description="The pinned message."),
    )
