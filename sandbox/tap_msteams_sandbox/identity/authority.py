"""Authority: the parts that all endpoints of a directory share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from aiohttp import web

from tap_msteams_sandbox.identity.aadsts import Refusal
from tap_msteams_sandbox.identity.assertions import Assertions
from tap_msteams_sandbox.identity.form import correlation_id
from tap_msteams_sandbox.identity.issuer import Issuer
from tap_msteams_sandbox.identity.scopes import Scopes

if TYPE_CHECKING:
    from tap_msteams_sandbox.identity.registration import Application, User

SHARED_TENANTS: Final = frozenset({"common", "organizations"})

GRAPH_ID: Final = "00000003-0000-0000-c000-000000000000"
"""Graph's own registration, the same in every tenant."""

ACCESS_AS_USER: Final = "access_as_user"
"""The scope of an application that is an API itself.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-on-behalf-of-flow
"""


class Authority(Issuer):
    """The issuer with lookups for its endpoints."""

    scopes: frozenset[str] | None = None
    """All scopes that Graph has; None: whichever is asked for."""

    @cached_property
    def assertions(self) -> Assertions:
        """The check of client assertions."""
        return Assertions()

    def tenant(self, named: str) -> str:
        """Return the directory that an address names."""
        if named in {self.tenant_id, self.domain} | SHARED_TENANTS:
            return self.tenant_id
        raise Refusal(90002, got=named)

    def application(self, client_id: str) -> Application:
        """Return an enabled registration."""
        application = self.applications.get(client_id)
        if application is None:
            raise Refusal(700016, client_id=client_id)
        if not application.enabled:
            raise Refusal(7000112, client_id=client_id, name=application.name)
        return application

    def api(self, resource: str | None) -> Application | None:
        """Return the application that a resource is, unless it is Graph."""
        return self.applications.get((resource or "").removeprefix("api://"))

    def read(self, application: Application, text: str) -> Scopes:
        """Return the scopes of a request; all of them exist."""
        scopes = Scopes.parse(text)
        known = {ACCESS_AS_USER} if self.api(scopes.resource) else self.scopes
        unknown = scopes.named - known if known is not None else ()
        for name in sorted(unknown):
            resource = scopes.resource if self.api(scopes.resource) else GRAPH_ID
            raise Refusal(650053, name=application.name, got=name, resource=resource or "")
        return scopes

    def missing(self, application: Application, user: User, text: str) -> frozenset[str]:
        """Return what is asked for and not consented to."""
        scopes = self.read(application, text)
        if self.api(scopes.resource):
            return frozenset()
        return scopes.names(application) - user.consented(application)

    def refuse(self, request: web.Request, refusal: Refusal) -> web.Response:
        """Return a refusal as JSON."""
        return web.json_response(
            refusal.body(self.clock(), correlation_id(request)), status=refusal.status
        )
