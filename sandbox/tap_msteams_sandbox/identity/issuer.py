"""The issuer of the tenant's tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from tap_msteams_sandbox.identity import keys
from tap_msteams_sandbox.identity.aadsts import Refusal
from tap_msteams_sandbox.identity.registration import Application, User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cryptography import x509

__all__ = ["Application", "Grant", "Issuer", "User", "b64"]

REFRESH_TOKEN_LIFETIME: Final = timedelta(days=90)
"""https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens#token-lifetime"""

LONG_LIFETIME: Final = 28 * 3600
"""Of a token whose client can answer a challenge of its claims.

https://learn.microsoft.com/en-us/entra/identity/conditional-access/concept-continuous-access-evaluation#token-lifetime
"""

SIGNER: Final = "accounts.accesscontrol.windows.net"
"""The name in the certificate of Entra's keys."""

PUBLIC, SECRET, ASSERTION = "0", "1", "2"
"""How an application has proved its identity, as tokens say it in `appidacr`.

https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference
"""

FIRST_SCOPE: Final = ".default offline_access openid profile"
"""What a user's first refresh token is good for."""

WRITTEN_HERE: Final = "1.AX"
"""How refresh tokens and codes begin."""


@dataclass(frozen=True)
class Grant:
    """The grant of a refresh token; a user's first token belongs to no application yet."""

    user: User
    client_id: str | None
    issued: float
    family: str
    """One sign-in and all that was made of it."""
    strong: bool = False
    """Whether that sign-in had a second factor."""
    scope: str = FIRST_SCOPE
    """What was asked for."""


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
        self.users = {user.oid: user for user in users}
        self.clock = clock
        self.lifetime = lifetime
        """Seconds that an access token lives."""
        self.resource: str | None = None
        """The Graph origin that tokens are issued for; None = whichever is asked for."""
        self.aliases: frozenset[str] = frozenset()
        """Other names of that Graph."""
        self.strict = False
        """Whether a refresh token is good for one use, and a second use ends its whole family."""
        self.long_lived = False
        """Whether clients that declare the capability CP1 get tokens for more than a day."""
        self._issued: dict[str, dict[str, Any]] = {}
        self._asked: dict[str, Mapping[str, Any]] = {}
        self._grants = {
            user.refresh_token: Grant(user, None, clock(), user.refresh_token)
            for user in self.users.values()
        }
        self._used: set[str] = set()
        self._ended: set[str] = set()
        self._challenged: Mapping[str, Any] = {}

    @cached_property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key that signs tokens."""
        return keys.certificate(SIGNER)

    @cached_property
    def key_id(self) -> str:
        """The name of that key."""
        return keys.thumbprint(self.certificate)

    def claims(self, bearer: str) -> dict[str, Any] | None:
        """Return the claims of a token for Graph, None if it is unknown, expired or revoked."""
        claims = self.said_by(bearer)
        return claims if claims and self.serves(claims["aud"]) else None

    def said_by(self, bearer: str) -> dict[str, Any] | None:
        """Return the claims of a token for whichever resource."""
        claims = self._issued.get(bearer)
        return claims if claims and claims["exp"] > self.clock() else None

    def serves(self, resource: str) -> bool:
        """Whether a name is one of this Graph's."""
        return self.resource is None or resource.rstrip("/") in {self.resource, *self.aliases}

    def flaw(self, bearer: str) -> str:
        """Return what Graph says about a token that it refuses."""
        token = keys.Token.read(bearer)
        if token is None:
            return (
                "IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be "
                "in JWS or JWE Compact Serialization Format. (JWS): 'EncodedHeader.EndcodedPayload."
                "EncodedSignature'. (JWE): 'EncodedProtectedHeader.EncodedEncryptedKey."
                "EncodedInitializationVector.EncodedCiphertext.EncodedAuthenticationTag'."
            )
        if not token.signed_by(keys.key(SIGNER).public_key()):
            return "Access token validation failure. Signature is invalid."
        if not self.serves(str(token.claims.get("aud"))):
            return "Access token validation failure. Invalid audience."
        return "Lifetime validation failed, the token is expired."

    def revoke_access_tokens(self) -> None:
        """Make Graph refuse every access token issued so far."""
        self._issued.clear()

    def revoke_all(self) -> None:
        """Revoke all tokens; users have to sign in again."""
        self.revoke_access_tokens()
        self._ended.update(grant.family for grant in self._grants.values())

    def challenge(self, **claims: object) -> None:
        """Challenge clients that know challenges, until they ask for these claims.

        Without any named, what a revocation asks for: a token issued from now on.
        https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge
        """
        wanted = claims or {"nbf": str(int(self.clock()))}
        self._challenged = {
            name: {"essential": True, "value": value} for name, value in wanted.items()
        }

    def challenge_to(self, bearer: str) -> str | None:
        """The header that Graph sends with a 401 for this token, if it is challenged."""
        asked = self._asked.get(bearer, {})
        if "CP1" not in self._issued.get(bearer, {}).get("xms_cc", ()):
            return None
        if all(asked.get(name) == wanted for name, wanted in self._challenged.items()):
            return None
        claims = json.dumps({"access_token": self._challenged}).encode()
        return (
            'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/'
            'authorize", client_id="00000003-0000-0000-c000-000000000000", '
            f'error="insufficient_claims", claims="{base64.b64encode(claims).decode()}"'
        )

    def issue_app_token(
        self,
        application: Application,
        resource: str,
        asked: Mapping[str, Any] | None = None,
        proof: str = ASSERTION,
    ) -> tuple[str, dict[str, Any]]:
        """An access token of an application for itself, and what it says."""
        # An application without consent gets a token all the same, just one without roles.
        roles = {"roles": sorted(application.roles)} if application.roles else {}
        oid = application.object_id
        claims = {"oid": oid, "sub": oid, "idtyp": "app", "appidacr": proof, **roles}
        return self.issue(application, resource, asked, **claims)

    def issue_user_token(  # noqa: PLR0913 (what a token says)
        self,
        application: Application,
        user: User,
        resource: str,
        scopes: Iterable[str],
        asked: Mapping[str, Any] | None = None,
        *,
        proof: str = PUBLIC,
    ) -> tuple[str, dict[str, Any]]:
        """An access token of an application in a user's name, and what it says."""
        return self.issue(
            application,
            resource,
            asked,
            appidacr=proof,
            idtyp="user",
            name=user.name,
            oid=user.oid,
            scp=" ".join(sorted(scopes)),
            sub=self.subject(application, user),
            upn=user.user_principal_name,
        )

    def issue(
        self,
        application: Application,
        resource: str,
        asked: Mapping[str, Any] | None = None,
        **claims: object,
    ) -> tuple[str, dict[str, Any]]:
        """An access token with further claims, and all that it says."""
        asked = asked or {}
        capable = "CP1" in ((asked.get("xms_cc") or {}).get("values") or ())
        now = int(self.clock())
        content = {
            "aud": resource,
            "iss": f"https://sts.windows.net/{self.tenant_id}/",
            "iat": now,
            "nbf": now,
            "exp": now + (LONG_LIFETIME if capable and self.long_lived else self.lifetime),
            "app_displayname": application.name,
            "appid": application.client_id,
            "idp": f"https://sts.windows.net/{self.tenant_id}/",
            "tid": self.tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
            **({"xms_cc": ["CP1"]} if capable else {}),
            **claims,
        }
        token = self.sign(content)
        self._issued[token], self._asked[token] = content, asked
        return token, content

    def subject(self, application: Application, user: User) -> str:
        """The id by which one application knows a user, and no other does."""
        pair = f"{self.tenant_id}/{application.client_id}/{user.oid}".encode()
        return base64.urlsafe_b64encode(hashlib.sha256(pair).digest()).rstrip(b"=").decode()

    def sign(self, content: Mapping[str, object]) -> str:
        """A signed token of this tenant."""
        return keys.sign(content, keys.key(SIGNER), kid=self.key_id, x5t=self.key_id)

    def issue_refresh_token(
        self, user: User, application: Application, grant: Grant | None = None, scope: str = ""
    ) -> str:
        """One more refresh token, of a grant's family or of a new one; others stay valid."""
        token = f"{WRITTEN_HERE}{secrets.token_urlsafe(48)}"
        family, strong = (grant.family, grant.strong) if grant else (token, True)
        self._grants[token] = Grant(
            user, application.client_id, self.clock(), family, strong, scope or FIRST_SCOPE
        )
        return token

    def redeem(self, application: Application, refresh_token: str) -> Grant:
        """Return the grant of a refresh token."""
        grant = self._grants.get(refresh_token)
        if grant is None:
            # Entra tells a token it cannot have written from one that is not (or no longer) known.
            raise Refusal(70000 if refresh_token.startswith(WRITTEN_HERE) else 9002313)
        if grant.client_id not in {None, application.client_id}:
            raise Refusal(70000)
        if self.strict and refresh_token in self._used:
            self._ended.add(grant.family)
        if grant.family in self._ended:
            raise Refusal(50173)
        if self.clock() - grant.issued >= REFRESH_TOKEN_LIFETIME.total_seconds():
            issued = datetime.fromtimestamp(grant.issued, UTC).isoformat()
            raise Refusal(700082, got=issued)
        self._used.add(refresh_token)
        return grant


def b64(content: Mapping[str, object]) -> str:
    """Return JSON in the encoding of tokens."""
    encoded = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(encoded).rstrip(b"=").decode()
