"""Teams, their channels and their members."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.base import GraphStream
from tap_msteams.base.declaration import fill
from tap_msteams.graph import Decoder, Page, Request
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
    texts,
    these,
)
from tap_msteams.sweep import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.base.stream import Ids
    from tap_msteams.errors import GraphError
    from tap_msteams.graph import Record
    from tap_msteams.sweep import Steps


class Teams(GraphStream):
    """Teams of the tenant, archived ones too; with a user's token the teams of that user."""

    name = "teams"
    path = "/teams"
    delegated_path = "/me/joinedTeams"
    delegated_options = False
    detail_path = "/teams/{teamId}"
    permission = "Team.ReadBasic.All"
    entity = "team"
    fills = "teamId"
    chosen_by = (("teams", "id", "displayName"),)
    cost = "1, and 1 per team for more than names and descriptions"
    listed = ("id", "displayName", "description")
    delegated_listed = (*listed, "isArchived", "tenantId")
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True, description="Also the id of its group."),
        *these(Public, "displayName", "description"),
        *texts("classification", "firstChannelName"),
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

    @override
    def take(self, parent: Ids, page: Page) -> Steps:
        if self.run.settings.archived_teams:
            yield from super().take(parent, page)
            return
        for team in self.fresh(page.value):
            yield Walk({"teamId": team["id"]}, self._unless_archived(parent, team))

    def _unless_archived(self, parent: Ids, record: Record) -> Steps:
        """Take a team that is in use, which only its own path tells."""
        url = fill("/teams/{teamId}?$select=id,isArchived", {"teamId": record["id"]})
        answer = yield Request(url, Decoder(["id", "isArchived"]), single=True)
        if not answer.value[0].get("isArchived"):
            yield from super().take(parent, Page([record]))

    @override
    def failed(self, subject: Ids, error: GraphError) -> None:
        super().failed(subject, error)
        self.all_listed &= self.run.settings.archived_teams


class Channels(GraphStream):
    """Channels that a team sees: its own ones, and shared ones that another team hosts."""

    name = "channels"
    path = "/teams/{teamId}/allChannels"
    fallback_path = "/teams/{teamId}/channels"
    detail_path = "/teams/{teamId}/channels/{channelId}"
    parent = Teams
    permission = "Channel.ReadBasic.All"
    entity = "channel"
    fills = "channelId"
    chosen_by = (("channels", "id", "displayName"), ("membership_types", "membershipType"))
    primary_keys = ("teamId", "id")
    on_request = ("email", "summary")
    detailed = ("summary",)
    added = ("hostTeamId",)
    looks_at = ("@odata.id",)
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True, description="Team that sees it."),
        th.Property("id", th.StringType, required=True),
        th.Property(
            "hostTeamId",
            th.StringType,
            description="Team that hosts it: the same, or another one that shares it.",
        ),
        *these(Public, "displayName", "description"),
        th.Property(
            "email",
            Public,
            description="Address that posts into it. Graph fills it slowly: only when selected.",
        ),
        th.Property("membershipType", th.StringType, description="standard, private or shared."),
        *texts("layoutType", "migrationMode"),
        th.Property("tenantId", th.StringType, description="Tenant of the team that hosts it."),
        *texts("webUrl"),
        *flags("isArchived", "isFavoriteByDefault"),
        *moments("createdDateTime", "originalCreatedDateTime"),
        th.Property(
            "summary",
            record(
                *counts("guestsCount", "membersCount", "ownersCount"),
                *flags("hasMembersFromOtherTenants"),
            ),
            description="Costs one request a channel: only when selected, and for own channels.",
        ),
    )

    @override
    def ids_of(self, parent: Ids, record: Record) -> Ids | None:
        # What is in a channel is read where it is hosted.
        return super().ids_of(parent, record) if _host(parent, record) == parent["teamId"] else None

    @override
    def collection(self, parent: Ids) -> str:
        if self.details:
            # Of channels of other teams there is no more than the collection gives.
            path = self.fallback_path if self._falls_back else self.path
            listed = [name for name in self.select() if name not in self.detailed]
            return fill(path, parent) + self.query(listed, None)
        return super().collection(parent)

    @override
    def read_more(self, parent: Ids, keys: Ids, record: Record) -> Steps:
        if _host(parent, record) == parent["teamId"]:
            yield from super().read_more(parent, keys, record)
        else:
            yield self.shape([{**record, "summary": None}], parent)

    @override
    def shape(self, records: list[Record], parent: Ids) -> list[Record]:
        if "hostTeamId" in self.asked:
            for record in records:
                record["hostTeamId"] = _host(parent, record)
        return super().shape(records, parent)


def _host(parent: Ids, record: Record) -> str:
    """The team that hosts a channel, which stands in the channel's address."""
    found = re.search("/teams/([^/]+)/", record.get("@odata.id") or "")
    return found[1] if found else parent["teamId"]


MEMBER = (
    th.Property(
        "id", PersonalValue, required=True, description="The membership's id, not the user's."
    ),
    th.Property("userId", PersonId, description="The member's id among the users."),
    *these(PersonName, "displayName"),
    *these(MailAddress, "email"),
    th.Property("tenantId", th.StringType, description="Home tenant of the member."),
    th.Property("roles", Many(GuestMark), description="owner or guest; empty for a plain member."),
    *moments("visibleHistoryStartDateTime"),
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
    properties = th.PropertiesList(th.Property("teamId", th.StringType, required=True), *MEMBER)


class ChannelMembers(GraphStream):
    """Members of a private or a shared channel; one person as often as there are ways into it."""

    name = "channel_members"
    path = "/teams/{teamId}/channels/{channelId}/allMembers"
    parent = Channels
    reads = ("membershipType",)
    permission = "ChannelMember.Read.All"
    entity = "aadUserConversationMember"
    primary_keys = ("teamId", "channelId", "id")
    added = ("originalSourceMembershipUrl",)
    looks_at = ("@microsoft.graph.originalSourceMembershipUrl",)
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

    @override
    def found_in(self, ids: Ids, record: Record) -> Iterable[Ids]:
        # A standard channel has the members of its team.
        return () if record.get("membershipType") == "standard" else (ids,)

    @override
    def shape(self, records: list[Record], parent: Ids) -> list[Record]:
        if "originalSourceMembershipUrl" in self.asked:
            for record in records:
                record["originalSourceMembershipUrl"] = record.get(self.looks_at[0])
        return super().shape(records, parent)


class SharedWithTeams(GraphStream):
    """Teams that see a shared channel, the one that hosts it among them."""

    name = "shared_with_teams"
    path = "/teams/{teamId}/channels/{channelId}/sharedWithTeams"
    parent = Channels
    reads = ("membershipType",)
    permission = "ChannelMember.Read.All"
    clouds = ("global", "usgov", "usgov_dod")
    entity = "sharedWithChannelTeamInfo"
    primary_keys = ("teamId", "channelId", "id")
    cost = "1 per shared channel"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True, description="Team that hosts it."),
        th.Property("channelId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True, description="The team that sees it."),
        *these(Public, "displayName"),
        th.Property("tenantId", th.StringType, description="Tenant of the team that sees it."),
        *flags("isHostTeam"),
    )

    @override
    def found_in(self, ids: Ids, record: Record) -> Iterable[Ids]:
        # https://learn.microsoft.com/graph/api/sharedwithchannelteaminfo-list: shared ones only.
        return (ids,) if record.get("membershipType") == "shared" else ()


class Tags(GraphStream):
    """Tags of a team: names by which some of its people are mentioned together."""

    name = "tags"
    path = "/teams/{teamId}/tags"
    parent = Teams
    permission = "TeamworkTag.Read.All"
    delegated_permission = "TeamworkTag.Read"
    entity = "teamworkTag"
    fills = "tagId"
    primary_keys = ("teamId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        *these(Public, "displayName", "description"),
        *texts("tagType"),
        *counts("memberCount"),
    )


class TagMembers(GraphStream):
    """People who carry a tag."""

    name = "tag_members"
    path = "/teams/{teamId}/tags/{tagId}/members"
    parent = Tags
    permission = "TeamworkTag.Read.All"
    delegated_permission = "TeamworkTag.Read"
    entity = "teamworkTagMember"
    primary_keys = ("teamId", "tagId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("tagId", th.StringType, required=True),
        th.Property("id", PersonalValue, required=True, description="Not the user's id."),
        th.Property("userId", PersonId, description="The id among the users."),
        *these(PersonName, "displayName"),
        *texts("tenantId"),
    )


class DeletedTeams(GraphStream):
    """Teams that were deleted not long ago; their ids are all that Graph tells."""

    name = "deleted_teams"
    path = "/teamwork/deletedTeams"
    permission = "Team.ReadBasic.All"
    entity = "deletedTeam"
    fills = "teamId"
    selects = False
    selected_by_default = False
    properties = th.PropertiesList(th.Property("id", th.StringType, required=True))
