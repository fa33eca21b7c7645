"""Pages of streams, one for each area."""

from __future__ import annotations

import inspect
from itertools import groupby
from typing import TYPE_CHECKING, Any

from docs.computed import costs, queries, streams
from docs.computed.markdown import code, flat, grid
from docs.computed.references import leads_to
from tap_msteams.declaration import Declaration
from tap_msteams.schema import Many
from tap_msteams.settings import CLOUDS
from tap_msteams.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from docs.computed.references import Table

MICROSOFT = "https://learn.microsoft.com/graph/api/resources/"

AREAS = {name: [*found] for name, found in groupby(STREAMS, key=streams.page)}
"""The streams of each area, by the name of its page."""

QUERIES = {
    "directory": "guests",
    "teams": "membership_history",
    "messages": "marts/response_times",
    "presence": "latest_presence",
    "meetings": "marts/meeting_attendance",
    "calls": "marts/worst_calls",
    "reports": "marts/adoption",
    "runs": "alerts",
}
"""The query that a page shows: of the marts where one of them answers it."""

MARTS = "[The marts of the dbt package](../marts.md#ask-it)"
TABLES = "[The tables](../tables.md#ready-to-run)"


def index(folder: str) -> str:
    """All areas with their streams, and links to the pages in a folder."""
    rows = [
        (f"[{streams.area(found[0])}]({folder}/{name}.md)", ", ".join(map(streams.named, found)))
        for name, found in AREAS.items()
    ]
    return grid(("area", "streams"), rows)


def page(name: str) -> str:
    """The streams of an area, with their columns."""
    found = AREAS[name]
    parts = [f"# {streams.area(found[0])}", _contents(found), *map(_section, found)]
    if name in QUERIES:
        shown = QUERIES[name]
        more = MARTS if shown.startswith("marts/") else TABLES
        parts += ["## A query", queries.query(shown), f"{more} have more, with their results."]
    return "\n\n".join(parts)


def _contents(found: Sequence[Table]) -> str:
    rows = [(f"[`{it.name}`](#{it.name})", streams.about(it)) for it in found]
    return grid(("stream", "what a row is"), rows)


def _section(stream: Table) -> str:
    """A stream: its facts, and its columns."""
    facts = grid(("property", "value"), _facts(stream))
    columns = grid(("column", "type", "what it is"), _columns(stream))
    return f"## `{stream.name}`\n\n{inspect.getdoc(stream)}\n\n{facts}\n\n{columns}"


def _facts(stream: Table) -> Iterator[tuple[str, str]]:
    """What somebody who selects a stream has to know."""
    yield "key", code(stream.primary_keys)
    if since := streams.since(stream):
        yield "incremental", since
    yield "read by default", "yes" if stream.selected_by_default else "no: select it"
    if issubclass(stream, Declaration):
        yield from _access(stream)
    yield "what is gone", streams.gone(stream)
    if far := leads_to(stream):
        yield "references", ", ".join(f"`{name}` → `{to}`" for name, to in far.items())


def _access(stream: type[Declaration]) -> Iterator[tuple[str, str]]:
    """What reading a stream takes."""
    yield "permission of an application", f"`{stream.needs(application=True)}`"
    delegated = stream.sign_in == "either"
    user = f"`{stream.needs(application=False)}`" if delegated else "none: applications only"
    yield "permission of a user", user
    if stream.acts_as:
        yield "setting", "`acts_as_user_id`, where the tenant asks on whose behalf it is read"
    yield "requests a sync", costs.of(stream)
    if missing := [cloud for cloud in CLOUDS if cloud not in stream.clouds]:
        yield "clouds without it", code(missing)
    routes = dict.fromkeys(
        path for application in (True, False) for path in stream.routes(application=application)
    )
    yield "at Graph", code(routes)
    if entity := getattr(stream, "entity", None):
        address = f"{MICROSOFT}{entity.lower().replace('.', '-')}"
        yield "Microsoft's page", f"[{entity.rpartition('.')[2]}]({address})"


def _columns(stream: Table) -> Iterator[tuple[str, str, str]]:
    """The columns of a stream, with types and descriptions."""
    needed = getattr(stream, "property_permissions", {})
    for name, column in stream.all_properties().wrapped.items():
        declared = column.to_dict()[name]
        told = [declared.get("description", "")]
        if name in stream.primary_keys:
            told.append("Part of the key." if len(stream.primary_keys) > 1 else "The key.")
        if name in stream.on_request and "only when selected" not in told[0].lower():
            told.append(_chosen(stream, name))
        if name in needed and needed[name] not in told[0]:
            told.append(f"Needs `{needed[name]}`.")
        yield f"`{name}`", _type(column.wrapped, declared), flat(" ".join(filter(None, told)))


def _chosen(stream: Table, name: str) -> str:
    """The way in which a costly column is selected."""
    switch = stream.switches.get(name)
    other = f", or with the setting `{switch}`" if switch else ""
    return f"Read only when selected by name{other}."


def _type(kind: Any, declared: dict[str, Any]) -> str:  # noqa: ANN401 - the SDK's types have no common one
    """The type of a column, with the keys of an object."""
    if isinstance(kind, Many):
        inner = kind.of if not isinstance(kind.of, type) else kind.of()
        return f"list of {_type(inner, inner.type_dict)}"
    if keys := declared.get("properties"):
        return f"object: {code(keys)}"
    name: str = next(it for it in declared["type"] if it != "null")
    return {"date-time": "timestamp", "date": "date"}.get(declared.get("format", ""), name)
