"""Who issues the tokens of the sandbox's tenant: whom it knows, and what it gave to them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from tap_msteams.sandbox.aadsts import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

REFRESH_TOKEN_LIFETIME: Final = timedelta(days=90)
"""https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens#token-lifetime"""

_WRITTEN_HERE: Final = "1.AX"


@dataclass
class Application:
    """An app registration with its consented permissions; without a secret a public client."""

    client_id: str
    secret: str | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    secret_expires: float = math.inf
    name: str = "tap-msteams"


@dataclass
class User:
    """Somebody who has signed in once and left a refresh token."""

    oid: str
    refresh_token: str
    user_principal_name: str = "adele.vance@contoso.example"
    name: str = "Adele Vance"


@dataclass(frozen=True)
class _Grant:
    """What a refresh token stands for; a user's first one belongs to whichever app redeems it."""

    user: User
    client_id: str | None
    issued: float


class Issuer:
    """One tenant's applications and users, and their tokens."""

    def __init__(
        self,
        tenant_id: str,
        applications: Iterable[Application],
        users: Iterable[User] = (),
        *,
        clock: Callable[[], float] = time.time,
        lifetime: int = 3599,
    ) -> None:
        self.tenant_id = tenant_id
        self.domain = "contoso.onmicrosoft.com"
        self.applications = {app.client_id: app for app in applications}
        self.clock = clock
        self.lifetime = lifetime
        """Seconds that an access token lives."""
        self.resource: str | None = None
        """The Graph origin that tokens are issued for; None = whichever is asked for."""
        self._key = secrets.token_bytes(32)
        self._issued: dict[str, dict[str, Any]] = {}
        self._grants = {user.refresh_token: _Grant(user, None, clock()) for user in users}
        self._revoked = -math.inf

    def claims(self, bearer: str) -> dict[str, Any] | None:
        """What a presented access token says, None when unknown here, expired or revoked."""
        claims = self._issued.get(bearer)
        if claims is None or claims["exp"] <= self.clock():
            return None
        return claims if self.resource in {None, claims["aud"]} else None

    def revoke_access_tokens(self) -> None:
        """Make Graph refuse every access token issued so far."""
        self._issued.clear()

    def revoke_all(self) -> None:
        """The same, and the users have to sign in again."""
        self.revoke_access_tokens()
        self._revoked = self.clock()

    def issue_app_token(
        self,
        application: Application,
        resource: str,
    ) -> tuple[str, dict[str, Any]]:
        """An access token of an application for itself, and what it says."""
        # An application without consent gets a token all the same, just one without roles.
        roles = {"roles": sorted(application.roles)} if application.roles else {}
        return self.issue(application, resource, oid=_object_id(application), idtyp="app", **roles)

    def issue(
        self,
        application: Application,
        resource: str,
        **claims: object,
    ) -> tuple[str, dict[str, Any]]:
        """An access token with further claims, and all that it says."""
        now = int(self.clock())
        content = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "iat": now,
            "nbf": now,
            "exp": now + self.lifetime,
            "app_displayname": application.name,
            "appid": application.client_id,
            "tid": self.tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
            **claims,
        }
        token = self.sign(content)
        self._issued[token] = content
        return token, content

    def sign(self, content: Mapping[str, object]) -> str:
        """A signed token of this tenant."""
        signed = f"{b64({'typ': 'JWT', 'alg': 'HS256'})}.{b64(content)}"
        signature = hmac.digest(self._key, signed.encode(), hashlib.sha256)
        return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    def issue_refresh_token(self, user: User, application: Application) -> str:
        """One more refresh token; the ones before stay valid, as at Entra."""
        refresh_token = f"{_WRITTEN_HERE}{secrets.token_urlsafe(48)}"
        self._grants[refresh_token] = _Grant(user, application.client_id, self.clock())
        return refresh_token

    def redeem(self, application: Application, refresh_token: str) -> User:
        """Whom a refresh token stands for."""
        grant = self._grants.get(refresh_token)
        if grant is None:
            # Entra tells a token it cannot have written from one that is not (or no longer) known.
            raise Refusal(70000 if refresh_token.startswith(_WRITTEN_HERE) else 9002313)
        if grant.client_id not in {None, application.client_id}:
            raise Refusal(70000)
        if grant.issued <= self._revoked:
            raise Refusal(50173)
        if self.clock() - grant.issued >= REFRESH_TOKEN_LIFETIME.total_seconds():
            issued = datetime.fromtimestamp(grant.issued, UTC).isoformat()
            raise Refusal(700082, got=issued)
        return grant.user


def _object_id(application: Application) -> str:
    """The service principal's id, the same for the same application."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, application.client_id))


def b64(content: Mapping[str, object]) -> str:
    """JSON as it stands in a token."""
    encoded = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(encoded).rstrip(b"=").decode()
