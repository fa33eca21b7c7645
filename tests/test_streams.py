"""Laws of a declaration: what a misspelt attribute would break."""

from __future__ import annotations

import json
import re

import pytest
from singer_sdk import typing as th

from tap_msteams.declaration import TapStream
from tap_msteams.streams import STREAMS
from tests.graph.drift import STREAMS as GRAPH_STREAMS
from tests.graph.drift import TYPES, described, drift, ids_above, in_graph, misfits, own, report

every_stream = pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
every_graph_stream = pytest.mark.parametrize(
    "stream", GRAPH_STREAMS, ids=lambda stream: stream.name
)


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
    bounds = {"since", "until", "date", "events"}
    assert set(re.findall(r"{(\w+)}", stream.path)) - bounds <= ids_above(stream)


@every_graph_stream
def test_keys_are_ids_of_parents_and_of_the_record(stream):
    assert set(stream.primary_keys) <= set(described(stream))


@every_graph_stream
def test_the_replication_key_is_a_moment(stream):
    if key := stream.read.replication_key:
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
    assert set(described(stream)) - own(stream, TYPES) == in_graph(stream, TYPES)


@every_graph_stream
def test_types_are_those_that_graph_declares(stream):
    assert list(misfits(stream, TYPES)) == []


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


# Newer metadata


def changed(change):
    types = json.loads(json.dumps(TYPES))
    change(types)
    return types


def rename(properties, old, new):
    next(it for it in properties if it["name"] == old)["name"] = new


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda it: rename(it["chat"]["properties"], "topic", "theme"),
            {
                "Properties that are gone": ["chats.topic"],
                "Properties that are new, or of another type": ["chats.theme is missing"],
            },
        ),
        (
            lambda it: next(
                item for item in it["chatInfo"]["properties"] if item["name"] == "threadId"
            ).update(type="Edm.Int32"),
            {
                "Properties that are new, or of another type": [
                    "online_meetings.chatInfo.threadId is Edm.Int32",
                    "virtual_event_sessions.chatInfo.threadId is Edm.Int32",
                ]
            },
        ),
        (
            lambda it: it.pop("community"),
            {"Types that are gone": ["communities: community"]},
        ),
        (
            lambda it: rename(it["team"]["navigation_properties"], "tags", "labels"),
            {
                "Paths that are gone": ["teams/tags: teamworkTag"],
                "Paths that are new": ["teams/labels: teamworkTag"],
            },
        ),
        (
            lambda it: it["enums"]["chatType"]["members"].append({"name": "broadcast"}),
            {"Members of enumerations that are new": ["chatType.broadcast"]},
        ),
    ],
    ids=["property", "type of a property", "type", "path", "enumeration"],
)
def test_newer_metadata_tells_what_is_new_and_gone(change, told):
    found = drift(changed(change))
    for about, names in told.items():
        assert found[about] == names
        assert about in report(found)
    assert {about for about, names in found.items() if names} <= {
        *told, "Paths that are gone", "Properties that are new, or of another type"
    }  # fmt: skip


def test_the_metadata_that_the_streams_follow_tells_no_drift():
    assert report(drift(TYPES)) == "The streams are as the metadata says."
