"""Two published connectors read every stream that they have, unmodified but for addresses."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INSTALLED = HERE.parents[2] / ".tools" / "connectors"

# Their streams, and what the tenant has of them.
TAP = {
    "users": ("users", "id"),
    "groups": ("groups", "id"),
    "group_members": ("group_members", "id"),
    "group_owners": ("group_owners", "id"),
    "channels": ("channels", "id"),
    "channel_members": (),
    "channel_messages": ("messages", "id"),
    "channel_message_replies": ("messages", "id"),
    "channel_tabs": ("tabs", "id"),
    "conversations": ("conversations", "id"),
    "conversation_threads": (),
    "conversation_posts": ("posts", "id"),
    "team_drives": ("drives", "id"),
    "team_device_usage_report": (),
}
# It looks for JSON in the report, which is CSV, and has a row of none.
WITHOUT = {"channel_messages", "channel_message_replies", "team_device_usage_report"}
AIRBYTE = {name: told for name, told in TAP.items() if name not in WITHOUT}


@pytest.fixture
def run(environment):
    """Runs a connector's program, and returns its messages."""

    def done(connector, function, *arguments):
        python = INSTALLED / connector / "bin" / "python"
        if not python.exists():
            pytest.skip(f"{connector} is not here: `make clients`, with a Python 3.10 (PYTHON310)")
        command = [python, HERE / "pointed.py", function, *arguments]
        process = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert process.returncode == 0, process.stderr + process.stdout[-2000:]
        return process.stdout

    return done


def messages(output):
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def by_stream(pairs):
    found = defaultdict(set)
    for stream, row in pairs:
        found[stream].add(row.get("id"))
    return found


def compare(found, streams, expected_rows):
    """Every stream has rows, and none that the tenant has not."""
    assert set(found) == set(streams)
    for stream, told in streams.items():
        if told:
            ids = {row[told[1]] for row in expected_rows(told[0])}
            assert found[stream] <= ids, stream


def test_tap_ms_teams_reads_its_14_streams(run, facts, tmp_path, expected_rows):
    config, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    settings = {
        "client_id": facts.client_id,
        "client_secret": facts.client_secret,
        "tenant_id": facts.tenant_id,
        "refresh_token": facts.refresh_token,
        "start_date": "2020-01-01T00:00:00Z",
        "user_agent": "test",
    }
    config.write_text(json.dumps(settings))
    tap = ("tap-ms-teams", "tap_ms_teams:main", "--config", config)
    discovered = json.loads(run(*tap, "--discover"))
    for stream in discovered["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    catalog.write_text(json.dumps(discovered))

    output = messages(run(*tap, "--catalog", catalog))
    rows = [(it["stream"], it["record"]) for it in output if it["type"] == "RECORD"]
    found = by_stream(rows)

    compare(found, TAP, expected_rows)
    assert found["users"] == {key for (key,) in expected_rows("users", "id")}
    assert found["groups"] == {key for (key,) in expected_rows("groups", "id")}


def test_airbytes_source_reads_its_12_streams(run, sandbox, facts, tmp_path, expected_rows):
    config, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    credentials = {
        "auth_type": "Token",
        "tenant_id": facts.tenant_id,
        "client_id": facts.client_id,
        "client_secret": facts.client_secret,
    }
    config.write_text(json.dumps({"period": "D7", "credentials": credentials}))
    source = ("airbyte-source-microsoft-teams", "source_microsoft_teams.run:run")
    [discovered] = [
        it["catalog"]
        for it in messages(run(*source, "discover", "--config", config))
        if it["type"] == "CATALOG"
    ]
    chosen = [
        {"stream": it, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
        for it in discovered["streams"]
    ]
    catalog.write_text(json.dumps({"streams": chosen}))

    output = messages(run(*source, "read", "--config", config, "--catalog", catalog))
    records = [it["record"] for it in output if it["type"] == "RECORD"]
    found = by_stream((it["stream"], it["data"]) for it in records)
    assert sandbox.count()["GET /reports/getTeamsDeviceUsageUserDetail()"]

    compare(found, AIRBYTE, expected_rows)
    assert found["users"] == {key for (key,) in expected_rows("users", "id")}
