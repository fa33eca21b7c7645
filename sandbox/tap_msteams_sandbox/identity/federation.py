"""Federation: issuers outside Entra, whose tokens stand for an application.

https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation
https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from tap_msteams_sandbox.identity import keys
from tap_msteams_sandbox.identity.registration import EXCHANGE

if TYPE_CHECKING:
    from tap_msteams_sandbox.identity.authority import Authority

KUBERNETES: Final = "https://oidc.prod-aks.example/6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a0aa/"
GITHUB: Final = "https://token.actions.githubusercontent.com"
SERVICE_ACCOUNT: Final = "system:serviceaccount:ingest:connector"
REPOSITORY: Final = "repo:contoso/ingest:ref:refs/heads/main"
LIFETIMES: Final = {KUBERNETES: 3600, GITHUB: 300}
GITHUB_PATH: Final = "/github/idtoken"


class Federation:
    """The issuers of a Kubernetes cluster and of GitHub Actions."""

    def __init__(self, authority: Authority) -> None:
        self.request_token = f"ghs-{uuid.uuid4().hex}"
        """What a job of GitHub Actions shows to get its token."""
        self.subjects = {KUBERNETES: SERVICE_ACCOUNT, GITHUB: REPOSITORY}
        self.requests = 0
        """Tokens that GitHub was asked for."""
        self._authority = authority

    def routes(self) -> list[web.RouteDef]:
        """GitHub's endpoint for jobs."""
        return [web.get(GITHUB_PATH, self._github)]

    def trust(self) -> None:
        """Make both issuers known to Entra."""
        for issuer in self.subjects:
            self._authority.assertions.issuers[issuer] = keys.key(issuer).public_key()

    def mint(self, issuer: str = KUBERNETES, audience: str = EXCHANGE, **claims: object) -> str:
        """A token of an issuer about its workload."""
        self.trust()
        now = int(self._authority.clock())
        content: dict[str, Any] = {
            "aud": [audience] if issuer == KUBERNETES else audience,
            "exp": now + LIFETIMES.get(issuer, 300),
            "iat": now,
            "iss": issuer,
            "jti": str(uuid.uuid4()),
            "nbf": now,
            "sub": self.subjects.get(issuer, "workload"),
            **claims,
        }
        return keys.sign(content, keys.key(issuer), kid="sandbox")

    async def _github(self, request: web.Request) -> web.Response:
        self.requests += 1
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or shown != self.request_token:
            return web.json_response({"message": "Bad credentials"}, status=401)
        # Without an audience GitHub's tokens are for the repository's owner.
        audience = request.query.get("audience", "https://github.com/contoso")
        token = self.mint(GITHUB, audience)
        return web.json_response({"count": len(token), "value": token})
