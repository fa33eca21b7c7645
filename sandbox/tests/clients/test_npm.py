"""Microsoft's libraries for JavaScript sign in in each of their ways, and read all teams."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

HERE = Path(__file__).parent / "npm"

if shutil.which("node") is None or not (HERE / "node_modules").is_dir():
    pytest.skip("Node.js or its packages are not here: `make clients`", allow_module_level=True)

FOR_APPLICATIONS = ["secret", "certificate", "assertion", "environment", "default", "msal secret"]
FOR_USERS = ["device code", "on behalf of", "msal refresh token"]


@pytest.fixture
def read(facts, environment, sandbox):
    """What the script reads after it has signed in."""

    def done(way):
        sandbox.entra.devices.interval = 1
        script = HERE / "read.mjs"
        process = subprocess.run(
            ["node", script, way],
            input=msgspec.json.encode(facts).decode(),
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        return json.loads(process.stdout)

    return done


@pytest.mark.parametrize("way", FOR_APPLICATIONS)
def test_an_application_reads_all_teams(read, expected_rows, way):
    found = read(way)
    assert found["claims"]["idtyp"] == "app"
    assert {(it,) for it in found["teams"]} == expected_rows("teams", "id")


@pytest.mark.parametrize("way", FOR_USERS)
def test_a_user_reads_the_own_teams(read, sandbox, way):
    found = read(way)
    tenant = sandbox.tenant
    assert found["claims"]["oid"] == tenant.me.id
    assert set(found["teams"]) == {it.id for it in tenant.teams.values() if tenant.me in it.people}
