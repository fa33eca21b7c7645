"""Authorize: the pages where users sign in and consent, and the codes that come of it.

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

SESSION: Final = "ESTSAUTH"
"""The cookie of a browser whose user has signed in."""

MODES: Final = frozenset({"query", "fragment", "form_post"})
PROMPTS: Final = frozenset({"login", "none", "consent", "select_account"})
METHODS: Final = frozenset({"S256", "plain"})
CHALLENGE_SIZES: Final = range(43, 129)
"""https://www.rfc-editor.org/rfc/rfc7636#section-4.2"""


@dataclass
class Request:
    """An application's wish to have a user signed in, and who that is once it is known."""

    application: Application
    form: Form
    redirect_uri: str
    admin: bool = False
    """Whether an administrator is asked to consent for everybody."""
    user: User | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def prompt(self) -> str:
        """Which page is wanted in any case."""
        return self.form.get("prompt", "")


@dataclass
class Code:
    """What an application gets for a user's sign-in, to be redeemed for tokens."""

    request: Request
    user: User
    issued: float
    redeemed: bool = False

    @property
    def scope(self) -> str:
        """What was asked for."""
        return self.request.form["scope"]

    @property
    def nonce(self) -> str:
        """What has to stand in the user's token."""
        return self.request.form.get("nonce", "")

    @property
    def asked(self) -> Mapping[str, Any]:
        """What was asked of the access token."""
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
        """Who can sign in."""
        return list(self._authority.users.values())

    def sign_in(self, upn: str) -> tuple[User, str]:
        """A user who has chosen an account, and the cookie that says so from now on."""
        user = next((it for it in self.users() if it.user_principal_name == upn), None)
        if user is None:
            raise Refusal(50034, got=upn)
        if not user.enabled:
            raise Refusal(50057)
        session = secrets.token_urlsafe(24)
        self._sessions[session] = user
        return user, session

    async def _begin(self, request: web.Request, form: Form) -> web.Response:
        wish = self._wish(request, form)
        if isinstance(problem := _problem(form), Refusal):
            return self._reject(request, wish, problem)
        user = self._sessions.get(request.cookies.get(SESSION, ""))
        hint = form.get("login_hint")
        welcome = user is not None and hint in {None, user.user_principal_name}
        if user and welcome and wish.prompt not in {"login", "select_account"}:
            return self._signed_in(request, wish, user)
        if wish.prompt == "none":
            return self._reject(request, wish, Refusal(50058))
        return self._choice(request, wish)

    async def _begin_for_all(self, request: web.Request, form: Form) -> web.Response:
        return self._choice(request, self._wish(request, form, admin=True))

    async def _login(self, request: web.Request, form: Form) -> web.Response:
        wish = self._waiting(form)
        user, session = self.sign_in(form["account"])
        response = self._signed_in(request, wish, user)
        response.set_cookie(SESSION, session, secure=True, httponly=True, samesite="None")
        return response

    async def _decide(self, request: web.Request, form: Form) -> web.Response:
        wish = self._waiting(form)
        application, user = wish.application, wish.user
        if user is None:
            raise Refusal(50058)
        if form["decision"] != "accept":
            number = 90094 if form["decision"] == "no_admin" else 65004
            return self._reject(request, wish, Refusal(number, name=application.name))
        if wish.admin:
            return self._grant_to_all(wish)
        missing = self._missing(wish, user)
        if not user.admin and not missing <= WITHOUT_ADMIN:
            raise Refusal(90094, name=application.name)
        user.consent(application, missing)
        return self._answer_with_code(wish, user)

    def _wish(self, request: web.Request, form: Form, *, admin: bool = False) -> Request:
        """The wish, as far as it may be answered at the address that it names."""
        optional = admin and not request.path.endswith("/v2.0/adminconsent")
        self._authority.tenant(request.match_info["tenant"])
        application = self._authority.application(form["client_id"])
        redirect_uri = form.get("redirect_uri", "") if optional else form["redirect_uri"]
        if redirect_uri and not application.answers_at(redirect_uri):
            raise Refusal(50011, got=redirect_uri, client_id=application.client_id)
        wish = Request(application, form, redirect_uri, admin)
        self._requests[wish.id] = wish
        return wish

    def _waiting(self, form: Form) -> Request:
        wish = self._requests.get(form["ctx"])
        if wish is None:
            raise Refusal(9002313, "invalid_request")
        return wish

    def _choice(self, request: web.Request, wish: Request) -> web.Response:
        hint = wish.form.get("login_hint")
        users = [it for it in self.users() if hint in {None, it.user_principal_name}]
        action = f"/{request.match_info['tenant']}/login"
        return pages.accounts(action, {"ctx": wish.id}, users or self.users())

    def _signed_in(self, request: web.Request, wish: Request, user: User) -> web.Response:
        """What comes after the user is known."""
        wish.user, application = user, wish.application
        action, fields = f"/{request.match_info['tenant']}/consent", {"ctx": wish.id}
        if wish.admin and user.admin:
            asked = _asked_of_admin(wish)
            return pages.consent(action, fields, application, asked, everybody=True)
        missing = frozenset() if wish.admin else self._missing(wish, user)
        if missing and wish.prompt == "none":
            refusal = Refusal(65001, client_id=application.client_id, name=application.name)
            return self._reject(request, wish, refusal)
        if not user.admin and (wish.admin or not missing <= WITHOUT_ADMIN):
            return pages.needs_admin(action, fields, application)
        if missing or wish.prompt == "consent":
            names = Scopes.parse(wish.form["scope"]).names(application)
            return pages.consent(action, fields, application, names)
        return self._answer_with_code(wish, user)

    def _missing(self, wish: Request, user: User) -> frozenset[str]:
        names = Scopes.parse(wish.form["scope"]).names(wish.application)
        return names - user.consented(wish.application)

    def _grant_to_all(self, wish: Request) -> web.Response:
        application = wish.application
        scopes = Scopes.parse(wish.form.get("scope", ""))
        application.scopes |= scopes.names(application) or application.asks_scopes
        application.roles |= application.asks_roles
        fields = {"tenant": self._authority.tenant_id, "scope": wish.form.get("scope", "")}
        return self._answer(wish, {"admin_consent": "True", **fields})

    def _answer_with_code(self, wish: Request, user: User) -> web.Response:
        code = f"{WRITTEN_HERE}{secrets.token_urlsafe(32)}"
        self._codes[code] = Code(wish, user, self._authority.clock())
        return self._answer(wish, {"code": code})

    def _reject(self, request: web.Request, wish: Request, refusal: Refusal) -> web.Response:
        description = refusal.description(self._authority.clock(), correlation_id(request))
        fields = {"error": refusal.error, "error_description": description}
        if refusal.error == "access_denied":
            fields["error_subcode"] = "cancel"
        if wish.admin:
            fields |= {"admin_consent": "True", "tenant": self._authority.tenant_id}
        return self._answer(wish, fields)

    def _answer(self, wish: Request, fields: Mapping[str, str]) -> web.Response:
        """Send the browser back to the application."""
        self._requests.pop(wish.id, None)
        if not wish.redirect_uri:
            raise Refusal(500113)
        state = wish.form.get("state")
        fields = {**fields, **({"state": state} if state else {})}
        if not wish.admin:
            fields["session_state"] = str(uuid.uuid4())
        mode = wish.form.get("response_mode", "query")
        address = wish.redirect_uri
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


def _problem(form: Form) -> Refusal | None:
    """What is wrong with a wish, so that the application can be told."""
    method, challenge = form.get("code_challenge_method", "plain"), form.get("code_challenge")
    try:
        if form["response_type"] != "code":
            return Refusal(700054, got=form["response_type"])
        Scopes.parse(form["scope"])
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


def _verify(begun: Form, verifier: str | None) -> None:
    """Refuse somebody who did not begin the sign-in; RFC 7636."""
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


def _asked_of_admin(wish: Request) -> frozenset[str]:
    application = wish.application
    named = Scopes.parse(wish.form.get("scope", "")).names(application)
    return named | application.asks_roles | application.roles
