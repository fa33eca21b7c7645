"""A proxy on loopback, HTTP and SOCKS5 on one port, that records its targets.

https://www.rfc-editor.org/rfc/rfc9110#name-connect and https://www.rfc-editor.org/rfc/rfc1928
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
from asyncio import run_coroutine_threadsafe
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlsplit

from tap_msteams_sandbox.loop import accept_no_more, loop_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

SOCKS = 5
NAMED, V4, V6 = 3, 1, 4
"""Kinds of SOCKS addresses."""
NO_AUTHENTICATION, PASSWORD, NOTHING_ACCEPTABLE = 0, 2, 255
"""Methods of SOCKS: https://www.rfc-editor.org/rfc/rfc1929 is the one with a password."""
DONE, UNREACHABLE = 0, 4
CLOSED = b"Content-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """A proxy as a context manager; with a username it requires credentials."""

    def __init__(self, username: str = "", password: str = "") -> None:
        self.hosts: list[str] = []
        """Where clients were let through to, as `name:port`, in order."""
        self.refused = 0
        """Clients sent away for want of the right credentials."""
        self.port = 0
        self._username, self._password = username, password
        self._clients: set[asyncio.Task[None]] = set()
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            loop = opened.enter_context(loop_in_thread("proxy"))
            listening = asyncio.start_server(self._accept, "127.0.0.1", 0)
            server = run_coroutine_threadsafe(listening, loop).result()
            opened.callback(lambda: run_coroutine_threadsafe(_close(server), loop).result())
            self.port = server.sockets[0].getsockname()[1]
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.close()

    @property
    def url(self) -> str:
        """The address without credentials."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url_with_credentials(self) -> str:
        """The address with them, special characters quoted."""
        return f"http://{self._userinfo}127.0.0.1:{self.port}"

    @property
    def socks_url(self) -> str:
        """The SOCKS5 address without credentials; the proxy looks names up."""
        return f"socks5h://127.0.0.1:{self.port}"

    @property
    def socks_url_with_credentials(self) -> str:
        """The SOCKS5 address with them."""
        return f"socks5h://{self._userinfo}127.0.0.1:{self.port}"

    @property
    def _userinfo(self) -> str:
        if not self._username:
            return ""
        return f"{quote(self._username, safe='')}:{quote(self._password, safe='')}@"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client in a task of its own."""
        task = asyncio.create_task(self._client(reader, writer))
        # Nobody else holds a task whose client has said all it has to say: it could be collected.
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)
        # One that is cancelled before its first step closes nothing itself.
        task.add_done_callback(lambda _: writer.close())

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with _closing(writer):
            first = await reader.readexactly(1)
            if first[0] == SOCKS:
                await self._socks(reader, writer)
            else:
                await self._http(first, reader, writer)

    async def _http(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = first + await reader.readuntil(b"\r\n\r\n")
        line, *headers = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = line.split(" ", 2)
        if not self._known(headers):
            challenge = b'Proxy-Authenticate: Basic realm="sandbox"\r\n'
            line = "HTTP/1.1 407 Proxy Authentication Required\r\n"
            await self._refuse(writer, line.encode() + challenge + CLOSED)
            return
        tunnel = method == "CONNECT"
        url = urlsplit(f"//{target}" if tunnel else target)
        host, port = url.hostname or "", url.port or 80
        try:
            upstream = await self._connect(host, port)
        except OSError:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\n" + CLOSED)
            return
        if tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = url._replace(scheme="", netloc="").geturl() or "/"
            kept = [it for it in headers if not it.lower().startswith(("proxy-", "connection:"))]
            request = [f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]
            upstream[1].write("\r\n".join(request).encode("latin-1"))
        await _join((reader, writer), upstream)

    def _known(self, headers: list[str]) -> bool:
        if not self._username:
            return True
        pair = f"{self._username}:{self._password}"
        # RFC 7617 leaves the encoding open, and clients differ.
        wanted = {
            base64.b64encode(pair.encode(encoding, "replace")).decode()
            for encoding in ("utf-8", "latin-1")
        }
        for header in headers:
            name, _, value = header.partition(":")
            scheme, _, credentials = value.strip().partition(" ")
            if (name.lower(), scheme.lower()) == ("proxy-authorization", "basic"):
                return credentials in wanted
        return False

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        wanted = PASSWORD if self._username else NO_AUTHENTICATION
        if wanted not in methods:
            await self._refuse(writer, bytes((SOCKS, NOTHING_ACCEPTABLE)))
            return
        writer.write(bytes((SOCKS, wanted)))
        if self._username:
            version = await reader.readexactly(1)
            username, password = await _counted(reader), await _counted(reader)
            if (username, password) != (self._username.encode(), self._password.encode()):
                await self._refuse(writer, version + bytes((1,)))
                return
            writer.write(version + bytes((DONE,)))
        _, _, _, kind = await reader.readexactly(4)
        if kind == NAMED:
            host = (await _counted(reader)).decode()
        else:
            host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == V4 else 16)))
        port = int.from_bytes(await reader.readexactly(2))
        try:
            upstream = await self._connect(host, port)
        except OSError:
            writer.write(bytes((SOCKS, UNREACHABLE, 0, V4, *bytes(6))))
            return
        writer.write(bytes((SOCKS, DONE, 0, V4, *bytes(6))))
        await _join((reader, writer), upstream)

    async def _refuse(self, writer: asyncio.StreamWriter, answer: bytes) -> None:
        self.refused += 1
        writer.write(answer)
        await writer.drain()

    async def _connect(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.hosts.append(f"{host}:{port}")
        return await asyncio.open_connection(host, port)


async def _close(server: asyncio.Server) -> None:
    """Close a server and all connections."""
    await accept_no_more(server.sockets)
    server.close()
    clients = asyncio.all_tasks() - {asyncio.current_task()}
    for task in clients:
        task.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    await asyncio.sleep(0)  # in which their transports say goodbye


@asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close a connection at the end, and wait until it is closed."""
    try:
        yield
    except asyncio.CancelledError:
        writer.transport.abort()
        raise
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _counted(reader: asyncio.StreamReader) -> bytes:
    """Read bytes after their count."""
    return await reader.readexactly((await reader.readexactly(1))[0])


async def _join(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
) -> None:
    """Carry what comes from each side to the other, until both have ended."""
    async with _closing(upstream[1]):
        await asyncio.gather(_pump(client[0], upstream[1]), _pump(upstream[0], client[1]))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
