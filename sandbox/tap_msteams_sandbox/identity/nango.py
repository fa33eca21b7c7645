"""Nango: a broker that keeps a connection, gives its token or sends the requests.

https://nango.dev/docs/reference/api/connection/get
https://nango.dev/docs/reference/api/proxy/get
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web
from multidict import CIMultiDict

from tap_msteams_sandbox.request import Request

if TYPE_CHECKING:
    from tap_msteams_sandbox.identity.entra import Application, Entra, User
    from tap_msteams_sandbox.replies import Reply

PREFIX: Final = "nango-proxy-"
ALLOWED: Final = frozenset(
    {
        "content-type", "content-encoding", "cache-control", "date", "etag", "expires",
        "last-modified", "link",
    }
)  # fmt: skip
"""Headers of an answer that the proxy passes on."""

Serve = Callable[[Request], "Reply"]


class Nango:
    """One environment with one connection."""

    def __init__(self, entra: Entra, application: Application, user: User, serve: Serve) -> None:
        self.secret_key = str(uuid.uuid4())
        self.connection_id = str(uuid.uuid4())
        self.integration_id = "microsoft-teams"
        self.exhausted = False
        """Whether the connection's token cannot be renewed any more."""
        self.client_credentials = False
        """Whether the connection is an application's own instead of a user's."""
        self.passes_retry_after = False
        """Whether the proxy passes on when to come back."""
        self.requests: list[str] = []
        """The paths that were asked for, with their queries."""
        self._entra, self._application, self._user, self._serve = entra, application, user, serve
        self._held: tuple[str, dict[str, Any]] | None = None

    def routes(self) -> list[web.RouteDef]:
        """The connection, by its present and its former address, and the proxy."""
        return [
            web.get("/connections/{id}", self._connection),
            web.get("/connection/{id}", self._connection),
            web.route("*", "/proxy/{path:.*}", self._proxy),
        ]

    async def _connection(self, request: web.Request) -> web.Response:
        self.requests.append(request.path_qs)
        query = request.query
        key = query.get("provider_config_key")
        if problem := self._problem(request, request.match_info["id"], key):
            return problem
        token, claims = self._token(forced=query.get("force_refresh") == "true")
        ends = f"{datetime.fromtimestamp(claims['exp'], UTC):%Y-%m-%dT%H:%M:%S.000Z}"
        raw = {"access_token": token, "token_type": "Bearer"}
        credentials = (
            {"type": "OAUTH2_CC", "token": token, "expires_at": ends, "raw": raw}
            if self.client_credentials
            else {"type": "OAUTH2", "access_token": token, "expires_at": ends, "raw": raw}
        )
        return web.json_response(
            {
                "id": 1,
                "connection_id": self.connection_id,
                "provider_config_key": self.integration_id,
                "provider": "microsoft-teams",
                "errors": [],
                "metadata": {},
                "connection_config": {},
                "credentials": credentials,
            }
        )

    async def _proxy(self, request: web.Request) -> web.Response:
        self.requests.append(request.path_qs)
        headers = request.headers
        identifier, key = headers.get("Connection-Id", ""), headers.get("Provider-Config-Key")
        if problem := self._problem(request, identifier, key):
            return problem
        token, _ = self._token()
        passed = CIMultiDict(
            (name[len(PREFIX) :], value)
            for name, value in headers.items()
            if name.lower().startswith(PREFIX)
        )
        if "Content-Type" in headers:
            passed["Content-Type"] = headers["Content-Type"]
        passed["Authorization"] = f"Bearer {token}"
        path, _, query = request.raw_path.removeprefix("/proxy/").partition("?")
        reply = self._serve(Request(request.method, path, query, passed, await request.read()))
        allowed = ALLOWED | ({"retry-after"} if self.passes_retry_after else set())
        kept = {name: value for name, value in reply.headers.items() if name.lower() in allowed}
        return web.Response(status=reply.status, body=reply.body, headers=kept)

    def _problem(
        self, request: web.Request, connection_id: str, integration_id: str | None
    ) -> web.Response | None:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        problems = (
            (scheme.lower() != "bearer", 401, "missing_auth_header", "There is no bearer key."),
            (shown != self.secret_key, 401, "unknown_user_account", "The key is not known."),
            (not integration_id, 400, "missing_provider_config", "No integration is named."),
            (integration_id != self.integration_id, 404, "unknown_provider_config", "Unknown."),
            (connection_id != self.connection_id, 404, "not_found", "No such connection."),
            (self.exhausted, 424, "invalid_credentials", "The token could not be refreshed."),
        )
        for is_so, status, code, message in problems:
            if is_so:
                error = {"code": code, "message": message}
                return web.json_response({"error": error}, status=status)
        return None

    def _token(self, *, forced: bool = False) -> tuple[str, dict[str, Any]]:
        """The connection's token, renewed when it has expired."""
        held = self._held
        if held is None or forced or held[1]["exp"] <= self._entra.clock():
            resource = self._entra.resource or "https://graph.microsoft.com"
            held = self._held = (
                self._entra.issue_app_token(self._application, resource)
                if self.client_credentials
                else self._entra.issue_user_token(
                    self._application, self._user, resource, self._application.scopes
                )
            )
        return held
