"""What is computed of tables and permissions agrees with the streams."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.computed import permissions, references
from docs.computed.streams import ASKING
from tap_msteams.streams import STREAMS
from tests.conftest import run_tap

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
STREAM_NAMES = {stream.name for stream in STREAMS}

NEVER_THERE = {"sync_issues", "deleted_teams", "deleted_team_messages"}
"""Streams of which a tenant has nothing where nothing has gone wrong or away."""


@pytest.fixture(scope="module")
def rows(shared_sandbox):
    """All records of all streams."""
    config = shared_sandbox.unpaced(on_error="report")
    found = run_tap(config, streams=STREAM_NAMES).records
    assert {name for name in STREAM_NAMES if not found[name]} <= NEVER_THERE
    return found


LEADS = [
    (stream.name, column, target)
    for stream in STREAMS
    for column, target in references.leads_to(stream).items()
]


@pytest.mark.parametrize(("table", "column", "target"), LEADS)
def test_a_column_leads_to_the_table_that_the_page_says(rows, table, column, target):
    ids = {row["id"] if target != "sync_runs" else row["runId"] for row in rows[target]}
    values = {row.get(column) for row in rows[table]} - {None}

    if table not in NEVER_THERE:
        assert values & ids


@pytest.mark.parametrize(("table", "path", "target"), references.NESTED)
def test_a_value_within_an_object_leads_where_the_page_says(rows, table, path, target):
    values = set()
    for row in rows[table]:
        found = row
        for key in path:
            found = (found or {}).get(key)
        values.add(found)
    column = path[-1] if path[-1] == "joinWebUrl" else "id"

    if table not in NEVER_THERE:
        assert values & {row[column] for row in rows[target]}


def test_no_key_that_is_an_id_of_another_table_is_left_out():
    foreign = {stream.fills for stream in STREAMS if getattr(stream, "fills", None)}
    for stream in STREAMS:
        for column in foreign & {*stream.primary_keys}:
            if (stream.name, column) in references.ELSEWHERE:
                continue
            assert column in references.leads_to(stream), (stream.name, column)


def test_every_table_is_on_the_page_with_its_key_and_what_it_leads_to():
    page = (DOCS / "tables.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \| ([^|]*) \|[^|]*\|$", page, re.MULTILINE)

    assert [name for name, _, _ in rows] == [stream.name for stream in STREAMS]
    for stream, (_, key, leads) in zip(STREAMS, rows, strict=True):
        assert re.findall(r"`(\w+)`", key) == [*stream.primary_keys]
        assert dict(re.findall(r"`(\w+)` → `(\w+)`", leads)) == references.leads_to(stream)


def test_every_permission_of_a_stream_is_told():
    page = (DOCS / "permissions.md").read_text()
    for stream in ASKING:
        assert f"| `{stream.permission}` |" in page
        assert f"`{stream.name}`" in page


def test_what_somebody_writes_or_says_is_told_of_its_permission():
    told = {stream.name: permissions.holds(stream) for stream in ASKING}

    assert "what they wrote" in told["messages"]
    assert "what they wrote" in told["chat_messages"]
    assert "what they said" in told["transcripts"]
    assert told["teams"] == []
    assert all("people" in told[name] for name in ("users", "members", "presence"))


def test_a_permission_to_write_is_asked_for_only_where_graph_has_no_lesser_one():
    assert [it.name for it in ASKING if "Write" in it.permission] == ["offer_shift_requests"]


def test_owners_consent_to_permissions_of_their_team_only():
    assert set(permissions.CONSENTED) <= STREAM_NAMES
    assert all(permission.endswith(".Read.Group") for permission in permissions.CONSENTED.values())


def test_no_version_is_activated_for_a_table_with_a_column_of_that_name():
    # target-postgres marks what is gone by a parameter `version`, which no column may be called.
    assert not [
        it.name
        for it in STREAMS
        if "version" in it.properties.wrapped and not it.appends and not it.read.replication_key
    ]
