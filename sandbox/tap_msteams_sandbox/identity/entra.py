"""A local Entra ID: the token endpoint of one directory, as Microsoft documents it.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow
https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code
https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth-ropc
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from tap_msteams_sandbox.identity import metadata
from tap_msteams_sandbox.identity.aadsts import Refusal
from tap_msteams_sandbox.identity.authority import ACCESS_AS_USER, SHARED_TENANTS, Authority
from tap_msteams_sandbox.identity.authorize import Authorize
from tap_msteams_sandbox.identity.device import Devices
from tap_msteams_sandbox.identity.federation import Federation
from tap_msteams_sandbox.identity.form import Form
from tap_msteams_sandbox.identity.issuer import ASSERTION, PUBLIC, SECRET, Grant, b64
from tap_msteams_sandbox.identity.registration import Application, User
from tap_msteams_sandbox.identity.scopes import DEFAULT, GRAPH

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Application", "Entra", "User"]

DEVICE_CODE: Final = "urn:ietf:params:oauth:grant-type:device_code"
ON_BEHALF_OF: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
"""https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-on-behalf-of-flow"""
_FOR_USERS: Final = frozenset(
    {"refresh_token", "authorization_code", "device_code", DEVICE_CODE, ON_BEHALF_OF, "password"}
)
_LONG_LIVED: Final = 7200


@dataclass
class _Session:
    """The user and the grounds of a request for tokens."""

    user: User
    scope: str
    grant: Grant | None = None
    strong: bool = True
    nonce: str = ""
    asked: Mapping[str, Any] | None = None
    proof: str = PUBLIC
    """How the application has proved its identity."""
    issuer: str = ""
    """The issuer as the client knows it."""


class Entra(Authority):
    """The token endpoint, with switches for tests."""

    outage: int | None = None
    """While set, token requests are answered with this HTTP status."""
    retry_after: str | None = None
    """When a client is told to come back during an outage."""
    refusal: int | None = None
    """While set, token requests are refused with this number."""
    withheld: frozenset[str] = frozenset()
    """Permissions that are left out of what users' tokens get, without a word."""
    requests = 0
    """Token requests seen, refused ones and managed identities' included."""

    @cached_property
    def federation(self) -> Federation:
        """The issuers of assertions that are at hand."""
        return Federation(self)

    @cached_property
    def authorize(self) -> Authorize:
        """The pages where users sign in and consent."""
        return Authorize(self)

    @cached_property
    def devices(self) -> Devices:
        """The sign-ins that people finish on another device."""
        return Devices(self, self.authorize)

    def routes(self) -> list[web.RouteDef]:
        """The endpoints of an authority, and of the federated issuers."""
        return [
            *metadata.routes(self),
            web.post("/{tenant}/oauth2/v2.0/token", self._token),
            *self.authorize.routes(),
            *self.devices.routes(),
            *self.federation.routes(),
        ]

    async def _token(self, request: web.Request) -> web.Response:
        self.requests += 1
        if self.outage is not None:
            headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
            return web.Response(status=self.outage, text="Service unavailable", headers=headers)
        form = await Form.of(request)
        url = f"{request.scheme}://{request.host}{request.path}"
        try:
            form.take_credentials(request.headers.get("Authorization"))
            answer = self._answer(request.match_info["tenant"], form, url)
        except Refusal as refused:
            return self.refuse(request, refused)
        return web.json_response(answer, headers={"Cache-Control": "no-store"})

    def _answer(self, tenant: str, form: Form, url: str) -> dict[str, Any]:
        self.tenant(tenant)
        grant_type = form["grant_type"]
        application = self.application(form["client_id"])
        if self.refusal is not None:
            raise Refusal(self.refusal, client_id=application.client_id, name=application.name)
        if grant_type == "client_credentials":
            return self._client_credentials(tenant, application, form, url)
        if grant_type not in _FOR_USERS:
            raise Refusal(70003, got=grant_type)
        proof = self._authenticate(application, form, url)
        if grant_type == "refresh_token":
            grant = self.redeem(application, form["refresh_token"])
            session = _Session(grant.user, form.get("scope", grant.scope), grant, grant.strong)
        elif grant_type == "authorization_code":
            code = self.authorize.redeem(application, form)
            scope = form.get("scope", code.scope)
            session = _Session(code.user, scope, nonce=code.nonce, asked=code.asked)
        elif grant_type == "password":
            if tenant == "common":
                raise Refusal(9001023)
            # A password alone is no second factor.
            session = _Session(self._user_named(form), form["scope"], strong=False)
        elif grant_type == ON_BEHALF_OF:
            session = _Session(self._user_behind(application, form), form["scope"])
        else:
            sign_in = self.devices.redeem(application, form["device_code"])
            session = _Session(sign_in.user, sign_in.scope)
        session.proof, session.issuer = proof, _issuer(url, self.tenant_id)
        return self._user_answer(application, session, form)

    def _user_named(self, form: Form) -> User:
        """Return the user with a name and a password."""
        name, password = form["username"], form["password"]
        found = [it for it in self.users.values() if it.user_principal_name == name.lower()]
        if not found:
            raise Refusal(50034, got=name)
        if not found[0].password or password != found[0].password:
            raise Refusal(50126)
        return found[0]

    def _user_behind(self, application: Application, form: Form) -> User:
        """Return the user for whom somebody calls an application."""
        if form["requested_token_use"] != "on_behalf_of":  # noqa: S105 (no secret)
            raise Refusal(900144, got="requested_token_use")
        claims = self.said_by(form["assertion"])
        if claims is None or claims["idtyp"] != "user":
            raise Refusal(50013)
        if self.api(claims["aud"]) is not application:
            own, name = application.client_id, application.name
            raise Refusal(500131, got=claims["aud"], expected=own, client_id=own, name=name)
        return self.users[claims["oid"]]

    def _client_credentials(
        self, tenant: str, application: Application, form: Form, url: str
    ) -> dict[str, Any]:
        if tenant in SHARED_TENANTS:
            raise Refusal(900023, got=tenant)
        scopes = form["scope"].split()
        if len(scopes) != 1 or not scopes[0].endswith(f"/{DEFAULT}"):
            raise Refusal(1002012, got=form["scope"])
        resource = self._resource(scopes[0].rpartition("/")[0])
        if not {"client_secret", "client_assertion"} & set(form):
            raise Refusal(7000218)
        proof = self._authenticate(application, form, url)
        token, claims = self.issue_app_token(application, resource, form.claims, proof)
        return {**self._lifetimes(claims), "access_token": token}

    def _user_answer(
        self, application: Application, session: _Session, form: Form
    ) -> dict[str, Any]:
        user = session.user
        if not user.enabled:
            raise Refusal(50057)
        if user.mfa_required and not session.strong:
            raise Refusal(50076)
        scopes = self.read(application, session.scope)
        if self.api(scopes.resource):
            granted = frozenset({ACCESS_AS_USER})
        else:
            granted = scopes.granted(application, user) - self.withheld
        resource = self._resource(scopes.resource or self.resource or GRAPH)
        asked = {**(session.asked or {}), **form.claims}
        token, claims = self.issue_user_token(
            application, user, resource, granted, asked, proof=session.proof
        )
        answer = {
            **self._lifetimes(claims),
            "access_token": token,
            "scope": scopes.echo(self.withheld),
        }
        if "offline_access" in scopes.identity:
            answer["refresh_token"] = self.issue_refresh_token(
                user, application, session.grant, session.scope
            )
        if "openid" in scopes.identity:
            answer["id_token"] = self._id_token(application, session)
        if form.get("client_info") == "1":
            answer["client_info"] = b64({"uid": user.oid, "utid": self.tenant_id})
        return answer

    def _id_token(self, application: Application, session: _Session) -> str:
        user = session.user
        now = int(self.clock())
        identity = {
            "aud": application.client_id,
            "iss": session.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + self.lifetime,
            "name": user.name,
            **({"nonce": session.nonce} if session.nonce else {}),
            "oid": user.oid,
            "preferred_username": user.user_principal_name,
            "sub": self.subject(application, user),
            "tid": self.tenant_id,
            "ver": "2.0",
        }
        return self.sign(identity)

    def _authenticate(self, application: Application, form: Form, url: str) -> str:
        """Check the credentials of an application; return what kind they are of."""
        secret = form.get("client_secret")
        if secret is None and "client_assertion" not in form:
            if application.confidential and not application.public_flows:
                raise Refusal(7000218)
            return PUBLIC
        if not application.confidential:
            raise Refusal(700025)
        if secret is None:
            self.assertions.check(application, form, url, self.clock())
            return ASSERTION
        if secret != application.secret:
            raise Refusal(7000215, client_id=application.client_id)
        if application.secret_expires <= self.clock():
            raise Refusal(7000222, client_id=application.client_id)
        return SECRET

    def _resource(self, resource: str) -> str:
        if not self.serves(resource) and not self.api(resource):
            raise Refusal(500011, got=resource)
        return resource

    def _lifetimes(self, claims: Mapping[str, Any]) -> dict[str, Any]:
        lifetime = claims["exp"] - claims["iat"]
        answer = {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime}
        # Long-lived tokens come with the time to replace them at.
        return answer | ({"refresh_in": lifetime // 2} if lifetime >= _LONG_LIVED else {})


def _issuer(url: str, tenant_id: str) -> str:
    """Return the issuer that the metadata beside a token endpoint names."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{tenant_id}/v2.0"
