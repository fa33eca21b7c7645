"""The progress of a process: on its terminal, in its log, and for machines."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
from collections import defaultdict

import pytest
from singer_sdk.metrics import Point

from tests.conftest import PATIENCE, run_tap
from tests.target import UNPACED

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


# The process on a terminal


class Screen:
    """A run of the process with a terminal as its stderr."""

    def __init__(self, command, folder, config, close_after=None, **variables):
        path = folder / "config.json"
        path.write_text(json.dumps({**UNPACED, **config}))
        ours, theirs = pty.openpty()
        environ = {k: v for k, v in os.environ.items() if k not in {"CI", "NO_COLOR"}}
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen(
                [*command, "--config", str(path)],
                stdout=out,
                stderr=theirs,
                stdin=subprocess.DEVNULL,
                env={**environ, "TERM": "xterm", "COLUMNS": "200", **variables},
            )
        os.close(theirs)
        self.text = ""
        try:
            while close_after is None or close_after not in self.text:
                self.text += os.read(ours, 1 << 16).decode()
        except OSError:
            pass  # the end, as Linux tells it
        finally:
            os.close(ours)
        self.code = process.wait(60)
        lines = (folder / "out").read_bytes().splitlines()
        self.records = defaultdict(list)
        for message in map(json.loads, lines):
            if message["type"] == "RECORD":
                self.records[message["stream"]].append(message["record"])


@pytest.fixture
def bumpy(open_sandbox):
    """A tenant with something to say in the log."""
    return open_sandbox(faults=["403:where=/allChannels,times=1"])


def test_the_log_goes_on_above_the_table_in_whole_lines(bumpy, executable, tmp_path):
    shown = Screen(executable, tmp_path, bumpy.config())
    assert shown.code == 3
    assert "a second" in shown.text, "no table was drawn"
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.text).replace("\r", "\n")
    [warning, *_] = [it for it in plain.splitlines() if "gap: channels" in it]
    assert re.match(r"\d{4}-\d\d-\d\d .* \| WARNING .* gap: channels .* date \S+Z\)$", warning)
    assert plain.rstrip().endswith("exit code 3.")


def test_a_terminal_that_goes_away_stops_nothing(shared_sandbox, executable, tmp_path):
    whole = run_tap({**UNPACED, **shared_sandbox.config()})
    shown = Screen(executable, tmp_path, shared_sandbox.config(), close_after="a second")
    assert shown.code == 0
    for stream in ("teams", "channels", "members", "messages", "users"):
        assert len(shown.records[stream]) == len(whole.records[stream])


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_a_log_that_nobody_can_write_stops_nothing(shared_sandbox, executable, tmp_path, stderr):
    path = tmp_path / "config.json"
    config = {**UNPACED, **shared_sandbox.config(), "log_file": "/dev/full"}
    path.write_text(json.dumps(config))
    command = " ".join([*executable, "--config", str(path), stderr])
    done = subprocess.run(
        command, shell=True, stdout=subprocess.PIPE, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0
    kinds = [json.loads(it)["type"] for it in done.stdout.splitlines()]
    assert kinds.count("RECORD") > 100


# Metrics and machines


def points(caplog):
    return [
        record.args[0].to_dict()
        for record in caplog.records
        if record.args and isinstance(record.args[0], Point)
    ]


def test_metrics_are_those_of_the_sdk_a_few_for_each_stream(open_sandbox, caplog):
    caplog.set_level(logging.INFO)
    sandbox = open_sandbox(
        tenant={"seed": 7, "teams": 40, "channels": 2, "messages": 5, "users": 30},
        faults=["429:where=/members,times=2,retry_after=0.01"],
    )
    config = {**UNPACED, **sandbox.config(), "verbosity": "debug"}
    output = run_tap(config, streams=["teams", "members"])
    found = defaultdict(list)
    for point in points(caplog):
        found[point["metric"], point["tags"].get("stream")].append(point)

    [rows] = found["record_count", "members"]
    assert rows["value"] == len(output.records["members"])
    durations = found["http_request_duration", "members"]
    codes = {point["tags"]["http_status_code"]: point for point in durations}
    assert codes.keys() == {200, 429}
    assert codes[200]["tags"]["endpoint"] == "/teams/{id}/members"
    assert (codes[200]["tags"]["requests"], codes[429]["tags"]["requests"]) == (40, 2)
    assert 0 < codes[200]["value"] <= codes[200]["tags"]["longest"]
    [requests] = found["http_request_count", "members"]
    assert requests["value"] == 42
    [retries] = found["http_retry_count", "members"]
    assert retries["value"] == 2
    assert found["http_throttled_duration", "members"][0]["value"] > 0
    [job] = found["job_duration", None]
    assert job["tags"]["status"] == "succeeded"
    assert len(points(caplog)) < 20, "no point for each request"


STRUCTURED = """
version: 1
disable_existing_loggers: false
formatters: {json: {(): singer_sdk.logging.StructuredFormatter}}
handlers: {err: {class: logging.StreamHandler, stream: ext://sys.stderr, formatter: json}}
root: {level: INFO, handlers: [err]}
"""


def test_the_log_is_json_where_the_sdks_own_configuration_says_so(bumpy, executable, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**UNPACED, **bumpy.config()}))
    (tmp_path / "log.yml").write_text(STRUCTURED)
    done = subprocess.run(
        [*executable, "--config", str(path)],
        env={**os.environ, "SINGER_SDK_LOG_CONFIG": str(tmp_path / "log.yml")},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    told = [json.loads(it) for it in done.stderr.splitlines()]
    assert {"level", "logger_name", "message", "extra"} <= set.intersection(*map(set, told))
    assert any(it.get("metric_info") for it in told)
    summary = told[-1]["extra"]["run"]
    assert (summary["exitCode"], summary["gaps"]) == (done.returncode, 1) == (3, 1)
    rows = [json.loads(it) for it in done.stdout.splitlines()]
    rows = [it["record"] for it in rows if it.get("stream") == "sync_runs" and "record" in it]
    assert {row["runId"] for row in rows} == {summary["runId"]}
    of_data = {row["stream"]: (row["rows"], row["requests"], row["gaps"]) for row in rows}
    of_log = {it["stream"]: (it["rows"], it["requests"], it["gaps"]) for it in summary["streams"]}
    assert of_log == of_data
