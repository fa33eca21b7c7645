"""Refusals of Entra ID and of a machine's identity endpoint, with remedies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_msteams.auth.remedies import BY_NAME, REMEDIES
from tap_msteams.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGN_IN = {"invalid_grant", "interaction_required", "login_required", "consent_required"}
"""https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application"""


class SignInError(AuthenticationError):
    """A refusal that only another sign-in of the user will resolve."""


_NUMBER = re.compile(r"AADSTS(\d+)")
_CORRELATION = re.compile(r"Correlation ID: *([0-9a-fA-F-]{36})")


def refusal(body: Mapping[str, Any]) -> AuthenticationError:
    """The error in an answer of Entra ID."""
    if not isinstance(body["error"], str):
        msg = "Entra ID gave no token: something else answers there, check 'authority_host'"
        return AuthenticationError(msg)
    name = body["error"]
    text = str(body.get("error_description") or name)
    number = _NUMBER.search(text)
    evidence = [number[0] if number else name]
    told = _CORRELATION.search(text)
    if correlation_id := body.get("correlation_id") or (told and told[1]):
        evidence.append(f"correlation id {correlation_id}")
    remedy = REMEDIES.get(int(number[1])) if number else None
    if remedy is None:
        said = " ".join(re.split(r"Trace ID:", text)[0].removeprefix(f"{evidence[0]}:").split())
        advice = BY_NAME.get(name)
        remedy = f"{advice}; it says: {said}" if advice and said != name else advice or said
    kind = SignInError if name in _SIGN_IN else AuthenticationError
    return kind(f"Entra ID gave no token: {remedy} ({', '.join(evidence)})")


def machine_refusal(body: Mapping[str, Any], identity: str | None) -> AuthenticationError:
    """The error in an answer of a machine's identity endpoint.

    `identity` is the setting that names a user-assigned one, with its value.
    """
    error = body.get("error_description") or body["error"]
    if isinstance(error, dict):  # Service Fabric's
        error = f"{error.get('code')}: {error.get('message')}"
    text = " ".join(str(error).split())
    if re.search("identity ?not ?found|no msi found", text, re.IGNORECASE):
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
    return AuthenticationError(f"The managed identity gave no token: {remedy} ({text})")
