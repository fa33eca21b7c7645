"""The pictures, and what is computed of tables and permissions, agree with the streams."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from demo import diagram, pages
from tap_msteams.streams import STREAMS
from tests.conftest import run_tap

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
STREAM_NAMES = {stream.name for stream in STREAMS}

PICTURES = ("tables", "weekly_messages", "writing_hours", "response_times")
"""Those that are computed; the others show a terminal."""

NEVER_THERE = {"sync_issues", "deleted_teams", "deleted_team_messages"}
"""Streams of which a tenant has nothing where nothing has gone wrong or away."""


@pytest.fixture(scope="module")
def rows(shared_sandbox):
    """All records of all streams."""
    config = {**shared_sandbox.config(), "rate_limit_share": 0, "on_error": "report"}
    found = run_tap(config, streams=STREAM_NAMES).records
    assert {name for name in STREAM_NAMES if not found[name]} <= NEVER_THERE
    return found


LEADS = [
    (stream.name, column, target)
    for stream in STREAMS
    for column, target in diagram.leads_to(stream).items()
]


@pytest.mark.parametrize(("table", "column", "target"), LEADS)
def test_a_column_leads_to_the_table_that_the_diagram_says(rows, table, column, target):
    ids = {row["id"] if target != "sync_runs" else row["runId"] for row in rows[target]}
    values = {row.get(column) for row in rows[table]} - {None}

    if table not in NEVER_THERE:
        assert values & ids


@pytest.mark.parametrize(("table", "path", "target"), diagram.NESTED)
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


def test_no_key_that_is_an_id_of_another_table_is_left_out_of_the_diagram():
    foreign = {stream.fills for stream in diagram.STREAMS if getattr(stream, "fills", None)}
    for stream in STREAMS:
        for column in foreign & {*stream.primary_keys}:
            if (stream.name, column) in diagram.ELSEWHERE:
                continue
            assert column in diagram.leads_to(stream), (stream.name, column)


def test_every_table_is_in_the_picture_and_in_the_text():
    picture = (DOCS / "pictures" / "tables.svg").read_text()
    text = diagram.mermaid()

    for stream in STREAMS:
        assert f"</tspan> {stream.name}<" in picture
        assert f"  {stream.name} {{" in text


def test_every_permission_of_a_stream_is_told():
    page = (DOCS / "permissions.md").read_text()
    for stream in pages.ASKING:
        assert f"| `{stream.permission}` |" in page
        assert f"`{stream.name}`" in page


def test_what_somebody_writes_or_says_is_told_of_its_permission():
    told = {stream.name: pages.holds(stream) for stream in pages.ASKING}

    assert "what they wrote" in told["messages"]
    assert "what they wrote" in told["chat_messages"]
    assert "what they said" in told["transcripts"]
    assert told["teams"] == []
    assert all("people" in told[name] for name in ("users", "members", "presence"))


def test_owners_consent_to_permissions_of_their_team_only():
    assert set(pages.CONSENTED) <= STREAM_NAMES
    assert all(permission.endswith(".Read.Group") for permission in pages.CONSENTED.values())


def test_computed_pictures_are_fresh():
    files = [f"docs/pictures/{name}.svg" for name in PICTURES]
    command = (sys.executable, "-m", "cogapp", "--check", *files)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"run `make fix`: {done.stdout}"
