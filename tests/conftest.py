from __future__ import annotations

import asyncio
import gc
import inspect
import io
import json
import os
import socket
import sys
from collections import defaultdict
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import pytest

from tap_msteams.memory import OBJECTS_BETWEEN_COLLECTIONS
from tap_msteams.tap import TapMSTeams
from tap_msteams_sandbox import Tenant
from tests.cloud import Sandbox
from tests.loop import SimulatedLoop

ROOT = Path(__file__).parent.parent

PATIENCE = 120
"""Seconds after which nothing will come any more, on however slow a machine."""

SMALL = {"seed": 7, "teams": 3, "channels": 3, "messages": 40, "users": 30}

# What a machine may have set, and what would change what a test means.
FOREIGN = ("ACTIONS_", "AZURE_", "IDENTITY_", "IMDS_", "MSI_", "SSL_CERT_", "TAP_MSTEAMS_")
FOREIGN_ENDS = ("_PROXY", "_CA_BUNDLE")
FOREIGN_NAMES = {"LOGLEVEL", "MELTANO_PROJECT_ROOT"}


MEASURED = {name: it for name, it in os.environ.items() if name.startswith("COVERAGE_PROCESS")}
"""Has coverage measure a process, which then takes twice as long: those of `tests/commands`."""


def pytest_configure():
    """Look for no garbage among thousands of tests while they are collected."""
    gc.disable()


def pytest_collection_finish():
    """Look for it among what tests leave behind, as often as the program does."""
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test that is a coroutine, on a clock of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        runner.run(pyfuncitem.obj(**given))
    return True


@pytest.fixture(autouse=True, scope="session")
def _plain_environment():
    """Nothing of what this machine has set."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            foreign = name.startswith(FOREIGN) or name.upper().endswith(FOREIGN_ENDS)
            if foreign or name in FOREIGN_NAMES:
                patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def _state_folders(tmp_path_factory):
    """New folders; of sandboxes that had the same port one would take the other's tokens."""
    root = tmp_path_factory.mktemp("states")
    return (str(root / f"{n}") for n in count())


@pytest.fixture(autouse=True, scope="module")
def _own_state_folder_of_a_module(_state_folders):
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, next(_state_folders))
        for name in MEASURED:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _own_state_folder(monkeypatch, _state_folders):
    _use(monkeypatch, next(_state_folders))


def _use(patch, folder):
    """Make a folder the one of the user's state; on Windows by the word of platformdirs."""
    for name in ("XDG_STATE_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        patch.setenv(name, folder)


@pytest.fixture(scope="module")
def own_meltano(tmp_path_factory):
    """Gives Meltano a system folder of its own: two runs in one write the same catalog."""
    folder = tmp_path_factory.mktemp("meltano")
    for kind in ("extractors", "loaders", "utilities"):
        (folder / kind).symlink_to(ROOT / ".meltano" / kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MELTANO_SYS_DIR_ROOT", str(folder))
        yield


@dataclass
class Output:
    """What a run of the tap wrote to stdout."""

    lines: list[bytes]
    code: int = 0
    messages: list[dict] = field(default_factory=list)

    def __post_init__(self):
        self.messages = [json.loads(line) for line in self.lines]

    @property
    def records(self):
        """Records by stream, in the order they came."""
        found = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                found[message["stream"]].append(message["record"])
        return found

    @property
    def schemas(self):
        return {m["stream"]: m for m in self.messages if m["type"] == "SCHEMA"}

    @property
    def activated(self):
        """The streams of which a new version is active."""
        return {m["stream"] for m in self.messages if m["type"] == "ACTIVATE_VERSION"}

    @property
    def states(self):
        return [m["value"] for m in self.messages if m["type"] == "STATE"]

    @property
    def state(self):
        """The last STATE."""
        return self.states[-1] if self.states else {}

    def rows(self, stream, *keys):
        """The last record for each key, as a target that upserts would hold them."""
        keys = keys or tuple(self.schemas[stream]["key_properties"])
        return {tuple(row[key] for key in keys): row for row in self.records[stream]}


def run_tap(config, *, streams=None, state=None, catalog=None):
    """Run the tap in this process and return what it wrote; only `streams`, if named."""
    if streams is not None:
        catalog = selection(streams)
    captured = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(captured):
        tap = TapMSTeams(config=dict(config), state=state, catalog=catalog)
        code = tap.read()
        captured.flush()
    return Output(captured.buffer.getvalue().splitlines(), code)


@cache
def _discovered():
    """What the tap discovers, by stream and as JSON: the tests ask for it once."""
    with redirect_stdout(io.StringIO()):
        catalog = TapMSTeams(config={}, validate_config=False).catalog_dict
    return {entry["tap_stream_id"]: json.dumps(entry) for entry in catalog["streams"]}


def selection(streams, **deselected):
    """A catalog of these streams alone, less the properties named for a stream."""
    assert {*streams} <= _discovered().keys()
    entries = [json.loads(text) for name, text in _discovered().items() if name in streams]
    for entry in entries:
        for item in entry["metadata"]:
            crumb = item["breadcrumb"]
            if not crumb:
                item["metadata"]["selected"] = True
            elif crumb[-1] in deselected.get(entry["tap_stream_id"], ()):
                item["metadata"]["selected"] = False
    return {"streams": entries}


@pytest.fixture(scope="session")
def shared_sandbox():
    """A small tenant that no test changes."""
    with Sandbox(tenant=Tenant(**SMALL)) as sandbox:
        yield sandbox


@pytest.fixture
def open_sandbox():
    """Opens sandboxes that a test may change; `tenant` are sizes, the rest is the Sandbox's."""
    with ExitStack() as stack:

        def opened(tenant=SMALL, **options):
            return stack.enter_context(Sandbox(tenant=Tenant(**tenant), **options))

        yield opened


@pytest.fixture
def closed_port():
    """A port of this machine where nobody listens, nor can as long as the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture(scope="session")
def executable():
    """The console script, as a user starts it."""
    return [sys.executable, "-m", "tap_msteams"]
