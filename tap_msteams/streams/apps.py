"""Apps: the catalog, installations, tabs and permissions."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.declaration import Delegated, Query
from tap_msteams.readers import GraphStream, Nested
from tap_msteams.schema import (
    FileUrl,
    Many,
    PermissionSet,
    PersonalValue,
    PersonId,
    Public,
    TabConfiguration,
    TeamsApp,
    TeamsAppDefinition,
    moments,
    record,
    strings,
    texts,
)
from tap_msteams.settings.clouds import OUTSIDE_CHINA
from tap_msteams.streams.directory import Users
from tap_msteams.streams.teams import Channels, Teams

APP_CLOUDS = OUTSIDE_CHINA
"""https://learn.microsoft.com/graph/teamwork-national-cloud-differences"""


AppDefinition = record(
    *TeamsAppDefinition.wrapped.values(),
    th.Property("bot", record(*texts("id")), description="Its id is in the bot's messages."),
)


INSTALLED = (
    th.Property("teamsApp", TeamsApp),
    th.Property(
        "teamsAppDefinition", TeamsAppDefinition, description="Installed version of the app."
    ),
)
"""What is installed, in a team, a chat or for a user."""

TAB = (
    *strings(Public, "displayName"),
    *strings(FileUrl, "webUrl"),
    th.Property("configuration", TabConfiguration, description="Settings of the tab's app."),
    th.Property("teamsApp", TeamsApp),
)
"""The properties of a tab, without its keys."""


class Apps(GraphStream):
    """Apps of the tenant's catalog: those of the store and those of the organization."""

    name = "apps"
    path = "/appCatalogs/teamsApps"
    query = Query(expand=("appDefinitions($expand=bot)",))
    permission = "AppCatalog.Read.All"
    clouds = APP_CLOUDS
    entity = "teamsApp"
    fills = "appId"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property(
            "externalId",
            th.StringType,
            description="Id in the app's manifest; null for apps of the store.",
        ),
        *strings(Public, "displayName"),
        th.Property(
            "distributionMethod", th.StringType, description="store, organization or sideloaded."
        ),
        th.Property("appDefinitions", Many(AppDefinition), description="Versions of the app."),
    )


class AppDefinitions(GraphStream):
    """Versions of the apps in the catalog, with their bots.

    `from.application.id` of a bot's message is the id in `bot`.
    """

    name = "app_definitions"
    path = Apps.path
    parents = (Apps,)
    read = Nested(inside="appDefinitions")
    permission = "AppCatalog.Read.All"
    clouds = APP_CLOUDS
    entity = "teamsAppDefinition"
    primary_keys = ("appId", "id")
    added = ("bot",)
    # Versions of apps stay: target-postgres cannot mark rows of a table with the column `version`.
    appends = True
    selected_by_default = False
    cost = "none beyond those of apps"
    properties = th.PropertiesList(
        th.Property("appId", th.StringType, required=True, description="Id of the app in `apps`."),
        *(
            th.Property(name, th.StringType, required=True) if name == "id" else item
            for name, item in AppDefinition.wrapped.items()
        ),
    )


class InstalledApps(GraphStream):
    """Apps that are installed in a team."""

    name = "installed_apps"
    path = "/teams/{teamId}/installedApps"
    query = Query(expand=("teamsApp", "teamsAppDefinition"))
    parents = (Teams,)
    permission = "TeamsAppInstallation.ReadForTeam.All"
    delegated = Delegated(permission="TeamsAppInstallation.ReadForTeam")
    clouds = APP_CLOUDS
    entity = "teamsAppInstallation"
    primary_keys = ("teamId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property(
            "id",
            th.StringType,
            required=True,
            description="Id of the installation, not of the app.",
        ),
        th.Property(
            "consentedPermissionSet",
            PermissionSet,
            description="Permissions that the team granted to the app.",
        ),
        *INSTALLED,
    )


class UserInstalledApps(GraphStream):
    """Apps that are installed for a user."""

    name = "user_installed_apps"
    path = "/users/{userId}/teamwork/installedApps"
    query = Query(expand=("teamsApp", "teamsAppDefinition"))
    parents = (Users,)
    permission = "TeamsAppInstallation.ReadForUser.All"
    # https://learn.microsoft.com/graph/permissions-reference: those of the signed-in user.
    delegated = Delegated(parents=(), permission="TeamsAppInstallation.ReadForUser")
    # https://learn.microsoft.com/graph/teamwork-national-cloud-differences: not for applications
    # of the other clouds.
    clouds = ("global",)
    entity = "userScopeTeamsAppInstallation"
    primary_keys = ("userId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("userId", PersonId, required=True),
        th.Property(
            "id",
            PersonalValue,
            required=True,
            description="Id of the installation, not of the app.",
        ),
        th.Property("consentedPermissionSet", PermissionSet),
        *INSTALLED,
    )


class PermissionGrants(GraphStream):
    """Permissions of an app in one team, by consent of that team's owner."""

    name = "permission_grants"
    path = "/teams/{teamId}/permissionGrants"
    query = Query(select=False)
    parents = (Teams,)
    permission = "ResourceSpecificPermissionGrant.ReadForTeam.All"
    delegated = Delegated(permission="ResourceSpecificPermissionGrant.ReadForTeam")
    clouds = APP_CLOUDS
    entity = "resourceSpecificPermissionGrant"
    primary_keys = ("teamId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property(
            "clientAppId", th.StringType, description="App registration that has the permission."
        ),
        th.Property(
            "clientId", th.StringType, description="Service principal of that app in the tenant."
        ),
        th.Property(
            "permission", th.StringType, description="For example ChannelMessage.Read.Group."
        ),
        th.Property("permissionType", th.StringType, description="Application or Delegated."),
        th.Property(
            "resourceAppId", th.StringType, description="App that offers the permission: Graph."
        ),
        *moments("deletedDateTime"),
    )


class Tabs(GraphStream):
    """Tabs of a channel, without the native one for files."""

    name = "tabs"
    path = "/teams/{teamId}/channels/{channelId}/tabs"
    query = Query(expand=("teamsApp",))
    parents = (Channels,)
    permission = "TeamsTab.Read.All"
    clouds = APP_CLOUDS
    entity = "teamsTab"
    primary_keys = ("teamId", "channelId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("channelId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        *TAB,
    )
