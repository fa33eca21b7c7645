"""Authorize: the pages where users sign in and consent, and the codes they end in.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from tap_msteams_sandbox.identity import pages
from tap_msteams_sandbox.identity.aadsts import Refusal
from tap_msteams_sandbox.identity.form import Form, correlation_id
from tap_msteams_sandbox.identity.issuer import WRITTEN_HERE
from tap_msteams_sandbox.identity.scopes import WITHOUT_ADMIN, Scopes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams_sandbox.identity.authority import Authority
    from tap_msteams_sandbox.identity.registration import Application, User

CODE_LIFETIME: Final = 600
"""https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow#successful-response"""

CODE_BYTES: Final = 1120
"""Entra's codes have about 1,500 characters."""

SESSION: Final = "ESTSAUTH"
"""The cookie of a browser whose user has signed in."""

MODES: Final = frozenset({"query", "fragment", "form_post"})
PROMPTS: Final = frozenset({"login", "none", "consent", "select_account"})
METHODS: Final = frozenset({"S256", "plain"})
CHALLENGE_SIZES: Final = range(43, 129)
"""https://www.rfc-editor.org/rfc/rfc7636#section-4.2"""


@dataclass
class Request:
    """An application's request to sign a user in."""

    application: Application
    form: Form
    redirect_uri: str
    admin: bool = False
    """Whether an administrator is asked to consent for everybody."""
    user: User | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def prompt(self) -> str:
        """The prompt that is asked for."""
        return self.form.get("prompt", "")


@dataclass
class Code:
    """An authorization code."""

    request: Request
    user: User
    issued: float
    redeemed: bool = False

    @property
    def scope(self) -> str:
        """The requested scopes."""
        return self.request.form["scope"]

    @property
    def nonce(self) -> str:
        """The nonce of the ID token."""
        return self.request.form.get("nonce", "")

    @property
    def asked(self) -> Mapping[str, Any]:
        """The requested claims of the access token."""
        return self.request.form.claims


class Authorize:
    """The authorization endpoint of a directory."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._requests: dict[str, Request] = {}
        self._sessions: dict[str, User] = {}
        self._codes: dict[str, Code] = {}

    def routes(self) -> list[web.RouteDef]:
        """The endpoint, and the pages that follow."""
        shown = partial(pages.shown, self._authority.clock)
        return [
            web.get("/{tenant}/oauth2/v2.0/authorize", shown(self._begin)),
            web.get("/{tenant}/v2.0/adminconsent", shown(self._begin_for_all)),
            web.get("/{tenant}/adminconsent", shown(self._begin_for_all)),
            web.post("/{tenant}/login", shown(self._login)),
            web.post("/{tenant}/consent", shown(self._decide)),
        ]

    def redeem(self, application: Application, form: Form) -> Code:
        """The sign-in that a code stands for, once."""
        code = self._codes.get(form["code"])
        redirect_uri = form["redirect_uri"]
        if code is None:
            raise Refusal(70000 if form["code"].startswith(WRITTEN_HERE) else 9002313)
        if code.request.application is not application:
            raise Refusal(70000)
        if code.redeemed:
            raise Refusal(54005)
        if self._authority.clock() - code.issued >= CODE_LIFETIME:
            raise Refusal(70008)
        if redirect_uri != code.request.redirect_uri:
            raise Refusal(500112, got=redirect_uri, expected=code.request.redirect_uri)
        _verify(code.request.form, form.get("code_verifier"))
        code.redeemed = True
        return code

    def users(self) -> list[User]:
        """The users who can sign in."""
        return list(self._authority.users.values())

    def sign_in(self, upn: str) -> tuple[User, str]:
        """Sign a user in; return the user and a session cookie."""
        user = next((it for it in self.users() if it.user_principal_name == upn), None)
        if user is None:
            raise Refusal(50034, got=upn)
        if not user.enabled:
            raise Refusal(50057)
        session = secrets.token_urlsafe(24)
        self._sessions[session] = user
        return user, session

    async def _begin(self, request: web.Request, form: Form) -> web.Response:
        pending = self._pending(request, form)
        if isinstance(problem := self._problem(pending), Refusal):
            return self._reject(request, pending, problem)
        user = self._sessions.get(request.cookies.get(SESSION, ""))
        hint = form.get("login_hint")
        welcome = user is not None and hint in {None, user.user_principal_name}
        if user and welcome and pending.prompt not in {"login", "select_account"}:
            return self._signed_in(request, pending, user)
        if pending.prompt == "none":
            return self._reject(request, pending, Refusal(50058))
        return self._choice(request, pending)

    async def _begin_for_all(self, request: web.Request, form: Form) -> web.Response:
        return self._choice(request, self._pending(request, form, admin=True))

    async def _login(self, request: web.Request, form: Form) -> web.Response:
        pending = self._waiting(form)
        user, session = self.sign_in(form["account"])
        response = self._signed_in(request, pending, user)
        response.set_cookie(SESSION, session, secure=True, httponly=True, samesite="None")
        return response

    async def _decide(self, request: web.Request, form: Form) -> web.Response:
        pending = self._waiting(form)
        application, user = pending.application, pending.user
        if user is None:
            raise Refusal(50058)
        if form["decision"] != "accept":
            number = 90094 if form["decision"] == "no_admin" else 65004
            return self._reject(request, pending, Refusal(number, name=application.name))
        if pending.admin:
            return self._grant_to_all(pending)
        missing = self._missing(pending, user)
        if not user.admin and not missing <= WITHOUT_ADMIN:
            raise Refusal(90094, name=application.name)
        user.consent(application, missing)
        return self._answer_with_code(pending, user)

    def _pending(self, request: web.Request, form: Form, *, admin: bool = False) -> Request:
        """Return the request, if its redirect URI may be answered."""
        optional = admin and not request.path.endswith("/v2.0/adminconsent")
        self._authority.tenant(request.match_info["tenant"])
        application = self._authority.application(form["client_id"])
        redirect_uri = form.get("redirect_uri", "") if optional else form["redirect_uri"]
        if redirect_uri and not application.answers_at(redirect_uri):
            raise Refusal(50011, got=redirect_uri, client_id=application.client_id)
        pending = Request(application, form, redirect_uri, admin)
        self._requests[pending.id] = pending
        return pending

    def _waiting(self, form: Form) -> Request:
        pending = self._requests.get(form["ctx"])
        if pending is None:
            raise Refusal(9002313, "invalid_request")
        return pending

    def _choice(self, request: web.Request, pending: Request) -> web.Response:
        hint = pending.form.get("login_hint")
        users = [it for it in self.users() if hint in {None, it.user_principal_name}]
        action = f"/{request.match_info['tenant']}/login"
        return pages.accounts(action, {"ctx": pending.id}, users or self.users())

    def _signed_in(self, request: web.Request, pending: Request, user: User) -> web.Response:
        """Return the page that follows the choice of an account."""
        pending.user, application = user, pending.application
        action, fields = f"/{request.match_info['tenant']}/consent", {"ctx": pending.id}
        if pending.admin and user.admin:
            asked = _asked_of_admin(pending)
            return pages.consent(action, fields, application, asked, everybody=True)
        missing = frozenset() if pending.admin else self._missing(pending, user)
        if missing and pending.prompt == "none":
            refusal = Refusal(65001, client_id=application.client_id, name=application.name)
            return self._reject(request, pending, refusal)
        if not user.admin and (pending.admin or not missing <= WITHOUT_ADMIN):
            return pages.needs_admin(action, fields, application)
        if missing or pending.prompt == "consent":
            names = Scopes.parse(pending.form["scope"]).names(application)
            return pages.consent(action, fields, application, names)
        return self._answer_with_code(pending, user)

    def _missing(self, pending: Request, user: User) -> frozenset[str]:
        return self._authority.missing(pending.application, user, pending.form["scope"])

    def _problem(self, pending: Request) -> Refusal | None:
        """Return the problem of a request that the application is told of."""
        form = pending.form
        method, challenge = form.get("code_challenge_method", "plain"), form.get("code_challenge")
        try:
            if form["response_type"] != "code":
                return Refusal(700054, got=form["response_type"])
            self._authority.read(pending.application, form["scope"])
            form.claims.get("")
        except Refusal as refusal:
            return refusal
        if form.get("response_mode", "query") not in MODES:
            return Refusal(90014, got="response_mode")
        if form.get("prompt", "none") not in PROMPTS:
            return Refusal(90014, got="prompt")
        if challenge and (method not in METHODS or len(challenge) not in CHALLENGE_SIZES):
            return Refusal(50147)
        return None

    def _grant_to_all(self, pending: Request) -> web.Response:
        application = pending.application
        scopes = Scopes.parse(pending.form.get("scope", ""))
        application.scopes |= scopes.names(application) or application.asks_scopes
        application.roles |= application.asks_roles
        fields = {"tenant": self._authority.tenant_id, "scope": pending.form.get("scope", "")}
        return self._answer(pending, {"admin_consent": "True", **fields})

    def _answer_with_code(self, pending: Request, user: User) -> web.Response:
        code = f"{WRITTEN_HERE}{secrets.token_urlsafe(CODE_BYTES)}"
        self._codes[code] = Code(pending, user, self._authority.clock())
        return self._answer(pending, {"code": code})

    def _reject(self, request: web.Request, pending: Request, refusal: Refusal) -> web.Response:
        description = refusal.description(self._authority.clock(), correlation_id(request))
        fields = {"error": refusal.error, "error_description": description}
        if refusal.error == "access_denied":
            fields["error_subcode"] = "cancel"
        if pending.admin:
            fields |= {"admin_consent": "True", "tenant": self._authority.tenant_id}
        return self._answer(pending, fields)

    def _answer(self, pending: Request, fields: Mapping[str, str]) -> web.Response:
        """Send the browser back to the application."""
        self._requests.pop(pending.id, None)
        if not pending.redirect_uri:
            raise Refusal(500113)
        state = pending.form.get("state")
        fields = {**fields, **({"state": state} if state else {})}
        if not pending.admin:
            fields["session_state"] = str(uuid.uuid4())
        mode = pending.form.get("response_mode", "query")
        address = pending.redirect_uri
        if mode == "form_post":
            return pages.post_back(address, fields)
        parts = urlsplit(address)
        text = urlencode(fields)
        if mode == "fragment":
            parts = parts._replace(fragment=text)
        else:
            parts = parts._replace(query=f"{parts.query}&{text}" if parts.query else text)
        location = parts._replace(path=parts.path or "/").geturl()
        return web.Response(status=302, headers={"Location": location})


def _verify(begun: Form, verifier: str | None) -> None:
    """Check the code verifier of RFC 7636."""
    challenge = begun.get("code_challenge")
    if challenge is None:
        return
    if verifier is None:
        raise Refusal(50148)
    if begun.get("code_challenge_method", "plain") == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if not secrets.compare_digest(verifier, challenge):
        raise Refusal(501481)


def _asked_of_admin(pending: Request) -> frozenset[str]:
    application = pending.application
    named = Scopes.parse(pending.form.get("scope", "")).names(application)
    return named | application.asks_roles | application.roles
