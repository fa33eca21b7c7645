"""Permissions, limits and consent of chats."""

from __future__ import annotations

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.limits import TEAMS, Limit

READ = ("Chat.Read.All", "Chat.ReadWrite.All")
BASIC = ("Chat.ReadBasic.All", *READ)
MY_READ = ("Chat.Read", "Chat.ReadWrite")
MY_BASIC = ("Chat.ReadBasic", *MY_READ)
MEMBER = ("ChatMember.Read.All", "ChatMember.ReadWrite.All", *BASIC)
MY_MEMBER = ("ChatMember.Read", "ChatMember.ReadWrite", *MY_BASIC)
TAB = ("TeamsTab.Read.All", "TeamsTab.ReadWriteForChat.All", "TeamsTab.ReadWrite.All")
MY_TAB = ("TeamsTab.Read.All", "TeamsTab.ReadWriteForChat", "TeamsTab.ReadWrite.All")
APP = (
    "TeamsAppInstallation.ReadForChat.All", "TeamsAppInstallation.Read.All",
    "TeamsAppInstallation.ReadWriteForChat.All", "TeamsAppInstallation.ReadWriteSelfForChat.All",
)  # fmt: skip
GRANT = (*APP, "ResourceSpecificPermissionGrant.ReadForChat.All")
MY_APP = ("TeamsAppInstallation.ReadForChat", "TeamsAppInstallation.ReadWriteForChat")

ONE = r"GET /chats/\{id\}"

LIMITS = (
    Limit("chats", r"GET (/users/\{id\}|/me)?/chats", 30, 1, TEAMS),
    Limit("chats of one user", r"GET (/users/\{id\}|/me)?/chats", 5, 1, TEAMS, "user"),
    Limit("chat", f"{ONE}(/members|/pinnedMessages|/permissionGrants)?", 30, 1, TEAMS),
    Limit("chat messages", f"{ONE}/messages.*", 20, 1, TEAMS),
    Limit("chat tabs", f"{ONE}/tabs", 30, 1, TEAMS),
    Limit("chat apps", f"{ONE}/installedApps", 30, 1, TEAMS),
    Limit("export of chats", r"GET /users/\{id\}/chats/getAllMessages", 200, 1, TEAMS),
    Limit("one chat", f"{ONE}.*", 1, 1, TEAMS, "chat"),
)

AREA = Area(
    "Chats",
    roles=(
        BASIC[0], READ[0], MEMBER[0], TAB[0], APP[0], MY_BASIC[0], MY_READ[0], MY_MEMBER[0],
        MY_APP[0],
    ),
    limits=LIMITS,
)  # fmt: skip
