"""Faults of sign-ins: what goes wrong at Entra ID and at a machine's metadata service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from tap_msteams_sandbox.identity.aadsts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams_sandbox.identity.entra import Entra

PLATFORM = "https://learn.microsoft.com/en-us/entra/identity-platform/"
REFERENCE = f"{PLATFORM}reference-error-codes"
IMDS = (
    "https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/"
    "how-to-use-vm-token#error-handling"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Act = Callable[["SignIn"], Awaitable[web.StreamResponse]]


@dataclass
class SignIn:
    """A request of a sign-in that a fault strikes."""

    request: web.Request
    normal: Handler
    """Gives the answer that would have come without the fault."""
    entra: Entra
    kind: str
    options: Mapping[str, str]

    async def pause(self, seconds: float) -> bool:
        """Wait, for as long as the client does; returns whether it is still there."""
        end = asyncio.get_running_loop().time() + seconds
        while (left := end - asyncio.get_running_loop().time()) > 0:
            if self.is_gone:
                return False
            await asyncio.sleep(min(left, 0.05))
        return not self.is_gone

    @property
    def is_gone(self) -> bool:
        """Whether the client has closed the connection."""
        transport = self.request.transport
        return transport is None or transport.is_closing()


@dataclass(frozen=True)
class SignInKind:
    """A kind of fault of sign-ins."""

    act: Act
    page: str
    """Where Microsoft says that clients have to expect it."""
    options: dict[str, str]


SIGN_IN_KINDS: dict[str, SignInKind] = {}
"""The kinds by name."""


def _kind(name: str, page: str, **options: str) -> Callable[[Act], Act]:
    def declare(act: Act) -> Act:
        SIGN_IN_KINDS[name] = SignInKind(act, page, options)
        return act

    return declare


@_kind("aadsts", REFERENCE, number="50076")
async def refuse(sign_in: SignIn) -> web.StreamResponse:
    """Refuse with this AADSTS number, in Microsoft's words."""
    return sign_in.entra.refuse(sign_in.request, Refusal(int(sign_in.options["number"])))


async def fail(sign_in: SignIn) -> web.StreamResponse:
    """Answer with this status; 404 and 410 are those of a metadata service that is updated."""
    retry_after = sign_in.options["retry_after"]
    headers = {} if retry_after == "none" else {"Retry-After": retry_after}
    status = HTTPStatus(int(sign_in.kind))
    return web.Response(status=status, text=status.phrase, headers=headers)


for _status in ("404", "410"):
    _kind(_status, IMDS, retry_after="none")(fail)
for _status in ("429", "500", "502", "503", "504"):
    _kind(_status, REFERENCE, retry_after="none")(fail)


@_kind("slow", IMDS, seconds="12")
async def answer_late(sign_in: SignIn) -> web.StreamResponse:
    """Answer after so many seconds."""
    await sign_in.pause(float(sign_in.options["seconds"]))
    return await sign_in.normal(sign_in.request)


@_kind("drip", REFERENCE, seconds="1", part="body")
async def drip(sign_in: SignIn) -> web.StreamResponse:
    """Send the body, or with `part=header` all, a byte every so many seconds."""
    answer = await sign_in.normal(sign_in.request)
    body = answer.body if isinstance(answer, web.Response) else b""
    body = body if isinstance(body, bytes) else b""
    head = f"HTTP/1.1 {answer.status} OK\r\nContent-Type: {answer.content_type}\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    whole = head.encode() + body
    transport = sign_in.request.transport
    if transport is not None:
        at_once = 0 if sign_in.options["part"] == "header" else len(head)
        transport.write(whole[:at_once])
        for byte in whole[at_once:]:
            transport.write(bytes([byte]))
            if not await sign_in.pause(float(sign_in.options["seconds"])):
                break
        transport.close()
    return web.StreamResponse()
