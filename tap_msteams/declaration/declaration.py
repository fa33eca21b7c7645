"""The vocabulary of all declarations."""

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
from tap_msteams.settings import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration.options import Content, Details
    from tap_msteams.errors import GraphError

Ids = dict[str, str]
"""Ids of the parents of a record, by path variable."""

BODY_TEXT = "bodyText"
"""The text of a message without HTML."""


@dataclass(frozen=True, kw_only=True)
class Delegated:
    """What is different with a user's token."""

    path: str | None = None
    """The path to take instead."""
    query: Query | None = None
    """The query options there."""
    parent: type[Declaration] | None = None
    """The parent there."""
    permission: str | None = None
    """The least privileged permission."""
    lists: Sequence[str] | None = None
    """The properties that the collection gives; None: the same as for an application."""


class Declaration(TapStream):
    """Where Graph has a collection, below what, who may read it, and what a record is."""

    # Where it is

    path: ClassVar[str]
    """Graph path below the version, with `{variables}` that the parents fill."""

    fallback_path: ClassVar[str | None] = None
    """The path to take where a cloud does not have `path`."""

    query: ClassVar[Query] = Query()
    """The query options that Graph takes there."""

    delegated: ClassVar[Delegated | None] = None
    """What is different with a user's token."""

    details: ClassVar[Details | None] = None
    """The address of one record, where it gives more than the collection."""

    content: ClassVar[Content | None] = None
    """Bytes that belong to one record."""

    single: ClassVar[bool] = False
    """Whether the path is one entity and not a collection."""

    absent: ClassVar[bool] = False
    """Whether a 404 says that a parent has none of it, which is nothing to report."""

    # Below what

    parents: ClassVar[Sequence[type[Declaration]]] = ()
    """The streams whose records this one is read below."""

    parent_facts: ClassVar[Sequence[str]] = ()
    """Properties of the parents' records that `found_in` or `meaning` looks at."""

    fills: ClassVar[str | None] = None
    """The path variable that ids of this stream fill for the streams below it."""

    distinct_parents: ClassVar[bool] = False
    """Whether several records may lead to one parent, which is then read once."""

    waits_for: ClassVar[Sequence[type[Declaration]]] = ()
    """Streams whose ids below the same parent it may have to wait for."""

    nested: ClassVar[str | None] = None
    """The property of the parents' records that holds those of this stream."""

    # Which records

    once: ClassVar[bool] = False
    """Whether a record may come below several parents; then only the first of them counts."""

    version: ClassVar[str | None] = None
    """A number that rises whenever Graph makes a record anew; what comes with a lower one later
    is left out."""

    chosen_by: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Settings that choose among the records, each with the properties that its entries name."""

    # Who may read it

    permission: ClassVar[str]
    """Least privileged tenant-wide permission, for applications and, as a rule, users alike."""

    sign_in: ClassVar[Literal["application", "either"]] = "either"
    """Which sign-in it needs."""

    clouds: ClassVar[Sequence[str]] = tuple(CLOUDS)
    """The clouds that have it."""

    acts_as: ClassVar[bool] = False
    """Whether some tenants want to know on whose behalf an application reads it."""

    cost: ClassVar[str | None] = None
    """How many requests a sync takes, where that does not follow from the rest."""

    # What a record is

    entity: ClassVar[str]
    """Graph's name of the type of a record."""

    derived: ClassVar[Sequence[str]] = ()
    """Other types that a record may be of; what they have more is declared, too."""

    facts: ClassVar[Sequence[str]] = ()
    """Keys of Graph's records that the stream itself looks at, selected or not."""

    computed: ClassVar[Mapping[str, Callable[[Ids, Row], Any]]] = {}
    """Properties that the tap makes out of the parents' ids and the facts of a record."""

    added: ClassVar[Sequence[str]] = ()
    """Properties that come from the reader, or from Graph without being asked for."""

    has_additional_data: ClassVar[bool] = True
    """Whether Graph may send properties that nobody declared."""

    @classmethod
    @override
    def all_properties(cls) -> th.PropertiesList:
        if not cls.has_additional_data:
            return cls.properties
        return th.PropertiesList(*cls.properties.wrapped.values(), _ADDITIONAL)

    # What a record leads to, and what a refusal means; overridden where Graph has exceptions

    @classmethod
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:  # noqa: ARG003 - for overrides
        """What to read below, out of a parent's record and its ids; for its rows if it `emits`."""
        return (ids,)

    @classmethod
    def barred(
        cls,
        facts: Mapping[str, Any],  # noqa: ARG003 - for overrides
        *,
        application: bool,  # noqa: ARG003 - for overrides
        tenant_id: str | None,  # noqa: ARG003 - for overrides
    ) -> GraphError | None:
        """Why there is no use in asking below a parent, by the facts of its record."""
        return None

    @classmethod
    def ids_of(cls, parent: Ids, row: Row) -> Ids | None:
        """The ids of a record for the streams below it; None where it belongs to another parent."""
        return {**parent, cls.fills: row["id"]} if cls.fills else parent

    @classmethod
    def content_path(cls, ids: Ids, row: Row, *, application: bool) -> str:  # noqa: ARG003 - for overrides
        """Where the bytes of a record are."""
        if cls.content is None:
            return ""
        path = None if application else cls.content.delegated_path
        return fill(path or cls.content.path, ids)

    @classmethod
    def meaning(
        cls,
        error: GraphError,
        ids: Ids,  # noqa: ARG003 - for overrides
        facts: Mapping[str, Any],  # noqa: ARG003 - for overrides
        *,
        application: bool,  # noqa: ARG003 - for overrides
    ) -> GraphError:
        """What a refusal of Graph's means here; `facts` are those of the parent's record."""
        return error

    # What follows from all this

    @classmethod
    def route(cls, *, application: bool) -> str:
        """The path that a caller takes."""
        other = cls.delegated.path if cls.delegated and not application else None
        return other or cls.path

    @classmethod
    def options(cls, *, application: bool) -> Query:
        """The query options that Graph takes on that path."""
        other = cls.delegated.query if cls.delegated and not application else None
        return other or cls.query

    @classmethod
    def parent_streams(cls, *, application: bool) -> list[type[Declaration]]:
        """The streams that it is read below."""
        other = cls.delegated if cls.delegated and not application else None
        options = cls.options(application=application)
        if other and other.path and "{" not in other.path + (options.filter or ""):
            return []  # what is everybody's for an application is one's own here
        parent = other.parent if other else None
        return [parent, *cls.parents[1:]] if parent else [*cls.parents]

    @classmethod
    def needs(cls, *, application: bool) -> str:
        """The permission that a caller needs."""
        other = cls.delegated.permission if cls.delegated and not application else None
        return other or cls.permission

    @classmethod
    def listed(cls, *, application: bool) -> Sequence[str] | None:
        """The properties that the collection gives; None: all that are asked for."""
        other = cls.delegated.lists if cls.delegated and not application else None
        return other or (cls.details.lists if cls.details else None)

    @classmethod
    def names_above(cls, *, application: bool) -> set[str]:
        """The variables that ids of all streams above it fill."""
        found: set[str] = set()
        for parent in cls.parent_streams(application=application):
            found |= parent.names_above(application=application) | {parent.fills or ""}
        return found - {""}

    @classmethod
    def sync_cost(cls) -> str:
        """How many requests a sync takes, as documents tell it."""
        if cls.cost:
            return cls.cost
        parents = cls.parent_streams(application=True)
        above = " and 1 per ".join(_one_of(parent) for parent in parents)
        page = f"{cls.query.top} rows" if cls.query.top else ""
        if not above:
            first = f"1 per {page}" if page else "1"
        elif page:
            first = f"1 per {above} and {page}"
        else:
            first = f"1 per {above}"
        more = f"; with `{cls.content.name}` 1 more per row" if cls.content else ""
        return first + more


_ADDITIONAL = th.Property(
    ADDITIONAL_DATA,
    th.ObjectType(),
    description="Properties that Graph sends and that this version does not know.",
)


def _one_of(stream: type[Declaration]) -> str:
    """What to call one record of a stream."""
    return re.sub(r"s$", "", stream.name.replace("_", " "))


def fill(path: str, ids: Ids) -> str:
    """A path with its variables filled in."""
    return path.format_map({key: quote(value, safe=":@") for key, value in ids.items()})
