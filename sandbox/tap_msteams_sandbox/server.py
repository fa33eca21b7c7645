"""The server: Graph, Entra ID and the metadata service, in a thread."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from asyncio import run_coroutine_threadsafe
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from aiohttp import HttpVersion11, web

from tap_msteams_sandbox import certificate
from tap_msteams_sandbox.areas.reports import Downloads
from tap_msteams_sandbox.control import PLACE, Control
from tap_msteams_sandbox.environment import environment
from tap_msteams_sandbox.faults import Faults, struck
from tap_msteams_sandbox.graph import APP_ROLES, ROLES, SCOPES, Graph, granted
from tap_msteams_sandbox.identity.authority import GRAPH_ID
from tap_msteams_sandbox.identity.directory import Directory
from tap_msteams_sandbox.identity.scopes import GRAPH
from tap_msteams_sandbox.instants import SECOND
from tap_msteams_sandbox.loop import Listener, accept_no_more, loop_in_thread
from tap_msteams_sandbox.notifications import Notifier
from tap_msteams_sandbox.replies import GraphError
from tap_msteams_sandbox.request import Request
from tap_msteams_sandbox.service import Service
from tap_msteams_sandbox.tenant import Tenant

if TYPE_CHECKING:
    import ssl
    from collections import Counter
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from types import TracebackType

    from tap_msteams_sandbox.facts import AuthMethod, Facts
    from tap_msteams_sandbox.faults import Fault
    from tap_msteams_sandbox.identity.directory import Kind
    from tap_msteams_sandbox.journal import Entry
    from tap_msteams_sandbox.replies import Reply

RESET = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
"""Lingering for no time: the connection ends with a reset; Windows has shorter numbers."""


class Sandbox:
    """A local Entra ID, Microsoft Graph and metadata service over one synthetic tenant.

    Use it as a context manager. While it is open it listens at `host`, on `port` and the four that
    follow, or on free ones; its addresses and its certificate have the `name`. `clock` gives
    seconds since 1970; where it is behind the tenant's history, it is set forward to its end.
    """

    def __init__(  # noqa: PLR0913 (what a test or a demo can choose, each with a default)
        self,
        tenant: Tenant | None = None,
        *,
        clock: Callable[[], float] = time.time,
        latency: float = 0.0,
        page_size: int | None = None,
        inline_replies: int = 1000,
        roles: Iterable[str] | None = None,
        export: bool = True,
        export_refusal: int = 402,
        auth: AuthMethod = "service_principal",
        faults: Iterable[Fault | str] = (),
        limits: bool = False,
        compress: bool = True,
        host: str = "127.0.0.1",
        port: int = 0,
        name: str = "localhost",
    ) -> None:
        self.tenant = tenant or Tenant()
        self._clock = clock
        self.latency, self.auth = latency, auth
        self._compress = compress
        self.name, self._host, self._port = name, host, port
        allowed = granted(ROLES if roles is None else roles)
        # https://learn.microsoft.com/en-us/graph/permissions-overview#permission-types
        self.identity = Directory(
            self.tenant, allowed & APP_ROLES, allowed & SCOPES, clock, self._serve
        )
        self.entra, self.imds = self.identity.entra, self.identity.imds
        self.entra.scopes = SCOPES
        graph = Graph(
            self.tenant,
            self._claims,
            page_size=page_size,
            inline_replies=inline_replies,
            export_refusal=None if export else export_refusal,
        )
        self.faults = Faults(faults)
        self.service = Service(graph, self.entra, self.faults, limits=limits)
        self.control = Control(self.tenant, self.service.journal, self.facts)
        self.graph_url = self.authority_host = self.imds_url = ""
        self.ca_bundle = self.fingerprint = ""
        self._runners: list[web.BaseRunner] = []
        self._listeners: list[Listener] = []
        self._closing = asyncio.Event()
        self._opened = ExitStack()
        """What `close` has to end."""

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            folder = Path(opened.enter_context(TemporaryDirectory(prefix="msteams-sandbox-")))
            issued = certificate.issue(folder, self.name)
            self.ca_bundle, self.fingerprint = str(issued.ca_path), issued.fingerprint
            self.identity.open(folder, issued)
            behind = max(0.0, self.tenant.until / SECOND - self._clock())
            self.tenant.clock = lambda: self._clock() + behind
            loop = opened.enter_context(loop_in_thread("sandbox"))
            opened.callback(lambda: run_coroutine_threadsafe(self._close(), loop).result())
            opened.enter_context(Notifier(self.tenant, self.ca_bundle))
            run_coroutine_threadsafe(self._open(issued.context), loop).result()
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, and remove all files."""
        self._opened.close()

    @property
    def requests(self) -> list[Entry]:
        """The requests to Graph, oldest first."""
        return list(self.service.journal.entries)

    def count(self) -> Counter[str]:
        """Return how often each endpoint of Graph was called."""
        return self.service.journal.endpoints.copy()

    def facts(self, auth: AuthMethod | None = None) -> Facts:
        """Return the facts, for another way of signing in if named."""
        return self.identity.facts(auth or self.auth)

    def environment(self, auth: AuthMethod | None = None) -> dict[str, str]:
        """Return the facts as environment variables, with those of installed connectors."""
        facts = self.facts(auth)
        kinds: dict[str, Kind] = {"managed_identity": "vm", "azure_cli": "azure_cli"}
        kind = kinds.get(facts.auth)
        return environment(facts, self.machine(kind) if kind else {})

    def machine(self, kind: Kind) -> dict[str, str]:
        """Return the environment variables of a host that has tokens for its programs."""
        return self.identity.machine(kind)

    async def _open(self, context: ssl.SSLContext) -> None:
        """Listen."""
        identity = self.identity
        self.graph_url = await self._listen(_server(self._graph), context)
        self.tenant.graph_url = self.entra.resource = identity.graph_url = self.graph_url
        self.entra.aliases = frozenset({GRAPH, GRAPH_ID})
        entra = _runner(identity.authority_routes(), struck(self.faults, self.entra, "entra"))
        self.authority_host = await self._listen(entra, context)
        identity.authority_host = self.authority_host
        machine = _runner(identity.machine_routes(), struck(self.faults, self.entra, "machine"))
        self.imds_url = identity.imds_url = await self._listen(machine)
        identity.nango_host = await self._listen(_runner(identity.nango.routes()), context)
        downloads = _server(self._download)
        self.tenant.part(Downloads).origin = await self._listen(downloads, context)

    async def _listen(self, runner: web.BaseRunner, context: ssl.SSLContext | None = None) -> str:
        """Open the next port; return the origin that it serves."""
        await runner.setup()
        port = self._port + len(self._runners) if self._port else 0
        self._runners.append(runner)
        listener = Listener(self._host, port)
        self._listeners.append(listener)
        site = web.SockSite(runner, listener, ssl_context=context, backlog=512)
        await site.start()
        scheme = "http" if context is None else "https"
        return f"{scheme}://{self.name}:{runner.addresses[0][1]}"

    async def _close(self) -> None:
        """Close all connections, without waiting for clients that keep them alive."""
        self._closing.set()
        await accept_no_more(self._listeners)
        for runner in self._runners:
            for site in tuple(runner.sites):
                await site.stop()
        await self._abort()
        # Connections that are being opened are in no list until they are.
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self._abort()
        for runner in self._runners:
            await runner.cleanup()
        for listener in self._listeners:
            await listener.end()
        await asyncio.sleep(0)

    async def _abort(self) -> None:
        """Abort all open connections; a polite end would wait for the clients."""
        for runner in self._runners:
            for connection in runner.server.connections if runner.server else ():
                if connection.transport is not None:
                    connection.transport.abort()
        # The transports say goodbye in the next turn of the loop.
        await asyncio.sleep(0)

    async def _graph(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the Graph origin."""
        body = await request.read() if request.can_read_body else b""
        if request.path.startswith(PLACE):
            return self.control.answer(request.method, request.path, body)
        if self.latency:
            await asyncio.sleep(self.latency)
        path, _, query = request.raw_path.lstrip("/").partition("?")
        asked = Request(request.method, path, query, request.headers, body)
        reply = self._serve(asked)
        if reply.check is not None:
            reply = await asyncio.to_thread(self.service.checked, asked, reply)
            self.service.stamp(reply, request.headers)
        return await self._send(request, reply)

    def _serve(self, request: Request) -> Reply:
        """Answer a request."""
        reply = self.service.serve(request)
        self.service.stamp(reply, request.headers)
        return reply

    def _claims(self, bearer: str) -> Mapping[str, Any]:
        """Return the claims of a token, or refuse or challenge them."""
        if challenge := self.entra.challenge_to(bearer):
            msg = (
                "Continuous access evaluation resulted in challenge with result: "
                "InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp"
            )
            headers = {"WWW-Authenticate": challenge}
            raise GraphError(401, "InvalidAuthenticationToken", msg, headers)
        if (claims := self.entra.claims(bearer)) is None:
            raise GraphError.unauthorized(self.entra.flaw(bearer))
        return claims

    async def _download(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request to the host of downloads."""
        with self.tenant.lock:
            reply = self.tenant.part(Downloads).answer(request.path, request.headers)
        self.service.stamp(reply, request.headers)
        return await self._send(request, reply)

    async def _send(self, request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        """Send an answer, or the part of it that a fault leaves."""
        if reply.informational:
            status, seconds = reply.informational
            _write(request, f"HTTP/1.1 {status} Early\r\nLink: </>; rel=preload\r\n\r\n".encode())
            await self._wait(seconds)
        if reply.manner in {"drip", "endless", "line"}:
            return await self._send_by_hand(request, reply)
        if not reply.manner:
            whole = web.Response(status=reply.status, body=reply.body, headers=reply.headers)
            takes_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
            # https://learn.microsoft.com/en-us/graph/use-the-api#headers
            if self._compress and takes_gzip and "Content-Encoding" not in reply.headers:
                whole.headers["Vary"] = "Accept-Encoding"
                whole.enable_compression(web.ContentCoding.gzip)
                if request.version >= HttpVersion11:
                    whole.enable_chunked_encoding()
            return whole
        response = web.StreamResponse(status=reply.status, headers=reply.headers)
        response.content_length = len(reply.body)
        if reply.share:
            await response.prepare(request)
            await response.write(reply.body[: int(len(reply.body) * reply.share)])
        if reply.manner == "stall":
            await self._wait(reply.seconds)
        transport = request.transport
        if transport is not None:
            if reply.manner == "reset":
                transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, RESET
                )
                transport.abort()
            else:
                transport.close()
        return response

    async def _send_by_hand(self, request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
        """Send an answer that aiohttp would not send, then close the connection."""
        headers = {**reply.headers, "Content-Length": str(len(reply.body))}
        if reply.manner == "endless":
            del headers["Content-Length"]
        lines = [f"HTTP/1.1 {reply.status} Sent", *(f"{k}: {v}" for k, v in headers.items())]
        lines[2:2] = [reply.line] if reply.line else []
        content = "\r\n".join([*lines, "", ""]).encode() + reply.body
        whole = len(content) if reply.manner != "drip" else int(len(content) * reply.share)
        _write(request, content[:whole])
        for number in range(whole, len(content)):
            if _write(request, content[number : number + 1]):
                await self._wait(reply.seconds)
        with suppress(ConnectionError):  # whoever listened has gone
            while reply.manner == "endless" and _write(request, b" " * 65536):
                await request.writer.drain()
                await asyncio.sleep(0)  # lets the end of the connection be noticed
        if request.transport is not None:
            request.transport.close()
        return web.StreamResponse()

    async def _wait(self, seconds: float) -> None:
        """Wait, but not longer than the sandbox is open."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)


def _write(request: web.BaseRequest, content: bytes) -> bool:
    """Write bytes past aiohttp; returns False once nobody listens any more."""
    transport = request.transport
    if transport is None or transport.is_closing():
        return False
    transport.write(content)
    return True


def _runner(routes: Iterable[web.RouteDef], *middlewares: Any) -> web.AppRunner:  # noqa: ANN401 - aiohttp's own
    application = web.Application(middlewares=middlewares)
    application.add_routes(routes)
    return web.AppRunner(application, access_log=None)


def _server(handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> web.BaseRunner:
    # The journal has the requests; in a log they would mix with those of the process under test.
    return web.ServerRunner(web.Server(handler, access_log=None))
