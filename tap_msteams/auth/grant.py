"""Grants: a user's consent to an app registration, requested and kept."""

from __future__ import annotations

import logging
import secrets
import time
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msal

from tap_msteams.auth.answers import WAITING
from tap_msteams.auth.entry import tenant_of
from tap_msteams.auth.provider import is_token
from tap_msteams.auth.refusals import OutageError, refusal
from tap_msteams.auth.registration import Registration, entra_session
from tap_msteams.auth.store import TokenStore
from tap_msteams.errors import AuthenticationError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_msteams.auth.entry import Entry
    from tap_msteams.settings import Settings

logger = logging.getLogger(__name__)

REDIRECT_URI = "http://localhost:33333"
"""The default of `redirect_uri`, to which a browser brings the answer."""

PROMPTS = ("login", "consent", "select_account")
"""https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow"""


class Grant:
    """A user's consent to an app registration, by a code at first, then by a refresh token."""

    def __init__(
        self,
        settings: Settings,
        store: TokenStore,
        registration: Registration,
    ) -> None:
        self.settings = settings
        self.store = store
        self.redirect_uri = settings.redirect_uri or REDIRECT_URI
        self._registration = registration
        self._scopes = list(registration.scopes)

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        backoff: float = 0.5,
    ) -> Grant:
        """The grant for the app registration in the settings; the store has to be writable."""
        registration = Registration(settings, entra_session(settings, backoff), clock)
        store = TokenStore.from_settings(
            settings, must_keep=True, clock=clock, resolve=registration.tenant
        )
        return cls(settings, store, registration)

    # A code that the browser brings

    def begin(
        self,
        prompt: str | None = None,
        *,
        receiver: str | None = None,
        pkce: bool = True,
    ) -> tuple[str, str]:
        """The URL of the sign-in page, and the state that its answer will carry.

        The answer goes to the receiver's address, or into the address that the browser ends at.
        Without PKCE the code can be redeemed on another machine, too.
        """
        asked: dict[str, Any] = {
            "redirect_uri": receiver or self.redirect_uri,
            "prompt": prompt,
            "state": secrets.token_urlsafe(16),
            "response_mode": "form_post" if receiver else "query",
        }
        with self._registration.reached():
            app = self._registration.app
            if pkce:
                flow = _quietly(app.initiate_auth_code_flow, self._scopes, **asked)
                url = flow.pop("auth_uri")
            else:
                flow = {"state": asked["state"], "redirect_uri": asked["redirect_uri"]}
                url = _quietly(app.get_authorization_request_url, self._scopes, **asked)
        with self.store.locked(new=True) as entry:
            entry.begin(asked["state"], flow, self.store.clock())
        return str(url), asked["state"]

    def finish(self, answer: Mapping[str, str], *, elsewhere: bool = False) -> Entry:
        """Redeem the code in Entra ID's answer to the browser, and keep the tokens.

        With `elsewhere` the code may have been asked for on another machine, without PKCE.
        """
        if "error" in answer:
            raise refusal(answer)
        code = answer["code"]
        with self.store.locked(new=True) as entry:
            if entry.was_redeemed(code):
                msg = "this authorization code was used before, and it works once: sign in again"
                raise AuthenticationError(msg)
            state = self._begun(entry, answer.get("state"), elsewhere=elsewhere)
            flow = entry.flows[state].content if state in entry.flows else {}
            result = self._redeem({**answer, "state": state}, flow)
            entry.redeem(code)
            entry.flows.pop(state, None)
            return self._keep(entry, result)

    def _begun(self, entry: Entry, state: str | None, *, elsewhere: bool) -> str:
        """The state of the sign-in that an answer belongs to; empty for one begun elsewhere."""
        if state in entry.flows or not entry.flows:
            return state or ""
        if elsewhere:
            return ""
        if state is None:
            return max(entry.flows, key=lambda it: entry.flows[it].begun)
        msg = (
            "this address belongs to another sign-in than those that were begun here, and whoever "
            "sent it may want you to read as somebody else: give the address that your own sign-in "
            "ended at, or add --no-pkce where `tap-msteams url --no-pkce` asked for it elsewhere"
        )
        raise AuthenticationError(msg)

    def _redeem(self, answer: Mapping[str, str], flow: dict[str, Any]) -> dict[str, Any]:
        with self._registration.reached():
            app = self._registration.app
            if "code_verifier" not in flow:
                result = _quietly(
                    app.acquire_token_by_authorization_code,
                    answer["code"],
                    self._scopes,
                    flow.get("redirect_uri") or self.redirect_uri,
                )
            else:
                try:
                    result = app.acquire_token_by_auth_code_flow(dict(flow), dict(answer))
                except RuntimeError as error:  # the identity token belongs to another sign-in
                    msg = "the authorization code belongs to another sign-in: sign in again"
                    raise AuthenticationError(msg) from error
        return dict(result)

    # A code that the user enters elsewhere

    def device_code(self) -> dict[str, Any]:
        """A code to show the user, with the page to enter it at."""
        with self._registration.reached():
            app = self._registration.app
            if isinstance(app, msal.PublicClientApplication):
                return dict(app.initiate_device_flow(self._scopes))
        msg = (
            "a device code is for public clients, and this app registration is set up with a "
            "secret or certificate: run `tap-msteams url` and `tap-msteams exchange` instead"
        )
        raise SettingsError(msg)

    def wait(
        self,
        device: dict[str, Any],
        is_over: Callable[[], bool],
        pause: Callable[[float], None] = time.sleep,
    ) -> Entry:
        """Wait until the user has entered the code, through outages, and keep the tokens."""
        result: dict[str, Any] = {}
        while not result:
            try:
                with self._registration.reached():
                    result = _quietly(
                        self._registration.app.acquire_token_by_device_flow,
                        device,
                        exit_condition=lambda _: is_over(),
                    )
            except OutageError:
                if is_over():
                    raise
                pause(device["interval"])
        if result.get("error") in WAITING:
            msg = "nobody has entered the code in time: run it again for a new one"
            raise AuthenticationError(msg)
        with self.store.locked(new=True) as entry:
            return self._keep(entry, result)

    # A refresh token

    def refresh(self) -> Entry:
        """Request new tokens, even if those in the store are still valid."""
        with self.store.locked() as entry:
            asked_at = self.store.clock()
            return self._keep(entry, self._registration.redeem(entry), asked_at)

    def _keep(
        self, entry: Entry, result: Mapping[str, Any], asked_at: float | None = None
    ) -> Entry:
        now = self.store.clock() if asked_at is None else asked_at
        if "access_token" not in result or "expires_in" not in result:
            msg = "the answer to the sign-in has no token: check 'authority_host' and the proxy"
            raise AuthenticationError(msg)
        entry = self.store.entry_of(tenant_of(result), entry)
        before = entry.account
        entry.keep(result, self._scopes, now, self.settings.refresh_token)
        entry.confidential = self._registration.is_confidential
        if before and entry.account != before:
            logger.warning("%s takes the place of %s, who had signed in", entry.account, before)
        return entry


def admin_consent_url(settings: Settings) -> str:
    """The page where an administrator grants everything that the app registration lists."""
    if settings.auth_method != "refresh_token" and not settings.redirect_uri:
        # An application that signs in nobody has no redirect URI, without which that page refuses.
        # https://learn.microsoft.com/en-us/entra/identity/enterprise-apps/grant-admin-consent
        tenant = quote(settings.tenant_id or "organizations", safe="")
        query = urlencode({"client_id": settings.client_id})
        return f"{settings.authority_host}/{tenant}/adminconsent?{query}"
    return consent_url(settings, f"{settings.graph_url}/.default")


def consent_url(settings: Settings, scope: str, tenant: str | None = None) -> str:
    """The page where an administrator grants these permissions; `tenant` is that of the token.

    https://learn.microsoft.com/en-us/entra/identity-platform/v2-admin-consent
    """
    tenant = quote(settings.tenant_id or tenant or "organizations", safe="")
    query = {
        "client_id": settings.client_id,
        "scope": scope,
        "redirect_uri": settings.redirect_uri or REDIRECT_URI,
    }
    return f"{settings.authority_host}/{tenant}/v2.0/adminconsent?{urlencode(query)}"


def parse_answer(text: str) -> dict[str, str]:
    """The parameters of Entra ID's answer: an address with a query, or the code alone."""
    text = text.strip()
    try:
        parts = urlsplit(text)
    except ValueError:  # an incomplete address
        fields = text
    else:
        fields = parts.query or parts.fragment or text
    answer = dict(parse_qsl(fields))
    if "error" in answer:
        return answer
    code = answer.get("code", text)
    if "code" in answer and is_token(code):
        return answer
    if not is_token(code) or "://" in code or " " in code:
        msg = (
            "there is no authorization code in this: give the code, or the whole address that the "
            "browser ended at, which has `code=` in it"
        )
        raise AuthenticationError(msg)
    return {"code": text}


def _quietly(call: Callable[..., Any], *arguments: object, **named: object) -> Any:  # noqa: ANN401 - MSAL has no types
    """Call a function without MSAL's warning of codes that are copied or used elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*arguments, **named)
