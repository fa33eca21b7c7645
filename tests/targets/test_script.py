"""Laws of the script in the documents, as it stands there, with target-jsonl itself."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

from postgres import ROOT

from tap_msteams_sandbox import Tenant
from tests.clock import Clock
from tests.cloud import Sandbox
from tests.conftest import PATIENCE
from tests.target import expected_rows, key_of
from tests.targets.loaders import Jsonl

[SCRIPT] = re.findall(
    r"^```sh\n(#!.*?)^```", (ROOT / "docs/running.md").read_text(), re.MULTILINE | re.DOTALL
)


def test_the_second_run_of_the_script_is_incremental(tmp_path):
    target = Jsonl("target-jsonl", tmp_path)
    tap = tmp_path / "tap-msteams"
    tap.write_text(f'#!/bin/sh\nexec {sys.executable} -m tap_msteams "$@"\n')
    (tmp_path / "target").symlink_to(target.venv)
    script = tmp_path / "sync.sh"
    script.write_text(SCRIPT)
    for program in (tap, script):
        program.chmod(0o755)
    tenant, clock = Tenant(seed=7, teams=2, channels=2, messages=30, users=10), Clock()

    def run(sandbox):
        """The keys of the messages that a run of the script has written."""
        before = {*tmp_path.glob("messages-*.jsonl")}
        path = f"{tmp_path}:{os.environ['PATH']}"
        variables = {**sandbox.environment(), "PATH": path, "PYTHONPATH": str(ROOT)}
        subprocess.run([script], env={**os.environ, **variables}, timeout=PATIENCE, check=True)
        clock.forward(60)
        files = {*tmp_path.glob("messages-*.jsonl")} - before
        lines = [line for file in files for line in file.read_bytes().splitlines()]
        return [key_of("messages", json.loads(line)) for line in lines]

    with Sandbox(tenant=tenant, clock=clock) as sandbox:
        whole, nothing = run(sandbox), run(sandbox)
        known = expected_rows(tenant)
        tenant.change()
        clock.forward(60)
        changed = run(sandbox)
        expected = {key for key, row in expected_rows(tenant).items() if row != known.get(key)}

    assert {*whole} == {*known}
    assert nothing == []
    assert {*changed} == expected
