"""Machine: managed identities and their tokens.

https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/overview
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_msteams_sandbox.identity.entra import Application, Entra

Handler = Callable[[web.Request], Awaitable[web.Response]]


class UnknownIdentityError(Exception):
    """The machine has no such identity, or more than one."""


class Machine:
    """The identities assigned to a machine, each an application of the directory."""

    def __init__(
        self,
        entra: Entra,
        system_assigned: str | None = None,
        user_assigned: Iterable[str] = (),
    ) -> None:
        self.system_assigned = system_assigned
        self.user_assigned = list(user_assigned)
        self.remembers = True
        """Whether a token still valid is handed out again, as the real services do."""
        self.entra = entra
        self._tokens: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}

    def identity(
        self,
        client_id: str | None = None,
        object_id: str | None = None,
        resource_id: str | None = None,
    ) -> Application:
        """Return the identity that a program names, or the only one."""
        known = self.entra.applications
        assigned = [
            known[it] for it in (self.system_assigned, *self.user_assigned) if it and it in known
        ]
        if not (client_id or object_id or resource_id):
            if self.system_assigned is None and len(assigned) > 1:
                msg = (
                    "Multiple user assigned identities exist, please specify the clientId / "
                    "resourceId of the identity in the token request"
                )
                raise UnknownIdentityError(msg)
        else:
            assigned = [
                it
                for it in assigned
                if client_id in {None, it.client_id}
                and object_id in {None, it.object_id}
                and (resource_id or it.resource_id).lower() == it.resource_id.lower()
            ]
        if not assigned:
            msg = "Identity not found"
            raise UnknownIdentityError(msg)
        return assigned[0]

    def token(
        self, identity: Application, resource: str, asked: Mapping[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Return a token of an identity with its claims; a valid one is reused."""
        key = (identity.client_id, resource)
        token, claims = self._tokens.get(key, ("", {"exp": 0}))
        # The services know nothing of revocations.
        if not self.remembers or claims["exp"] <= self.entra.clock():
            token, claims = self._tokens[key] = self.entra.issue_app_token(
                identity, resource, asked
            )
        return token, claims

    def forget(self) -> None:
        """Hand out new tokens from now on."""
        self._tokens.clear()

    def counted(self, handler: Handler) -> Handler:
        """Return a handler that counts its requests, and fails during an outage."""

        async def handle(request: web.Request) -> web.Response:
            self.entra.requests += 1
            if self.entra.outage is not None:
                return web.Response(status=self.entra.outage, text="Service unavailable")
            return await handler(request)

        return handle
