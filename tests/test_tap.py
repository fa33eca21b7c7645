"""The tap as a user meets it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tap_msteams.streams import STREAMS
from tap_msteams_sandbox import Tenant
from tests.cloud import Sandbox
from tests.conftest import PATIENCE, SMALL, selection

NAMES = sorted(stream.name for stream in STREAMS)
BY_DEFAULT = {stream.name for stream in STREAMS if stream.selected_by_default}
SECRET = "Qx8Q~hunter2"
KINDS = {"SCHEMA", "RECORD", "STATE", "ACTIVATE_VERSION"}


@dataclass
class Told:
    """What a process said and how it ended."""

    code: int
    out: str
    log: str

    @property
    def messages(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def errors(self):
        lines = [line.split(" | ", 3) for line in self.log.splitlines()]
        return [line[3] for line in lines if len(line) == 4 and line[1].strip() == "ERROR"]

    def streams(self, kind):
        return [message["stream"] for message in self.messages if message["type"] == kind]


def run(folder, *arguments, **variables):
    """Run the tap's process to its end in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "tap_msteams", *arguments],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr
    return Told(done.returncode, done.stdout, done.stderr)


def written(folder, name, content):
    """A file in the folder; returns its name."""
    (folder / name).write_text(json.dumps(content))
    return name


# Without a configuration and without a network


@pytest.fixture
def nowhere(closed_port):
    """An address where nobody listens."""
    return f"http://127.0.0.1:{closed_port}"


@pytest.fixture
def offline(tmp_path, nowhere):
    """Runs the tap behind a proxy that is not there."""

    def told(*arguments):
        return run(tmp_path, *arguments, HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere)

    return told


def test_the_catalog_can_be_discovered_offline(offline):
    told = offline("--discover")
    assert told.code == 0
    assert [entry["stream"] for entry in json.loads(told.out)["streams"]] == NAMES


def test_the_tap_describes_itself_offline(offline):
    told = offline("--about", "--format=json")
    about = json.loads(told.out)
    assert told.code == 0
    assert about["name"] == "tap-msteams"
    assert {"catalog", "state", "discover", "about", "stream-maps"} <= set(about["capabilities"])
    assert about["settings"]["properties"]["client_secret"]["secret"]


def test_the_tap_tells_its_version_offline(offline):
    told = offline("--version")
    assert told.code == 0
    assert told.out.startswith("tap-msteams v")


def test_schemas_can_be_written_offline(offline, tmp_path):
    config = written(tmp_path, "c.json", {"auth_method": "managed_identity"})
    told = offline("--config", config, "--test=schema")
    assert told.code == 0
    assert told.streams("SCHEMA") == NAMES
    assert {message["type"] for message in told.messages} == {"SCHEMA"}


def test_schemas_of_a_catalog_are_those_of_the_selected_streams(offline, tmp_path):
    config = written(tmp_path, "c.json", {"auth_method": "managed_identity"})
    catalog = written(tmp_path, "catalog.json", selection(["teams", "chats"]))
    told = offline("--config", config, "--catalog", catalog, "--test=schema")
    columns = {it["stream"]: it["schema"]["properties"].keys() for it in told.messages}
    assert told.code == 0
    assert told.streams("SCHEMA") == ["chats", "teams"]
    assert columns["teams"] >= {"id", "displayName", "visibility"}
    assert "lastMessagePreview" not in columns["chats"]


# Bad input


def test_a_secret_that_has_expired_is_told_in_one_line(open_sandbox, tmp_path):
    sandbox = open_sandbox()
    for application in sandbox.entra.applications.values():
        application.secret_expires = 0
    told = run(tmp_path, "--config", written(tmp_path, "c.json", sandbox.config()))
    assert (told.code, told.out) == (1, "")
    [line] = told.errors
    assert "the client secret has expired: create a new one and set 'client_secret'" in line
    assert sandbox.config()["client_secret"] not in told.log


def test_a_sign_in_that_was_revoked_is_told_in_one_line(open_sandbox, tmp_path):
    sandbox = open_sandbox(auth="refresh_token")
    sandbox.entra.revoke_all()
    told = run(tmp_path, "--config", written(tmp_path, "c.json", sandbox.config()))
    assert (told.code, told.out) == (1, "")
    [line] = told.errors
    assert "the refresh token was revoked: sign in again with `tap-msteams login`" in line
    assert "'refresh_token'" in line
    assert sandbox.config()["refresh_token"] not in told.log


def test_an_address_that_is_no_graph_is_not_taken_for_an_empty_tenant(open_sandbox, tmp_path):
    sandbox = open_sandbox()
    sandbox.entra.resource = address = sandbox.authority_host
    config = written(tmp_path, "c.json", sandbox.config() | {"graph_url": address})
    told = run(tmp_path, "--config", config)
    assert told.code != 0
    assert "graph_url" in told.log


@pytest.mark.parametrize("arguments", [["--catalog", "x.json"], ["--state", "x.json"], ["--sync"]])
def test_a_wrong_command_line_ends_with_its_own_code(tmp_path, arguments):
    told = run(tmp_path, *arguments)
    assert (told.code, told.out) == (2, "")
    assert re.search("x.json|--sync", told.log.splitlines()[-1])


def test_each_thing_that_is_wrong_has_a_line_of_its_own(tmp_path):
    config = {"client_secret": SECRET, "conurrency": 1, "lookback_minutes": -1}
    told = run(tmp_path, "--config", written(tmp_path, "c.json", config))
    assert (told.code, told.out) == (1, "")
    assert [re.search(r"'(\w+)'", line)[1] for line in told.errors] == [
        "conurrency",
        "lookback_minutes",
        "service_principal",
        "service_principal",
    ]


@pytest.mark.parametrize("expression", ["a b +", "nobody"])
def test_a_stream_map_that_cannot_be_computed_is_told_by_its_setting(
    shared_sandbox, tmp_path, expression
):
    maps = {"teams": {"title": expression}}
    config = shared_sandbox.config() | {"stream_maps": maps}
    told = run(tmp_path, "--config", written(tmp_path, "c.json", config))
    assert told.code == 1
    [line] = told.errors
    assert line.startswith("'stream_maps' (env TAP_MSTEAMS_STREAM_MAPS): ")
    assert expression in line


# Good input


def test_the_environment_is_a_configuration(shared_sandbox, tmp_path):
    variables = {**shared_sandbox.environment(), "TAP_MSTEAMS_RATE_LIMIT_SHARE": "0"}
    told = run(tmp_path, "--config", "ENV", **variables)
    assert (told.code, told.errors) == (0, [])
    assert set(told.streams("RECORD")) == BY_DEFAULT - {"sync_issues"}


def test_plain_singer_is_spoken(shared_sandbox, tmp_path):
    config = ["--config", written(tmp_path, "c.json", shared_sandbox.config())]
    # A later file wins.
    config += ["--config", written(tmp_path, "d.json", {"rate_limit_share": 0})]
    catalog = ["--catalog", written(tmp_path, "cat.json", selection(["messages", "teams"]))]
    first = run(tmp_path, *config, *catalog)
    assert (first.code, first.errors) == (0, [])
    assert set(first.streams("SCHEMA")) == set(first.streams("RECORD")) == {"messages", "teams"}
    assert {message["type"] for message in first.messages} <= KINDS
    state = [message["value"] for message in first.messages if message["type"] == "STATE"][-1]
    second = run(tmp_path, *config, *catalog, "--state", written(tmp_path, "s.json", state))
    assert (second.code, set(second.streams("RECORD"))) == (0, {"teams"})


def test_a_connection_can_be_tested(shared_sandbox, tmp_path):
    config = written(tmp_path, "c.json", shared_sandbox.config() | {"rate_limit_share": 0})
    told = run(tmp_path, "--config", config, "--test")
    assert (told.code, told.errors) == (0, [])
    tested = set(NAMES) - {"sync_issues", "sync_runs"}
    assert set(told.streams("RECORD")) == tested
    assert len(told.streams("RECORD")) == len(tested)


def test_a_connection_that_lets_nothing_be_read_fails(open_sandbox, tmp_path):
    sandbox = open_sandbox(faults=["403:where=v1.0,times=0"])
    config = written(tmp_path, "c.json", sandbox.config() | {"rate_limit_share": 0})
    told = run(tmp_path, "--config", config, "--test")
    assert told.code == 1
    assert told.streams("RECORD") == []
    [line] = [it for it in told.errors if "selected, and could not be read" in it]
    assert "teams" in line
    assert "call_records" not in line


def test_a_test_that_cannot_sign_in_says_so_in_one_line(shared_sandbox, tmp_path):
    config = written(tmp_path, "c.json", shared_sandbox.config() | {"client_secret": "mistyped"})
    told = run(tmp_path, "--config", config, "--test=records")
    assert told.code == 1
    [line] = told.errors
    assert "AADSTS7000215" in line


@pytest.mark.parametrize("lines", [0, 20])
def test_a_target_that_closes_its_input_is_told_in_one_line(shared_sandbox, tmp_path, lines):
    config = written(tmp_path, "c.json", shared_sandbox.config() | {"rate_limit_share": 0})
    with subprocess.Popen(
        [sys.executable, "-m", "tap_msteams", "--config", config],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        log = process.stderr.read().decode()
        code = process.wait(PATIENCE)
    told = Told(code, "", log)
    assert code == 1
    assert told.errors == ["the target has closed its input: its log says why"]
    assert "Traceback" not in log
    assert "Exception ignored" not in log


def test_a_tenant_of_nothing_is_read_to_its_end(tmp_path):
    with Sandbox(tenant=Tenant(**{**SMALL, "teams": 0})) as sandbox:
        config = written(tmp_path, "c.json", sandbox.config() | {"rate_limit_share": 0})
        told = run(tmp_path, "--config", config)
    assert (told.code, told.errors) == (0, [])
    assert set(told.streams("RECORD")) == {"users", "presence", "sync_runs"}
