"""What a stream of Graph's declares: the vocabulary of all declarations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import quote

from typing_extensions import override

from tap_msteams.base.stream import TapStream
from tap_msteams.settings import CLOUDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_msteams.base.stream import Ids


class DeclaredStream(TapStream):
    """Where Graph has a collection, below what, who may read it, and what a record is."""

    # Where it is

    path: ClassVar[str]
    """Graph path below the version, with `{variables}` that the parents fill."""

    delegated_path: ClassVar[str | None] = None
    """The path to take instead with a user's token."""

    delegated_options: ClassVar[bool] = True
    """Whether Graph takes query options on `delegated_path`."""

    fallback_path: ClassVar[str | None] = None
    """The path to take where a cloud does not have `path`."""

    detail_path: ClassVar[str | None] = None
    """The path of one record, for properties that the collection leaves out."""

    content_path: ClassVar[str | None] = None
    """The path of the bytes that belong to one record, read when `content` is selected."""

    single: ClassVar[bool] = False
    """Whether the path is one entity and not a collection."""

    # Below what

    parent: ClassVar[type[DeclaredStream] | None] = None
    """The stream whose records this one is read below."""

    other_parents: ClassVar[Sequence[type[DeclaredStream]]] = ()
    """Further streams that it is read below."""

    delegated_parent: ClassVar[type[DeclaredStream] | None] = None
    """The parent with a user's token, where `delegated_path` is below another one."""

    reads: ClassVar[Sequence[str]] = ()
    """Properties of the parents' records that `found_in` looks at."""

    fills: ClassVar[str | None] = None
    """The path variable that ids of this stream fill for the streams below it."""

    once: ClassVar[bool] = False
    """Whether a record may come below several parents; then only the first of them counts."""

    version: ClassVar[str | None] = None
    """A number that rises whenever Graph makes a record anew; what comes with a lower one later
    is left out."""

    chosen_by: ClassVar[Sequence[tuple[str, ...]]] = ()
    """Settings that choose among the records, each with the properties that its entries name."""

    absent: ClassVar[bool] = False
    """Whether a 404 says that a parent has none of it, which is nothing to report."""

    # Who may read it

    permission: ClassVar[str]
    """Least privileged tenant-wide permission, for applications and, as a rule, users alike."""

    delegated_permission: ClassVar[str | None] = None
    """The one for users, where it is another."""

    sign_in: ClassVar[Literal["application", "either"]] = "either"
    """Which sign-in it needs."""

    clouds: ClassVar[Sequence[str]] = tuple(CLOUDS)
    """The clouds that have it."""

    acts_as: ClassVar[bool] = False
    """Whether some tenants want to know on whose behalf an application reads it."""

    # What a record is

    entity: ClassVar[str]
    """Graph's name of the type of a record."""

    derived: ClassVar[Sequence[str]] = ()
    """Other types that a record may be of; what they have more is declared, too."""

    added: ClassVar[Sequence[str]] = ()
    """Properties that do not come from Graph's record but from the tap."""

    looks_at: ClassVar[Sequence[str]] = ()
    """Keys of Graph's records that the stream itself needs, whether they are selected or not."""

    top: ClassVar[int | None] = None
    """The largest page that Graph gives, where it takes `$top`."""

    selects: ClassVar[bool] = True
    """Whether Graph takes `$select` for the collection."""

    expand: ClassVar[Sequence[str]] = ()
    """Properties that come with `$expand` only."""

    filter: ClassVar[str | None] = None
    """Which records are asked for, with `{variables}` as in the path."""

    order: ClassVar[str | None] = None
    """In which order they are asked for."""

    listed: ClassVar[Sequence[str] | None] = None
    """The properties that the collection gives; None: all but the `detailed` ones."""

    delegated_listed: ClassVar[Sequence[str] | None] = None
    """The same for `delegated_path`."""

    detailed: ClassVar[Sequence[str]] = ()
    """Properties that only `detail_path` gives."""

    content: ClassVar[str | None] = None
    """The property that holds what lies at `content_path`, in base64 or as text."""

    content_is_text: ClassVar[bool] = False
    """Whether that is text."""

    cost: ClassVar[str | None] = None
    """How many requests a sync takes, where that does not follow from the rest."""

    # What follows from it

    @classmethod
    def route(cls, *, application: bool) -> str:
        """The path that a caller takes."""
        return cls.path if application else cls.delegated_path or cls.path

    @classmethod
    def parents(cls, *, application: bool) -> list[type[DeclaredStream]]:
        """The streams that it is read below."""
        if cls.parent is None or "{" not in cls.route(application=application) + (cls.filter or ""):
            return []
        parent = cls.parent if application else cls.delegated_parent or cls.parent
        return [parent, *cls.other_parents]

    @classmethod
    @override
    def depth(cls, *, application: bool) -> int:
        parents = cls.parents(application=application)
        return max((1 + parent.depth(application=application) for parent in parents), default=0)

    @classmethod
    def needs(cls, *, application: bool) -> str:
        """The permission that a caller needs."""
        return cls.permission if application else cls.delegated_permission or cls.permission

    @classmethod
    def sync_cost(cls) -> str:
        """How many requests a sync takes, as documents tell it."""
        if cls.cost:
            return cls.cost
        parents = cls.parents(application=True)
        above = " and 1 per ".join(_one_of(parent) for parent in parents)
        page = f"{cls.top} rows" if cls.top else ""
        if not above:
            first = f"1 per {page}" if page else "1"
        elif page:
            first = f"1 per {above} and {page}"
        else:
            first = f"1 per {above}"
        more = f"; with `{cls.content}` 1 more per row" if cls.content else ""
        return first + more


def _one_of(stream: type[DeclaredStream]) -> str:
    """What to call one record of a stream."""
    return re.sub(r"s$", "", stream.name.replace("_", " "))


def fill(path: str, ids: Ids) -> str:
    """A path with its variables filled in."""
    return path.format_map({key: quote(value, safe=":@") for key, value in ids.items()})
