"""Property types that several streams share, as Graph's metadata declares them.

Objects are open: keys that Graph does not declare, such as `@odata.type`, pass through. Kinds of
texts tell the privacy settings what a property holds: people, or what they wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterable


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


class Public(th.StringType):
    """A text that is about no person, although its name suggests one."""


class PersonId(th.StringType):
    """The id of a person."""


class PersonName(th.StringType):
    """The name of a person, or a part of it."""


class MentionName(th.StringType):
    """The name in a mention: a person's where a user is mentioned."""


class MailAddress(th.StringType):
    """A mail address or a principal name."""


class PersonalValue(th.StringType):
    """A value that belongs to a person or contains a person's id: a number, an address, an id."""


class PersonalUrl(th.StringType):
    """An address with a person's id in it, which may serve as a key."""


class PersonalDetail(th.StringType):
    """A value that leads to a person and is of no use as a key."""


class ChatId(th.StringType):
    """The id of a chat; in a chat of two it contains the ids of both users."""


class ChatUrl(th.StringType):
    """An address in Teams that contains the id of a chat."""


class GuestMark(th.StringType):
    """A type of user or member; `guest` marks the record as one about a guest."""


class FreeText(th.StringType):
    """A text that a person wrote or spoke, or a name that a person chose."""


class Html(th.StringType):
    """A text that a person wrote, as HTML with mentions."""


class Card(th.StringType):
    """A text that a person wrote, as JSON: a card or a quoted message."""


class WebVtt(th.StringType):
    """A transcript with the names of the speakers."""


class FileUrl(th.StringType):
    """An address that contains the name of a file, and perhaps that of its owner."""


class ContentBytes(th.StringType):
    """Bytes that a person uploaded."""


class Union(th.ObjectType):
    """An object whose type decides its keys: the keys are known, but are not emitted as schema."""

    def __init__(self, *properties: th.Property[Any], others: Iterable[th.Property[Any]]) -> None:
        """Emit the schema of `properties` only; `others` are known."""
        super().__init__(*properties)
        self.others = {item.name: item for item in others}


class Untouched(th.ObjectType):
    """An open object whose content is never about a person."""


def record(*properties: th.Property[Any]) -> th.ObjectType:
    """An open object with these properties."""
    return th.ObjectType(*properties)


def texts(*names: str) -> list[th.Property[Any]]:
    """Properties that are plain texts."""
    return [th.Property(name, th.StringType) for name in names]


def strings(kind: type[th.StringType], *names: str) -> list[th.Property[Any]]:
    """Properties that are texts of this kind."""
    return [th.Property(name, kind) for name in names]


def flags(*names: str) -> list[th.Property[Any]]:
    """Properties that are true or false."""
    return [th.Property(name, th.BooleanType) for name in names]


def counts(*names: str) -> list[th.Property[Any]]:
    """Properties that are whole numbers."""
    return [th.Property(name, th.IntegerType) for name in names]


def numbers(*names: str) -> list[th.Property[Any]]:
    """Properties that are numbers with fractions."""
    return [th.Property(name, th.NumberType) for name in names]


def moments(*names: str) -> list[th.Property[Any]]:
    """Properties that are moments in time."""
    return [th.Property(name, th.DateTimeType) for name in names]


Identity = Union(
    *strings(PersonId, "id"),
    *strings(PersonName, "displayName"),
    others=strings(MailAddress, "email", "loginName", "userPrincipalName"),
)

ThingIdentity = record(*texts("id"), *strings(Public, "displayName"))

ItemBody = record(*strings(Html, "content"), *texts("contentType"))

DateTimeTimeZone = record(*texts("dateTime", "timeZone"))

IdentitySet = Union(
    th.Property("application", ThingIdentity),
    th.Property("device", Identity),
    th.Property("user", Identity),
    others=(
        th.Property("applicationInstance", ThingIdentity),
        th.Property("assertedIdentity", Identity),
        th.Property("azureCommunicationServicesUser", Identity),
        th.Property("encrypted", Identity),
        th.Property("group", ThingIdentity),
        th.Property("guest", Identity),
        th.Property("onPremises", Identity),
        th.Property("phone", Identity),
        th.Property("siteGroup", ThingIdentity),
        th.Property("siteUser", Identity),
    ),
)

ConversationIdentity = record(
    *texts("id", "conversationIdentityType"), *strings(Public, "displayName")
)

MentionedIdentitySet = record(
    th.Property("application", ThingIdentity),
    th.Property("device", Identity),
    th.Property("user", Identity),
    th.Property("conversation", ConversationIdentity),
)

Attachment = record(
    *texts("id", "contentType", "teamsAppId"),
    *strings(FileUrl, "contentUrl", "thumbnailUrl"),
    *strings(Card, "content"),
    *strings(FreeText, "name"),
)

Mention = record(
    *counts("id"),
    *strings(MentionName, "mentionText"),
    th.Property("mentioned", MentionedIdentitySet),
)

Reaction = record(
    *moments("createdDateTime"),
    *strings(Public, "displayName"),
    *texts("reactionContentUrl", "reactionType"),
    th.Property("user", IdentitySet),
)

HistoryItem = record(
    *texts("actions"),
    *moments("modifiedDateTime"),
    th.Property("reaction", Reaction),
)

PolicyViolation = record(
    *texts("dlpAction", "userAction", "verdictDetails"),
    *strings(FreeText, "justificationText"),
    th.Property(
        "policyTip",
        record(
            *texts("complianceUrl", "generalText"),
            th.Property("matchedConditionDescriptions", Many(th.StringType)),
        ),
    ),
)

EventDetail = Union(
    th.Property("@odata.type", th.StringType, description="Which event; decides the other keys."),
    others=(
        th.Property("initiator", IdentitySet),
        th.Property("meetingOrganizer", IdentitySet),
        th.Property("conversationMemberUser", Identity),
        th.Property("members", Many(Identity)),
        th.Property("callParticipants", Many(record(th.Property("participant", IdentitySet)))),
        th.Property("conversationMemberRoles", Many(th.StringType)),
        *strings(ChatId, "chatId", "meetingChatId"),
        *strings(FreeText, "chatDisplayName", "callRecordingDisplayName"),
        *strings(FileUrl, "callRecordingUrl"),
        *strings(Public, "channelDisplayName", "channelDescription"),
        *strings(Public, "teamDisplayName", "teamDescription", "teamsAppDisplayName"),
        *texts("callDuration", "callEventType", "callId", "callRecordingDuration"),
        *texts("callRecordingStatus", "callTranscriptICalUid"),
        *texts("channelId", "teamId", "tabId", "teamsAppId"),
        *flags("meetingChatEnabled"),
        *moments("visibleHistoryStartDateTime", "eventDateTime"),
    ),
)

ChannelIdentity = record(*texts("teamId", "channelId"))

PermissionSet = record(
    th.Property(
        "resourceSpecificPermissions", Many(record(*texts("permissionType", "permissionValue")))
    ),
)

TeamsApp = record(*texts("id", "externalId", "distributionMethod"), *strings(Public, "displayName"))

TeamsAppDefinition = record(
    *texts("id", "teamsAppId", "version", "publishingState"),
    *strings(Public, "displayName", "shortDescription", "description"),
    *moments("lastModifiedDateTime"),
    th.Property("createdBy", IdentitySet),
    th.Property(
        "authorization",
        record(*texts("clientAppId"), th.Property("requiredPermissionSet", PermissionSet)),
    ),
)

TabConfiguration = record(
    *texts("entityId"), *strings(FileUrl, "contentUrl", "removeUrl", "websiteUrl")
)
