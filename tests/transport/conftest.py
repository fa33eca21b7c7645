from __future__ import annotations

import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tap_msteams import transport
from tap_msteams.settings import Settings
from tap_msteams_sandbox import certificate


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="session")
def issued(tmp_path_factory):
    return certificate.issue(tmp_path_factory.mktemp("ca"))


class Handler(BaseHTTPRequestHandler):
    """Answers as the server was told, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        status, headers = (200, {}) if self.path == "/elsewhere" else self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.do_GET()

    def do_CONNECT(self):
        self.do_GET()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen, self.answer = [], (200, {})
        self.url = f"http{'s' if context else ''}://localhost:{self.server_port}"
        if context:
            # Hands are shaken in a client's own thread, so that nobody waits for another.
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, *_):
        pass  # clients that do not trust it are what these tests are about


@contextmanager
def serving(context):
    server = Server(context)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def serve():
    """Serves with a TLS context, or without one."""
    with ExitStack() as stack:
        yield lambda context=None: stack.enter_context(serving(context))


@pytest.fixture
def server(serve, issued):
    return serve(issued.context)


@pytest.fixture
def plain(serve):
    return serve()


@pytest.fixture
def settings(issued):
    def made(**changes):
        config = {"auth_method": "managed_identity", "ca_bundle": str(issued.ca_path), **changes}
        return Settings.from_config(config)

    return made


@pytest.fixture
def session(settings):
    with transport.session(settings()) as opened:
        yield opened
