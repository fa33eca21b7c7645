"""Registrations: applications and users of a directory.

https://learn.microsoft.com/en-us/entra/identity-platform/application-model
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from cryptography import x509

NATIVE: Final = "https://login.microsoftonline.com/common/oauth2/nativeclient"
"""https://learn.microsoft.com/en-us/entra/identity-platform/reply-url"""

EXCHANGE: Final = "api://AzureADTokenExchange"
"""https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation"""


@dataclass(frozen=True)
class FederatedCredential:
    """An external issuer and subject that stand for an application's credentials."""

    issuer: str
    subject: str
    audience: str = EXCHANGE


@dataclass(frozen=True)
class TrustedSubject:
    """A certificate name that is accepted from this authority."""

    name: str
    authority: x509.Certificate


@dataclass
class Application:
    """An app registration with its consented permissions; without credentials a public client."""

    client_id: str
    secret: str | None = None
    roles: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    """Delegated permissions that an administrator has consented to for everybody."""
    secret_expires: float = math.inf
    name: str = "Contoso Connector"
    certificates: list[x509.Certificate] = field(default_factory=list)
    subjects: list[TrustedSubject] = field(default_factory=list)
    federated: list[FederatedCredential] = field(default_factory=list)
    redirect_uris: frozenset[str] = frozenset({"http://localhost", NATIVE})
    public_flows: bool = False
    """Whether it may sign users in without its credentials."""
    enabled: bool = True
    asks_roles: frozenset[str] = frozenset()
    asks_scopes: frozenset[str] = frozenset()
    """What it is registered for beyond what was consented to."""

    @property
    def confidential(self) -> bool:
        """Whether it has credentials at all."""
        own = self.secret is not None or self.certificates
        return bool(own or self.subjects or self.federated)

    @property
    def object_id(self) -> str:
        """The service principal's id, the same for the same application."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, self.client_id))

    @property
    def resource_id(self) -> str:
        """The Azure resource id of a managed identity."""
        subscription = uuid.uuid5(uuid.NAMESPACE_URL, self.client_id)
        return (
            f"/subscriptions/{subscription}/resourcegroups/teams/providers/"
            f"Microsoft.ManagedIdentity/userAssignedIdentities/{self.name}"
        )

    def answers_at(self, redirect_uri: str) -> bool:
        """Whether a redirect URI is registered.

        https://learn.microsoft.com/en-us/entra/identity-platform/reply-url#localhost-exceptions
        """
        return _comparable(redirect_uri) in {_comparable(it) for it in self.redirect_uris}


@dataclass
class User:
    """A user with a refresh token."""

    oid: str
    refresh_token: str
    user_principal_name: str = "adele.vance@contoso.example"
    name: str = "Adele Vance"
    password: str = ""
    """Empty for an account without one."""
    admin: bool = False
    enabled: bool = True
    mfa_required: bool = False
    """Whether a sign-in without a second factor is worth nothing; the pages ask for both."""
    consents: dict[str, frozenset[str]] = field(default_factory=dict)
    """What this user has consented to, by application."""

    def consented(self, application: Application) -> frozenset[str]:
        """Return the permissions of an application in this user's name."""
        return application.scopes | self.consents.get(application.client_id, frozenset())

    def consent(self, application: Application, scopes: frozenset[str]) -> None:
        """Consent to more."""
        own = self.consents.get(application.client_id, frozenset())
        self.consents[application.client_id] = own | scopes


def _comparable(uri: str) -> str:
    """Return a redirect URI without the port of http://localhost, which Entra ignores."""
    parts = urlsplit(uri)
    if (parts.scheme, parts.hostname) == ("http", "localhost"):
        return f"http://localhost{parts.path or '/'}?{parts.query}"
    return uri
