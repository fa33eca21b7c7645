"""The instance metadata service of an Azure machine, as far as it hands out tokens.

https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.sandbox.entra import Application, Entra

API_VERSION: Final = "2018-02-01"


class Imds:
    """The identities assigned to this machine, each an application of the directory."""

    def __init__(
        self,
        entra: Entra,
        system_assigned: str | None = None,
        user_assigned: Iterable[str] = (),
    ) -> None:
        self.system_assigned = system_assigned
        self.user_assigned = list(user_assigned)
        self.remembers = True
        """Whether a token still valid is handed out again, as the real service does."""
        self._entra = entra
        self._tokens: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {}

    def routes(self) -> list[web.RouteDef]:
        """The one endpoint, served over plain HTTP."""
        return [web.get("/metadata/identity/oauth2/token", self._token)]

    async def _token(self, request: web.Request) -> web.Response:
        self._entra.requests += 1
        if self._entra.outage is not None:
            return web.Response(status=self._entra.outage, text="Service unavailable")
        resource = request.query.get("resource", "").rstrip("/")
        if problem := _problem(request, resource):
            return _refusal(problem)
        identity = self._identity(request.query.get("client_id"))
        if isinstance(identity, web.Response):
            return identity
        return web.json_response(self._answer(identity, resource))

    def _identity(self, client_id: str | None) -> Application | web.Response:
        if client_id is None:
            if self.system_assigned is None and len(self.user_assigned) > 1:
                return _refusal(
                    "Multiple user assigned identities exist, please specify the clientId / "
                    "resourceId of the identity in the token request",
                )
            client_id = self.system_assigned or next(iter(self.user_assigned), None)
        elif client_id not in {self.system_assigned, *self.user_assigned}:
            client_id = None
        application = self._entra.applications.get(client_id or "")
        return application or _refusal("Identity not found")

    def _answer(self, identity: Application, resource: str) -> dict[str, Any]:
        key = (identity.client_id, resource)
        now = int(self._entra.clock())
        token, claims = self._tokens.get(key, ("", {"exp": 0}))
        # The service knows nothing of revocations.
        if not self.remembers or claims["exp"] <= now:
            token, claims = self._tokens[key] = self._entra.issue_app_token(identity, resource)
        # The service writes its numbers as text.
        return {
            "access_token": token,
            "client_id": identity.client_id,
            "expires_in": str(claims["exp"] - now),
            "expires_on": str(claims["exp"]),
            "ext_expires_in": str(self._entra.lifetime),
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
