"""The attributes that a declaration of a stream can set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.client.row import ADDITIONAL_DATA
from tap_msteams.declaration.options import Query
from tap_msteams.declaration.stream import TapStream
from tap_msteams.declaration.way import Way
from tap_msteams.settings import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration.options import Content, Details
    from tap_msteams.declaration.stream import StreamTap
    from tap_msteams.errors import GraphError

Ids = dict[str, str]
"""The ids of a record's parents, by path variable."""

BODY_TEXT = "bodyText"
"""The text of a message without HTML."""


@dataclass(frozen=True, kw_only=True)
class Delegated:
    """Differences with a user's token."""

    path: str | None = None
    """The path used instead."""
    query: Query | None = None
    """The query options there."""
    parents: Sequence[type[Declaration]] | None = None
    """The parents there; with `()` the user alone, since users read what is their own."""
    permission: str | None = None
    """The least privileged permission."""
    lists: Sequence[str] | None = None
    """The properties in the collection; None: the same as for an application."""


class Declaration(TapStream):
    """The path of a collection at Graph, its parents, its permission, and its records."""

    # Path

    path: ClassVar[str]
    """Graph path below the version, with `{variables}` that the parents fill."""

    query: ClassVar[Query] = Query()
    """The query options that Graph takes on the path."""

    delegated: ClassVar[Delegated] = Delegated()
    """Differences with a user's token."""

    details: ClassVar[Details | None] = None
    """The path of one record, where Graph gives more than in the collection."""

    content: ClassVar[Content | None] = None
    """Bytes that belong to one record."""

    read: ClassVar[Way] = Way()
    """The way to read the stream, with the options of its reader."""

    # Parents

    parents: ClassVar[Sequence[type[Declaration]]] = ()
    """The streams whose records are the parents of this one."""

    parent_facts: ClassVar[Sequence[str]] = ()
    """Properties of the parents' records that `found_in` or `meaning` uses."""

    fills: ClassVar[str | None] = None
    """The path variable of child streams that the ids of this stream fill."""

    distinct_parents: ClassVar[bool] = False
    """Whether several records may lead to the same parent, which is then read once."""

    # Records

    once: ClassVar[bool] = False
    """Whether a record may appear below several parents; it is then emitted once."""

    chosen_by: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Settings that choose records, each with the properties that its entries are compared to;
    without any, the stream is left out where the setting is given."""

    # Permission

    permission: ClassVar[str]
    """The least privileged tenant-wide permission, usually the same for applications and users."""

    property_permissions: ClassVar[Mapping[str, str]] = {}
    """Permissions that single properties need, without which the others are read."""

    sign_in: ClassVar[Literal["application", "either"]] = "either"
    """The sign-ins that can read the stream."""

    clouds: ClassVar[Sequence[str]] = tuple(CLOUDS)
    """The clouds that have the stream."""

    acts_as: ClassVar[bool] = False
    """Whether Graph may ask on which user's behalf an application reads the stream."""

    product: ClassVar[str | None] = None
    """The product of Microsoft's that holds the records, where a tenant may lack it; a refusal for
    want of it is one notice."""

    cost: ClassVar[str | None] = None
    """The requests that a sync takes, where they do not follow from the other attributes."""

    # Properties

    entity: ClassVar[str]
    """The name of a record's type in Graph's metadata."""

    derived: ClassVar[Sequence[str]] = ()
    """Derived types that a record may have; their properties are declared, too."""

    facts: ClassVar[Sequence[str]] = ()
    """Keys of Graph's records that the stream itself uses, selected or not."""

    computed: ClassVar[Mapping[str, Callable[[Ids, Row], Any]]] = {}
    """Properties that the tap computes from the parents' ids and the facts of a record."""

    added: ClassVar[Sequence[str]] = ()
    """Properties that the reader adds, or that Graph sends without `$select`."""

    def __init__(self, tap: StreamTap) -> None:
        super().__init__(tap)
        self.replication_key = self.read.replication_key
        self.forced_replication_method = self.read.replication_method

    @classmethod
    @override
    def all_properties(cls) -> th.PropertiesList:
        if not cls.read.has_additional_data:
            return cls.properties
        return th.PropertiesList(*cls.properties.wrapped.values(), _ADDITIONAL)

    @classmethod
    def is_incremental(cls) -> bool:
        """Whether a run continues at the bookmarks of the last one."""
        return bool(cls.read.replication_key) or cls.read.replication_method == "INCREMENTAL"

    # Methods that a stream overrides where Graph has exceptions

    @classmethod
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:  # noqa: ARG003 - for overrides
        """The parents to read, from a parent stream's record; with `emits` for their rows."""
        return (ids,)

    @classmethod
    def barred(
        cls,
        facts: Mapping[str, Any],  # noqa: ARG003 - for overrides
        *,
        application: bool,  # noqa: ARG003 - for overrides
        tenant_id: str | None,  # noqa: ARG003 - for overrides
    ) -> GraphError | None:
        """The reason not to ask below a parent, from the facts of its record; None to ask."""
        return None

    @classmethod
    def ids_of(cls, parent: Ids, row: Row) -> Ids | None:
        """The ids of a record for its child streams; None where it belongs to another parent."""
        return {**parent, cls.fills: row["id"]} if cls.fills else parent

    @classmethod
    def content_path(cls, ids: Ids, row: Row, *, application: bool) -> str:  # noqa: ARG003 - for overrides
        """The path of the bytes of a record."""
        return fill(cls._content_route(application=application) or "", ids)

    @classmethod
    def meaning(
        cls,
        error: GraphError,
        ids: Ids,  # noqa: ARG003 - for overrides
        facts: Mapping[str, Any],  # noqa: ARG003 - for overrides
        *,
        application: bool,  # noqa: ARG003 - for overrides
    ) -> GraphError:
        """The error that a refusal stands for; `facts` are those of the parent's record."""
        return error

    # Values that follow from these attributes

    @classmethod
    def _different(cls, *, application: bool) -> Delegated:
        """The differences for a caller; none for an application."""
        return Delegated() if application else cls.delegated

    @classmethod
    def route(cls, *, application: bool) -> str:
        """The path that a caller uses."""
        return cls._different(application=application).path or cls.path

    @classmethod
    def routes(cls, *, application: bool) -> list[str]:
        """All paths that a caller may ask for."""
        found = (
            cls.route(application=application),
            cls.read.fallback_path,
            cls.details.path if cls.details else None,
            cls._content_route(application=application),
            *cls.read.more_paths,
        )
        return [path for path in found if path]

    @classmethod
    def _content_route(cls, *, application: bool) -> str | None:
        """The path of the bytes of a record that a caller uses."""
        if cls.content is None:
            return None
        below = cls.content.path.removeprefix(cls.path)
        if below == cls.content.path:
            return below
        return cls.route(application=application) + below

    @classmethod
    def options(cls, *, application: bool) -> Query:
        """The query options that Graph takes on that path."""
        return cls._different(application=application).query or cls.query

    @classmethod
    def parent_streams(cls, *, application: bool) -> list[type[Declaration]]:
        """The parent streams for a caller."""
        other = cls._different(application=application)
        options = cls.options(application=application)
        if other.parents is not None:
            return [*other.parents]
        if other.path and "{" not in other.path + (options.filter or ""):
            return []  # users read only their own where applications read everybody's
        return [*cls.parents]

    @classmethod
    def needs(cls, *, application: bool) -> str:
        """The permission that a caller needs."""
        return cls._different(application=application).permission or cls.permission

    @classmethod
    def listed(cls, *, application: bool) -> Sequence[str] | None:
        """The properties in the collection; None: all that are requested."""
        other = cls._different(application=application).lists
        return other or (cls.details.lists if cls.details else None)

    @classmethod
    def variable(cls) -> str:
        """The path variable that a record's own id fills."""
        return cls.fills or "id"

    @classmethod
    def names_above(cls, *, application: bool) -> set[str]:
        """The path variables that all ancestor streams fill."""
        found: set[str] = set()
        for parent in cls.parent_streams(application=application):
            found |= parent.names_above(application=application)
            found |= {parent.fills} if parent.fills else set()
        return found


_ADDITIONAL = th.Property(
    ADDITIONAL_DATA,
    # An object without a word on its properties: flattening makes JSON of it, and drops any other.
    th.CustomType({"type": ["object", "null"]}),
    description="Properties that Graph sends and that this version does not know.",
)


def owner(path: str) -> str | None:
    """The path of what a collection is below; None for a collection of the whole tenant."""
    found = re.match(r".*/\{\w+\}(?=/|$)", path)
    return found[0] if found else None


def fill(path: str, ids: Ids) -> str:
    """The path with its variables filled in."""
    return path.format_map({key: quote(value, safe=":@") for key, value in ids.items()})
