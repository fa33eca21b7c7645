"""Tables of streams."""

from __future__ import annotations

import re
import sys
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING

from docs.computed import costs, references
from docs.computed.markdown import code, grid
from tap_msteams.declaration import Declaration
from tap_msteams.readers import Delta
from tap_msteams.run import is_split
from tap_msteams.settings import CLOUDS
from tap_msteams.streams import STREAMS

if TYPE_CHECKING:
    from docs.computed.references import Table

ASKING = [stream for stream in STREAMS if issubclass(stream, Declaration)]
"""The streams that need a permission."""

NEEDED = (
    "Where streams that are not selected are needed for their ids, the requests for those come on "
    "top."
)


def table() -> str:
    """All streams, with links to their columns, and notes on some."""
    heads = ("stream", "what a row is", "key", "incremental key", "permission", "requests a sync")
    rows = [
        (
            f"[{named(stream)}]({page(stream)}.md#{stream.name})",
            about(stream),
            code(stream.primary_keys),
            since(stream),
            _granted(stream) if issubclass(stream, Declaration) else "",
            costs.of(stream) if issubclass(stream, Declaration) else "none",
        )
        for stream in STREAMS
    ]
    lines = [
        grid(heads, rows),
        "",
        NEEDED,
        "Streams in bold are read unless a catalog says otherwise; the others only when selected.",
        f"Columns that cost much are read only when selected by name: {costly()}.",
    ]
    missing = {stream.name: frozenset(CLOUDS) - {*stream.clouds} for stream in ASKING}
    for clouds in dict.fromkeys(filter(None, missing.values())):
        names = " and ".join(f"`{cloud}`" for cloud in sorted(clouds))
        without = code(name for name, found in missing.items() if found == clouds)
        cloud = "cloud" if len(clouds) == 1 else "clouds"
        lines.append(f"Not in the {cloud} {names}: {without}.")
    return "\n".join(lines)


def named(stream: Table) -> str:
    """The name of a stream, in bold where it is read by default."""
    return f"**`{stream.name}`**" if stream.selected_by_default else f"`{stream.name}`"


def page(stream: Table) -> str:
    """The name of the page of a stream's area."""
    return stream.__module__.rpartition(".")[2].replace("_", "-")


def incremental() -> str:
    """The streams of which a run reads what has changed since the last one."""
    return code(it.name for it in ASKING if it.is_incremental()) + "."


def split() -> str:
    """The streams that shards divide, by the streams whose ids decide."""
    found: dict[str, list[str]] = {}
    for it in ASKING:
        if is_split(it, application=True):
            found.setdefault(_topmost(it).name, []).append(it.name)
    return "\n".join(f"- by the ids of `{name}`: {code(below)}" for name, below in found.items())


def _topmost(stream: type[Declaration]) -> type[Declaration]:
    """The first of the streams above a stream, or the stream itself."""
    parents = stream.parent_streams(application=True)
    return _topmost(parents[0]) if parents else stream


def costly() -> str:
    """The columns that are read only when selected by name."""
    return code(f"{stream.name}.{name}" for stream in STREAMS for name in stream.on_request)


def select() -> str:
    """The `select` of `meltano.yml`: the default, without costly columns."""
    left = [f'- "!{stream.name}.{name}"' for stream in STREAMS for name in stream.on_request]
    return "\n".join([f"- {name}" for name in _usual()] + left)


def everything() -> list[str]:
    """A `select` of all streams, without costly columns."""
    return ["*.*", *(f"!{stream.name}.{name}" for stream in STREAMS for name in stream.on_request)]


def left_out(*names: str) -> str:
    """The costly columns of some streams, as exclusions for a `select`."""
    left = [
        f'- "!{stream.name}.{name}"'
        for stream in STREAMS
        if stream.name in names
        for name in stream.on_request
    ]
    return "\n".join(left)


def first_select() -> str:
    """The `select` of a first project: the default, without costly columns of its streams."""
    usual = [it for it in STREAMS if it.selected_by_default]
    left = [f'"!{stream.name}.{name}"' for stream in usual for name in stream.on_request]
    return "\n".join(wrap(", ".join([*_usual(), *left]), 92, break_on_hyphens=False))


def _usual() -> list[str]:
    """The patterns that select the default streams."""
    return [f"{stream.name}.*" for stream in STREAMS if stream.selected_by_default]


def tables() -> str:
    """All tables, area by area."""
    parts = []
    for _, found in groupby(STREAMS, key=lambda stream: stream.__module__):
        streams = [*found]
        rows = [
            (
                f"`{stream.name}`",
                about(stream),
                code(stream.primary_keys),
                ", ".join(f"`{name}` → `{to}`" for name, to in references.leads_to(stream).items()),
                gone(stream),
            )
            for stream in streams
        ]
        heads = ("table", "what a row is", "key", "leads to", "what is gone")
        parts.append(f"### {area(streams[0])}\n\n{grid(heads, rows)}")
    return "\n\n".join(parts)


def nested() -> str:
    """References from within objects to other tables."""
    lines = []
    for table, (first, *inner, last), target in references.NESTED:
        path = "".join(f"->'{key}'" for key in inner)
        column = "joinWebUrl" if last == "joinWebUrl" else "id"
        inside = f"""{table}."{first}"{path}->>'{last}'"""
        lines.append(f'- `{inside}` = `{target}."{column}"`')
    return "\n".join(lines)


def about(stream: Table) -> str:
    """The description of a stream."""
    return (stream.__doc__ or "").splitlines()[0]


def since(stream: Table) -> str:
    """The way in which a stream finds what is new."""
    if changes := _replication_key(stream):
        return f"`{changes}`"
    if isinstance(getattr(stream, "read", None), Delta):
        return "Graph's delta link"
    adds = {"observedDateTime", "runId"} & {*stream.primary_keys} or stream.name == "sync_issues"
    return "each run adds rows" if adds else ""


def _replication_key(stream: Table) -> str | None:
    """The property by whose times a run continues; None where there is none."""
    return stream.read.replication_key if issubclass(stream, Declaration) else None


def _granted(stream: type[Declaration]) -> str:
    """The permission of an application, and that of a user where it differs."""
    needed = [f"`{stream.needs(application=it)}`" for it in (True, False)]
    either = needed[0] if len({*needed}) == 1 else f"{needed[0]} (a user: {needed[1]})"
    return either + ("; applications only" if stream.sign_in == "application" else "")


def gone(stream: Table) -> str:
    """The way in which a table shows deletions."""
    if isinstance(getattr(stream, "read", None), Delta):
        return "has `deleted`"
    if _replication_key(stream):
        properties = stream.properties.wrapped
        return "has `deletedDateTime`" if "deletedDateTime" in properties else "stays"
    parents = getattr(stream, "parents", ())
    follows = any(map(_replication_key, parents[:1]))
    return "stays" if stream.appends or follows else "has `_sdc_deleted_at`"


def area(stream: Table) -> str:
    """The title of a stream's area: the docstring of its module."""
    return re.split(r"[:.\n]", sys.modules[stream.__module__].__doc__ or "")[0]
