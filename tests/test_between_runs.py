"""Laws of what a run finds of the runs before it: selected, dated or forgotten otherwise."""

from __future__ import annotations

import pytest

from tap_msteams.readers import Window
from tap_msteams.streams import STREAMS
from tests.clock import Clock
from tests.conftest import run_tap, selection
from tests.streams.tables import catalog, expected_rows
from tests.target import TalkativeTap, Target

PICTURES = {"hosted_contents.contentBytes", "hosted_contents.contentType"}


@pytest.fixture
def clock():
    return Clock()


def full(*streams):
    """A catalog in which all streams are read anew each time."""
    found = selection(streams)
    for entry in found["streams"]:
        entry["replication_method"] = "FULL_TABLE"
    return found


# Streams that are selected later


@pytest.mark.parametrize(
    ("parent", "child"),
    [("messages", "hosted_contents"), ("call_records", "call_segments")],
)
def test_a_stream_selected_later_gets_the_whole_past_of_what_is_above_it(
    open_sandbox, clock, parent, child, caplog
):
    target = Target(open_sandbox(clock=clock), parent)
    target.run()
    target.catalog = catalog([parent, child])
    clock.forward(10)

    caplog.set_level("INFO")
    target.run()
    told = [it for it in caplog.messages if "read from the start once more" in it]
    clock.forward(10)
    before = len(target.sandbox.requests)
    third = target.run()

    alone = run_tap(target.sandbox.unpaced(), streams=[child])
    assert target.rows(child)
    assert target.rows(child) == alone.rows(child)
    assert len(told) == 1
    assert child in told[0]
    assert len(target.sandbox.requests) > before
    assert not third.records["messages"]


def test_a_stream_left_out_for_a_while_misses_nothing_of_that_while(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock)
    target = Target(sandbox, "messages")
    both, one = catalog(["messages", "hosted_contents"], also=PICTURES), catalog(["messages"])
    for chosen in (both, one, both):
        target.catalog = chosen
        clock.forward(3600)
        for seed in range(3):
            sandbox.tenant.change(seed)
        target.run()

    alone = run_tap(sandbox.unpaced(), catalog=both)
    assert alone.rows("hosted_contents").keys() <= target.rows("hosted_contents").keys()
    assert (
        target.rows("hosted_contents").keys()
        >= expected_rows(sandbox.tenant, "hosted_contents").keys()
    )


@pytest.mark.parametrize("last", [60, 150])
def test_a_kill_while_the_past_is_read_leaves_the_rest_to_the_next_run(open_sandbox, clock, last):
    target = Target(open_sandbox(clock=clock), "messages", tap=TalkativeTap)
    target.run()
    target.catalog = catalog(["messages", "hosted_contents"])
    assert target.run(last).code is None
    target.run()

    alone = run_tap(target.sandbox.unpaced(), streams=["hosted_contents"])
    assert target.rows("hosted_contents") == alone.rows("hosted_contents")


# Versions


@pytest.mark.parametrize("dated", [{"start_date": "2026-01-01"}, {"end_date": "2026-10-01"}])
def test_no_version_is_activated_over_an_excerpt_or_below_one(open_sandbox, dated):
    sandbox = open_sandbox()
    settings = {"emit_activate_version_messages": True}
    streams = ("teams", "messages", "hosted_contents", "chat_messages", "chat_hosted_contents")

    whole = run_tap(sandbox.unpaced(**settings), catalog=full(*streams))
    excerpt = run_tap(sandbox.unpaced(**settings, **dated), catalog=full(*streams))

    assert whole.activated == {*streams}
    assert excerpt.activated == {"teams"}


def test_no_version_is_activated_over_what_graph_forgets(open_sandbox):
    forgetful = [
        it.name
        for it in STREAMS
        if "deleted_team_m" in it.name
        or (isinstance(getattr(it, "read", None), Window) and it.read.kept)
    ]
    streams = [*forgetful, "user_activity", "call_segments"]
    sandbox = open_sandbox()
    sandbox.tenant.remove_team(next(iter(sandbox.tenant.teams)))
    output = run_tap(sandbox.unpaced(emit_activate_version_messages=True), catalog=full(*streams))

    assert {"call_records", "pstn_calls", "direct_routing_calls"} < {*forgetful}
    assert {name for name in streams if output.records[name]} == {*streams}
    assert output.code == 0
    assert output.activated == set()


def test_what_is_read_below_streams_that_append_appends_too():
    kinds = {it.name: it for it in STREAMS}
    for stream in kinds.values():
        if any(it.appends for it in getattr(stream, "parents", ())):
            assert stream.appends, stream.name


# Catalogs, states and dates of whatever kind


@pytest.mark.parametrize("stream", ["teams", "messages", "user_activity"])
def test_keys_are_written_whatever_a_catalog_says(shared_sandbox, stream):
    keys = {it.name: it.primary_keys for it in STREAMS}[stream]
    chosen = selection([stream], **{stream: keys})
    for entry in chosen["streams"]:
        for item in entry["metadata"]:
            item["metadata"]["inclusion"] = "available"
    output = run_tap(shared_sandbox.unpaced(), catalog=chosen)

    schema = output.schemas[stream]
    assert {*schema["key_properties"]} == {*keys} <= schema["schema"]["properties"].keys()
    assert all(row.keys() >= {*keys} for row in output.records[stream])


@pytest.mark.parametrize("start", ["0001-01-01", "1970-01-01"])
def test_a_start_before_anything_is_the_whole_history(shared_sandbox, start):
    streams = ["messages", "call_records"]
    whole = run_tap(shared_sandbox.unpaced(), streams=streams)
    dated = run_tap(shared_sandbox.unpaced(start_date=start), streams=streams)

    assert dated.code == 0
    assert [dated.rows(it) == whole.rows(it) for it in streams] == [True, True]
