"""Drift: where the declared streams and Graph's metadata have come apart.

    make drift TYPES=types.json

holds the streams against newer metadata, in the form of `tests/graph/types.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from singer_sdk import typing as th

from tap_msteams import schema
from tap_msteams.readers import GraphStream, Report
from tap_msteams.schema import Many
from tap_msteams.streams import STREAMS as ALL

TYPES = json.loads((Path(__file__).parent / "types.json").read_text())
"""The metadata that the streams follow."""

STREAMS = [
    stream
    for stream in ALL
    # Reports are no part of Graph's metadata.
    if issubclass(stream, GraphStream) and not isinstance(stream.read, Report)
]

KINDS = {
    "Edm.String": th.StringType,
    "Edm.Guid": th.StringType,
    "Edm.Binary": th.StringType,
    "Edm.Stream": th.StringType,
    "Edm.Boolean": th.BooleanType,
    "Edm.Decimal": th.NumberType,
    "Edm.Double": th.NumberType,
    "Edm.Duration": th.StringType,
    "Edm.Single": th.NumberType,
    "Edm.Int16": th.IntegerType,
    "Edm.Int32": th.IntegerType,
    "Edm.Int64": th.IntegerType,
    "Edm.Date": th.DateType,
    "Edm.DateTimeOffset": th.DateTimeType,
    "Edm.TimeOfDay": th.StringType,
}


TEXTS = {
    kind
    for kind in vars(schema).values()
    if isinstance(kind, type) and issubclass(kind, th.StringType)
}
"""Kinds of texts, which say more of a text than Graph's metadata does."""


def declared(properties):
    """The declared properties of an object or a stream, by name."""
    return {item.name: item for item in properties.wrapped.values()}


def own(stream, types):
    """Names that the tap adds: ids of parents, and moments of observation."""
    expanded = {option.partition("(")[0] for option in stream.query.expand}
    made = {*stream.added, *stream.computed, *expanded}
    return (ids_above(stream) | made) - {"id"} - in_graph(stream, types)


def in_graph(stream, types):
    """Names that Graph declares for a record, of whichever type it is; bytes may be left out."""
    return {
        it["name"]
        for kind in (stream.entity, *stream.derived)
        for it in (types[kind]["properties"] if kind in types else ())
        if it["type"] != "Edm.Stream" or it["name"] in described(stream)
    }


def ids_above(stream):
    """Names of the ids of all that a stream is read below."""
    parents = [*stream.parents, *(stream.delegated.parents or ())]
    named = {name for parent in parents for name in ids_above(parent) | {parent.fills}}
    awaited = stream.read.waits_for
    return (named | {awaited and awaited.fills}) - {None}


def described(stream):
    return declared(stream.properties)


def misfits(stream, types):
    """Yield where the declared types of a stream are not those of the metadata."""
    known = own(stream, types) | in_graph(stream, types)
    for kind in (stream.entity, *stream.derived):
        if kind in types:
            yield from differences(types, kind, stream.properties, stream.name, known)


def differences(types, entity, properties, where, ours=frozenset()):
    """Yield where a declared type is not the one of Graph's metadata."""
    found = declared(properties)
    for item in types[entity]["properties"]:
        name, path = item["name"], f"{where}.{item['name']}"
        if name not in found:
            if item["type"] != "Edm.Stream":
                yield f"{path} is missing"
            continue
        kind = found[name].wrapped
        if item["collection"]:
            if not isinstance(kind, Many):
                yield f"{path} is a collection"
                continue
            kind = kind.of
        yield from mismatch(types, item, kind, path)
    names = {item["name"] for item in types[entity]["properties"]} | {"@odata.type"}
    for derived in types[entity]["derived_types"]:
        # Types that no record holds are not among the facts.
        more = types.get(derived, {"properties": []})["properties"]
        more = [it for it in more if it["name"] not in names]
        names |= {item["name"] for item in more}
        for item in more:
            if item["name"] in found and not item["collection"]:
                yield from mismatch(
                    types, item, found[item["name"]].wrapped, f"{where}.{item['name']}"
                )
    if not types[entity]["open_type"]:
        yield from (f"{where}.{name} is unknown" for name in found.keys() - names - ours)


def mismatch(types, item, kind, path):
    if kind in TEXTS:
        kind = th.StringType
    if item["type"] in KINDS:
        if kind is not KINDS[item["type"]]:
            yield f"{path} is {item['type']}"
    elif item["type_kind"] == "enum":
        if kind is not th.StringType:
            yield f"{path} is an enumeration"
    elif item["type"] not in types:
        yield f"{path} is of the type {item['type']}, which is not there"
    elif not isinstance(kind, th.ObjectType):
        yield f"{path} is an object"
    else:
        yield from differences(types, item["type"], kind, path)


def drift(types, known=TYPES):
    """The findings in newer metadata, by what they are about."""
    used = {kind: it.name for it in STREAMS for kind in (it.entity, *it.derived)}
    return {
        "Types that are gone": sorted(f"{used[it]}: {it}" for it in used if it not in types),
        "Types that are new": sorted(types.keys() - known.keys()),
        "Properties that are gone": sorted(
            f"{stream.name}.{name}"
            for stream in STREAMS
            for name in described(stream).keys() - own(stream, types) - in_graph(stream, types)
            if stream.entity in types
        ),
        "Properties that are new, or of another type": sorted(
            {it for stream in STREAMS for it in misfits(stream, types) if "unknown" not in it}
        ),
        "Paths that are gone": sorted(_paths(known, used) - _paths(types, used)),
        "Paths that are new": sorted(_paths(types, used) - _paths(known, used)),
        "Members of enumerations that are gone": sorted(_members(known) - _members(types)),
        "Members of enumerations that are new": sorted(_members(types) - _members(known)),
    }


def _paths(types, used):
    """The paths below the records of the streams: relations of their types."""
    return {
        f"{stream}/{it['name']}: {it['type']}"
        for kind, stream in used.items()
        for it in types.get(kind, {}).get("navigation_properties", ())
    }


def _members(types):
    """The members of all enumerations."""
    enums = types.get("enums", {})
    return {f"{name}.{it['name']}" for name, enum in enums.items() for it in enum["members"]}


def report(findings):
    """The findings as a text."""
    told = [(about, found) for about, found in findings.items() if found]
    parts = ("\n  ".join([f"{about} ({len(found)})", *found]) for about, found in told)
    return "\n\n".join(parts) or "The streams are as the metadata says."


if __name__ == "__main__":
    found = drift(json.loads(Path(sys.argv[1]).read_text()))
    sys.stdout.write(report(found) + "\n")
    sys.exit(any(found.values()))
