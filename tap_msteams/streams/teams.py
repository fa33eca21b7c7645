"""Teams, their channels and their members."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import Delegated, Details, Paged, Query
from tap_msteams.readers import Collection, GraphStream, TeamCollection
from tap_msteams.schema import (
    GuestMark,
    MailAddress,
    Many,
    PersonalUrl,
    PersonalValue,
    PersonId,
    PersonName,
    Public,
    counts,
    flags,
    moments,
    record,
    strings,
    texts,
)
from tap_msteams.settings.clouds import OUTSIDE_CHINA

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids

NAMES = ("id", "displayName", "description")
"""Properties in a list of teams."""


class Teams(GraphStream):
    """Teams of the tenant, archived ones included; with a user's token the user's teams."""

    name = "teams"
    path = "/teams"
    delegated = Delegated(
        path="/me/joinedTeams",
        query=Query(select=False),
        lists=(*NAMES, "isArchived", "tenantId"),
    )
    details = Details(path="/teams/{teamId}", lists=NAMES)
    read = TeamCollection()
    permission = "Team.ReadBasic.All"
    entity = "team"
    # Graph sends it, though its metadata do not declare it.
    added = ("isMembershipLimitedToOwners",)
    fills = "teamId"
    chosen_by = {"teams": ("id", "displayName")}
    cost = "1, and 1 per team for more than names and descriptions"
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True, description="Also the id of its group."),
        *strings(Public, "displayName", "description"),
        *texts("classification", "firstChannelName"),
        th.Property("internalId", th.StringType, description="Id of the thread behind the team."),
        *texts("specialization", "visibility", "webUrl", "tenantId"),
        *flags("isArchived"),
        th.Property(
            "isMembershipLimitedToOwners",
            th.BooleanType,
            description="Only with a user's token.",
        ),
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


def host_of(parent: Ids, channel: Row) -> str:
    """The id of the team that hosts a channel, from the channel's address."""
    found = re.search("/teams/([^/]+)/", channel.get("@odata.id") or "")
    return found[1] if found else parent["teamId"]


class Channels(GraphStream):
    """Channels of a team: its own ones, and shared ones of other teams.

    A shared channel has a row for each team that sees it. Its messages and members are
    below the team that hosts it, `hostTeamId`.
    """

    name = "channels"
    path = "/teams/{teamId}/allChannels"
    read = Collection(fallback_path="/teams/{teamId}/channels")
    details = Details(path="/teams/{teamId}/channels/{channelId}", only=("summary",))
    parents = (Teams,)
    permission = "Channel.ReadBasic.All"
    entity = "channel"
    fills = "channelId"
    chosen_by = {"channels": ("id", "displayName"), "membership_types": ("membershipType",)}
    primary_keys = ("teamId", "id")
    on_request = ("email", "summary")
    facts = ("@odata.id",)
    computed = {"hostTeamId": host_of}
    properties = th.PropertiesList(
        th.Property(
            "teamId", th.StringType, required=True, description="Team that sees the channel."
        ),
        th.Property("id", th.StringType, required=True),
        th.Property(
            "hostTeamId",
            th.StringType,
            description="Team that hosts the channel: the same, or another one that shares it.",
        ),
        *strings(Public, "displayName", "description"),
        th.Property(
            "email",
            Public,
            description="Mail address of the channel; slow at Graph: only when selected.",
        ),
        th.Property("membershipType", th.StringType, description="standard, private or shared."),
        *texts("layoutType", "migrationMode"),
        th.Property("tenantId", th.StringType, description="Tenant of the hosting team."),
        *texts("webUrl"),
        *flags("isArchived", "isFavoriteByDefault"),
        *moments("createdDateTime", "originalCreatedDateTime"),
        th.Property(
            "summary",
            record(
                *counts("guestsCount", "membersCount", "ownersCount"),
                *flags("hasMembersFromOtherTenants"),
            ),
            description="Only when selected: a request for each channel. Null if not hosted here.",
        ),
    )

    @classmethod
    @override
    def ids_of(cls, parent: Ids, row: Row) -> Ids | None:
        # The content of a channel is read below the team that hosts it.
        return super().ids_of(parent, row) if host_of(parent, row) == parent["teamId"] else None


MEMBER = (
    th.Property(
        "id", PersonalValue, required=True, description="Id of the membership, not of the user."
    ),
    th.Property("userId", PersonId, description="Id of the member in `users`."),
    *strings(PersonName, "displayName"),
    *strings(MailAddress, "email"),
    th.Property("tenantId", th.StringType, description="Home tenant of the member."),
    th.Property("roles", Many(GuestMark), description="owner or guest; empty for a plain member."),
    *moments("visibleHistoryStartDateTime"),
)


class Members(GraphStream):
    """Members of every team: owners, members and guests."""

    name = "members"
    path = "/teams/{teamId}/members"
    query = Paged(top=999)
    parents = (Teams,)
    permission = "TeamMember.Read.All"
    entity = "aadUserConversationMember"
    primary_keys = ("teamId", "id")
    properties = th.PropertiesList(th.Property("teamId", th.StringType, required=True), *MEMBER)


_SOURCE = "@microsoft.graph.originalSourceMembershipUrl"


class ChannelMembers(GraphStream):
    """Members of a private or a shared channel; a person has a row for each way into it."""

    name = "channel_members"
    path = "/teams/{teamId}/channels/{channelId}/allMembers"
    parents = (Channels,)
    parent_facts = ("membershipType",)
    permission = "ChannelMember.Read.All"
    entity = "aadUserConversationMember"
    primary_keys = ("teamId", "channelId", "id")
    facts = (_SOURCE,)
    computed = {"originalSourceMembershipUrl": lambda _, row: row.get(_SOURCE)}
    cost = "1 per private or shared channel"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("channelId", th.StringType, required=True),
        *MEMBER,
        th.Property(
            "originalSourceMembershipUrl",
            PersonalUrl,
            description="The membership behind it, in the channel itself or in a team that sees "
            "it; null: in the channel itself.",
        ),
    )

    @classmethod
    @override
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:
        # A standard channel has the members of its team.
        return () if row.get("membershipType") == "standard" else (ids,)


class SharedWithTeams(GraphStream):
    """Teams with access to a shared channel, the hosting team included."""

    name = "shared_with_teams"
    path = "/teams/{teamId}/channels/{channelId}/sharedWithTeams"
    parents = (Channels,)
    parent_facts = ("membershipType",)
    permission = "ChannelMember.Read.All"
    clouds = OUTSIDE_CHINA
    entity = "sharedWithChannelTeamInfo"
    primary_keys = ("teamId", "channelId", "id")
    cost = "1 per shared channel"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property(
            "teamId", th.StringType, required=True, description="Team that hosts the channel."
        ),
        th.Property("channelId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True, description="Team that sees the channel."),
        *strings(Public, "displayName"),
        th.Property("tenantId", th.StringType, description="Tenant of that team."),
        *flags("isHostTeam"),
    )

    @classmethod
    @override
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:
        # https://learn.microsoft.com/graph/api/sharedwithchannelteaminfo-list: shared ones only.
        return (ids,) if row.get("membershipType") == "shared" else ()


class Tags(GraphStream):
    """Tags of a team: names to mention several members at once."""

    name = "tags"
    path = "/teams/{teamId}/tags"
    parents = (Teams,)
    permission = "TeamworkTag.Read.All"
    delegated = Delegated(permission="TeamworkTag.Read")
    entity = "teamworkTag"
    fills = "tagId"
    primary_keys = ("teamId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        *strings(Public, "displayName", "description"),
        *texts("tagType"),
        *counts("memberCount"),
    )


class TagMembers(GraphStream):
    """People who carry a tag."""

    name = "tag_members"
    path = "/teams/{teamId}/tags/{tagId}/members"
    parents = (Tags,)
    permission = "TeamworkTag.Read.All"
    delegated = Delegated(permission="TeamworkTag.Read")
    entity = "teamworkTagMember"
    primary_keys = ("teamId", "tagId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("tagId", th.StringType, required=True),
        th.Property(
            "id",
            PersonalValue,
            required=True,
            description="Id of the tag's entry, not of the user.",
        ),
        th.Property("userId", PersonId, description="Id in `users`."),
        *strings(PersonName, "displayName"),
        *texts("tenantId"),
    )


class DeletedTeams(GraphStream):
    """Teams that were deleted recently; Graph gives only their ids."""

    name = "deleted_teams"
    path = "/teamwork/deletedTeams"
    query = Query(select=False)
    permission = "Team.ReadBasic.All"
    entity = "deletedTeam"
    fills = "teamId"
    chosen_by = {"teams": ("id",)}
    selected_by_default = False
    properties = th.PropertiesList(th.Property("id", th.StringType, required=True))
