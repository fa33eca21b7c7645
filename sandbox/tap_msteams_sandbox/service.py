"""The service: Graph behind faults, limits and counters."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

import msgspec

from tap_msteams_sandbox.areas import AREAS
from tap_msteams_sandbox.faults import KINDS, Exchange, pages
from tap_msteams_sandbox.graph import VERSION
from tap_msteams_sandbox.instants import SECOND, iso
from tap_msteams_sandbox.journal import Entry, Journal
from tap_msteams_sandbox.limits import Limits
from tap_msteams_sandbox.odata import Query
from tap_msteams_sandbox.replies import GraphError, Reply, request_id
from tap_msteams_sandbox.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams_sandbox.faults import Fault, Faults
    from tap_msteams_sandbox.graph import Graph
    from tap_msteams_sandbox.identity.entra import Entra

ELSEWHERE = "elsewhere"
"""The counters' name for paths that lead nowhere."""

JSON = "application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8"

REMEMBERING = frozenset({"repeat-row", "random"})
"""Faults that need to know what was answered before."""

DIAGNOSTIC = msgspec.json.encode(
    {
        "ServerInfo": {
            "DataCenter": "North Europe",
            "Slice": "E",
            "Ring": "4",
            "ScaleUnit": "003",
            "RoleInstance": "DU2PEPF00028D21",
        }
    }
).decode()
"""Where an answer comes from.

https://learn.microsoft.com/en-us/graph/best-practices-concept#reliability-and-support
"""


class Service:
    """Graph with faults, limits, counters and common headers."""

    def __init__(self, graph: Graph, entra: Entra, faults: Faults, *, limits: bool) -> None:
        self.graph, self.faults, self.journal = graph, faults, Journal()
        self._entra = entra
        self._limits = (
            Limits(
                lambda: graph.tenant.clock(),  # noqa: PLW0108 (which is set when it opens)
                len(graph.tenant.people),
                self.journal.violations,
                (limit for area in AREAS for limit in area.limits),
            )
            if limits
            else None
        )
        self._earlier: dict[str, msgspec.Raw] = {}

    def serve(self, request: Request) -> Reply:
        """Answer a request and count it."""
        fault = self.faults.strike(f"{request.method} {request.target}", batched=request.batched)
        try:
            if fault is None:
                reply = self._normal(request)
            else:
                reply = KINDS[fault.kind].act(self._exchange(request, fault))
        except GraphError as error:
            reply = self._refuse(error, request.headers)
        reply.headers.setdefault("Content-Type", JSON)
        if reply.check is None:
            self._note(request, reply)
        return reply

    def checked(self, request: Request, reply: Reply) -> Reply:
        """Return an answer after what it waits for, or the refusal that this ends in."""
        if reply.check is not None:
            try:
                reply.check()
            except GraphError as error:
                reply = self._refuse(error, request.headers)
                reply.headers["Content-Type"] = JSON
            reply.check = None
            self._note(request, reply)
        return reply

    def _normal(self, request: Request) -> Reply:
        """Answer a request without a fault."""
        try:
            endpoint, names = self.graph.find(request.method, request.path)
            request.pattern = endpoint.pattern
            if self._limits is not None:
                query = Query(request.path, request.query, endpoint.options)
                self._limits.check(endpoint, names, query)

            def item(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
                path, _, query = url.lstrip("/").partition("?")
                asked = Request(method, f"{VERSION}/{path}", query, headers, body, batched=True)
                return self.checked(asked, self.serve(asked))

            return self.graph.answer(endpoint, names, request, item)
        except GraphError as error:
            return self._refuse(error, request.headers)

    def _exchange(self, request: Request, fault: Fault) -> Exchange:
        return Exchange(
            path=request.path,
            query=request.query,
            origin=self.graph.origin,
            tenant=self.graph.tenant,
            entra=self._entra,
            normal=lambda: self._normal(request),
            earlier=self._earlier,
            kind=fault.kind,
            options=fault.told(),
            chance=fault.chance,
            seed=fault.seed,
        )

    def _note(self, request: Request, reply: Reply) -> None:
        """Count a request; its status is 0 if none is sent."""
        if any(fault.kind in REMEMBERING for fault in self.faults):
            row = pages.last_row(reply)
            if row is not None:
                self._earlier[request.path] = row
        status = 0 if reply.manner and not reply.share else reply.status
        agent = request.headers.get("User-Agent", "")
        self.journal.note(
            Entry(
                method=request.method,
                path=request.target,
                status=status,
                pattern=request.pattern or self._pattern(request),
                user_agent=agent,
                batched=request.batched,
            )
        )

    def _pattern(self, request: Request) -> str:
        """Return the endpoint of a request that a fault kept from it."""
        try:
            return self.graph.find(request.method, request.path)[0].pattern
        except GraphError:
            return f"{request.method} {ELSEWHERE}"

    def _refuse(self, error: GraphError, headers: Mapping[str, str]) -> Reply:
        """Return a refusal with its ids."""
        request = request_id()
        now = iso(self.graph.tenant.now() // SECOND * SECOND)[:-1]
        reply = error.reply(now, request, headers.get("client-request-id", request))
        reply.headers["request-id"] = request
        return reply

    def stamp(self, reply: Reply, headers: Mapping[str, str]) -> None:
        """Add the headers of all of Graph's answers."""
        request = reply.headers.setdefault("request-id", request_id())
        reply.headers.setdefault("client-request-id", headers.get("client-request-id", request))
        date = formatdate(self.graph.tenant.now() / SECOND, usegmt=True)
        reply.headers.setdefault("Date", date)
        reply.headers.setdefault("x-ms-ags-diagnostic", DIAGNOSTIC)
        if reply.headers.get("Content-Type", "").startswith("application/json"):
            reply.headers.setdefault("OData-Version", "4.0")
