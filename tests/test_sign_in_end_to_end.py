"""Signing in through Meltano, as an operator does it; machines alone are in `tests/commands`."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys

import pipeline
import pytest
import yaml

from tap_msteams_sandbox import Tenant
from tests.cloud import Sandbox
from tests.conftest import PATIENCE, SMALL, selection
from tests.documents import ROOT, WAYS, example, filled, sign_in, started

pytestmark = pytest.mark.usefixtures("own_meltano")

TAP = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tap_msteams "$@"\n'
LOADER = '#!/bin/sh\ncat > "$(dirname "$0")/$ROWS"\n'


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(tenant=Tenant(**SMALL), auth="public_client") as opened:
        opened.entra.devices.interval = 0
        yield opened


def meltano(folder, variables, *arguments):
    """Meltano at work in a project."""
    return subprocess.Popen(
        [pipeline.MELTANO, *arguments],
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# The examples of docs/sign-in.md, in the project of somebody who copied them


class Project:
    """A project with an extractor and a loader for each way to sign in."""

    def __init__(self, folder):
        self.folder = folder
        self.plugins = {"extractors": [], "loaders": []}
        self.variables = {"PYTHONPATH": str(ROOT)}
        self.blocks = []
        for name, text in (("tap", TAP), ("loader", LOADER)):
            (folder / name).write_text(text)
            (folder / name).chmod(stat.S_IRWXU)
        (folder / "catalog.json").write_text(json.dumps(selection(["teams"])))

    def add(self, config, secrets):
        """Add a way to sign in, its secrets in the environment."""
        name, rows = f"way{len(self.blocks)}", f"rows{len(self.blocks)}"
        keys = [{"name": key, "sensitive": key in secrets} for key in (*config, *secrets)]
        self.variables |= {f"{name}_{key}".upper(): value for key, value in secrets.items()}
        self._plugin(
            "extractors",
            name,
            "tap",
            settings=keys,
            config={
                **config,
                "_catalog": str(self.folder / "catalog.json"),
            },
            capabilities=["catalog", "discover"],
        )
        self._plugin("loaders", rows, "loader", env={"ROWS": rows})
        self.blocks.append((name, rows))

    def _plugin(self, kind, name, executable, **more):
        own = {"name": name, "namespace": name, "executable": str(self.folder / executable)}
        self.plugins[kind].append({**own, **more})

    def run(self):
        """Run one after the other; return what the loaders got."""
        content = {
            "cli": {"disable_version_check": True},
            "default_environment": "dev",
            "environments": [{"name": "dev"}],
            "send_anonymous_usage_stats": False,
            "plugins": self.plugins,
        }
        (self.folder / "meltano.yml").write_text(yaml.safe_dump(content))
        names = [name for block in self.blocks for name in block]
        process = meltano(self.folder, self.variables, "run", "--no-install", *names)
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said[-4000:]
        return [(self.folder / rows).read_text() for _, rows in self.blocks]


def test_meltano_reads_rows_by_every_example(sandbox, tmp_path, monkeypatch):
    for name, value in {**sandbox.machine("vm"), **sandbox.machine("azure_cli")}.items():
        monkeypatch.setenv(name, value)
    sign_in(sandbox, started(sandbox, "login", "--device-code"))
    project = Project(tmp_path)
    for title in WAYS:
        _, config, env = example(title)
        secrets = {name.removeprefix("TAP_MSTEAMS_").lower(): it for name, it in env.items()}
        values = filled(sandbox, title, {**config, **secrets})
        project.add(values, {key: values.pop(key) for key in secrets})
    loaded = project.run()

    assert len(loaded) == len(WAYS)
    assert all('"type":"RECORD"' in rows for rows in loaded)


# This project


def invoke(sandbox, *arguments):
    variables = sandbox.environment()
    chosen = {"TAP_MSTEAMS__SELECT": '["teams.*"]', "TAP_MSTEAMS_RATE_LIMIT_SHARE": "0"}
    here = {"MELTANO_PROJECT_ROOT": str(ROOT)}
    command = ("--environment=prod", "invoke", "--no-install", *arguments)
    return meltano(ROOT, {**variables, **chosen, **here}, *command)


def test_a_sign_in_through_meltano_serves_its_runs_until_it_is_forgotten(sandbox):
    said = sign_in(sandbox, invoke(sandbox, "tap-msteams", "login", "--device-code"))
    assert "Signed in as" in said
    rows, said = invoke(sandbox, "tap-msteams").communicate(timeout=PATIENCE)
    assert '"type":"RECORD"' in rows, said
    _, said = invoke(sandbox, "tap-msteams:logout").communicate(timeout=PATIENCE)
    assert "The tokens are no longer in" in said
    assert "Parsing 'tenant_id'" not in said
