"""Claims: the content of a token, and the claims to request in the next one."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

CAPABILITIES = ["CP1"]
"""The capability to answer demands for claims, for which tokens live longer.

https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge
"""

_DEMANDED = re.compile(r'\bclaims="([^"]+)"')


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token, unverified; empty for a token that cannot be read."""
    try:
        content = json.loads(_decoded(token.split(".")[1]))
    except (IndexError, RecursionError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def demanded_claims(challenge: str) -> str | None:
    """The claims that a conditional-access policy demands in a WWW-Authenticate header."""
    if not (found := _DEMANDED.search(challenge)):
        return None
    try:
        claims = _decoded(found[1]).decode()
        content = json.loads(claims)
    except (binascii.Error, RecursionError, ValueError):
        return None
    return claims if isinstance(content, dict) else None


def asked_claims(demanded: str | None) -> str:
    """The claims to request: the demanded ones and the capabilities of this tap."""
    content = json.loads(demanded or "{}")
    token = content.setdefault("access_token", {})
    token["xms_cc"] = {"values": CAPABILITIES}
    return json.dumps(content)


def _decoded(text: str) -> bytes:
    """The bytes of a base64 text in either alphabet, with or without padding."""
    return base64.urlsafe_b64decode(
        text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4)
    )
