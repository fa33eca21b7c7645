"""The computed files of the dbt package: sources, and a staging model for each stream."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from docs.computed import references, streams
from docs.computed.markdown import flat, grid
from tap_msteams.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docs.computed.references import Table

Column = tuple[str, str, tuple[str, ...], str]
"""Name, type, keys on the way to the value, and description."""

MODELS = Path(__file__).parents[2] / "dbt" / "models"
STAGING = MODELS / "staging"

DEEPEST = 3
"""The keys on the way to a column of its own; what lies deeper stays JSON."""

LONGEST = 63
"""Letters of a name in PostgreSQL."""

COMPUTED = "Computed from the declarations of the streams: see `make fix`."

TYPES = {
    "array": "json",
    "boolean": "boolean",
    "date": "date",
    "date-time": "timestamp",
    "integer": "bigint",
    "number": "number",
    "object": "json",
}
"""By format or type in JSON schema; everything else is text."""

LOADED = {
    "_sdc_extracted_at": "Time at which the tap read the row.",
    "_sdc_deleted_at": "Time at which a complete run no longer found the row.",
}

UNBOUND = {"users", "apps", "call_records", "webinars"}
"""Tables that hold less than others mention: an event may be a town hall, a call an old one."""

ELSEWHERE = {("channels", "hostTeamId"), ("groups", "id"), ("drive_items", "driveId")}
"""References to teams of other tenants, to teams not yet made, and to drives of the system."""


def snake(name: str) -> str:
    """A name of Graph's in snake_case."""
    apart = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name.replace("@odata.", "odata_"))
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", apart).lower()


def model(stream: Table) -> str:
    """The name of the staging model of a stream."""
    return f"stg_msteams__{stream.name}"


def columns(stream: Table) -> Iterator[Column]:
    """The columns of a staging model; of an object each key, and the whole object."""
    for name, declared in stream.all_properties().to_dict()["properties"].items():
        about = flat(declared.get("description", ""))
        if keys := declared.get("properties"):
            yield f"{snake(name)}_json", "json", (name,), about
            yield from _inner((name,), keys)
        else:
            yield snake(name), _type(declared), (name,), about
    for name, about in LOADED.items():
        yield name, "timestamp", (name,), about


def _inner(path: tuple[str, ...], keys: dict[str, Any]) -> Iterator[Column]:
    """The columns for the keys of an object."""
    for key, declared in keys.items():
        inner = (*path, key)
        name = "_".join(map(snake, inner))
        deeper = [*_inner(inner, declared.get("properties", {}))] if len(inner) < DEEPEST else []
        if deeper and all(len(it[0]) <= LONGEST for it in deeper):
            yield from deeper
        else:
            yield name, _type(declared), inner, flat(declared.get("description", ""))


def _type(declared: dict[str, Any]) -> str:
    """The type of a column."""
    found = declared.get("type", "object")
    kinds = [found] if isinstance(found, str) else found
    kind = next(it for it in kinds if it != "null")
    return TYPES.get(declared.get("format", kind), "text")


def staging(stream: Table) -> str:
    """The staging model of a stream."""
    lines = [
        f'    "{name}": {json.dumps([kind, *path])},' for name, kind, path, _ in columns(stream)
    ]
    call = f'{{{{ staging("{stream.name}", {{'
    return "\n".join([f"{{# {COMPUTED} #}}", call, *lines, "}) }}", ""])


def sources() -> str:
    """The tables, with descriptions."""
    tables = [
        {
            "name": stream.name,
            "description": streams.about(stream),
            "columns": [
                {"name": name, "description": flat(declared.get("description", "")), "quote": True}
                for name, declared in stream.all_properties().to_dict()["properties"].items()
            ],
        }
        for stream in STREAMS
    ]
    source = {
        "name": "msteams",
        "description": "Microsoft Teams, as tap-msteams loads it.",
        "schema": "{{ env_var('MSTEAMS_SCHEMA', var('msteams_schema')) }}",
        "tables": tables,
    }
    return _yaml({"sources": [source]})


def tests() -> str:
    """The staging models, with descriptions, and tests of their keys and references."""
    models = [
        {
            "name": model(stream),
            "description": streams.about(stream),
            "data_tests": [
                {"unique_key": {"arguments": {"columns": [*map(snake, stream.primary_keys)]}}},
                *_references(stream),
            ],
            "columns": [{"name": it[0], "description": it[3]} for it in columns(stream)],
        }
        for stream in STREAMS
    ]
    return _yaml({"models": models})


def _references(stream: Table) -> Iterator[dict[str, Any]]:
    """Tests that the rows of other tables are there."""
    own = stream.properties.wrapped
    for name, target in references.leads_to(stream).items():
        if target not in UNBOUND and (stream.name, name) not in ELSEWHERE:
            keys = references.TABLES[target].primary_keys
            pairs = {key: name if key == "id" else key for key in keys if key == "id" or key in own}
            arguments = {
                "to": f"ref('{model(references.TABLES[target])}')",
                "keys": {snake(key): snake(column) for key, column in pairs.items()},
            }
            yield {"refers_to": {"arguments": arguments}}


def _yaml(content: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(
        {"version": 2, **content}, sort_keys=False, allow_unicode=True, width=100
    )
    return f"# {COMPUTED}\n{text}"


def models() -> str:
    """The marts, and the views of what is in lists, with descriptions."""
    rows = [
        (f"`{model['name']}`", model["description"])
        for kind in ("marts", "details")
        for model in yaml.safe_load((MODELS / kind / f"_{kind}.yml").read_text())["models"]
    ]
    return grid(("table or view", "what it holds"), rows)


def files() -> dict[Path, str]:
    """All computed files, with their texts."""
    return {
        STAGING / "_sources.yml": sources(),
        STAGING / "_staging.yml": tests(),
        **{STAGING / f"{model(stream)}.sql": staging(stream) for stream in STREAMS},
    }
