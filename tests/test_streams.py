"""Laws of a declaration: what a misspelt attribute would break."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from singer_sdk import typing as th

from tap_msteams import schema
from tap_msteams.declaration import TapStream
from tap_msteams.readers import GraphStream, Report
from tap_msteams.schema import Many
from tap_msteams.streams import STREAMS

TYPES = json.loads((Path(__file__).parent / "graph" / "types.json").read_text())

GRAPH_STREAMS = [
    stream
    for stream in STREAMS
    # Reports are no part of Graph's metadata.
    if issubclass(stream, GraphStream) and not isinstance(stream.read, Report)
]

every_stream = pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
every_graph_stream = pytest.mark.parametrize(
    "stream", GRAPH_STREAMS, ids=lambda stream: stream.name
)

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


def own(stream):
    """Names that the tap adds: ids of parents, and moments of observation."""
    made = {*stream.added, *stream.computed, *stream.query.expand}
    return (ids_above(stream) | made) - {"id"} - in_graph(stream)


def in_graph(stream):
    """Names that Graph declares for a record, of whichever type it is; bytes may be left out."""
    return {
        it["name"]
        for kind in (stream.entity, *stream.derived)
        for it in TYPES[kind]["properties"]
        if it["type"] != "Edm.Stream" or it["name"] in described(stream)
    }


def ids_above(stream):
    """Names of the ids of all that a stream is read below."""
    parents = [*stream.parents, stream.delegated and stream.delegated.parent]
    named = {name for parent in parents if parent for name in ids_above(parent) | {parent.fills}}
    return (named | {it.fills for it in stream.waits_for}) - {None}


def described(stream):
    return declared(stream.properties)


@every_stream
def test_names_are_plural_nouns_in_snake_case(stream):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", stream.name)


@every_stream
def test_the_docstring_says_what_a_row_is(stream):
    assert stream.__doc__
    assert "\n" not in stream.__doc__.partition("\n\n")[0].strip(), "a line, then what surprises"


@every_graph_stream
def test_permissions_look_like_permissions(stream):
    assert re.fullmatch(r"[A-Z][\w-]+(\.\w+)+", stream.permission)


@every_stream
def test_primary_keys_are_required_properties(stream):
    required = {name for name, item in described(stream).items() if not item.optional}
    assert set(stream.primary_keys) == required & set(stream.primary_keys)


@every_graph_stream
def test_variables_of_the_path_are_filled_by_parents(stream):
    bounds = {"since", "until", "date"}
    assert set(re.findall(r"{(\w+)}", stream.path)) - bounds <= ids_above(stream)


@every_graph_stream
def test_keys_are_ids_of_parents_and_of_the_record(stream):
    assert set(stream.primary_keys) <= set(described(stream))


@every_stream
def test_the_replication_key_is_a_moment(stream):
    if key := stream.__dict__.get("replication_key"):
        assert described(stream)[key].wrapped in {th.DateTimeType, th.DateType}


@every_graph_stream
def test_costly_and_detailed_properties_exist(stream):
    details = stream.details
    detailed = {*details.only, *(details.lists or ())} if details else set()
    assert {*stream.on_request, *detailed} <= set(described(stream))


@every_stream
def test_attributes_are_words_of_the_vocabulary(stream):
    known = {name for kind in stream.__mro__[1:] for name in vars(kind)}
    known |= {name for kind in stream.__mro__[1:] for name in getattr(kind, "__annotations__", {})}
    assert {name for name in vars(stream) if not name.startswith("_")} <= known


@every_graph_stream
def test_every_property_that_graph_declares_is_declared_here(stream):
    assert set(described(stream)) - own(stream) == in_graph(stream)


@every_graph_stream
def test_types_are_those_that_graph_declares(stream):
    known = own(stream) | in_graph(stream)
    for kind in (stream.entity, *stream.derived):
        assert list(differences(kind, stream.properties, stream.name, known)) == []


def differences(entity, properties, where, ours=frozenset()):
    """Yield where a declared type is not the one of Graph's metadata."""
    found = declared(properties)
    for item in TYPES[entity]["properties"]:
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
        yield from mismatch(item, kind, path)
    names = {item["name"] for item in TYPES[entity]["properties"]} | {"@odata.type"}
    for derived in TYPES[entity]["derived_types"]:
        # Types that no record holds are not among the facts.
        more = TYPES.get(derived, {"properties": []})["properties"]
        more = [it for it in more if it["name"] not in names]
        names |= {item["name"] for item in more}
        for item in more:
            if item["name"] in found and not item["collection"]:
                yield from mismatch(item, found[item["name"]].wrapped, f"{where}.{item['name']}")
    if not TYPES[entity]["open_type"]:
        yield from (f"{where}.{name} is unknown" for name in found.keys() - names - ours)


def mismatch(item, kind, path):
    if kind in TEXTS:
        kind = th.StringType
    if item["type"] in KINDS:
        if kind is not KINDS[item["type"]]:
            yield f"{path} is {item['type']}"
    elif item["type_kind"] == "enum":
        if kind is not th.StringType:
            yield f"{path} is an enumeration"
    elif not isinstance(kind, th.ObjectType):
        yield f"{path} is an object"
    else:
        yield from differences(item["type"], kind, path)


def test_streams_are_found_without_being_registered():
    assert {stream.name for stream in STREAMS} >= {
        "teams",
        "channels",
        "messages",
        "members",
        "presence",
    }
    assert all(issubclass(stream, TapStream) for stream in STREAMS)


def test_names_are_unique():
    assert len({stream.name for stream in STREAMS}) == len(STREAMS)
