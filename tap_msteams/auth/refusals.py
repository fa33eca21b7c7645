"""Refusals of Entra ID and of a machine's identity endpoint, with remedies."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

from tap_msteams.auth.remedies import BY_NAME, REMEDIES, words
from tap_msteams.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams.settings.methods import AuthMethod

logger = logging.getLogger(__name__)

_LONGEST = 500
_LONGEST_LOGGED = 10_000

_SIGN_IN = {"invalid_grant", "interaction_required", "login_required", "consent_required"}
"""https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application"""


class RefusedError(AuthenticationError):
    """A refusal of Entra ID, which its sign-in log explains."""


class SignInError(RefusedError):
    """A refusal that only another sign-in of the user will resolve."""


class OutageError(AuthenticationError):
    """A service that gives tokens is not there, and will be again."""


_NUMBER = re.compile(r"AADSTS(\d{1,12})")
_CORRELATION = re.compile(r"Correlation ID: *([0-9a-fA-F-]{36})")


def refusal(
    body: Mapping[str, Any], method: AuthMethod = "refresh_token", tenant: str | None = None
) -> AuthenticationError:
    """The error in an answer of Entra ID, with the remedy for a way to sign in."""
    _log("Entra ID", body)
    if not isinstance(body["error"], str):
        msg = "Entra ID gave no token: something else answers there, check 'authority_host'"
        return AuthenticationError(msg)
    name = body["error"]
    text = str(body.get("error_description") or name)
    number = _NUMBER.search(text)
    evidence = [number[0] if number else _short(name)]
    told = _CORRELATION.search(text)
    if correlation_id := body.get("correlation_id") or (told and told[1]):
        evidence.append(f"correlation id {_short(correlation_id)}")
    by_number = REMEDIES.get(int(number[1])) if number else None
    remedy = by_number or BY_NAME.get(name)
    said = _short(text.partition("Trace ID:")[0].removeprefix(f"{evidence[0]}:"))
    if remedy:
        remedy = remedy.format(**words(method, tenant))
    if by_number is None:  # a name says less than Entra ID itself
        remedy = f"{remedy}; it says: {said}" if remedy and said != name else remedy or said
    kind = _kind(name)
    return kind(f"Entra ID gave no token: {remedy} ({', '.join(evidence)})")


def _kind(name: str) -> type[AuthenticationError]:
    if name == "temporarily_unavailable":
        return OutageError
    return SignInError if name in _SIGN_IN else RefusedError


def _log(service: str, body: Mapping[str, Any]) -> None:
    """Log all that a service said; secrets are hidden as in all of the log."""
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("%s refused: %s", service, json.dumps(dict(body))[:_LONGEST_LOGGED])


def _short(text: object) -> str:
    return " ".join(str(text)[: 2 * _LONGEST].split())[:_LONGEST]


def machine_refusal(body: Mapping[str, Any], identity: str | None) -> AuthenticationError:
    """The error in an answer of a machine's identity endpoint.

    `identity` is the setting that names a user-assigned one, with its value.
    """
    _log("The managed identity endpoint", body)
    error = body.get("error_description") or body["error"]
    if isinstance(error, dict):  # Service Fabric's
        error = f"{error.get('code')}: {error.get('message')}"
    text = _short(error)
    number = _NUMBER.search(text)
    known = REMEDIES.get(int(number[1])) if number else None
    if known:
        remedy = known.format(**words("managed_identity"))
    elif re.search("identity ?not ?found|no msi found", text, re.IGNORECASE):
        remedy = (
            f"no managed identity with {identity} is assigned to this machine: assign it, or "
            "check the setting"
            if identity
            else "this machine has no system-assigned managed identity: enable it, or set "
            "'managed_identity_client_id'"
        )
    elif "Multiple user assigned identities" in text:
        remedy = "this machine has several managed identities: set 'managed_identity_client_id'"
    else:
        remedy = "check the identities assigned to this machine and 'managed_identity_client_id'"
    kind = RefusedError if number else AuthenticationError
    return kind(f"The managed identity gave no token: {remedy} ({text})")
