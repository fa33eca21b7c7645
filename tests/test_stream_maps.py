"""Stream maps and flattening, which the SDK promises of every tap."""

from __future__ import annotations

import json

import pytest

from tests.conftest import run_tap


def test_a_property_is_renamed(shared_sandbox):
    maps = {"teams": {"title": "displayName", "displayName": None}}
    output = run_tap(shared_sandbox.unpaced(stream_maps=maps), streams=["teams"])
    properties = output.schemas["teams"]["schema"]["properties"]
    names = {team.name for team in shared_sandbox.tenant.teams.values()}
    assert {row["title"] for row in output.records["teams"]} == names
    assert not any("displayName" in row for row in [*output.records["teams"], properties])


def test_rows_are_filtered(shared_sandbox):
    maps = {"channels": {"__filter__": "membershipType == 'standard'"}}
    output = run_tap(shared_sandbox.unpaced(stream_maps=maps), streams=["channels"])
    channels = list(shared_sandbox.tenant.expected("channels"))
    found = [row["id"] for row in output.records["channels"]]
    standard = {row["id"] for row in channels if row["membershipType"] == "standard"}
    assert set(found) == standard
    assert 0 < len(found) < len(channels)


def test_a_stream_is_called_otherwise(shared_sandbox):
    maps = {"teams": {"__alias__": "groups"}}
    output = run_tap(shared_sandbox.unpaced(stream_maps=maps), streams=["teams"])
    assert set(output.schemas) == set(output.records) == {"groups"}


def test_a_stream_is_written_twice(shared_sandbox):
    maps = {"people": {"__source__": "users", "id": "id", "__else__": None}}
    output = run_tap(shared_sandbox.unpaced(stream_maps=maps), streams=["users"])
    assert output.schemas["people"]["schema"]["properties"].keys() == {"id"}
    assert output.records["people"] == [{"id": row["id"]} for row in output.records["users"]]


@pytest.mark.parametrize("maps", [{"users": {}, "__else__": None}, {"teams": None}])
def test_a_stream_is_left_out(shared_sandbox, maps):
    output = run_tap(shared_sandbox.unpaced(stream_maps=maps), streams=["teams", "users"])
    assert set(output.schemas) == set(output.records) == {"users"}


def test_messages_are_mapped_and_their_bookmarks_kept(shared_sandbox):
    maps = {"messages": {"text": "body['content']", "body": None, "__filter__": "not replyToId"}}
    config = shared_sandbox.unpaced(stream_maps=maps)
    output = run_tap(config, streams=["messages"])
    roots = [row for row in shared_sandbox.tenant.expected() if not row["replyToId"]]
    assert {(row["channelId"], row["id"], row["text"]) for row in output.records["messages"]} == {
        (row["channelIdentity"]["channelId"], row["id"], row["body"]["content"]) for row in roots
    }
    again = run_tap(config, streams=["messages"], state=output.state)
    assert not again.records


def test_nested_properties_are_flattened(shared_sandbox):
    streams = ["teams", "messages"]
    flat = run_tap(
        shared_sandbox.unpaced(flattening_enabled=True, flattening_max_depth=1), streams=streams
    )
    nested = run_tap(shared_sandbox.unpaced(), streams=streams)
    properties = flat.schemas["teams"]["schema"]["properties"]
    assert "funSettings" not in properties
    assert properties["funSettings__allowGiphy"]["type"] == ["boolean", "null"]
    rows = nested.rows("teams")
    for key, row in flat.rows("teams").items():
        assert row["funSettings__allowGiphy"] == rows[key]["funSettings"]["allowGiphy"]
        assert row["summary__membersCount"] == rows[key]["summary"]["membersCount"]
    rows = nested.rows("messages")
    for key, row in flat.rows("messages").items():
        assert row["body__content"] == rows[key]["body"]["content"]
        assert json.loads(row["mentions"]) == rows[key]["mentions"]
