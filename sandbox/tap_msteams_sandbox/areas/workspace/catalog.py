"""The catalog: the apps that people of the tenant can install."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.workspace.area import AREA, EXPAND
from tap_msteams_sandbox.areas.workspace.rows import collection, expansions, fitting
from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.instants import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

ALLOWED = ("AppCatalog.Read.All", "AppCatalog.ReadWrite.All", "Directory.Read.All")
MY_ALLOWED = ("AppCatalog.Submit", *ALLOWED)

WITH_BOT = "appDefinitions($expand=bot)"
"""https://learn.microsoft.com/en-us/graph/api/appcatalogs-list-teamsapps#examples"""

APP = ("id", "externalId", "displayName", "distributionMethod")

STORE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("com.microsoft.teamspace.tab.planner", "Planner", ()),
    ("com.microsoft.teamspace.tab.wiki", "Wiki", ()),
    ("com.microsoft.teamspace.tab.web", "Website", ()),
    ("0d820ecd-def2-4297-adad-78056cde7c78", "OneNote", ()),
    ("1c4340de-2a85-40e5-8eb0-4f295368978b", "Retro Board ✏️", ("TeamMember.Read.Group",)),
)
"""Apps of the store: their ids are those of their manifests."""

OWN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Dispatch",
        "organization",
        (
            "ChannelMessage.Read.Group",
            "TeamSettings.Read.Group",
            "ChatMessage.Read.Chat",
            "TeamsActivity.Send.User",
        ),
    ),
    ("Schichtübergabe", "organization", ("TeamMember.Read.Group",)),
    ("校正ツール", "organization", ()),
    ("Probe of the test rig", "sideloaded", ()),
)
"""Apps of the company, with what they ask to do in a team, in a chat or for a person."""


@dataclass(frozen=True)
class App:
    """An app in one version."""

    id: str
    external_id: str | None
    name: str
    method: str
    permissions: tuple[str, ...]
    client: str
    author: Person | None
    version: str = "1.0.0"
    modified: int = 0

    def row(self) -> Row:
        """Return the app as the catalog shows it."""
        return {
            "id": self.id,
            "externalId": self.external_id,
            "displayName": self.name,
            "distributionMethod": self.method,
        }

    def consent(self, suffix: str) -> Row:
        """Return the permissions that were consented to in a team, in a chat or by a person."""
        return {"resourceSpecificPermissions": self._permissions(suffix)}

    def _permissions(self, suffix: str = "") -> list[Row]:
        return [
            {"permissionValue": permission, "permissionType": "application"}
            for permission in self.permissions
            if permission.endswith(suffix)
        ]

    def definition(self) -> Row:
        """Return the details of the app's version."""
        text = f"{self.id}##{self.version}##{'Published' if self.author else 'Store'}"
        return {
            "id": base64.b64encode(text.encode()).decode(),
            "teamsAppId": self.id,
            "displayName": self.name,
            "version": self.version,
            "publishingState": "published",
            "shortDescription": f"{self.name} for teams",
            "description": f"Brings {self.name} to where people talk.",
            "lastModifiedDateTime": iso(self.modified) if self.author else None,
            "createdBy": self.author
            and {
                "application": None,
                "device": None,
                "user": {
                    "id": self.author.id,
                    "displayName": self.author.display_name,
                    "userIdentityType": "aadUser",
                },
            },
            "authorization": {
                "clientAppId": self.client,
                "requiredPermissionSet": {"resourceSpecificPermissions": self._permissions()},
            }
            if self.permissions
            else None,
        }


class Catalog:
    """The apps of the store and of the company."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        random = tenant.random("catalog")
        self.apps: dict[str, App] = {}
        self._ever: dict[str, App] = {}
        for key, name, permissions in STORE:
            self._keep(App(key, None, name, "store", permissions, guid(random), None))
        for name, method, permissions in OWN:
            self._keep(
                App(
                    id=guid(random),
                    external_id=guid(random),
                    name=name,
                    method=method,
                    permissions=permissions,
                    client=guid(random),
                    author=random.choice(tenant.people),
                    version=f"{random.randrange(1, 4)}.{random.randrange(9)}.0",
                    modified=tenant.until - random.randrange(9 * DAY, 300 * DAY),
                )
            )

    def _keep(self, app: App) -> None:
        self.apps[app.id] = self._ever[app.name] = app

    def named(self, name: str) -> App:
        """Return the app of that name, retired or not."""
        return self._ever[name]

    def publish(self, name: str = "New app") -> str:
        """Add an app of the company; return its id."""
        with self.tenant.lock:
            now = self.tenant.tick()
            random = self.tenant.random("app", str(now))
            external, client = guid(random), guid(random)
            me = self.tenant.me
            app = App(guid(random), external, name, "organization", (), client, me, modified=now)
            self._keep(app)
            return app.id

    def retire(self, app: str) -> None:
        """Take an app out of the catalog; its installations stay."""
        with self.tenant.lock:
            del self.apps[app]


@AREA.endpoint(
    "GET /appCatalogs/teamsApps",
    "appcatalogs-list-teamsapps",
    application=ALLOWED,
    delegated=MY_ALLOWED,
    options=EXPAND,
)
def apps(call: Call) -> bytes:
    """GET /appCatalogs/teamsApps."""
    expanded = expansions(call, ("appDefinitions", WITH_BOT))
    found = call.tenant.part(Catalog).apps.values()
    bots = WITH_BOT in expanded
    rows = (_with_definitions(app, bots=bots) if expanded else app.row() for app in found)
    shown = ("appDefinitions",) if expanded else ()
    return collection(call, "appCatalogs/teamsApps", fitting(call, rows, APP), APP, shown)


def _with_definitions(app: App, *, bots: bool = True) -> Row:
    definition = app.definition()
    if bots:
        definition["bot"] = {"id": app.client} if app.permissions else None
    return {**app.row(), "appDefinitions": [definition]}


@AREA.rows("apps")
def true_apps(tenant: Company) -> Iterator[Row]:
    """Yield the apps of the catalog with their definitions."""
    for app in tenant.part(Catalog).apps.values():
        yield _with_definitions(app)


@AREA.rows("app_definitions")
def true_definitions(tenant: Company) -> Iterator[Row]:
    """Yield the versions of the apps, with their bots."""
    for app in true_apps(tenant):
        for definition in app["appDefinitions"]:
            yield {"appId": app["id"], **definition}
