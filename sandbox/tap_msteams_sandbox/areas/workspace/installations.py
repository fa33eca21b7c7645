"""Installations: the apps of teams and people, and their permissions."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.lookup import team_of
from tap_msteams_sandbox.areas.workspace.area import AREA, BROAD, EXPAND
from tap_msteams_sandbox.areas.workspace.catalog import Catalog
from tap_msteams_sandbox.areas.workspace.rows import collection, expansions
from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.filters import conditions
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_msteams_sandbox.areas.workspace.catalog import App
    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

APP = (
    "TeamsAppInstallation.ReadForTeam.All", "TeamsAppInstallation.Read.All",
    "TeamsAppInstallation.ReadWriteForTeam.All",
)  # fmt: skip
MY_APP = ("TeamsAppInstallation.ReadForTeam", "TeamsAppInstallation.ReadWriteForTeam")
GRANT = ("ResourceSpecificPermissionGrant.ReadForTeam.All", *APP)
MY_GRANT = ("ResourceSpecificPermissionGrant.ReadForTeam", *MY_APP)
IN_TEAM = (*APP, *BROAD)
MY_IN_TEAM = (*MY_APP, *BROAD)
FOR_USER = (
    "TeamsAppInstallation.Read.All", "TeamsAppInstallation.ReadForUser.All",
    "TeamsAppInstallation.ReadWriteForUser.All",
)  # fmt: skip
MY_OWN = ("TeamsAppInstallation.ReadForUser", "TeamsAppInstallation.ReadWriteForUser")

INSTALLATION = ("id", "consentedPermissionSet")
RELATIONS = ("teamsApp", "teamsAppDefinition")
FILTERS = ("teamsApp/id", "teamsApp/externalId", "teamsApp/distributionMethod")
GRAPH = "00000003-0000-0000-c000-000000000000"
"""Graph's own id as an application."""


class Installations:
    """The apps of every team and person."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        self._catalog = tenant.part(Catalog)
        self._first = tuple(self._catalog.apps.values())
        self._apps: dict[str, list[App]] = {}

    def of(self, owner: str) -> list[App]:
        """Return the apps of a team or a person, each named by its id."""
        if owner not in self._apps:
            random = self.tenant.random("installations", owner)
            # Everybody has Planner, and the first team has all there is.
            some = random.sample(self._first[1:], random.randrange(1, 5))
            first = next(iter(self.tenant.teams), "")
            self._apps[owner] = list(self._first if owner == first else (self._first[0], *some))
        return self._apps[owner]

    def install(self, owner: str, app: str) -> None:
        """Put an app of the catalog into a team, or give it to a person."""
        with self.tenant.lock:
            self.of(owner).append(self._catalog.apps[app])

    def remove(self, owner: str, app: str) -> None:
        """Take an app away from a team or a person."""
        with self.tenant.lock:
            found = self.of(owner)
            found[:] = [it for it in found if it.id != app]

    def rows(
        self, owner: str, relations: Iterable[str], *, personal: bool = False
    ) -> Iterator[Row]:
        """Yield the installations of a team or a person with their relations."""
        for app in self.of(owner):
            everything = {"teamsApp": app.row(), "teamsAppDefinition": app.definition()}
            kind = {"@odata.type": "#microsoft.graph.userScopeTeamsAppInstallation"}
            key = base64.b64encode(f"{owner}##{app.id}".encode()).decode()
            yield {
                **(kind if personal else {}),
                "id": key,
                "consentedPermissionSet": app.consent(".User" if personal else ".Group"),
                **{name: everything[name] for name in relations},
            }

    def grants(self, team: str) -> Iterator[Row]:
        """Yield the permissions of a team's apps."""
        for app in self.of(team):
            for item in app.consent(".Group")["resourceSpecificPermissions"]:
                permission = item["permissionValue"]
                random = self.tenant.random("grant", team, app.id, permission)
                yield {
                    "id": base64.urlsafe_b64encode(random.randbytes(24)).decode(),
                    "deletedDateTime": None,
                    "clientAppId": app.client,
                    "clientId": guid(self.tenant.random("principal", app.id)),
                    "resourceAppId": GRAPH,
                    "permissionType": "Application",
                    "permission": permission,
                }


@AREA.endpoint(
    "GET /teams/{id}/installedApps",
    "team-list-installedapps",
    application=IN_TEAM,
    delegated=MY_IN_TEAM,
    options=EXPAND,
)
def of_team(call: Call) -> bytes:
    """GET /teams/{id}/installedApps."""
    team = team_of(call)
    return _installed(call, f"teams('{team.id}')/installedApps", team.id)


@AREA.endpoint(
    "GET /users/{id}/teamwork/installedApps",
    "userteamwork-list-installedapps",
    application=FOR_USER,
    delegated=MY_OWN,
    options=EXPAND,
)
@AREA.endpoint(
    "GET /me/teamwork/installedApps",
    "userteamwork-list-installedapps",
    application=None,
    delegated=MY_OWN,
    options=EXPAND,
)
def of_person(call: Call) -> bytes:
    """GET /users/{id}/teamwork/installedApps, or /me/teamwork/installedApps."""
    person = _person(call)
    what = f"users('{person.id}')/teamwork/installedApps"
    return _installed(call, what, person.id, personal=True)


def _installed(call: Call, what: str, owner: str, *, personal: bool = False) -> bytes:
    """Return installations; a filter applies to their apps."""
    relations = expansions(call, RELATIONS)
    found = call.tenant.part(Installations)
    rows = list(found.rows(owner, relations, personal=personal))
    if (text := call.query.get("$filter")) is not None:
        tests = conditions(text, equal=FILTERS)
        pairs = zip(rows, found.of(owner), strict=True)
        rows = [row for row, app in pairs if all(test(app.row()) for test in tests)]
    return collection(call, what, rows, INSTALLATION, relations)


def _person(call: Call) -> Person:
    """Return the person that the path names, or refuse one without a Teams license."""
    key = call.names[0] if call.names else str(call.caller.user)
    person = call.tenant.users.get(key)
    if person is None:
        msg = f"Resource '{key}' does not exist or one of its queried reference-property objects "
        msg += "are not present."
        raise GraphError(404, "Request_ResourceNotFound", msg)
    if call.caller.user not in (None, person.id):
        raise GraphError.not_a_member()
    if not person.licensed:
        msg = "Failed to get license information for the user. Ensure user has a valid Office365 "
        msg += "license assigned to them."
        raise GraphError(403, "Forbidden", msg)
    return person


@AREA.endpoint(
    "GET /teams/{id}/permissionGrants",
    "team-list-permissiongrants",
    application=GRANT,
    delegated=MY_GRANT,
)
def grants(call: Call) -> bytes:
    """GET /teams/{id}/permissionGrants."""
    team = team_of(call)
    rows = call.tenant.part(Installations).grants(team.id)
    return collection(call, f"teams('{team.id}')/permissionGrants", rows, ())


@AREA.rows("installed_apps")
def true_installations(tenant: Company) -> Iterator[Row]:
    """Yield the apps of every team."""
    for team in tenant.teams:
        for row in tenant.part(Installations).rows(team, RELATIONS):
            yield {"teamId": team, **row}


@AREA.rows("user_installed_apps")
def true_personal(tenant: Company) -> Iterator[Row]:
    """Yield the apps of every person with a licence."""
    for person in tenant.people:
        if person.licensed:
            found = tenant.part(Installations)
            for row in found.rows(person.id, RELATIONS, personal=True):
                yield {"userId": person.id, **row}


@AREA.rows("permission_grants")
def true_grants(tenant: Company) -> Iterator[Row]:
    """Yield the grants of every team."""
    for team in tenant.teams:
        for row in tenant.part(Installations).grants(team):
            yield {"teamId": team, **row}
