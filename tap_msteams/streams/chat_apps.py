"""Apps in chats: installations, tabs and permissions."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.declaration import Delegated, Query
from tap_msteams.schema import (
    ChatId,
    PermissionSet,
    PersonalValue,
    moments,
    texts,
)
from tap_msteams.streams.apps import APP_CLOUDS, INSTALLED, TAB
from tap_msteams.streams.chats import ChatStream


class ChatTabs(ChatStream):
    """Tabs of a chat."""

    name = "chat_tabs"
    path = "/chats/{chatId}/tabs"
    query = Query(expand=("teamsApp",))
    permission = "TeamsTab.Read.All"
    clouds = APP_CLOUDS
    entity = "teamsTab"
    primary_keys = ("chatId", "id")
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property("id", th.StringType, required=True),
        *TAB,
    )


class ChatInstalledApps(ChatStream):
    """Apps that are installed in a chat or a meeting."""

    name = "chat_installed_apps"
    path = "/chats/{chatId}/installedApps"
    query = Query(expand=("teamsApp", "teamsAppDefinition"))
    permission = "TeamsAppInstallation.ReadForChat.All"
    delegated = Delegated(permission="TeamsAppInstallation.ReadForChat")
    clouds = APP_CLOUDS
    entity = "teamsAppInstallation"
    primary_keys = ("chatId", "id")
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property(
            "id",
            PersonalValue,
            required=True,
            description="Id of the installation, not of the app.",
        ),
        th.Property(
            "consentedPermissionSet",
            PermissionSet,
            description="Permissions that the chat granted to the app.",
        ),
        *INSTALLED,
    )


class ChatPermissionGrants(ChatStream):
    """Permissions of an app in one chat, by consent of that chat's members."""

    name = "chat_permission_grants"
    path = "/chats/{chatId}/permissionGrants"
    query = Query(select=False)
    permission = "ResourceSpecificPermissionGrant.ReadForChat.All"
    delegated = Delegated(permission="ResourceSpecificPermissionGrant.ReadForChat")
    clouds = APP_CLOUDS
    entity = "resourceSpecificPermissionGrant"
    primary_keys = ("chatId", "id")
    properties = th.PropertiesList(
        th.Property("chatId", ChatId, required=True),
        th.Property("id", th.StringType, required=True),
        *texts("clientAppId", "clientId"),
        th.Property("permission", th.StringType, description="For example ChatMessage.Read.Chat."),
        th.Property("permissionType", th.StringType, description="Application or Delegated."),
        th.Property(
            "resourceAppId", th.StringType, description="App that offers the permission: Graph."
        ),
        *moments("deletedDateTime"),
    )
