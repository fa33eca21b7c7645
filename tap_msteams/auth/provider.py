"""Tokens: one access token for all threads, renewed by one request."""

from __future__ import annotations

import logging
import math
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from tap_msteams.errors import AuthenticationError, TapError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeGuard

logger = logging.getLogger(__name__)

HOLD_OFF = 30
"""Seconds until a failed early refresh is tried again."""

_CENTURY = 100 * 366 * 86_400

_MARGIN = 60
"""Seconds before its end at which a token is no longer used."""

_EARLY = 300
"""Seconds before its end at which a token is replaced while it is still valid."""


@dataclass(frozen=True)
class TokenAnswer:
    """An access token as issued, with its times in seconds from then on."""

    access_token: str = field(repr=False)
    expires_in: float
    refresh_in: float | None = None


def bounded_life(seconds: float) -> float:
    """The seconds that a token lives; raises ValueError for a number that cannot be true."""
    if not math.isfinite(seconds) or seconds > _CENTURY:
        msg = "no token lives so long"
        raise ValueError(msg)
    return seconds


def is_token(value: object) -> TypeGuard[str]:
    """Whether a value can be a token: https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12."""
    return isinstance(value, str) and bool(re.fullmatch("[ -~]+", value))


def early_refresh(life: float, suggested: float | None) -> float:
    """The seconds after which a token is replaced: well before its end, or when Entra ID says."""
    latest = max(life - _EARLY, life / 2)
    return min(suggested or latest, latest)


class Source(Protocol):
    """A source of tokens."""

    @property
    def is_application(self) -> bool:
        """Whether its tokens are an application's and not a user's."""

    def acquire(self, claims: str | None = None, rejected: str | None = None) -> TokenAnswer:
        """Request a new token other than the `rejected` one; raises AuthenticationError."""


@dataclass(frozen=True)
class Token:
    """An access token with the times at which to replace it."""

    value: str = field(repr=False)
    refresh_at: float
    """The time from which on a new token is requested, while this one is still valid."""
    expires_at: float
    """The time at which the token expires."""

    @classmethod
    def issued(cls, answer: TokenAnswer, asked_at: float) -> Token:
        """The token in the answer to a request sent at that time."""
        life = answer.expires_in
        return cls(
            answer.access_token,
            refresh_at=asked_at + early_refresh(life, answer.refresh_in),
            expires_at=asked_at + life - min(_MARGIN, life / 4),
        )


class TokenProvider:
    """Hands out the current token; one of the waiting threads requests the next one."""

    def __init__(self, source: Source, clock: Callable[[], float] = time.time) -> None:
        self.source = source
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._hold = 0.0
        self._failures: int = 0
        self._failure: TapError | None = None

    def get(self) -> Token:
        """The current token, refreshed early by one of the threads."""
        failures, token, now = self._failures, self._token, self._clock()
        if token is None or now >= token.expires_at:
            return self._replace(token, failures)
        if now >= max(token.refresh_at, self._hold) and self._lock.acquire(blocking=False):
            try:
                return self._refresh(token)
            finally:
                self._lock.release()
        return token

    def renew(self, rejected: str, claims: str | None = None) -> Token:
        """A token other than the one that Graph rejected."""
        failures, token = self._failures, self._token
        if token is not None and token.value != rejected:
            return self.get()
        return self._replace(token, failures, rejected, claims)

    def _replace(
        self,
        stale: Token | None,
        failures: int,
        rejected: str | None = None,
        claims: str | None = None,
    ) -> Token:
        with self._lock:
            token = self._token
            if token is not None and token is not stale and token.value != rejected:
                return token
            # Threads that waited for a failed attempt share its failure instead of repeating it.
            if self._failure is not None and self._failures != failures:
                raise type(self._failure)(*self._failure.args) from self._failure
            return self._acquire(rejected, claims)

    def _refresh(self, token: Token) -> Token:
        """The next token, or the current one while it is valid and no other can be had."""
        if self._token is not token:
            return self._token or token
        try:
            return self._acquire()
        except TapError as error:
            self._hold = self._clock() + HOLD_OFF
            logger.warning("The token could not be refreshed ahead of time: %s", error)
            return token

    def _acquire(self, rejected: str | None = None, claims: str | None = None) -> Token:
        try:
            token = self._ask(rejected, claims)
        except TapError as error:
            self._failures += 1
            self._failure = error
            raise
        self._token, self._failure, self._hold = token, None, 0.0
        return token

    def _ask(self, rejected: str | None, claims: str | None) -> Token:
        asked_at = self._clock()
        answer = self.source.acquire(claims, rejected)
        if answer.access_token == rejected:
            msg = (
                "Graph rejected the access token, and the same one came back when a new one was "
                "asked for: check that 'graph_url' and 'authority_host' belong to the same cloud, "
                "or wait until the token expires"
            )
            raise AuthenticationError(msg)
        logger.debug("New access token, valid for %.0f s", answer.expires_in)
        return Token.issued(answer, asked_at)
