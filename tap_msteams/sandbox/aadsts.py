"""Entra's numbered refusals, in Microsoft's words and shape.

https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSALS: Final[Mapping[int, tuple[int, str, str]]] = {
    50173: (
        400,
        "invalid_grant",
        (
            "The provided grant has expired due to it being revoked, a fresh auth token is "
            "needed. The user might have changed or reset their password."
        ),
    ),
    65001: (
        400,
        "invalid_grant",
        (
            "The user or administrator has not consented to use the application with ID "
            "'{client_id}' named '{name}'. Send an interactive authorization request for this "
            "user and resource."
        ),
    ),
    70000: (
        400,
        "invalid_grant",
        "Provided grant is invalid or malformed.",
    ),
    70003: (
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{got}'.",
    ),
    70011: (
        400,
        "invalid_scope",
        (
            "The provided request must include a 'scope' input parameter. The provided value "
            "for the input parameter 'scope' is not valid. The scope {got} is not valid. "
            ".default scope can't be combined with resource-specific scopes."
        ),
    ),
    90002: (
        400,
        "invalid_request",
        (
            "Tenant '{got}' not found. Check to make sure you have the correct tenant ID and "
            "are signing into the correct cloud. Check with your subscription administrator, "
            "this may happen if there are no active subscriptions for the tenant."
        ),
    ),
    500011: (
        400,
        "invalid_resource",
        (
            "The resource principal named {got} was not found in the tenant named Contoso. This "
            "can happen if the application has not been installed by the administrator of the "
            "tenant or consented to by any user in the tenant. You might have sent your "
            "authentication request to the wrong tenant."
        ),
    ),
    700016: (
        400,
        "unauthorized_client",
        (
            "Application with identifier '{client_id}' was not found in the directory "
            "'Contoso'. This can happen if the application has not been installed by the "
            "administrator of the tenant or consented to by any user in the tenant. You may "
            "have sent your authentication request to the wrong tenant."
        ),
    ),
    700025: (
        401,
        "invalid_client",
        ("Client is public so neither 'client_assertion' nor 'client_secret' should be presented."),
    ),
    700082: (
        400,
        "invalid_grant",
        (
            "The refresh token has expired due to inactivity. The token was issued on {got} and "
            "was inactive for 90.00:00:00."
        ),
    ),
    900023: (
        400,
        "invalid_request",
        (
            "Specified tenant identifier '{got}' is neither a valid DNS name, nor a valid "
            "external domain."
        ),
    ),
    900144: (
        400,
        "invalid_request",
        "The request body must contain the following parameter: '{got}'.",
    ),
    1002012: (
        400,
        "invalid_scope",
        (
            "The provided value for scope {got} is not valid. Client credential flows must have "
            "a scope value with /.default suffixed to the resource identifier (application ID "
            "URI)."
        ),
    ),
    7000215: (
        401,
        "invalid_client",
        (
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
            "client secret value, not the client secret ID, for a secret added to app "
            "'{client_id}'."
        ),
    ),
    7000218: (
        401,
        "invalid_client",
        (
            "The request body must contain the following parameter: 'client_assertion' or "
            "'client_secret'."
        ),
    ),
    7000222: (
        401,
        "invalid_client",
        (
            "The provided client secret keys for app '{client_id}' are expired. Visit the Azure "
            "portal to create new keys for your app: https://aka.ms/NewClientSecret, or "
            "consider using certificate credentials for added security: "
            "https://aka.ms/certCreds."
        ),
    ),
    9002313: (
        400,
        "invalid_grant",
        "Invalid request. Request is malformed or invalid.",
    ),
}
"""Status, error and text of each code."""


class Refusal(Exception):  # noqa: N818 - an answer on its way out, not an error of this program
    """One of the refusals, about the facts at hand."""

    def __init__(self, code: int, **facts: str) -> None:
        self.code = code
        self.status, self.error, text = REFUSALS[code]
        self.text = f"AADSTS{code}: {text.format(**facts)}"
        super().__init__(self.text)

    def body(self, now: float, correlation_id: str) -> dict[str, Any]:
        """The JSON that a client is answered with."""
        timestamp = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%SZ}"
        trace_id = str(uuid.uuid4())
        return {
            "error": self.error,
            "error_description": f"{self.text} Trace ID: {trace_id} "
            f"Correlation ID: {correlation_id} Timestamp: {timestamp}",
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
