"""Hosts: the other places in Azure with tokens for their programs."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from aiohttp import web
from typing_extensions import override

from tap_msteams_sandbox.identity.machine import UnknownIdentityError

if TYPE_CHECKING:
    from pathlib import Path

    from tap_msteams_sandbox.identity.entra import Application
    from tap_msteams_sandbox.identity.imds import Imds

BAD, UNAUTHORIZED, ABSENT = 400, 401, 404


class _KeyedHost(ABC):
    """A host whose programs have to show a key."""

    path: str

    def __init__(self, machine: Imds) -> None:
        self.key = secrets.token_hex(16)
        """What a program has to show."""
        self.machine = machine

    def routes(self) -> list[web.RouteDef]:
        """The one endpoint."""
        return [web.get(self.path, self.machine.counted(self._token))]

    @abstractmethod
    async def _token(self, request: web.Request) -> web.Response: ...


class AppService(_KeyedHost):
    """App Service, Functions, Container Apps and Automation, served over plain HTTP.

    https://learn.microsoft.com/en-us/azure/app-service/overview-managed-identity#rest-endpoint-reference
    """

    path = "/msi/token"
    version = "2019-08-01"
    header = "X-IDENTITY-HEADER"
    names = ("client_id", "object_id", "mi_res_id")

    @override
    async def _token(self, request: web.Request) -> web.Response:
        query = request.query
        if request.headers.get(self.header) != self.key:
            return _numbered(UNAUTHORIZED, f"The header {self.header} is missing or wrong.")
        if query.get("api-version") != self.version:
            return _numbered(BAD, "The api-version is not supported.")
        if not (resource := query.get("resource", "").rstrip("/")):
            return _numbered(BAD, "The parameter resource is missing.")
        try:
            identity = self.machine.identity(*(query.get(it) if it else None for it in self.names))
        except UnknownIdentityError:
            kinds = "ClientId/ResourceId/PrincipalId"
            text = f"No User Assigned or Delegated Managed Identity found for specified {kinds}."
            return _numbered(BAD, text)
        return web.json_response(self._answer(identity, resource))

    def _answer(self, identity: Application, resource: str) -> dict[str, Any]:
        token, claims = self.machine.token(identity, resource)
        return {
            "access_token": token,
            "client_id": identity.client_id,
            "expires_on": str(claims["exp"]),
            "resource": resource,
            "token_type": "Bearer",
        }


class MachineLearning(AppService):
    """A compute instance of Azure Machine Learning, which speaks App Service's older version."""

    path = "/azureml/msi/token"
    version = "2017-09-01"
    header = "secret"
    names = ("clientid", "", "")


class Arc:
    """A machine outside Azure with the Azure Arc agent.

    https://learn.microsoft.com/en-us/azure/azure-arc/servers/managed-identity-authentication
    """

    path = "/arc/metadata/identity/oauth2/token"
    versions = frozenset({"2019-11-01", "2020-06-01"})

    def __init__(self, machine: Imds) -> None:
        self.machine = machine
        self.directory: Path | None = None
        """Where the agent leaves what only an administrator of the machine can read."""
        self.legacy = False
        """Whether the agent overlooks the wish for a user-assigned identity."""
        self._secrets: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        """The one endpoint, served over plain HTTP."""
        return [web.get(self.path, self._token)]

    async def _token(self, request: web.Request) -> web.Response:
        query, headers = request.query, request.headers
        resource = query.get("resource", "").rstrip("/")
        known = query.get("api-version") in self.versions
        if headers.get("Metadata") != "true" or not known or not resource:
            body = {"error": "invalid_request", "error_description": "The request is not valid."}
            return web.json_response(body, status=BAD)
        scheme, _, shown = headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic" or shown not in self._secrets:
            return self._challenge()
        self._secrets.discard(shown)
        return await self.machine.counted(self._answer)(request)

    async def _answer(self, request: web.Request) -> web.Response:
        query = request.query
        names = (query.get(it) for it in ("client_id", "object_id", "msi_res_id"))
        try:
            identity = self.machine.identity(*(() if self.legacy else names))
        except UnknownIdentityError as error:
            body = {"error": "invalid_request", "error_description": str(error)}
            return web.json_response(body, status=BAD)
        answer = self.machine.answer(identity, query["resource"].rstrip("/"))
        if self.legacy:
            del answer["client_id"]
        elif "object_id" in query or "msi_res_id" in query:
            answer |= {"object_id": identity.object_id, "msi_res_id": identity.resource_id}
        return web.json_response(answer)

    def _challenge(self) -> web.Response:
        """Challenge the program to read a file."""
        if self.directory is None:
            return web.Response(status=500, text="The agent has no directory.")
        secret = secrets.token_urlsafe(48)
        self._secrets.add(secret)
        path = self.directory / f"{uuid.uuid4()}.key"
        path.touch(0o600)
        path.write_text(secret, "utf-8")
        headers = {"WWW-Authenticate": f"Basic realm={path}"}
        return web.Response(status=UNAUTHORIZED, headers=headers)


class ServiceFabric(_KeyedHost):
    """An application on Service Fabric, served over TLS and known by the certificate's thumbprint.

    https://learn.microsoft.com/en-us/azure/service-fabric/how-to-managed-identity-service-fabric-app-code
    """

    path = "/fabric/metadata/identity/oauth2/token"
    version = "2019-07-01-preview"

    @override
    async def _token(self, request: web.Request) -> web.Response:
        query = request.query
        if request.headers.get("Secret") != self.key:
            return _coded(BAD, "SecretHeaderNotFound", "Secret is not found in the headers.")
        if query.get("api-version") != self.version:
            return _coded(BAD, "InvalidApiVersion", "The api-version is not supported.")
        if not (resource := query.get("resource", "").rstrip("/")):
            return _coded(BAD, "ArgumentNullOrEmpty", "The parameter 'resource' is missing.")
        try:
            identity = self.machine.identity()
        except UnknownIdentityError as error:
            return _coded(ABSENT, "ManagedIdentityNotFound", str(error))
        capabilities = query.get("xms_cc", "").split(",")
        asked = {"xms_cc": {"values": [it.upper() for it in capabilities if it]}}
        token, claims = self.machine.token(identity, resource, asked)
        if query.get("token_sha256_to_refresh") == hashlib.sha256(token.encode()).hexdigest():
            self.machine.forget()
            token, claims = self.machine.token(identity, resource, asked)
        return web.json_response(
            {
                "access_token": token,
                "expires_on": claims["exp"],
                "resource": resource,
                "token_type": "Bearer",
            }
        )


def _numbered(status: int, message: str) -> web.Response:
    return web.json_response({"statusCode": status, "message": message}, status=status)


def _coded(status: int, code: str, message: str) -> web.Response:
    error = {"correlationId": str(uuid.uuid4()), "code": code, "message": message}
    return web.json_response({"error": error}, status=status)
