"""Description: all that a sandbox serves, as one document for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox import batch
from tap_msteams_sandbox.areas import AREAS
from tap_msteams_sandbox.endpoints import API
from tap_msteams_sandbox.facts import AUTH_METHODS, descriptions
from tap_msteams_sandbox.faults import DOCS, KINDS
from tap_msteams_sandbox.graph import APP_ROLES, ROLES, SCOPES, VERSION

if TYPE_CHECKING:
    from tap_msteams_sandbox.area import Area
    from tap_msteams_sandbox.endpoints import Endpoint

CONTROLS = {
    "GET /sandbox/facts": "All that a client needs: addresses, ids and secrets.",
    "GET /sandbox/ca.pem": "The authority to trust.",
    "GET /sandbox/requests": "What was asked of Graph so far, counted, with overrun limits.",
    "GET /sandbox/description": "This document.",
    "POST /sandbox/change": "Change the tenant by a day of work; `seed` chooses which.",
}
"""What belongs to the sandbox and not to Microsoft, at Graph's origin, without a token."""


def description() -> dict[str, Any]:
    """Return everything that is served, with Microsoft's pages."""
    return {
        "version": VERSION,
        "ways_to_sign_in": list(AUTH_METHODS),
        "facts": descriptions(),
        "control": CONTROLS,
        "permissions": {
            "granted": sorted(ROLES),
            "application": sorted(APP_ROLES),
            "delegated": sorted(SCOPES),
        },
        "endpoints": [_shown(area, it) for area in (*AREAS, batch.AREA) for it in area.endpoints],
        "collections": sorted(name for area in AREAS for name in area.expected),
        "faults": {
            name: {
                "description": (kind.act.__doc__ or "").partition("\n")[0],
                "page": f"{DOCS}{kind.page}",
                "options": dict(kind.options),
            }
            for name, kind in KINDS.items()
        },
    }


def _shown(area: Area, endpoint: Endpoint) -> dict[str, Any]:
    paging = endpoint.paging
    return {
        "area": area.name,
        "method": endpoint.method,
        "path": endpoint.path,
        "page": f"{API}{endpoint.page}",
        "application": endpoint.application,
        "delegated": endpoint.delegated,
        "options": sorted(endpoint.options),
        "page_size": {"default": paging.default, "maximum": paging.maximum} if paging else None,
    }
