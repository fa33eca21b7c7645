"""Control: what belongs to the sandbox and not to Microsoft."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from tap_msteams_sandbox.description import CONTROLS, description

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams_sandbox.facts import Facts
    from tap_msteams_sandbox.journal import Journal
    from tap_msteams_sandbox.tenant import Tenant

PLACE = "/sandbox/"
"""Where it is, at Graph's origin."""


class Control:
    """The addresses that say what the sandbox is and has seen, and change its tenant."""

    def __init__(self, tenant: Tenant, journal: Journal, facts: Callable[[], Facts]) -> None:
        self._tenant, self._journal, self._facts = tenant, journal, facts

    def answer(self, method: str, path: str, body: bytes) -> web.Response:
        """Answer a request."""
        content: object
        match method, path.removeprefix(PLACE):
            case "POST", "change":
                try:
                    asked = msgspec.json.decode(body, type=_Change) if body else _Change()
                except msgspec.DecodeError as error:
                    return _json({"error": str(error)}, status=400)
                content = self._tenant.change(asked.seed)
            case "GET", "requests":
                content = self._journal.summary()
            case "GET", "facts":
                content = self._facts()
            case "GET", "description":
                content = description()
            case "GET", "ca.pem":
                authority = Path(self._facts().ca_bundle).read_bytes()
                return web.Response(body=authority, content_type="application/x-pem-file")
            case _:
                return _json({"error": f"there are {', '.join(CONTROLS)}"}, status=404)
        return _json(content)


class _Change(msgspec.Struct, forbid_unknown_fields=True):
    seed: int | None = None


def _json(content: object, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(content), content_type="application/json"
    )
