"""Apps of a chat with their tabs and grants."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.instants import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.areas.chats.protocol import ChatLike

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
"""Microsoft Graph as an application.

https://learn.microsoft.com/en-us/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in
"""


class App(NamedTuple):
    """An app of the catalogue."""

    id: str
    name: str
    method: str
    external: str | None
    version: str
    permissions: tuple[tuple[str, str], ...] = ()
    site: str | None = None
    """Where the app's tab lives, if it has one."""


APPS = (
    App(
        "14d6962d-6eeb-4f48-8890-de55454bb136", "Activity", "store", None, "1.0",
    ),
    App(
        "com.microsoft.teamspace.tab.web", "Website", "store", None, "1.2.0",
        site="https://status.halyard.example/",
    ),
    App(
        "c2e1f8b0-5f0e-4b2f-9d3a-6a4f0f6f1c11", "Dispatch", "organization",
        "1f6c9d2e-0b7a-4c55-8a1e-52d7a0c4e9b3", "3.1.4",
        (("ChatMessage.Read.Chat", "application"), ("ChatMember.Read.Chat", "application")),
        site="https://dispatch.halyard.example/tab",
    ),
    App(
        "7d0f6f0a-90c8-4b3c-9e5e-0f6a44c7a2d1", "Wellenschlag 🌊", "sideloaded",
        "b9a4e2d1-77f3-4a6c-8b0d-3e91c5f2a864", "0.9.0-beta",
        (("OnlineMeeting.ReadBasic.Chat", "delegated"),),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Installation:
    """One app in one chat."""

    chat: ChatLike
    app: App

    @property
    def id(self) -> str:
        """The id of the installation, different from the app's."""
        return base64.b64encode(f"{self.chat.id}##{self.app.id}".encode()).decode()

    def describe(self) -> dict[str, Any]:
        """Return the installation as Graph lists it."""
        asked = [
            {"permissionValue": value, "permissionType": kind}
            for value, kind in self.app.permissions
        ]
        consented = {"resourceSpecificPermissions": asked} if asked else None
        return {"id": self.id, "consentedPermissionSet": consented}

    def teams_app(self) -> dict[str, Any]:
        """Return the app as the catalogue has it."""
        return {
            "id": self.app.id,
            "externalId": self.app.external,
            "displayName": self.app.name,
            "distributionMethod": self.app.method,
        }

    def definition(self) -> dict[str, Any]:
        """Return the version of the app that is installed."""
        app = self.app
        consented = self.describe()["consentedPermissionSet"]
        own = app.method == "organization"
        return {
            "id": base64.b64encode(f"{app.id}##{app.version}##Published".encode()).decode(),
            "teamsAppId": app.id,
            "displayName": app.name,
            "version": app.version,
            "publishingState": "published",
            "shortDescription": f"{app.name} in chats",
            "description": f"Brings {app.name} into chats and meetings.",
            "lastModifiedDateTime": iso(self.chat.tenant.until - 90 * DAY) if own else None,
            "createdBy": None,
            "authorization": {
                "clientAppId": app.external,
                "requiredPermissionSet": consented or {"resourceSpecificPermissions": []},
            },
        }

    def tab(self) -> dict[str, Any] | None:
        """Return the app's tab, if it has one."""
        if self.app.site is None:
            return None
        random = self.chat.tenant.random("tab", self.chat.key, self.app.id)
        key = guid(random)
        return {
            "id": key,
            "displayName": f"{self.app.name} · {self.chat.topic or 'chat'}",
            "webUrl": f"https://teams.microsoft.com/l/entity/{self.app.id}/_djb2_msteams_prefix_{key}",
            "configuration": {
                "entityId": None if self.app.external is None else f"entity-{self.chat.n}",
                "contentUrl": self.app.site,
                "removeUrl": f"{self.app.site}?remove=1" if self.app.external else None,
                "websiteUrl": self.app.site,
                # An open type: apps keep what they like here.
                "dateAdded": iso(self.chat.created + DAY),
            },
        }

    def grants(self) -> Iterator[dict[str, Any]]:
        """Yield the app's permissions in the chat."""
        for value, kind in self.app.permissions:
            yield {
                "id": base64.b64encode(f"{self.id}##{value}".encode()).decode(),
                "deletedDateTime": None,
                "clientAppId": self.app.external,
                "clientId": guid(self.chat.tenant.random("principal", self.app.id)),
                "resourceAppId": GRAPH_APP,
                "permissionType": kind.capitalize(),
                "permission": value,
            }


def installed(chat: ChatLike) -> Iterator[Installation]:
    """Yield the first installations of a chat; a chat of another tenant has none."""
    if chat.foreign:
        return
    for place, app in enumerate(APPS):
        if place == 0 or (chat.n + place) % 4 == 0 or chat.n == 0:
            yield Installation(chat, app)
