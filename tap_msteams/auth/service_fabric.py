"""Managed identities in Service Fabric, where MSAL's requests would have no timeout.

https://learn.microsoft.com/en-us/azure/service-fabric/how-to-managed-identity-service-fabric-app-code
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from typing import TYPE_CHECKING, Any

from tap_msteams.auth.claims import CAPABILITIES
from tap_msteams.errors import AuthenticationError
from tap_msteams.transport import MACHINE_TIMEOUTS, DirectTransport, PinnedContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

_THUMBPRINT = "IDENTITY_SERVER_THUMBPRINT"


def in_service_fabric() -> bool:
    """Whether this process runs in Service Fabric."""
    return all(name in os.environ for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", _THUMBPRINT))


def ask_service_fabric(
    session: requests.Session, resource: str, rejected: str | None
) -> Mapping[str, Any]:
    """Request a token; returns the answer in MSAL's form."""
    endpoint = os.environ["IDENTITY_ENDPOINT"]
    thumbprint = re.sub(r"[\s:]", "", os.environ[_THUMBPRINT])
    if not endpoint.startswith("https://") or not re.fullmatch(r"[0-9a-fA-F]{40}", thumbprint):
        msg = (
            "The managed identity of this Service Fabric application is not set up: its "
            f"IDENTITY_ENDPOINT has to be an https address and its {_THUMBPRINT} 40 digits"
        )
        raise AuthenticationError(msg)
    query = {
        "api-version": "2019-07-01-preview",
        "resource": resource,
        "xms_cc": ",".join(CAPABILITIES),
    }
    if rejected:
        query["token_sha256_to_refresh"] = hashlib.sha256(rejected.encode()).hexdigest()
    # The certificate is self-signed, and verified by its thumbprint.
    session.mount(endpoint, DirectTransport(PinnedContext([thumbprint]), MACHINE_TIMEOUTS))
    found = session.get(endpoint, params=query, headers={"Secret": os.environ["IDENTITY_HEADER"]})
    body = found.json()
    return {**body, "expires_in": int(body["expires_on"]) - int(time.time())}
