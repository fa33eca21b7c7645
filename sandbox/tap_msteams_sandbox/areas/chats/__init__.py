"""Chats, their members, messages, tabs and apps."""

from __future__ import annotations

from tap_msteams_sandbox.areas.area import Area
from tap_msteams_sandbox.areas.chats import answers
from tap_msteams_sandbox.areas.chats.chats import Chats, Meeting
from tap_msteams_sandbox.areas.chats.day import work
from tap_msteams_sandbox.areas.chats.truth import TRUTH
from tap_msteams_sandbox.conversations import EXPORT
from tap_msteams_sandbox.endpoints import Endpoint
from tap_msteams_sandbox.limits import TEAMS, Limit

__all__ = ["AREA", "Chats", "Meeting"]

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

PAGED = frozenset({"$top", "$skiptoken"})
LISTED = PAGED | {"$expand", "$filter", "$orderby"}
WINDOWED = PAGED | {"$filter", "$orderby"}
SHAPED = frozenset({"$expand", "$filter", "$select"})
MESSAGE = "/chats/{id}/messages/{id}"

ENDPOINTS = (
    Endpoint(
        "GET", "/users/{id}/chats", "chat-list", BASIC, MY_BASIC, answers.chats_of_user, LISTED,
        answers.PAGE,
    ),
    Endpoint("GET", "/me/chats", "chat-list", (), MY_BASIC, answers.my_chats, LISTED, answers.PAGE),
    Endpoint("GET", "/chats", "chat-list", (), MY_BASIC, answers.my_chats, LISTED, answers.PAGE),
    Endpoint(
        "GET", "/chats/{id}", "chat-get", BASIC, MY_BASIC, answers.chat,
        frozenset({"$expand", "$select"}),
    ),
    Endpoint("GET", "/chats/{id}/members", "chat-list-members", MEMBER, MY_MEMBER, answers.members),
    Endpoint(
        "GET", "/chats/{id}/messages", "chat-list-messages", READ, MY_READ, answers.messages,
        WINDOWED, answers.PAGE,
    ),
    Endpoint("GET", MESSAGE, "chatmessage-get", READ, MY_READ, answers.message),
    Endpoint(
        "GET", "/users/{id}/chats/getAllMessages", "chats-getallmessages", READ, None,
        answers.export, PAGED | {"$filter"}, EXPORT,
    ),
    Endpoint(
        "GET", f"{MESSAGE}/hostedContents", "chatmessage-list-hostedcontents", READ, MY_READ,
        answers.hosted_contents,
    ),
    Endpoint(
        "GET", f"{MESSAGE}/hostedContents/{{id}}/$value", "chatmessagehostedcontent-get", READ,
        MY_READ, answers.hosted_content,
    ),
    Endpoint(
        "GET", "/chats/{id}/pinnedMessages", "chat-list-pinnedmessages",
        (*READ, "ChatMessage.Read.All"), MY_READ, answers.pinned, frozenset({"$expand"}),
    ),
    Endpoint("GET", "/chats/{id}/tabs", "chat-list-tabs", TAB, MY_TAB, answers.tabs, SHAPED),
    Endpoint(
        "GET", "/chats/{id}/installedApps", "chat-list-installedapps", APP, MY_APP,
        answers.installed_apps, SHAPED,
    ),
    Endpoint(
        "GET", "/chats/{id}/permissionGrants", "chat-list-permissiongrants", GRANT,
        (*MY_APP, "ResourceSpecificPermissionGrant.ReadForChat"), answers.permission_grants,
    ),
)  # fmt: skip

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
    endpoints=ENDPOINTS,
    roles=(
        BASIC[0], READ[0], MEMBER[0], TAB[0], APP[0], MY_BASIC[0], MY_READ[0], MY_MEMBER[0],
        MY_APP[0],
    ),
    limits=LIMITS,
    truth=TRUTH,
    day=work,
)  # fmt: skip
