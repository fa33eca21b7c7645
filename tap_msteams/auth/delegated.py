"""A signed-in user: a refresh token, renewed with each use and kept in the store."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tap_msteams.auth.grant import Grant, parse_answer
from tap_msteams.auth.login import at_terminal
from tap_msteams.auth.provider import TokenAnswer
from tap_msteams.auth.refusals import SignInError
from tap_msteams.auth.registration import NOBODY, Registration
from tap_msteams.auth.store import TokenStore
from tap_msteams.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from tap_msteams.auth.entry import Entry
    from tap_msteams.settings import Settings

_NOT_ASKED = (
    "'initiate_oauth' is OFF and the token store has no access token that still serves: run "
    "`tap-msteams refresh` or `tap-msteams login`, or set 'initiate_oauth' to REFRESH"
)


class User(Registration):
    """A source of tokens by the refresh token in the store, or in the configuration."""

    is_application = False

    def __init__(
        self,
        settings: Settings,
        session: requests.Session,
        clock: Callable[[], float] = time.time,
        backoff: float = 0.5,
        ask: Callable[..., None] = at_terminal,
    ) -> None:
        """Let the user sign in by `ask` where the settings allow it."""
        super().__init__(settings, session, clock)
        self._ask = ask
        self._store = TokenStore.from_settings(settings, clock=clock, resolve=self.tenant)
        self._backoff = backoff

    def acquire(self, claims: str | None = None, rejected: str | None = None) -> TokenAnswer:
        """A token for the consented permissions; one of all processes requests it."""
        self._sign_in()
        try:
            return self._locked(claims, rejected)
        except SignInError as refused:
            if self._settings.initiate_oauth != "GETANDREFRESH":
                raise
            self._ask_again(refused)
            return self._locked(claims, rejected)

    def _locked(self, claims: str | None, rejected: str | None) -> TokenAnswer:
        with self._store.locked() as entry:
            return self._answer(entry, claims, rejected)

    def _ask_again(self, refused: SignInError) -> None:
        """Let the user sign in again; raises the refusal where no user is present."""
        try:
            self._ask(self._settings, clock=self._clock, backoff=self._backoff)
        except AuthenticationError as error:
            if str(error) == NOBODY:
                raise refused from None
            raise

    def _answer(self, entry: Entry, claims: str | None, rejected: str | None) -> TokenAnswer:
        configured, now = self._settings.refresh_token, self._clock()
        if self._settings.initiate_oauth != "OFF" and entry.refresh_token:
            self.check_credential(entry)  # and not an hour later, when the token has ended
        if not claims and entry.fresh(now, self.scopes, configured, rejected):
            return _kept(entry, now)
        if self._settings.initiate_oauth == "OFF":
            if entry.access_token in {None, rejected} or entry.expires_at <= now or claims:
                raise AuthenticationError(_NOT_ASKED)
            return _kept(entry, now)
        entry.keep(self.redeem(entry, claims), self.scopes, now, configured)
        entry.confidential = self.is_confidential
        return _kept(entry, now)

    def _sign_in(self) -> None:
        """Let the user sign in for a first refresh token, without locking the store."""
        settings = self._settings
        if settings.initiate_oauth == "OFF":
            return
        if verifier := settings.oauth_verifier:
            answer = parse_answer(verifier)
            code = answer.get("code", "")
            if not self._was_redeemed(code):
                try:
                    self._grant().finish(answer, elsewhere="state" in answer)
                except AuthenticationError:
                    # Another process has signed in meanwhile.
                    if not self._was_redeemed(code):
                        raise
        elif settings.initiate_oauth == "GETANDREFRESH":
            with self._store.locked() as entry:
                known = entry.token_to_redeem(settings.refresh_token)
            if known is None:
                self._ask(settings, clock=self._clock, backoff=self._backoff)

    def _grant(self) -> Grant:
        return Grant.from_settings(self._settings, clock=self._clock, backoff=self._backoff)

    def _was_redeemed(self, code: str) -> bool:
        with self._store.locked() as entry:
            return entry.was_redeemed(code)


def _kept(entry: Entry, now: float) -> TokenAnswer:
    return TokenAnswer(entry.access_token or "", entry.expires_at - now, entry.refresh_at - now)
