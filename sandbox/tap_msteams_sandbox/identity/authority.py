"""Authority: the parts that all endpoints of a directory share."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from aiohttp import web

from tap_msteams_sandbox.identity.aadsts import Refusal
from tap_msteams_sandbox.identity.assertions import Assertions
from tap_msteams_sandbox.identity.form import correlation_id
from tap_msteams_sandbox.identity.issuer import Issuer

if TYPE_CHECKING:
    from tap_msteams_sandbox.identity.registration import Application

SHARED_TENANTS: Final = frozenset({"common", "organizations"})


class Authority(Issuer):
    """The issuer with lookups for its endpoints."""

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

    def refuse(self, request: web.Request, refusal: Refusal) -> web.Response:
        """Return a refusal as JSON."""
        return web.json_response(
            refusal.body(self.clock(), correlation_id(request)), status=refusal.status
        )
