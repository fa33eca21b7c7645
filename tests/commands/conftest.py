from __future__ import annotations

import pytest

from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.identity.entra import Application
from tests.cloud import Sandbox
from tests.commands.machine import CONFIDENTIAL, PUBLIC, SCOPES, SECRET, Machine


@pytest.fixture(scope="session")
def sandbox():
    tenant = Tenant(seed=7, teams=2, channels=2, messages=10, users=10)
    with Sandbox(tenant=tenant, auth="refresh_token") as sandbox:
        for application in (
            Application(PUBLIC, scopes=SCOPES, redirect_uris=frozenset({"http://localhost/done"})),
            Application(
                CONFIDENTIAL, SECRET, scopes=SCOPES, redirect_uris=frozenset({"http://localhost"})
            ),
        ):
            sandbox.entra.applications[application.client_id] = application
        sandbox.entra.devices.interval = 0
        yield sandbox


@pytest.fixture
def machine(sandbox, tmp_path):
    def made(name="home", **changes):
        machine = Machine(sandbox, tmp_path / name)
        machine.config |= changes
        return machine

    return made
