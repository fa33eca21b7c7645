"""Teams, their channels and their members."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.base import GraphStream
from tap_msteams.schema import Many, counts, flags, moments, record, texts


class Teams(GraphStream):
    """Teams of the tenant, archived ones too; with a user's token the teams of that user."""

    name = "teams"
    path = "/teams"
    delegated_path = "/me/joinedTeams"
    detail_path = "/teams/{teamId}"
    permission = "Team.ReadBasic.All"
    entity = "team"
    fills = "teamId"
    listed = ("id", "displayName", "description")
    delegated_listed = (*listed, "isArchived", "tenantId")
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True, description="Also the id of its group."),
        *texts("displayName", "description", "classification", "firstChannelName"),
        th.Property("internalId", th.StringType, description="Id of the thread behind the team."),
        *texts("specialization", "visibility", "webUrl", "tenantId"),
        *flags("isArchived"),
        *moments("createdDateTime"),
        th.Property("summary", record(*counts("guestsCount", "membersCount", "ownersCount"))),
        th.Property(
            "funSettings",
            record(
                *flags("allowCustomMemes", "allowGiphy", "allowStickersAndMemes"),
                *texts("giphyContentRating"),
            ),
        ),
        th.Property(
            "guestSettings", record(*flags("allowCreateUpdateChannels", "allowDeleteChannels"))
        ),
        th.Property(
            "memberSettings",
            record(
                *flags(
                    "allowAddRemoveApps",
                    "allowCreatePrivateChannels",
                    "allowCreateUpdateChannels",
                    "allowCreateUpdateRemoveConnectors",
                    "allowCreateUpdateRemoveTabs",
                    "allowDeleteChannels",
                )
            ),
        ),
        th.Property(
            "messagingSettings",
            record(
                *flags(
                    "allowChannelMentions",
                    "allowOwnerDeleteMessages",
                    "allowTeamMentions",
                    "allowUserDeleteMessages",
                    "allowUserEditMessages",
                )
            ),
        ),
    )


class Channels(GraphStream):
    """Channels that a team hosts: standard, private and shared."""

    name = "channels"
    path = "/teams/{teamId}/channels"
    detail_path = "/teams/{teamId}/channels/{channelId}"
    parent = Teams
    permission = "Channel.ReadBasic.All"
    entity = "channel"
    fills = "channelId"
    primary_keys = ("teamId", "id")
    on_request = ("email", "summary")
    detailed = ("summary",)
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True, description="Team that hosts it."),
        th.Property("id", th.StringType, required=True),
        *texts("displayName", "description"),
        th.Property(
            "email",
            th.StringType,
            description="Address that posts into it. Graph fills it slowly: only when selected.",
        ),
        th.Property("membershipType", th.StringType, description="standard, private or shared."),
        *texts("layoutType", "migrationMode", "tenantId", "webUrl"),
        *flags("isArchived", "isFavoriteByDefault"),
        *moments("createdDateTime", "originalCreatedDateTime"),
        th.Property(
            "summary",
            record(
                *counts("guestsCount", "membersCount", "ownersCount"),
                *flags("hasMembersFromOtherTenants"),
            ),
            description="Costs one request a channel: only when selected.",
        ),
    )


class Members(GraphStream):
    """Members of every team: owners, members and guests."""

    name = "members"
    path = "/teams/{teamId}/members"
    parent = Teams
    permission = "TeamMember.Read.All"
    entity = "aadUserConversationMember"
    primary_keys = ("teamId", "id")
    top = 999
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property(
            "id", th.StringType, required=True, description="The membership's id, not the user's."
        ),
        th.Property("userId", th.StringType, description="The member's id among the users."),
        *texts("displayName", "email"),
        th.Property("tenantId", th.StringType, description="Home tenant of the member."),
        th.Property(
            "roles", Many(th.StringType), description="owner or guest; empty for a plain member."
        ),
        *moments("visibleHistoryStartDateTime"),
    )
