"""The token endpoint of the instance metadata service of an Azure machine.

https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from tap_msteams_sandbox.identity.machine import Machine, UnknownIdentityError

if TYPE_CHECKING:
    from tap_msteams_sandbox.identity.entra import Application

API_VERSION: Final = "2018-02-01"


class Imds(Machine):
    """A virtual machine with its identities."""

    def routes(self) -> list[web.RouteDef]:
        """The one endpoint, served over plain HTTP."""
        return [web.get("/metadata/identity/oauth2/token", self.counted(self._token))]

    async def _token(self, request: web.Request) -> web.Response:
        query = request.query
        resource = query.get("resource", "").rstrip("/")
        if problem := _problem(request, resource):
            return _refusal(problem)
        names = (query.get(name) for name in ("client_id", "object_id", "msi_res_id"))
        try:
            identity = self.identity(*names)
        except UnknownIdentityError as error:
            return _refusal(str(error))
        return web.json_response(self.answer(identity, resource))

    def answer(self, identity: Application, resource: str) -> dict[str, Any]:
        """A token as this service hands it out."""
        token, claims = self.token(identity, resource)
        # The service writes its numbers as text.
        return {
            "access_token": token,
            "client_id": identity.client_id,
            "expires_in": str(claims["exp"] - int(self.entra.clock())),
            "expires_on": str(claims["exp"]),
            "ext_expires_in": str(self.entra.lifetime),
            "not_before": str(claims["nbf"]),
            "resource": resource,
            "token_type": "Bearer",
        }


def _problem(request: web.Request, resource: str) -> str | None:
    if request.headers.get("Metadata") != "true":
        return "Required metadata header not specified"
    if "X-Forwarded-For" in request.headers:
        return "Requests with an X-Forwarded-For header are not allowed"
    if request.query.get("api-version") != API_VERSION:
        return "api-version was not specified in the request or is not supported"
    return None if resource else "Required query variable 'resource' is missing"


def _refusal(description: str) -> web.Response:
    body = {"error": "invalid_request", "error_description": description}
    return web.json_response(body, status=web.HTTPBadRequest.status_code)
