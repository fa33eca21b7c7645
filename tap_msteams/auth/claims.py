"""Claims: what a token says of itself, and what is asked of the next one."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

CAPABILITIES = ["CP1"]
"""This tap answers when Graph demands claims, and so gets tokens that live longer.

https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge
"""

_DEMANDED = re.compile(r'\bclaims="([^"]+)"')


def claims_of(token: str) -> dict[str, Any]:
    """What a token says of itself, unchecked; nothing for one that cannot be read."""
    try:
        content = json.loads(_decoded(token.split(".")[1]))
    except (IndexError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def demanded_claims(challenge: str) -> str | None:
    """The claims that the WWW-Authenticate header of a conditional-access policy asks for."""
    if not (found := _DEMANDED.search(challenge)):
        return None
    try:
        claims = _decoded(found[1]).decode()
        content = json.loads(claims)
    except (binascii.Error, ValueError):
        return None
    return claims if isinstance(content, dict) else None


def asked_claims(demanded: str | None) -> str:
    """The claims to ask for: those demanded, and what this tap is capable of."""
    content = json.loads(demanded or "{}")
    token = content.setdefault("access_token", {})
    token["xms_cc"] = {"values": CAPABILITIES}
    return json.dumps(content)


def _decoded(text: str) -> bytes:
    """Base64 in either alphabet, with or without its padding."""
    return base64.urlsafe_b64decode(
        text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4)
    )
