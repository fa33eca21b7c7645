"""What people ask Microsoft 365 Copilot, and its answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import Paged
from tap_msteams.readers import GraphStream, Window
from tap_msteams.schema import (
    Card,
    ConversationIdentity,
    FileUrl,
    FreeText,
    Identity,
    IdentitySet,
    ItemBody,
    Many,
    MentionName,
    PersonalValue,
    PersonId,
    ThingIdentity,
    counts,
    record,
    strings,
    texts,
)
from tap_msteams.streams.directory import Users, unless_guest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids

Mentioned = record(
    th.Property("application", ThingIdentity),
    th.Property("device", Identity),
    th.Property("user", Identity),
    th.Property("conversation", ConversationIdentity),
    th.Property("tag", ThingIdentity),
)

REREAD = timedelta(hours=1)
"""How long an interaction may take to show up; the bounds of Graph's filter are open, too."""


class CopilotInteractions(GraphStream):
    """Prompts to Microsoft 365 Copilot in all apps, and the answers."""

    name = "copilot_interactions"
    path = "/copilot/users/{userId}/interactionHistory/getAllEnterpriseInteractions"
    product = "Microsoft 365 Copilot"
    # https://learn.microsoft.com/microsoft-365-copilot/extensibility/api/ai-services/interaction-export/aiinteractionhistory-getallenterpriseinteractions
    query = Paged(
        select=False,
        top=100,
        filter="createdDateTime gt {since} and createdDateTime lt {until}",
    )
    parents = (Users,)
    parent_facts = ("userType",)
    read = Window(replication_key="createdDateTime", reread=REREAD)
    sign_in = "application"
    permission = "AiEnterpriseInteraction.Read.All"
    clouds = ("global",)
    entity = "aiInteraction"
    # An id is the moment of its creation, as that of a message in a chat is.
    primary_keys = ("userId", "sessionId", "id")
    facts = ("sessionId",)
    appends = True
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("userId", PersonId, required=True),
        th.Property(
            "sessionId", PersonalValue, required=True, description="The conversation with Copilot."
        ),
        th.Property("id", th.StringType, required=True, description="Unique within the session."),
        th.Property("createdDateTime", th.DateTimeType),
        th.Property("interactionType", th.StringType, description="userPrompt or aiResponse."),
        th.Property(
            "appClass",
            th.StringType,
            description="The app, for example IPM.SkypeTeams.Message.Copilot.Teams.",
        ),
        th.Property("conversationType", th.StringType, description="For example bizchat."),
        th.Property("requestId", th.StringType, description="Joins a prompt and its answers."),
        th.Property("from", IdentitySet, description="The person, or Copilot as an application."),
        th.Property("body", ItemBody),
        th.Property(
            "contexts",
            Many(
                record(
                    *strings(FileUrl, "contextReference"),
                    *texts("contextType"),
                    *strings(FreeText, "displayName"),
                )
            ),
            description="What was open: a document, a meeting, a channel.",
        ),
        th.Property(
            "attachments",
            Many(
                record(
                    *texts("attachmentId", "contentType"),
                    *strings(FileUrl, "contentUrl"),
                    *strings(Card, "content"),
                    *strings(FreeText, "name"),
                )
            ),
        ),
        th.Property(
            "links",
            Many(
                record(
                    *strings(FreeText, "displayName"),
                    *texts("linkType"),
                    *strings(FileUrl, "linkUrl"),
                )
            ),
        ),
        th.Property(
            "mentions",
            Many(
                record(
                    *counts("mentionId"),
                    *strings(MentionName, "mentionText"),
                    th.Property("mentioned", Mentioned),
                )
            ),
        ),
        *texts("locale", "etag"),
    )

    @classmethod
    @override
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:
        return unless_guest(ids, row)
