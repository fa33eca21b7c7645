"""The receiver of a sign-in's answer: an address on this machine, for one request."""

from __future__ import annotations

import os
import socket
import socketserver
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from typing_extensions import override

from tap_msteams.errors import AuthenticationError, SettingsError
from tap_msteams.settings import label

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = {"localhost": "127.0.0.1", "127.0.0.1": "127.0.0.1", "::1": "::1"}
_LONGEST_FORM = 65_536
_POLL = 0.05
_PIECE = 0.5

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>tap-msteams</title>
<p>{}</p>
</html>
"""
_RECEIVED = "The answer has reached tap-msteams. You can close this page and go on in the terminal."
_FOREIGN = "This answer belongs to another sign-in. Use the page that tap-msteams opened last."
_NOT_FOUND = "There is nothing here."


class Receiver:
    """Waits at a redirect URI for the answer to one sign-in."""

    def __init__(self, server: _Server, redirect_uri: str) -> None:
        self._server = server
        self.redirect_uri = redirect_uri
        """The address that the answer is sent to, with its port."""

    def expect(self, state: str) -> None:
        """Accept the answer to this sign-in only."""
        self._server.state = state

    def wait(self, timeout: float) -> dict[str, str]:
        """Wait for the answer that Entra ID gave to the browser."""
        end = time.monotonic() + timeout
        # In pieces, since Ctrl-C does not end a wait on Windows.
        while not self._server.answered.wait(min(_PIECE, max(0.0, end - time.monotonic()))):
            if time.monotonic() < end:
                continue
            msg = (
                f"nobody has signed in within {timeout:g} seconds: run it again, with more time "
                "(--timeout) if needed"
            )
            raise AuthenticationError(msg)
        return self._server.answer


@contextmanager
def receiving(redirect_uri: str) -> Iterator[Receiver]:
    """A receiver that listens at the URI; without a port in it, at any free one."""
    where = label("redirect_uri")
    parts = urlsplit(redirect_uri)
    host = parts.hostname or ""
    if parts.scheme != "http" or host not in _HERE:
        msg = (
            f"{where}: `login` can only listen on this machine, at an address like "
            "http://localhost:33333; for any other run `tap-msteams url`, and then "
            "`tap-msteams exchange` with the address that the browser ends at"
        )
        raise SettingsError(msg)
    try:
        server = _Server((_HERE[host], parts.port or 0), host, parts.path or "/")
    except OSError as error:
        msg = (
            f"{where}: port {parts.port} of this machine cannot be listened at "
            f"({error.strerror}): end what uses it, or register and set another port"
        )
        raise SettingsError(msg) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(_POLL,))
        thread.start()
        port = server.server_address[1]
        netloc = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            yield Receiver(server, urlunsplit(parts._replace(netloc=netloc)))
        finally:
            server.shutdown()
            thread.join()


class _Server(socketserver.ThreadingTCPServer):
    """A server with a thread for each connection: browsers open some that they never use."""

    daemon_threads = True
    block_on_close = False
    # On Windows this would let other processes listen at the same port.
    allow_reuse_address = os.name == "posix"

    def __init__(self, address: tuple[str, int], host: str, path: str) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.host = host
        self.path = path
        self.state: str | None = None
        self.answer: dict[str, str] = {}
        self.answered = threading.Event()
        self.once = threading.Lock()
        super().__init__(address, _Handler)

    @override
    def server_bind(self) -> None:
        if exclusive := getattr(socket, "SO_EXCLUSIVEADDRUSE", None):  # on Windows
            self.socket.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        super().server_bind()


class _Handler(BaseHTTPRequestHandler):
    """Passes on the content of a request, and logs none of it."""

    timeout = 10
    server_version = "tap-msteams"
    sys_version = ""

    def do_GET(self) -> None:
        """Take an answer with `response_mode=query`."""
        self._take(urlsplit(self.path).query)

    def do_POST(self) -> None:
        """Take an answer with `response_mode=form_post`."""
        length = self.headers.get("Content-Length", "")
        if length.isascii() and length.isdigit() and int(length) <= _LONGEST_FORM:
            self._take(self.rfile.read(int(length)).decode(errors="replace"))
        else:
            self._say(413, _NOT_FOUND)

    def _take(self, answer: str) -> None:
        server = cast("_Server", self.server)
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if host != server.host or (urlsplit(self.path).path or "/") != server.path:
            self._say(404, _NOT_FOUND)
            return
        found = dict(parse_qsl(answer))
        with server.once:
            if server.answered.is_set() or not (found.get("code") or found.get("error")):
                self._say(404, _NOT_FOUND)
            elif server.state is None or found.get("state") != server.state:
                self._say(400, _FOREIGN)
            else:
                self._say(200, _RECEIVED)
                server.answer = found
                server.answered.set()

    def _say(self, status: int, text: str) -> None:
        page = _PAGE.format(text).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(page)),
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'",
            "Referrer-Policy": "no-referrer",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(page)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the address holds the code."""
