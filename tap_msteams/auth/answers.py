"""Answers of token services: an error in one line for each answer without a token."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import requests

from tap_msteams.auth.provider import TokenAnswer, bounded_life, is_token
from tap_msteams.auth.refusals import OutageError
from tap_msteams.errors import AuthenticationError
from tap_msteams.transport import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_CHALLENGE = 401
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500

WAITING = frozenset({"authorization_pending", "slow_down"})
"""Errors that tell a device to ask again. https://www.rfc-editor.org/rfc/rfc8628#section-3.5"""


class _Tokens(msgspec.Struct):
    """The types of what MSAL takes from an answer on trust; numbers may be texts."""

    access_token: str
    token_type: str | None = None
    expires_in: float | None = None
    refresh_in: float | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: float | None = None
    id_token: str | None = None
    scope: str | None = None
    client_info: str | None = None

    def __post_init__(self) -> None:
        for seconds in (self.expires_in, self.refresh_in, self.refresh_token_expires_in):
            bounded_life(seconds or 0.0)
        if self.expires_in is not None and self.expires_in <= 0:
            msg = "the token has ended already"
            raise ValueError(msg)
        if not all(is_token(it) for it in (self.access_token, self.refresh_token or "none")):
            msg = "no token has such letters"
            raise ValueError(msg)


def checked(
    session: requests.Session,
    where: str,
    refused: Callable[[Mapping[str, Any], int], AuthenticationError],
) -> requests.Session:
    """The session, changed to raise for every answer without a token or configuration.

    MSAL would hide the reason of some, and answer from memory for a minute after others.
    """

    def check(response: requests.Response, **_options: object) -> None:
        status = response.status_code
        _ = response.content  # gives the connection back
        if status == _CHALLENGE and "Basic realm" in response.headers.get("WWW-Authenticate", ""):
            return  # Azure Arc answers with the path of a file to read
        if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS:
            msg = f"{where} is not available (HTTP {status}): try again later"
            raise OutageError(msg)
        try:
            body = response.json()
        except (RecursionError, ValueError):
            body = None
        # No token service redirects; following would send secrets to another server.
        if not isinstance(body, dict) or response.is_redirect:
            msg = (
                f"{where} is hidden behind something else, which answers with HTTP {status} and "
                "no JSON: check the address and the proxy"
            )
            raise AuthenticationError(msg)
        if "error" in body:
            if isinstance(body["error"], str) and body["error"] in WAITING:
                return
            raise refused(body, status)
        if "access_token" in body:
            try:
                msgspec.convert(body, _Tokens, strict=False)
            except msgspec.ValidationError as error:
                msg = (
                    f"{where} has no token in its answer ({error}): check the address and the proxy"
                )
                raise AuthenticationError(msg) from error

    session.hooks["response"].append(check)
    return session


UNTYPED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What an answer of other types than the documented ones ends in, since MSAL checks none."""


@contextmanager
def reached(where: str, what: str, setting: str) -> Iterator[None]:
    """Turn failures of the network into one line; `what` is the service that should answer."""
    try:
        yield
    except (requests.exceptions.ProxyError, requests.exceptions.SSLError) as error:
        msg = f"{where} cannot be reached: {reason(error)}"
        raise AuthenticationError(msg) from error
    except requests.exceptions.RequestException as error:
        msg = f"{where} cannot be reached: {reason(error)}; check the network and '{setting}'"
        raise OutageError(msg) from error
    except UNTYPED as error:
        msg = f"{where} does not answer as {what} does: check '{setting}'"
        raise AuthenticationError(msg) from error


def answer(result: Mapping[str, Any]) -> TokenAnswer:
    """The token in MSAL's result; raises AuthenticationError where there is none."""
    token, expires_in = result.get("access_token"), result.get("expires_in")
    if not token or not expires_in or not isinstance(token, str):
        msg = "The answer to a sign-in has no token: check 'authority_host' and the proxy"
        raise AuthenticationError(msg)
    # MSAL gives this time on the wall clock.
    refresh_on = result.get("refresh_on")
    return TokenAnswer(token, float(expires_in), refresh_on - time.time() if refresh_on else None)
