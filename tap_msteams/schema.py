"""Property types that several streams share, as Graph's metadata declares them.

Objects are open: keys that Graph does not declare, such as `@odata.type`, pass through.
"""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th
from typing_extensions import override


class Many(th.JSONTypeHelper[list[Any]]):
    """A collection, emitted without its item type so that Postgres makes it one `jsonb`."""

    def __init__(self, of: th.JSONTypeHelper[Any] | type[th.JSONTypeHelper[Any]]) -> None:
        """Keep the type of the elements for readers and checks."""
        super().__init__()
        self.of = of

    @property
    @override
    def type_dict(self) -> dict[str, Any]:
        return {"type": ["array"]}


def record(*properties: th.Property[Any]) -> th.ObjectType:
    """An open object with these properties."""
    return th.ObjectType(*properties)


def texts(*names: str) -> list[th.Property[Any]]:
    """Properties that are plain texts."""
    return [th.Property(name, th.StringType) for name in names]


def flags(*names: str) -> list[th.Property[Any]]:
    """Properties that are true or false."""
    return [th.Property(name, th.BooleanType) for name in names]


def counts(*names: str) -> list[th.Property[Any]]:
    """Properties that are whole numbers."""
    return [th.Property(name, th.IntegerType) for name in names]


def moments(*names: str) -> list[th.Property[Any]]:
    """Properties that are moments in time."""
    return [th.Property(name, th.DateTimeType) for name in names]


Identity = record(*texts("id", "displayName"))

ItemBody = record(*texts("content", "contentType"))

DateTimeTimeZone = record(*texts("dateTime", "timeZone"))

IdentitySet = record(
    th.Property("application", Identity),
    th.Property("device", Identity),
    th.Property("user", Identity),
)

ConversationIdentity = record(*texts("id", "displayName", "conversationIdentityType"))

MentionedIdentitySet = record(
    th.Property("application", Identity),
    th.Property("device", Identity),
    th.Property("user", Identity),
    th.Property("conversation", ConversationIdentity),
)

Attachment = record(
    *texts("id", "contentType", "contentUrl", "content", "name", "teamsAppId", "thumbnailUrl")
)

Mention = record(
    *counts("id"),
    *texts("mentionText"),
    th.Property("mentioned", MentionedIdentitySet),
)

Reaction = record(
    *moments("createdDateTime"),
    *texts("displayName", "reactionContentUrl", "reactionType"),
    th.Property("user", IdentitySet),
)

HistoryItem = record(
    *texts("actions"),
    *moments("modifiedDateTime"),
    th.Property("reaction", Reaction),
)

PolicyViolation = record(
    *texts("dlpAction", "justificationText", "userAction", "verdictDetails"),
    th.Property(
        "policyTip",
        record(
            *texts("complianceUrl", "generalText"),
            th.Property("matchedConditionDescriptions", Many(th.StringType)),
        ),
    ),
)

EventDetail = record(
    th.Property("@odata.type", th.StringType, description="Which event; decides the other keys."),
)

ChannelIdentity = record(*texts("teamId", "channelId"))
