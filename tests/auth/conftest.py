from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
import requests
from aiohttp import web

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.auth.grant import Grant
from tap_msteams.settings import Settings
from tap_msteams_sandbox import certificate
from tap_msteams_sandbox.identity.entra import Application, Entra, User
from tap_msteams_sandbox.identity.imds import Imds
from tests.auth.person import Person
from tests.clock import Clock
from tests.conftest import PATIENCE

TENANT = "6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a001"
CONFIDENTIAL = "6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a002"
PUBLIC = "6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a003"
MACHINE = "6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a004"
ASSIGNED = "6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a005"
SECRET = "Qx8Q~the-client-secret"
SEED = "1.AXthe-refresh-token-of-the-configuration"
ROLES = frozenset({"Team.ReadBasic.All", "ChannelMessage.Read.All"})
SCOPES = frozenset({"Team.ReadBasic.All", "Chat.Read"})
GRAPH = "https://graph.microsoft.com"
REDIRECT_URI = "http://localhost/signed-in"


class Recording(Entra):
    """An Entra that remembers every token it ever signed."""

    def sign(self, content):
        token = super().sign(content)
        self.signed = [*getattr(self, "signed", []), token]
        return token


@dataclass
class Identity:
    """The sandbox's identity side, served over real TLS, and what it was asked."""

    entra: Entra
    imds: Imds
    clock: Clock
    ca_bundle: str
    authority_host: str = ""
    imds_url: str = ""
    confidential: str = CONFIDENTIAL
    public: str = PUBLIC
    assigned: str = ASSIGNED
    tenant: str = TENANT
    secret: str = SECRET
    seed: str = SEED
    roles: frozenset[str] = ROLES
    scopes: frozenset[str] = SCOPES
    asked: list[dict[str, str]] = field(default_factory=list)
    instead: object = None
    elsewhere: str = ""
    gate: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def config(self, method="service_principal", **changes):
        common = {
            "auth_method": method,
            "authority_host": self.authority_host,
            "ca_bundle": self.ca_bundle,
        }
        given = {
            "service_principal": {
                "tenant_id": TENANT,
                "client_id": CONFIDENTIAL,
                "client_secret": SECRET,
            },
            "refresh_token": {"client_id": PUBLIC, "refresh_token": SEED},
            "managed_identity": {},
        }[method]
        return {k: v for k, v in {**common, **given, **changes}.items() if v is not None}

    def authenticator(self, method="service_principal", **changes):
        settings = Settings.from_config(self.config(method, **changes))
        return GraphAuthenticator.from_settings(settings, clock=self.clock, backoff=0)

    @web.middleware
    async def recorded(self, request, handler):
        if request.method == "POST":
            self.asked.append(dict(await request.post()))
        if request.path.endswith("/token"):
            self.waiting.release()
            await asyncio.to_thread(self.gate.wait, PATIENCE)
        if self.elsewhere:
            headers = {"Location": self.elsewhere}
            return web.json_response({}, status=307, headers=headers)
        if isinstance(self.instead, str):
            return web.json_response(text=self.instead)
        if self.instead is not None:
            return web.json_response(self.instead)
        return await handler(request)

    async def serve(self, context):
        for routes, tls in ((self.entra.routes(), context), (self.imds.routes(), None)):
            app = web.Application(middlewares=[self.recorded])
            app.add_routes(routes)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
            yield runner


@pytest.fixture(scope="session")
def issued(tmp_path_factory):
    return certificate.issue(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def identity(issued, monkeypatch):
    clock = Clock(1_790_000_000.0)
    entra = Recording(
        TENANT,
        [
            Application(CONFIDENTIAL, SECRET, roles=ROLES, scopes=SCOPES),
            Application(PUBLIC, scopes=SCOPES),
            Application(MACHINE, roles=ROLES),
            Application(ASSIGNED, roles=frozenset({"User.Read.All"})),
        ],
        [User("6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a006", SEED)],
        clock=clock,
    )
    imds = Imds(entra, MACHINE, [ASSIGNED])
    result = Identity(entra, imds, clock, str(issued.ca_path))
    result.gate.set()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start():
        return [runner async for runner in result.serve(issued.context)]

    runners = asyncio.run_coroutine_threadsafe(start(), loop).result()
    result.authority_host = f"https://localhost:{runners[0].addresses[0][1]}"
    result.imds_url = f"http://127.0.0.1:{runners[1].addresses[0][1]}"
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", result.imds_url)
    yield result
    result.gate.set()

    async def stop():
        for runner in runners:
            # A client that keeps its connection would make an orderly goodbye wait for it.
            for connection in runner.server.connections:
                if connection.transport:
                    connection.transport.abort()
            await runner.cleanup()

    asyncio.run_coroutine_threadsafe(stop(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def grant_of(identity, tmp_path):
    """A grant, by default to the public client and with a store of its own."""
    identity.entra.devices.interval = 0
    for application in identity.entra.applications.values():
        application.redirect_uris |= {REDIRECT_URI, "https://app.example/answer"}

    def made(machine="here", **changes):
        changes = {
            "refresh_token": None,
            "redirect_uri": REDIRECT_URI,
            "token_cache_path": str(tmp_path / machine / "tokens.json"),
            **changes,
        }
        settings = Settings.from_config(identity.config("refresh_token", **changes))
        return Grant.from_settings(settings, clock=identity.clock, backoff=0)

    return made


@pytest.fixture
def person(identity):
    def made(*wanted, **options):
        return Person(identity.ca_bundle, *wanted, **options)

    return made


@pytest.fixture
def sign():
    """Sign one request and give its token."""

    def signed(authenticator, url=f"{GRAPH}/v1.0/teams"):
        request = requests.Request("GET", url).prepare()
        return authenticator.authenticate_request(request).headers["Authorization"]

    return signed


@pytest.fixture
def at_once():
    """Run one call in many threads that start together; results and exceptions as they come."""

    def run(call, count=32):
        barrier = threading.Barrier(count)

        def started():
            barrier.wait(PATIENCE)
            return call()

        with ThreadPoolExecutor(count) as pool:
            futures: list[Future] = [pool.submit(started) for _ in range(count)]
        return [future.exception() or future.result() for future in futures]

    return run
