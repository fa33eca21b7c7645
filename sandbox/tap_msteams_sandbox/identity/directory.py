"""Directory: the sandbox's Entra ID with its applications, and every way to sign in there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from tap_msteams_sandbox.entra import Application, Entra, User
from tap_msteams_sandbox.identity import keys
from tap_msteams_sandbox.identity.azure_cli import AzureCli
from tap_msteams_sandbox.identity.federation import GITHUB_PATH
from tap_msteams_sandbox.identity.hosts import AppService, Arc, MachineLearning, ServiceFabric
from tap_msteams_sandbox.identity.nango import Nango, Serve
from tap_msteams_sandbox.identity.registration import FederatedCredential, TrustedSubject
from tap_msteams_sandbox.imds import Imds
from tap_msteams_sandbox.people import guid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from aiohttp import web

    from tap_msteams_sandbox.certificate import Certificate
    from tap_msteams_sandbox.tenant import Tenant

AuthMethod = Literal[
    "service_principal",
    "certificate",
    "subject_name",
    "refresh_token",
    "public_client",
    "managed_identity",
    "workload_identity",
    "access_token",
    "azure_cli",
    "nango",
]
AUTH_METHODS: tuple[AuthMethod, ...] = get_args(AuthMethod)

SETTING: dict[str, str] = {
    "certificate": "service_principal",
    "subject_name": "service_principal",
    "public_client": "refresh_token",
}
"""What the tap calls a way that is a variety of another."""

Kind = Literal[
    "vm", "app_service", "azure_ml", "arc", "service_fabric", "aks", "github", "azure_cli"
]
"""Where a program can run that finds a token there."""

SUBJECT = "tap-msteams.contoso.example"


class Directory:
    """The tenant's applications and users, and the ready settings for each way of signing in."""

    def __init__(
        self,
        tenant: Tenant,
        granted: frozenset[str],
        clock: Callable[[], float],
        serve: Serve,
    ) -> None:
        random = tenant.random("applications")
        client_id, secret = guid(random), f"sandbox~{random.getrandbits(160):040x}"
        refresh_token = f"1.sandbox.{random.getrandbits(240):060x}"
        scopes = granted | {"User.Read"}
        me = tenant.me
        self.me = User(me.id, refresh_token, me.principal_name, me.display_name, admin=True)
        other = next((it for it in tenant.people if it.id != me.id), None)
        token = f"1.sandbox.{random.getrandbits(240):060x}"
        self.colleague = (
            User(other.id, token, other.principal_name, other.display_name) if other else self.me
        )
        """Somebody without an administrator's rights, unless nobody else is there."""
        self.confidential = Application(
            client_id,
            secret,
            granted,
            scopes,
        )
        self.public = Application(guid(random), scopes=scopes, name="tap-msteams (desktop)")
        self.assigned = Application(guid(random), roles=granted, name="tap-msteams-identity")
        applications = [self.confidential, self.public, self.assigned]
        self.entra = Entra(tenant.id, applications, [self.me, self.colleague], clock=clock)
        self.confidential.federated = [
            FederatedCredential(*it) for it in self.entra.federation.subjects.items()
        ]
        self.imds = Imds(self.entra, client_id, [self.assigned.client_id])
        self.app_service = AppService(self.imds)
        self.machine_learning = MachineLearning(self.imds)
        self.arc = Arc(self.imds)
        self.service_fabric = ServiceFabric(self.imds)
        self.azure_cli = AzureCli(self.entra, self.confidential, self.me)
        self.nango = Nango(self.entra, self.confidential, self.me, serve)
        self.graph_url = self.authority_host = self.imds_url = self.nango_host = ""

    def open(self, directory: Path, issued: Certificate) -> None:
        """Take a folder for what is handed over in files."""
        self._directory, self._issued = directory, issued
        self.arc.directory = directory / "arc"
        self.arc.directory.mkdir()
        self.azure_cli.directory = directory / "bin"

    def authority_routes(self) -> list[web.RouteDef]:
        """What is served over TLS beside Graph."""
        return [
            *self.entra.routes(),
            *self.service_fabric.routes(),
            *self.azure_cli.routes(),
        ]

    def machine_routes(self) -> list[web.RouteDef]:
        """What is served without."""
        hosts = (self.imds, self.app_service, self.machine_learning, self.arc)
        return [route for host in hosts for route in host.routes()]

    def config(self, auth: AuthMethod) -> dict[str, Any]:
        """Return the tap's settings for one way of signing in."""
        common = {
            "auth_method": SETTING.get(auth, auth),
            "graph_url": self.graph_url,
            "authority_host": self.authority_host,
            "ca_bundle": str(self._issued.ca_path),
        }
        tenant = {"tenant_id": self.entra.tenant_id}
        application = {**tenant, "client_id": self.confidential.client_id}
        secret = {**application, "client_secret": self.confidential.secret}
        match auth:
            case "managed_identity" | "azure_cli":
                own: dict[str, Any] = {}
            case "service_principal":
                own = secret
            case "certificate":
                own = {**application, "client_certificate_path": self._certificate()}
            case "subject_name":
                path = self._subject()
                own = {**application, "client_certificate_path": path}
                own["send_certificate_chain"] = True
            case "refresh_token":
                own = {**secret, "refresh_token": self.me.refresh_token}
            case "public_client":
                own = {**tenant, "client_id": self.public.client_id}
            case "workload_identity":
                own = {**application, "federated_token_file": self.write_federated_token()}
            case "access_token":
                own = {"access_token": self.access_token()}
            case "nango":
                own = {
                    "nango_secret_key": self.nango.secret_key,
                    "nango_connection_id": self.nango.connection_id,
                    "nango_integration_id": self.nango.integration_id,
                    "nango_host": self.nango_host,
                }
        return common | own

    def environment(self, auth: AuthMethod) -> dict[str, str]:
        """Return the same as environment variables, with those of the machine."""
        variables = {
            f"TAP_MSTEAMS_{key.upper()}": value if isinstance(value, str) else str(value).lower()
            for key, value in self.config(auth).items()
        }
        if auth == "managed_identity":
            variables |= self.machine("vm")
        if auth == "azure_cli":
            variables |= self.machine("azure_cli")
        return variables

    def machine(self, kind: Kind) -> dict[str, str]:
        """Return the environment variables that a program finds where it runs."""
        url, authority = self.imds_url, self.authority_host
        if kind == "aks":
            return {
                "AZURE_AUTHORITY_HOST": f"{authority}/",
                "AZURE_CLIENT_ID": self.confidential.client_id,
                "AZURE_FEDERATED_TOKEN_FILE": self.write_federated_token(),
                "AZURE_TENANT_ID": self.entra.tenant_id,
            }
        if kind == "azure_cli":
            return self.azure_cli.install(authority, self._issued.ca_path)
        kinds: dict[Kind, dict[str, str]] = {
            "vm": {"AZURE_POD_IDENTITY_AUTHORITY_HOST": url},
            "app_service": {
                "IDENTITY_ENDPOINT": url + self.app_service.path,
                "IDENTITY_HEADER": self.app_service.key,
            },
            "azure_ml": {
                "MSI_ENDPOINT": url + self.machine_learning.path,
                "MSI_SECRET": self.machine_learning.key,
            },
            "arc": {"IDENTITY_ENDPOINT": url + self.arc.path, "IMDS_ENDPOINT": url},
            "service_fabric": {
                "IDENTITY_ENDPOINT": authority + self.service_fabric.path,
                "IDENTITY_HEADER": self.service_fabric.key,
                "IDENTITY_SERVER_THUMBPRINT": self._issued.thumbprint,
            },
            "github": {
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.entra.federation.request_token,
                "ACTIONS_ID_TOKEN_REQUEST_URL": f"{authority}{GITHUB_PATH}?api-version=2.0",
                "GITHUB_ACTIONS": "true",
            },
        }
        return kinds[kind]

    def access_token(self, scopes: Iterable[str] | None = None) -> str:
        """A token in the user's name, as Graph Explorer shows it."""
        wanted = self.public.scopes if scopes is None else scopes
        resource = self.entra.resource or self.graph_url
        token, _ = self.entra.issue_user_token(self.public, self.me, resource, wanted)
        return token

    def write_federated_token(self, token: str = "") -> str:
        """Write a token, or a new one, into the file that a pod finds; return its path."""
        path = self._directory / "federated-token"
        path.write_text(token or self.entra.federation.mint(), "utf-8")
        return str(path)

    def _certificate(self) -> str:
        """Register a certificate, and return the path of it and its key."""
        if not self.confidential.certificates:
            self.confidential.certificates.append(keys.certificate("tap-msteams"))
        path = self._directory / "client.pem"
        text = keys.pem(keys.key("tap-msteams"), *self.confidential.certificates)
        path.write_text(text, "ascii")
        return str(path)

    def _subject(self) -> str:
        """Register a subject name, and return the path of a certificate that has it."""
        authority = keys.certificate("Contoso Issuing CA")
        issuer = authority, keys.key("Contoso Issuing CA")
        leaf = keys.certificate(SUBJECT, "tap-msteams", issuer=issuer)
        self.confidential.subjects = [TrustedSubject(SUBJECT, authority)]
        path = self._directory / "client-by-subject.pem"
        path.write_text(keys.pem(keys.key("tap-msteams"), leaf), "ascii")
        return str(path)
