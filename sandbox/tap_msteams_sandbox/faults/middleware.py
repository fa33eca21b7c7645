"""The middleware that lets faults strike the services of sign-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from tap_msteams_sandbox.faults.sign_in import SIGN_IN_KINDS, SignIn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tap_msteams_sandbox.faults.fault import Faults
    from tap_msteams_sandbox.faults.sign_in import Handler
    from tap_msteams_sandbox.identity.entra import Entra


def struck(faults: Faults, entra: Entra, at: str) -> Callable[..., Awaitable[web.StreamResponse]]:
    """The middleware for one of these services."""

    @web.middleware
    async def strike(request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = faults.strike(f"{request.method} {request.path}", at=at)
        if fault is None:
            return await handler(request)
        kind = SIGN_IN_KINDS[fault.kind]
        return await kind.act(SignIn(request, handler, entra, fault.kind, fault.told()))

    return strike
