"""A local Entra ID: the token endpoint of one directory, as Microsoft documents it.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow#refresh-the-access-token
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from aiohttp import web

from tap_msteams.sandbox.aadsts import Refusal
from tap_msteams.sandbox.issuer import Application, Issuer, User, b64

__all__ = ["Application", "Entra", "User"]

SHARED_TENANTS: Final = frozenset({"common", "organizations"})
IDENTITY_SCOPES: Final = frozenset({"openid", "profile", "email", "offline_access"})
_LONG_LIVED: Final = 7200


class Entra(Issuer):
    """The issuer behind its token endpoint, with the switches of a test."""

    outage: int | None = None
    """While set, token requests are answered with this HTTP status."""
    requests = 0
    """Token requests seen, refused ones and managed identities' included."""

    def routes(self) -> list[web.RouteDef]:
        """The two endpoints of an authority that MSAL talks to."""
        return [
            web.get("/{tenant}/v2.0/.well-known/openid-configuration", self._configuration),
            web.post("/{tenant}/oauth2/v2.0/token", self._token),
        ]

    async def _configuration(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        try:
            issuer = self._tenant(tenant)
        except Refusal as refused:
            return self._refusal(request, refused)
        authority = f"{request.scheme}://{request.host}"
        path = tenant if tenant in SHARED_TENANTS else issuer
        return web.json_response(
            {
                "issuer": f"{authority}/{issuer}/v2.0",
                "authorization_endpoint": f"{authority}/{path}/oauth2/v2.0/authorize",
                "token_endpoint": f"{authority}/{path}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{authority}/{path}/oauth2/v2.0/devicecode",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                "response_types_supported": ["code", "id_token", "code id_token"],
                "subject_types_supported": ["pairwise"],
                "tenant_region_scope": "EU",
                "cloud_instance_name": "microsoftonline.com",
            },
        )

    async def _token(self, request: web.Request) -> web.Response:
        self.requests += 1
        if self.outage is not None:
            return web.Response(status=self.outage, text="Service unavailable")
        form = _Form({k: v for k, v in (await request.post()).items() if v and isinstance(v, str)})
        try:
            answer = self._answer(request.match_info["tenant"], form)
        except Refusal as refused:
            return self._refusal(request, refused)
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    def _answer(self, tenant: str, form: _Form) -> dict[str, Any]:
        self._tenant(tenant)
        grant_type = form["grant_type"]
        application = self.applications.get(form["client_id"])
        if application is None:
            raise Refusal(700016, client_id=form["client_id"])
        if grant_type == "client_credentials":
            return self._client_credentials(tenant, application, form)
        if grant_type == "refresh_token":
            return self._refresh_token(application, form)
        raise Refusal(70003, got=grant_type)

    def _tenant(self, named: str) -> str:
        if named in {self.tenant_id, self.domain} | SHARED_TENANTS:
            return self.tenant_id
        raise Refusal(90002, got=named)

    def _client_credentials(
        self,
        tenant: str,
        application: Application,
        form: _Form,
    ) -> dict[str, Any]:
        if tenant in SHARED_TENANTS:
            raise Refusal(900023, got=tenant)
        scopes = form["scope"].split()
        if len(scopes) != 1 or not scopes[0].endswith("/.default"):
            raise Refusal(1002012, got=form["scope"])
        resource = self._resource(scopes[0])
        if application.secret is None or "client_secret" not in form:
            raise Refusal(7000218)
        self._check_secret(application, form)
        token, _ = self.issue_app_token(application, resource)
        return {**self._lifetimes(), "access_token": token}

    def _refresh_token(self, application: Application, form: _Form) -> dict[str, Any]:
        self._check_secret(application, form)
        user = self.redeem(application, form["refresh_token"])
        wanted = form["scope"].split()
        resource_scopes = [scope for scope in wanted if scope not in IDENTITY_SCOPES]
        names = {scope.rpartition("/")[2] for scope in resource_scopes}
        if ".default" in names and len(names) > 1:
            raise Refusal(70011, got=form["scope"])
        granted = application.scopes if ".default" in names else names
        if not granted or not granted <= application.scopes:
            raise Refusal(65001, client_id=application.client_id, name=application.name)
        resource = next((self._resource(s) for s in resource_scopes if "://" in s), None)
        token, _ = self.issue(
            application,
            resource or self.resource or "https://graph.microsoft.com",
            idtyp="user",
            name=user.name,
            oid=user.oid,
            scp=" ".join(sorted(granted)),
            upn=user.user_principal_name,
        )
        answer = {**self._lifetimes(), "access_token": token, "scope": " ".join(resource_scopes)}
        return answer | self._identity(application, user, frozenset(wanted), form)

    def _identity(
        self,
        application: Application,
        user: User,
        wanted: frozenset[str],
        form: _Form,
    ) -> dict[str, str]:
        """What comes beside the access token of a user, as far as it was asked for."""
        answer = {}
        if "offline_access" in wanted:
            answer["refresh_token"] = self.issue_refresh_token(user, application)
        if "openid" in wanted:
            now = int(self.clock())
            identity = {
                "aud": application.client_id,
                "iss": f"https://login.microsoftonline.com/{self.tenant_id}/v2.0",
                "iat": now,
                "nbf": now,
                "exp": now + self.lifetime,
                "name": user.name,
                "oid": user.oid,
                "preferred_username": user.user_principal_name,
                "sub": user.oid,
                "tid": self.tenant_id,
                "ver": "2.0",
            }
            answer["id_token"] = self.sign(identity)
        if form.get("client_info") == "1":
            answer["client_info"] = b64({"uid": user.oid, "utid": self.tenant_id})
        return answer

    def _check_secret(self, application: Application, form: _Form) -> None:
        presented = form.get("client_secret")
        if application.secret is None:
            if presented is not None:
                raise Refusal(700025)
        elif presented is None:
            raise Refusal(7000218)
        elif presented != application.secret:
            raise Refusal(7000215, client_id=application.client_id)
        elif application.secret_expires <= self.clock():
            raise Refusal(7000222, client_id=application.client_id)

    def _resource(self, scope: str) -> str:
        resource = scope.rpartition("/")[0]
        if self.resource not in {None, resource}:
            raise Refusal(500011, got=resource)
        return resource

    def _lifetimes(self) -> dict[str, Any]:
        answer = {
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "ext_expires_in": self.lifetime,
        }
        # Long-lived tokens come with the time to replace them at.
        return answer | ({"refresh_in": self.lifetime // 2} if self.lifetime >= _LONG_LIVED else {})

    def _refusal(self, request: web.Request, refusal: Refusal) -> web.Response:
        correlation_id = request.headers.get("client-request-id") or str(uuid.uuid4())
        return web.json_response(
            refusal.body(self.clock(), correlation_id),
            status=refusal.status,
        )


class _Form(dict[str, str]):
    """The fields of a token request; a missing one is refused as Entra does."""

    def __missing__(self, key: str) -> str:
        raise Refusal(900144, got=key)
