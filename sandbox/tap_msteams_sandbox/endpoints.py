"""Endpoints: their paths, permissions and options as Microsoft documents them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.instants import parse
from tap_msteams_sandbox.odata import Paging, Query
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.replies import Reply

    Again = Callable[[str, str, Mapping[str, str], bytes], Reply]

API = "https://learn.microsoft.com/en-us/graph/api/"
"""Where Microsoft documents each endpoint."""

_ARGUMENT = re.compile(r"(\w+)='?([^',]+)'?")


@dataclass(frozen=True)
class Endpoint:
    """One endpoint with its permissions and query options."""

    method: str
    path: str
    page: str
    """Microsoft's page, below API."""
    application: tuple[str, ...] | None
    """Permissions of which an application needs one; None: not for applications."""
    delegated: tuple[str, ...] | None
    """Scopes of which a signed-in user needs one; None: not for users."""
    answer: Callable[[Call], bytes | Reply]
    """Gives JSON, or a whole reply where it is something else."""
    options: frozenset[str] = frozenset()
    paging: Paging | None = None

    directory: bool = False
    """Whether Entra's directory answers it, which has codes of its own for errors."""

    @property
    def pattern(self) -> str:
        """The endpoint's name in counters."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Caller:
    """The sender of a request."""

    granted: tuple[str, ...]
    user: str | None = None
    """The object id of the signed-in user; None: an application."""
    subject: str = ""
    """The id by which the application knows the user."""
    application: str = ""

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Caller:
        """Return the caller that a token's claims describe."""
        application = str(claims.get("appid", ""))
        if scopes := claims.get("scp"):
            granted = tuple(str(scopes).split())
            return cls(granted, str(claims["oid"]), str(claims.get("sub", "")), application)
        return cls(tuple(claims.get("roles") or ()), application=application)


@dataclass
class Call:
    """A request with its endpoint."""

    endpoint: Endpoint
    names: tuple[str, ...]
    """What stands in the path in place of {id}, or between the brackets of a function, from left
    to right."""
    query: Query
    caller: Caller
    tenant: Company
    root: str
    """Where this Graph lives, version included."""
    headers: Mapping[str, str]
    body: bytes
    ceiling: int | None
    """The server's own largest page."""
    inline_replies: int
    """The most replies that come with their post."""
    again: Again
    """Answers another request on the same terms: what $batch needs."""

    @property
    def size(self) -> int:
        """The number of rows on a page."""
        return self.query.top(self.endpoint.paging or Paging(100, 999), self.ceiling)

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments of the function that the path ends with."""
        return dict(_ARGUMENT.findall(self.names[-1]))

    @property
    def span(self) -> tuple[float, float]:
        """The instants between which a function asks for things; all of time where it does not."""
        asked = self.arguments
        try:
            low = parse(asked.get("startDateTime", "0001-01-01"))
            return low, parse(asked.get("endDateTime", "9999-01-01"))
        except ValueError:
            msg = "startDateTime and endDateTime have to be given as DateTimeOffset."
            raise GraphError.bad_request(msg) from None

    def context(self, what: str) -> str:
        """Return the address of the metadata of what is answered."""
        return f"{self.root}/$metadata#{what}"

    def next_link(self, cursor: object) -> str:
        """Return the address of the next page."""
        return self.query.next_link(self.root, cursor)

    def link_to(self, path: str, cursor: object) -> str:
        """Return the address of a page of another collection."""
        return Query(path, "", ()).next_link(self.root, cursor)


_NAMESPACE = re.compile(r"^microsoft\.graph\.(?:\w+\.)*(?=\w+(?:\(|$))")
"""In front of the name of a function or of a type.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_AddressingOperations
"""

_KEY = re.compile(r"'((?:[^']|'')*)'\)")
"""A key in parentheses.

https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_AddressingEntities
"""

_GUID = re.compile(r"[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}", re.IGNORECASE)


def is_guid(name: str) -> bool:
    """Whether a name has the form of a GUID."""
    return _GUID.fullmatch(name) is not None


def _name(segment: str) -> str:
    """Return a name as the tenant has it: GUIDs are the same in capitals."""
    return segment.lower() if is_guid(segment) else segment


class Routes:
    """The endpoints, found by the segments of a path."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._tree: dict[str, Any] = {}
        for endpoint in endpoints:
            node = self._tree
            for segment in endpoint.path.strip("/").split("/"):
                node = node.setdefault(segment, {})
            node.setdefault("", {})[endpoint.method] = endpoint

    def find(self, method: str, segments: Iterable[str]) -> tuple[Endpoint, tuple[str, ...]]:
        """Return the endpoint and the names in the path, or refuse as Graph does."""
        node, names, last = self._tree, [], ""
        for segment in segments:
            last = _NAMESPACE.sub("", segment)
            name, bracket, arguments = last.partition("(")
            if last in node and last:
                node = node[last]
            elif bracket and f"{name}()" in node and last.endswith(")"):
                node = node[f"{name}()"]
                names.append(arguments[:-1])
            elif arguments == ")" and name in node:
                node = node[name]
            elif (key := _KEY.fullmatch(arguments)) and "{id}" in node.get(name, ()):
                node = node[name]["{id}"]
                names.append(_name(key[1].replace("''", "'")))
            elif "{id}" in node and segment:
                node = node["{id}"]
                names.append(_name(segment))
            else:
                raise GraphError.unknown_segment(segment)
        methods: dict[str, Endpoint] = node.get("", {})
        if not methods:
            raise GraphError.unknown_segment(last)
        if method not in methods:
            msg = "The OData request is not supported."
            raise GraphError(405, "Request_BadRequest", msg)
        return methods[method], tuple(names)
