"""Directory: applications, users and hosts of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.facts import Facts
from tap_msteams_sandbox.identity import keys
from tap_msteams_sandbox.identity.azure_cli import AzureCli
from tap_msteams_sandbox.identity.entra import Application, Entra, User
from tap_msteams_sandbox.identity.federation import GITHUB_PATH
from tap_msteams_sandbox.identity.hosts import AppService, Arc, MachineLearning, ServiceFabric
from tap_msteams_sandbox.identity.imds import Imds
from tap_msteams_sandbox.identity.nango import Nango, Serve
from tap_msteams_sandbox.identity.registration import FederatedCredential, TrustedSubject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from aiohttp import web

    from tap_msteams_sandbox.certificate import Certificate
    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.facts import AuthMethod

Kind = Literal[
    "vm", "app_service", "azure_ml", "arc", "service_fabric", "aks", "github", "azure_cli"
]
"""Where a program can run that finds a token there."""

SUBJECT = "connector.contoso.example"
AUTHORITY = "Contoso Issuing CA"
KEY = "connector"
"""The owner of the key behind the application's certificates."""


class _Files(NamedTuple):
    """The files of an open directory: certificates, tokens and programs."""

    folder: Path
    issued: Certificate


class Directory:
    """The tenant's applications and users, and everything that signs them in."""

    def __init__(
        self,
        tenant: Company,
        roles: frozenset[str],
        scopes: frozenset[str],
        clock: Callable[[], float],
        serve: Serve,
    ) -> None:
        random = tenant.random("applications")
        client_id, secret = guid(random), f"sandbox~{random.getrandbits(160):040x}"
        refresh_token = f"1.sandbox.{random.getrandbits(240):060x}"
        scopes |= {"User.Read"}
        me = tenant.me
        self.me = User(me.id, refresh_token, me.principal_name, me.display_name, admin=True)
        other = next((it for it in tenant.people if it.id != me.id), None)
        token = f"1.sandbox.{random.getrandbits(240):060x}"
        self.colleague = (
            User(other.id, token, other.principal_name, other.display_name) if other else self.me
        )
        """Somebody without an administrator's rights, unless nobody else is there."""
        self.confidential = Application(client_id, secret, roles, scopes)
        self.public = Application(guid(random), scopes=scopes, name="Contoso Connector (desktop)")
        self.assigned = Application(guid(random), roles=roles, name="contoso-connector")
        self.me.password = f"{random.getrandbits(96):024x}"
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
        self._files: _Files | None = None

    def open(self, folder: Path, issued: Certificate) -> None:
        """Use a folder for certificates, tokens and programs."""
        self._files = _Files(folder, issued)
        self.arc.directory = folder / "arc"
        self.arc.directory.mkdir()
        self.azure_cli.directory = folder / "bin"

    @property
    def _opened_files(self) -> _Files:
        if self._files is None:
            msg = "the directory is not open"
            raise RuntimeError(msg)
        return self._files

    def authority_routes(self) -> list[web.RouteDef]:
        """The routes of Entra ID and others over TLS."""
        return [
            *self.entra.routes(),
            *self.service_fabric.routes(),
            *self.azure_cli.routes(),
        ]

    def machine_routes(self) -> list[web.RouteDef]:
        """The routes without TLS."""
        hosts = (self.imds, self.app_service, self.machine_learning, self.arc)
        return [route for host in hosts for route in host.routes()]

    def facts(self, auth: AuthMethod) -> Facts:
        """Return the facts, with new tokens and all credentials registered."""
        files = self._opened_files
        return Facts(
            auth=auth,
            graph_url=self.graph_url,
            authority_host=self.authority_host,
            imds_url=self.imds_url,
            ca_bundle=str(files.issued.ca_path),
            fingerprint=files.issued.fingerprint,
            directory=str(files.folder),
            tenant_id=self.entra.tenant_id,
            tenant_domain=self.entra.domain,
            client_id=self.confidential.client_id,
            client_secret=self.confidential.secret or "",
            client_certificate_path=self._certificate(),
            subject_certificate_path=self._subject(),
            federated_token_file=self.write_federated_token(),
            public_client_id=self.public.client_id,
            managed_identity_client_id=self.assigned.client_id,
            user_id=self.me.oid,
            user_principal_name=self.me.user_principal_name,
            user_password=self.me.password,
            refresh_token=self.me.refresh_token,
            access_token=self.access_token(),
            colleague_id=self.colleague.oid,
            colleague_principal_name=self.colleague.user_principal_name,
            colleague_refresh_token=self.colleague.refresh_token,
            nango_host=self.nango_host,
            nango_secret_key=self.nango.secret_key,
            nango_connection_id=self.nango.connection_id,
            nango_integration_id=self.nango.integration_id,
        )

    def machine(self, kind: Kind) -> dict[str, str]:
        """Return the environment variables of a kind of host."""
        url, authority = self.imds_url, self.authority_host
        issued = self._opened_files.issued
        if kind == "aks":
            return {
                "AZURE_AUTHORITY_HOST": f"{authority}/",
                "AZURE_CLIENT_ID": self.confidential.client_id,
                "AZURE_FEDERATED_TOKEN_FILE": self.write_federated_token(),
                "AZURE_TENANT_ID": self.entra.tenant_id,
            }
        if kind == "azure_cli":
            return self.azure_cli.install(authority, issued.ca_path)
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
                "IDENTITY_SERVER_THUMBPRINT": issued.thumbprint,
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
        path = self._opened_files.folder / "federated-token"
        path.write_text(token or self.entra.federation.mint(), "utf-8")
        return str(path)

    def _certificate(self) -> str:
        """Register a certificate, and return the path of it and its key."""
        if not self.confidential.certificates:
            self.confidential.certificates.append(keys.certificate(KEY))
        path = self._opened_files.folder / "client.pem"
        text = keys.pem(keys.key(KEY), *self.confidential.certificates)
        path.write_text(text, "ascii")
        return str(path)

    def _subject(self) -> str:
        """Register a subject name, and return the path of a certificate that has it."""
        path = self._opened_files.folder / "client-by-subject.pem"
        if not self.confidential.subjects:
            authority = keys.certificate(AUTHORITY)
            leaf = keys.certificate(SUBJECT, KEY, issuer=(authority, keys.key(AUTHORITY)))
            self.confidential.subjects = [TrustedSubject(SUBJECT, authority)]
            path.write_text(keys.pem(keys.key(KEY), leaf), "ascii")
        return str(path)
