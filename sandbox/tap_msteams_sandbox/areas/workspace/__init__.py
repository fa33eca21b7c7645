"""What a team's channels, tabs, apps and tags are about, and teams that were deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams_sandbox.areas.area import Area
from tap_msteams_sandbox.areas.workspace import (
    catalog,
    channels,
    exports,
    installations,
    pictures,
    tabs,
    tags,
)
from tap_msteams_sandbox.conversations import EXPORT
from tap_msteams_sandbox.endpoints import Endpoint
from tap_msteams_sandbox.limits import TEAMS, Limit
from tap_msteams_sandbox.odata import Paging

if TYPE_CHECKING:
    from random import Random

    from tap_msteams_sandbox.tenant import Tenant

TEAM = ("Team.ReadBasic.All", "TeamSettings.Read.All", "TeamSettings.ReadWrite.All")
CHANNEL = ("Channel.ReadBasic.All", "ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All")
MEMBER = ("ChannelMember.Read.All", "ChannelMember.ReadWrite.All")
MESSAGE = ("ChannelMessage.Read.All",)
BROAD = ("Directory.Read.All", "Directory.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All")
TAB = ("TeamsTab.Read.All", "TeamsTab.ReadWrite.All", "TeamsTab.ReadWriteForTeam.All", *BROAD)
MY_TAB = ("TeamsTab.Read.All", "TeamsTab.ReadWrite.All", "TeamsTab.ReadWriteForTeam", *BROAD)
TAG = ("TeamworkTag.Read.All", "TeamworkTag.ReadWrite.All")
MY_TAG = ("TeamworkTag.Read", "TeamworkTag.ReadWrite")
GRANT = ("TeamsAppInstallation.ReadForTeam.All", "TeamsAppInstallation.ReadWriteForTeam.All")
MY_GRANT = ("TeamsAppInstallation.ReadForTeam", "TeamsAppInstallation.ReadWriteForTeam")
IN_TEAM = ("TeamsAppInstallation.Read.All", *GRANT, *BROAD)
MY_IN_TEAM = (*MY_GRANT, *BROAD)
FOR_USER = (
    "TeamsAppInstallation.Read.All", "TeamsAppInstallation.ReadForUser.All",
    "TeamsAppInstallation.ReadWriteForUser.All",
)  # fmt: skip
MY_OWN = ("TeamsAppInstallation.ReadForUser", "TeamsAppInstallation.ReadWriteForUser")
CATALOG = ("AppCatalog.Read.All", "AppCatalog.ReadWrite.All", "Directory.Read.All")
MY_CATALOG = ("AppCatalog.Submit", *CATALOG)
"""Who may read what; permissions of a single team, given to apps that are installed in it, are
left out.

https://learn.microsoft.com/en-us/graph/permissions-reference
"""

ROSTER = Paging(default=100, maximum=999)
"""https://learn.microsoft.com/en-us/graph/api/channel-list-members#optional-query-parameters"""

CHOOSE = frozenset({"$filter", "$select"})
EXPAND = CHOOSE | {"$expand"}
PAGED = frozenset({"$top", "$skiptoken"})

IN_CHANNEL = "/teams/{id}/channels/{id}"
HOSTED = f"{IN_CHANNEL}/messages/{{id}}/hostedContents"
IN_REPLY = f"{IN_CHANNEL}/messages/{{id}}/replies/{{id}}/hostedContents"

ENDPOINTS = (
    Endpoint(
        "GET", "/teams/{id}/allChannels", "team-list-allchannels", CHANNEL, CHANNEL,
        channels.all_channels, CHOOSE,
    ),
    Endpoint(
        "GET", "/teams/{id}/incomingChannels", "team-list-incomingchannels", CHANNEL, CHANNEL,
        channels.incoming_channels, CHOOSE,
    ),
    Endpoint(
        "GET", f"{IN_CHANNEL}/sharedWithTeams", "sharedwithchannelteaminfo-list", MEMBER, MEMBER,
        channels.shared_with_teams, CHOOSE,
    ),
    Endpoint(
        "GET", f"{IN_CHANNEL}/sharedWithTeams/{{id}}/allowedMembers",
        "sharedwithchannelteaminfo-list-allowedmembers", MEMBER, MEMBER,
        channels.allowed_members, CHOOSE,
    ),
    Endpoint(
        "GET", f"{IN_CHANNEL}/members", "channel-list-members", MEMBER, MEMBER, channels.members,
        CHOOSE | PAGED, ROSTER,
    ),
    Endpoint(
        "GET", f"{IN_CHANNEL}/allMembers", "channel-list-allmembers", MEMBER, MEMBER,
        channels.all_members, CHOOSE | {"$skiptoken"}, ROSTER,
    ),
    Endpoint("GET", f"{IN_CHANNEL}/tabs", "channel-list-tabs", TAB, MY_TAB, tabs.tabs, EXPAND),
    Endpoint(
        "GET", "/teams/{id}/installedApps", "team-list-installedapps", IN_TEAM, MY_IN_TEAM,
        installations.of_team, EXPAND,
    ),
    Endpoint(
        "GET", "/users/{id}/teamwork/installedApps", "userteamwork-list-installedapps",
        FOR_USER, MY_OWN, installations.of_person, EXPAND,
    ),
    Endpoint(
        "GET", "/me/teamwork/installedApps", "userteamwork-list-installedapps", None, MY_OWN,
        installations.of_person, EXPAND,
    ),
    Endpoint(
        "GET", "/teams/{id}/permissionGrants", "team-list-permissiongrants", GRANT, MY_GRANT,
        installations.grants,
    ),
    Endpoint(
        "GET", "/appCatalogs/teamsApps", "appcatalogs-list-teamsapps", CATALOG, MY_CATALOG,
        catalog.apps, EXPAND,
    ),
    Endpoint(
        "GET", "/teams/{id}/tags", "teamworktag-list", TAG, MY_TAG, tags.tags, CHOOSE | PAGED,
        tags.PAGES,
    ),
    Endpoint(
        "GET", "/teams/{id}/tags/{id}/members", "teamworktagmember-list", TAG, MY_TAG,
        tags.tag_members, CHOOSE | PAGED, tags.PAGES,
    ),
    Endpoint(
        "GET", "/teamwork/deletedTeams", "teamwork-list-deletedteams", TEAM, TEAM,
        exports.deleted_teams,
    ),
    Endpoint(
        "GET", "/teamwork/deletedTeams/{id}/channels/getAllMessages", "deletedteam-getallmessages",
        MESSAGE, None, exports.deleted_messages, PAGED | {"$filter"}, EXPORT,
    ),
    Endpoint(
        "GET", "/teams/{id}/channels/getAllRetainedMessages", "channel-getallretainedmessages",
        MESSAGE, None, exports.retained_messages, PAGED | {"$filter"}, EXPORT,
    ),
    *(
        endpoint
        for path in (HOSTED, IN_REPLY)
        for endpoint in (
            Endpoint(
                "GET", path, "chatmessage-list-hostedcontents", MESSAGE, MESSAGE, pictures.listed
            ),
            Endpoint(
                "GET", f"{path}/{{id}}", "chatmessagehostedcontent-get", MESSAGE, MESSAGE,
                pictures.one,
            ),
            Endpoint(
                "GET", f"{path}/{{id}}/$value", "chatmessagehostedcontent-get", MESSAGE, MESSAGE,
                pictures.content,
            ),
        )
    ),
)  # fmt: skip

LIMITS = (
    Limit("channel members", r"GET /teams/\{id\}/channels/\{id\}/members", 60, 1, TEAMS),
    Limit("tabs", r"GET /teams/\{id\}/channels/\{id\}/tabs", 30, 1, TEAMS),
    Limit("installed apps", r"GET .*/installedApps", 30, 1, TEAMS),
    Limit("app catalog", r"GET /appCatalogs/.*", 30, 1, TEAMS),
    Limit("retained messages", r"GET /teams/.*/getAllRetainedMessages", 200, 1, TEAMS),
    Limit(
        "the rest of a team",
        r"GET (/teams/\{id\}/(allChannels|incomingChannels|permissionGrants|tags.*)"
        r"|/teams/.*/(allMembers|sharedWithTeams.*)|/teamwork/.*)",
        30, 1, TEAMS,
    ),
)  # fmt: skip


def day(tenant: Tenant, random: Random) -> dict[str, int]:
    """Let somebody pin a website, some people be on call and an app be tried out."""
    team = random.choice(list(tenant.teams.values()) or [None])
    if team is None or not team.people:
        return {}
    channel = random.choice(list(team.channels))
    tenant.part(tabs.Tabs).add(team.id, channel, random.choice(tabs.NAMES))
    tenant.part(tags.Tags).add(team.id, random.choice(tags.NAMES))
    app = random.choice(list(tenant.part(catalog.Catalog).apps))
    installed = tenant.part(installations.Installations)
    had = any(it.id == app for it in installed.of(team.id))
    (installed.remove if had else installed.install)(team.id, app)
    return {"tabs": 1, "tags": 1, "apps": 1}


AREA = Area(
    endpoints=ENDPOINTS,
    roles=(
        "ChannelMember.Read.All", "TeamsTab.Read.All", "TeamsAppInstallation.ReadForTeam.All",
        "TeamsAppInstallation.ReadForUser.All", "AppCatalog.Read.All", "TeamworkTag.Read.All",
        "AppCatalog.Submit", "TeamsAppInstallation.ReadForTeam",
        "TeamsAppInstallation.ReadForUser", "TeamworkTag.Read",
    ),
    limits=LIMITS,
    truth={
        "channels": channels.true_channels,
        "channel_members": channels.true_members,
        "shared_with_teams": channels.true_shares,
        "tabs": tabs.true_tabs,
        "apps": catalog.true_apps,
        "installed_apps": installations.true_installations,
        "user_installed_apps": installations.true_personal,
        "permission_grants": installations.true_grants,
        "tags": tags.true_tags,
        "tag_members": tags.true_members,
        "deleted_teams": exports.true_deleted,
        "deleted_team_messages": exports.true_messages,
        "hosted_contents": pictures.true_pictures,
    },
    day=day,
)  # fmt: skip
