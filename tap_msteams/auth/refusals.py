"""What Entra ID and a machine's identity endpoint refuse, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tap_msteams.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGN_IN_AGAIN = "sign in again and set the new 'refresh_token'"
_POLICY = f"ask an administrator which policy applies, or {_SIGN_IN_AGAIN}"

REMEDIES = {
    16000: f"the user is signed in with several accounts: {_SIGN_IN_AGAIN}",
    50020: "the user does not belong to this tenant: check 'tenant_id'",
    50034: "the user does not exist in this tenant: check 'tenant_id'",
    50055: f"the user's password has expired: change it, then {_SIGN_IN_AGAIN}",
    50057: "the user's account is disabled: use another user's 'refresh_token'",
    50058: f"the user's session has ended: {_SIGN_IN_AGAIN}",
    50076: f"the user has to pass multi-factor authentication: {_SIGN_IN_AGAIN}",
    50078: f"the user's multi-factor authentication has expired: {_SIGN_IN_AGAIN}",
    50079: f"the user has to set up multi-factor authentication: {_SIGN_IN_AGAIN}",
    50105: "the user is not assigned to the application: assign them in the Entra admin center",
    50132: f"the user's sessions were revoked: {_SIGN_IN_AGAIN}",
    50133: f"the user's password has changed: {_SIGN_IN_AGAIN}",
    50173: f"the refresh token was revoked: {_SIGN_IN_AGAIN}",
    50194: "the application is registered for one tenant: set 'tenant_id' to that tenant",
    53000: f"conditional access wants a managed device: {_POLICY}",
    53003: f"conditional access blocks this sign-in: {_POLICY}",
    65001: (
        "consent is missing: have the user or an administrator grant the application's "
        "permissions, or ask for fewer in 'scopes'"
    ),
    70000: f"the refresh token is not valid for this application: check 'client_id', or "
    f"{_SIGN_IN_AGAIN}",
    70008: f"the refresh token has expired: {_SIGN_IN_AGAIN}",
    70011: "the permissions asked for are not valid: check 'scopes'",
    70043: f"a sign-in policy ended the refresh token: {_SIGN_IN_AGAIN}",
    90002: "there is no such tenant in this cloud: check 'tenant_id' and 'cloud'",
    90009: "the application asks for a token to itself: check 'graph_url' and 'scopes'",
    90094: "an administrator has to consent: have one grant the application's permissions",
    500011: "this tenant does not know Graph by that address: check 'graph_url' and 'cloud'",
    500133: "the clock of this machine is wrong: set it",
    530003: f"conditional access wants a registered device: {_POLICY}",
    700003: f"the device that the user signed in on was removed: {_SIGN_IN_AGAIN}",
    700016: "this tenant does not know the application: check 'client_id' and 'tenant_id'",
    700025: "the application is a public client, which has no secret: remove 'client_secret'",
    700082: f"the refresh token was not used for 90 days: {_SIGN_IN_AGAIN}",
    700084: f"the refresh token of a single-page application ends after 24 hours: {_SIGN_IN_AGAIN}",
    900023: "'tenant_id' has to be the GUID or a domain of one tenant",
    1002012: "an application's token can only be asked for all of Graph: check 'graph_url'",
    7000112: "the application is disabled: enable it in the Entra admin center",
    7000215: "the client secret is wrong: set 'client_secret' to the secret's value, not its id",
    7000218: "the application is a confidential client: set its 'client_secret'",
    7000222: "the client secret has expired: create a new one and set 'client_secret'",
    7000229: "the application has no service principal in this tenant: grant it consent there",
    9002313: "the refresh token is incomplete or garbled: check 'refresh_token'",
    9002327: "the refresh token belongs to a single-page application: sign in with a client of "
    "type mobile or desktop, and set the new 'refresh_token'",
}
"""By number: https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes"""

_NUMBER = re.compile(r"AADSTS(\d+)")


def refusal(body: Mapping[str, Any]) -> AuthenticationError:
    """The error that an answer of Entra ID stands for."""
    if not isinstance(body["error"], str):
        msg = "Entra ID gave no token: something else answers there, check 'authority_host'"
        return AuthenticationError(msg)
    text = str(body.get("error_description") or body["error"])
    number = _NUMBER.search(text)
    remedy = REMEDIES.get(int(number[1])) if number else None
    evidence = [number[0]] if number else [str(body["error"])]
    if correlation_id := body.get("correlation_id"):
        evidence.append(f"correlation id {correlation_id}")
    said = " ".join(re.split(r"Trace ID:", text)[0].removeprefix(f"{evidence[0]}:").split())
    return AuthenticationError(
        f"Entra ID gave no token: {remedy or said} ({', '.join(evidence)})",
    )


def machine_refusal(body: Mapping[str, Any], client_id: str | None) -> AuthenticationError:
    """The error that an answer of a machine's identity endpoint stands for."""
    text = " ".join(str(body.get("error_description") or body["error"]).split())
    if "Identity not found" in text:
        remedy = (
            f"no managed identity with client id {client_id} is assigned to this machine: assign "
            "it, or check 'managed_identity_client_id'"
            if client_id
            else "this machine has no system-assigned managed identity: enable it, or set "
            "'managed_identity_client_id'"
        )
    elif "Multiple user assigned identities" in text:
        remedy = "this machine has several managed identities: set 'managed_identity_client_id'"
    else:
        remedy = "check the identities assigned to this machine and 'managed_identity_client_id'"
    return AuthenticationError(f"The managed identity gave no token: {remedy} ({text})")
