"""Questions asked in meetings, and their answers."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.declaration import Query
from tap_msteams.readers import GraphStream, Made
from tap_msteams.schema import (
    FreeText,
    Identity,
    ItemBody,
    PersonalValue,
    ThingIdentity,
    counts,
    moments,
    record,
)
from tap_msteams.streams.directory import type_of

EngagementIdentities = record(
    th.Property("application", ThingIdentity),
    th.Property("device", Identity),
    th.Property("user", Identity),
    th.Property("audience", ThingIdentity),
    th.Property("group", ThingIdentity),
)

CONVERSATION = (
    th.Property("id", th.StringType, required=True),
    th.Property("starterId", th.StringType, description="Id of the message with the question."),
    th.Property("onlineMeetingId", PersonalValue),
    th.Property("organizer", EngagementIdentities, description="Organizer of the meeting."),
    th.Property(
        "moderationState", th.StringType, description="published, pendingReview or dismissed."
    ),
    *counts("upvoteCount"),
    th.Property("creationMode", th.StringType, description="Of no use: see the message."),
)


class QuestionStream(GraphStream):
    """Questions and answers of all online meetings."""

    # https://learn.microsoft.com/graph/api/cloudcommunications-getallonlinemeetingmessages
    path = "/communications/getAllOnlineMeetingMessages"
    permission = "EngagementMeetingConversation.Read.All"
    product = "Viva Engage"
    sign_in = "application"
    clouds = ("global",)
    selected_by_default = False


class MeetingConversationMessages(QuestionStream):
    """Questions that were asked in meetings, the answers, and what moderators held back."""

    name = "meeting_conversation_messages"
    query = Query(select=False, expand=("conversation",))
    entity = "engagementConversationMessage"
    derived = (
        "engagementConversationDiscussionMessage",
        "engagementConversationQuestionMessage",
        "engagementConversationSystemMessage",
    )
    facts = ("@odata.type", "conversation")
    computed = {
        "conversationId": lambda _, row: (row.get("conversation") or {}).get("id"),
        "messageType": type_of,
    }
    on_request = ("conversation",)
    cost = "1 per page: Graph gives all messages each time"
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("conversationId", th.StringType, description="Graph's `conversation`."),
        th.Property(
            "messageType",
            th.StringType,
            description="Graph's type of the message, such as "
            "engagementConversationQuestionMessage.",
        ),
        *moments("createdDateTime", "lastModifiedDateTime"),
        th.Property("replyToId", th.StringType, description="Id of the message it answers."),
        th.Property("from", EngagementIdentities),
        th.Property("title", FreeText, description="Of a question."),
        th.Property("body", ItemBody),
        th.Property("creationMode", th.StringType, description="none or migration."),
        th.Property(
            "conversation", record(*CONVERSATION), description="The row of `meeting_conversations`."
        ),
    )


class MeetingConversations(QuestionStream):
    """Conversations about questions in meetings, with their votes and their meetings."""

    name = "meeting_conversations"
    parents = (MeetingConversationMessages,)
    parent_facts = ("conversation",)
    read = Made(of=lambda message: filter(None, [message.get("conversation")]))
    once = True
    entity = "onlineMeetingEngagementConversation"
    cost = "none beyond those of meeting_conversation_messages"
    properties = th.PropertiesList(*CONVERSATION)
