"""Permissions, limits and consent of channels, tabs, apps and tags."""

from __future__ import annotations

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.limits import TEAMS, Limit

MESSAGE = ("ChannelMessage.Read.All",)
BROAD = ("Directory.Read.All", "Directory.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All")
"""Who may read what; permissions of a single team, given to apps that are installed in it, are
left out.

https://learn.microsoft.com/en-us/graph/permissions-reference
"""

CHOOSE = frozenset({"$filter", "$select"})
EXPAND = CHOOSE | {"$expand"}

IN_CHANNEL = "GET /teams/{id}/channels/{id}"

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

AREA = Area(
    "Channels, tabs, apps and tags",
    roles=(
        "ChannelMember.Read.All", "TeamsTab.Read.All", "TeamsAppInstallation.ReadForTeam.All",
        "TeamsAppInstallation.ReadForUser.All", "AppCatalog.Read.All", "TeamworkTag.Read.All",
        "AppCatalog.Submit", "TeamsAppInstallation.ReadForTeam",
        "TeamsAppInstallation.ReadForUser", "TeamworkTag.Read",
    ),
    limits=LIMITS,
)  # fmt: skip
