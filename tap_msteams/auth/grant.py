"""Grants: a user's consent to an app registration, requested and kept."""

from __future__ import annotations

import secrets
import time
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msal

from tap_msteams.auth.refusals import refusal
from tap_msteams.auth.registration import Registration
from tap_msteams.auth.store import TokenStore
from tap_msteams.errors import AuthenticationError, SettingsError
from tap_msteams.transport import identity_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from tap_msteams.auth.entry import Entry
    from tap_msteams.settings import Settings

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
        session = identity_session(settings, backoff)
        session.hooks["response"].insert(0, _check_pending)
        store = TokenStore.from_settings(settings, must_keep=True, clock=clock)
        return cls(settings, store, Registration(settings, session, clock))

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
        with self.store.locked() as entry:
            entry.begin(asked["state"], flow, self.store.clock())
        return str(url), asked["state"]

    def finish(self, answer: Mapping[str, str]) -> None:
        """Redeem the code in Entra ID's answer to the browser, and keep the tokens."""
        if "error" in answer:
            raise refusal(answer)
        code = answer["code"]
        with self.store.locked() as entry:
            if entry.was_redeemed(code):
                msg = "this authorization code was used before, and it works once: sign in again"
                raise AuthenticationError(msg)
            state = answer.get("state") or max(
                entry.flows, key=lambda state: entry.flows[state].begun, default=""
            )
            flow = entry.flows[state].content if state in entry.flows else {}
            result = self._redeem({**answer, "state": state}, flow)
            entry.redeem(code)
            entry.flows.pop(state, None)
            self._keep(entry, result)

    def finish_by_hand(self, text: str) -> None:
        """Redeem what a person copied: the code, or the address that the browser ended at."""
        self.finish(parse_answer(text))

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

    def poll(self, device: dict[str, Any]) -> bool:
        """Whether the user has agreed; if so, the tokens are kept."""
        asked_at = self.store.clock()
        try:
            with self._registration.reached():
                result = self._registration.app.acquire_token_by_device_flow(
                    device, exit_condition=lambda _: True
                )
        except _PendingError as pending:
            # https://www.rfc-editor.org/rfc/rfc8628#section-3.5
            device["interval"] += 5 if pending.slow_down else 0
            return False
        with self.store.locked() as entry:
            self._keep(entry, result, asked_at)
        return True

    # A refresh token

    def refresh(self) -> None:
        """Request new tokens, even if those in the store are still valid."""
        with self.store.locked() as entry:
            asked_at = self.store.clock()
            self._keep(entry, self._registration.redeem(entry), asked_at)

    def _keep(self, entry: Entry, result: Mapping[str, Any], asked_at: float | None = None) -> None:
        now = self.store.clock() if asked_at is None else asked_at
        if "access_token" not in result or "expires_in" not in result:
            msg = "the answer to the sign-in has no token: check 'authority_host' and the proxy"
            raise AuthenticationError(msg)
        entry.keep(result, self._scopes, now, self.settings.refresh_token)


def admin_consent_url(settings: Settings) -> str:
    """The page where an administrator grants everything that the app registration lists.

    https://learn.microsoft.com/en-us/entra/identity-platform/v2-admin-consent
    """
    tenant = quote(settings.tenant_id or "organizations", safe="")
    if settings.auth_method != "refresh_token" and not settings.redirect_uri:
        # An application that signs in nobody has no redirect URI, without which that page refuses.
        # https://learn.microsoft.com/en-us/entra/identity/enterprise-apps/grant-admin-consent
        query = {"client_id": settings.client_id}
        return f"{settings.authority_host}/{tenant}/adminconsent?{urlencode(query)}"
    query = {
        "client_id": settings.client_id,
        "scope": f"{settings.graph_url}/.default",
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
    if "code" in answer or "error" in answer:
        return answer
    if not text or "://" in text or any(character.isspace() for character in text):
        msg = (
            "there is no authorization code in this: give the code, or the whole address that the "
            "browser ended at, which has `code=` in it"
        )
        raise AuthenticationError(msg)
    return {"code": text}


class _PendingError(Exception):
    """The user has not entered the device code yet."""

    def __init__(self, *, slow_down: bool) -> None:
        super().__init__()
        self.slow_down = slow_down


def _check_pending(response: requests.Response, **_options: object) -> None:
    """Raise _PendingError for "not yet", before the registration takes it for a refusal."""
    if response.status_code != 400:  # noqa: PLR2004 - Bad Request
        return
    try:
        body = response.json()
    except ValueError:
        return
    error = body.get("error") if isinstance(body, dict) else None
    if error in {"authorization_pending", "slow_down"}:
        raise _PendingError(slow_down=error == "slow_down")


def _quietly(call: Callable[..., Any], *arguments: object, **named: object) -> Any:  # noqa: ANN401 - MSAL has no types
    """Call a function without MSAL's warning of codes that are copied or used elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*arguments, **named)
