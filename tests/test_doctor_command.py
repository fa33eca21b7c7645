"""The command `doctor`, as a process."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from tap_msteams.readers import GraphStream
from tap_msteams.streams import STREAMS
from tap_msteams_sandbox.graph import ROLES
from tests.conftest import PATIENCE, selection
from tests.patient import DEFAULTS, patient

__all__ = ["patient"]


def doctor(folder, config, *arguments):
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    done = subprocess.run(
        [sys.executable, "-m", "tap_msteams", "--config", str(path), "doctor", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={"PATH": "", "HOME": str(folder), "COLUMNS": "80"},
    )
    assert "Traceback" not in done.stderr
    return done


def test_the_command_writes_json_for_programs(patient, tmp_path):
    healthy = patient()
    done = doctor(tmp_path, healthy.config, "--json")

    report = json.loads(done.stdout)
    assert (done.returncode, report["exitCode"], report["verdict"]) == (0, 0, "complete")
    assert {row["stream"] for row in report["streams"] if row["selected"]} >= DEFAULTS


def test_the_command_writes_a_table_of_80_columns_for_people(patient, tmp_path):
    poor = patient(roles=set(ROLES) - {"Presence.Read.All"})
    done = doctor(tmp_path, poor.config)

    assert done.returncode == 3
    [line] = [line for line in done.stdout.splitlines() if line.startswith("presence ")]
    assert "Presence.Read.All" in line
    assert "missing" in line
    table, _, _ = done.stdout.partition("What to do")
    assert max(map(len, table.splitlines())) <= 80
    assert f"{len(DEFAULTS) + 2} of {len(STREAMS)} streams selected" in table
    assert re.search(
        r"^Not selected, but readable: \d+ streams; `--json` has them$", table, re.MULTILINE
    )
    assert done.stderr == ""


def test_a_permission_is_never_broken_and_what_is_not_selected_takes_no_rows(patient, tmp_path):
    names = {
        stream.name: stream.permission for stream in STREAMS if issubclass(stream, GraphStream)
    }
    longest = max(names, key=lambda name: len(name) + len(names[name]))
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(selection([longest])))
    done = doctor(
        tmp_path, patient(roles=set(ROLES) - {"Presence.Read.All"}).config, "--catalog", str(path)
    )
    told = done.stdout.splitlines()

    assert [line.split()[:2] for line in told if line.startswith(longest)] == [
        [longest, names[longest]]
    ]
    assert "Not selected, and not readable: 1 stream; `--json` says why" in told
    assert [line for line in told if line.startswith(("apps ", "users ", "presence "))] == []


def test_the_command_goes_by_the_catalog(patient, tmp_path):
    poor = patient(roles=set(ROLES) - {"Presence.Read.All"})
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(selection(["teams"])))

    assert doctor(tmp_path, poor.config, "--catalog", str(path)).returncode == 0


@pytest.mark.parametrize("wrong", [{"client_secret": None}, {"tenat_id": "x"}])
def test_a_wrong_configuration_is_told_and_ends_with_1(patient, tmp_path, wrong):
    config = {**patient().config, **wrong}
    done = doctor(tmp_path, config)
    as_json = doctor(tmp_path, config, "--json")

    assert (done.returncode, as_json.returncode) == (1, 1)
    assert "FAILED" in done.stdout
    assert json.loads(as_json.stdout)["verdict"] == "wrong configuration"
