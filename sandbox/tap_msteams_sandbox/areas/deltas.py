"""Deltas: what has changed in a collection since somebody has read it.

https://learn.microsoft.com/en-us/graph/delta-query-overview
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import msgspec

from tap_msteams_sandbox.odata import SKIP_TOKEN, page
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.endpoints import Call

DELTA_TOKEN = "$deltatoken"  # noqa: S105 (the name of an option, not a secret)
OPTIONS = frozenset({DELTA_TOKEN, SKIP_TOKEN})


class Deltas:
    """The rounds of reading that links were given out for."""

    def __init__(self, tenant: Company) -> None:
        del tenant
        self._seen: dict[str, Mapping[str, bytes]] = {}
        self._pages: dict[int, tuple[str, list[bytes]]] = {}

    def answer(self, call: Call, what: str, rows: Mapping[str, bytes]) -> bytes:
        """Return a page of what is there, or of what has changed since the link was given out."""
        position = call.query.pair()
        if position is None:
            token = call.query.get(DELTA_TOKEN)
            name, left = self._round(rows, token)
            number, start = len(self._pages), 0
            self._pages[number] = (name, left)
        else:
            number, start = position
            name, left = self._pages[number]
        shown = left[start : start + call.size]
        after = start + len(shown)
        if after < len(left):
            return page(call.context(what), shown, next_link=call.next_link((number, after)))
        link = call.query.link_with(call.root, DELTA_TOKEN, name)
        answer = page(call.context(what), shown)
        return msgspec.json.encode({"@odata.deltaLink": link})[:-1] + b"," + answer[1:]

    def _round(self, rows: Mapping[str, bytes], token: str | None) -> tuple[str, list[bytes]]:
        """Begin a round; return its name and the rows to send."""
        name = uuid.uuid4().hex
        self._seen[name] = dict(rows)
        if token is None:
            return name, list(rows.values())
        before = self._seen.get(token)
        if before is None:
            # https://learn.microsoft.com/en-us/graph/delta-query-overview#synchronization-reset
            msg = "Sync state generation is not found; a full synchronization is needed."
            raise GraphError(410, "syncStateNotFound", msg)
        changed = [row for key, row in rows.items() if before.get(key) != row]
        gone = [
            msgspec.json.encode({"id": key, "@removed": {"reason": "deleted"}})
            for key in before
            if key not in rows
        ]
        return name, [*changed, *gone]
