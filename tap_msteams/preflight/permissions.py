"""Permissions that include others, and so serve in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
_GROUP = ("Group.Read.All", "Group.ReadWrite.All")

BROADER: dict[str, tuple[str, ...]] = {
    "User.Read.All": ("User.ReadWrite.All", *_DIRECTORY),
    "GroupMember.Read.All": (*_GROUP, *_DIRECTORY),
    "Team.ReadBasic.All": ("TeamSettings.Read.All", "TeamSettings.ReadWrite.All"),
    "Channel.ReadBasic.All": ("ChannelSettings.Read.All", "ChannelSettings.ReadWrite.All"),
    "TeamMember.Read.All": ("TeamMember.ReadWrite.All",),
    "ChannelMember.Read.All": ("ChannelMember.ReadWrite.All",),
    "TeamworkTag.Read.All": ("TeamworkTag.ReadWrite.All",),
    "TeamworkTag.Read": ("TeamworkTag.ReadWrite",),
    "AppCatalog.Read.All": ("AppCatalog.ReadWrite.All",),
    "TeamsAppInstallation.ReadForTeam.All": (
        "TeamsAppInstallation.Read.All",
        "TeamsAppInstallation.ReadWriteForTeam.All",
    ),
    "ResourceSpecificPermissionGrant.ReadForTeam.All": (
        "TeamsAppInstallation.ReadForTeam.All",
        "TeamsAppInstallation.Read.All",
        "TeamsAppInstallation.ReadWriteForTeam.All",
    ),
    "ResourceSpecificPermissionGrant.ReadForTeam": (
        "TeamsAppInstallation.ReadForTeam",
        "TeamsAppInstallation.ReadWriteForTeam",
    ),
    "ResourceSpecificPermissionGrant.ReadForChat.All": (
        "TeamsAppInstallation.ReadForChat.All",
        "TeamsAppInstallation.Read.All",
        "TeamsAppInstallation.ReadWriteForChat.All",
    ),
    "ResourceSpecificPermissionGrant.ReadForChat": (
        "TeamsAppInstallation.ReadForChat",
        "TeamsAppInstallation.ReadWriteForChat",
    ),
    "TeamsAppInstallation.ReadForTeam": ("TeamsAppInstallation.ReadWriteForTeam",),
    "TeamsAppInstallation.ReadForUser.All": (
        "TeamsAppInstallation.Read.All",
        "TeamsAppInstallation.ReadWriteForUser.All",
    ),
    "TeamsAppInstallation.ReadForUser": ("TeamsAppInstallation.ReadWriteForUser",),
    "TeamsAppInstallation.ReadForChat.All": (
        "TeamsAppInstallation.Read.All",
        "TeamsAppInstallation.ReadWriteForChat.All",
    ),
    "TeamsAppInstallation.ReadForChat": ("TeamsAppInstallation.ReadWriteForChat",),
    "TeamsTab.Read.All": ("TeamsTab.ReadWrite.All",),
    "Chat.ReadBasic.All": ("Chat.Read.All", "Chat.ReadWrite.All"),
    "Chat.ReadBasic": ("Chat.Read", "Chat.ReadWrite"),
    "ChatMember.Read.All": (
        "ChatMember.ReadWrite.All",
        "Chat.ReadBasic.All",
        "Chat.Read.All",
        "Chat.ReadWrite.All",
    ),
    "Chat.Read.All": ("Chat.ReadWrite.All",),
    "ChatMessage.Read.All": ("Chat.Read.All", "Chat.ReadWrite.All"),
    "Chat.Read": ("Chat.ReadWrite",),
    "Presence.Read.All": ("Presence.ReadWrite.All",),
    "OnlineMeetings.Read.All": ("OnlineMeetings.ReadWrite.All",),
    "OnlineMeetings.Read": ("OnlineMeetings.ReadWrite",),
    "CallRecord-PstnCalls.Read.All": ("CallRecords.Read.All",),
    "Schedule.Read.All": ("Schedule.ReadWrite.All",),
    "Files.Read.All": ("Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All"),
    "Files.Read": ("Files.ReadWrite", "Files.Read.All", "Files.ReadWrite.All"),
}
"""Broader permissions, by the one that a stream needs, the least privileged first.

https://learn.microsoft.com/graph/permissions-reference
"""


_NARROW = {"deleted_teams"}
"""Streams that no broader permission serves.

https://learn.microsoft.com/graph/api/teamwork-list-deletedteams#permissions
"""


def serving(permission: str, granted: Collection[str], stream: str) -> str | None:
    """The least of the granted permissions that serve a stream; None if there is none."""
    candidates = (permission, *(() if stream in _NARROW else BROADER.get(permission, ())))
    return next((name for name in candidates if name in granted), None)
