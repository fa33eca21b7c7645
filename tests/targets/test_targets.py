"""Laws of the targets that the documents name: two runs with a change between them."""

from __future__ import annotations

import json

import pytest
from postgres import Postgres

from docs.computed import targets
from docs.computed.targets import MARKED, TARGETS, UPSERTS
from tap_msteams_sandbox import Tenant
from tests.clock import Clock
from tests.cloud import Sandbox
from tests.conftest import run_tap, selection
from tests.targets.loaders import LOADERS, PostgresLoader, plain
from tests.warehouse import BY_NAME, COLUMNS

STREAMS = ("users", "teams", "channels", "members", "messages", "presence", "drive_items")
every_stream = pytest.mark.parametrize("stream", STREAMS)


@pytest.fixture(scope="module")
def runs():
    """What the tap writes at first and, after a day of work in the tenant, with its STATE."""
    tenant = Tenant(seed=11, teams=3, channels=3, messages=30, users=25)
    costly = {name: BY_NAME[name].on_request for name in STREAMS}
    catalog = selection((*STREAMS, "sync_runs"), **costly)
    clock = Clock()
    with Sandbox(tenant=tenant, clock=clock) as sandbox:
        config = {**sandbox.unpaced(), "emit_activate_version_messages": True}
        first = run_tap(config, catalog=catalog)
        tenant.change()
        clock.forward(60)
        return first, run_tap(config, catalog=catalog, state=first.state)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    server.start(port=0)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def opened(server, tmp_path_factory):
    """Opens a target that has loaded nothing yet."""

    def made(name):
        kind = LOADERS[name]
        more = (server,) if issubclass(kind, PostgresLoader) else ()
        return kind(name, tmp_path_factory.mktemp(name), *more)

    return made


@pytest.fixture(scope="module", params=LOADERS)
def loader(request, opened, runs):
    """A target that has loaded both runs."""
    loader = opened(request.param)
    loader.states = [loader.load(run.lines) for run in runs]
    return loader


def keyed(stream, rows):
    """The last row of each key."""
    names = BY_NAME[stream].primary_keys
    return {tuple(plain(row[name]) for name in names): row for row in rows}


def due(stream, runs):
    """The rows that a table has to hold."""
    return keyed(stream, [row for run in runs for row in run.records[stream]])


def gone(stream, runs):
    """The keys of the rows that the second run has not shown any more."""
    first, second = (keyed(stream, run.records[stream]) for run in runs)
    return first.keys() - second.keys()


def of(lines, stream):
    """The lines of a stream, and the states."""
    return [line for line in lines if json.loads(line).get("stream", stream) == stream]


def test_every_target_of_the_project_is_tried():
    assert {*targets.loaders()} == {*TARGETS} == {*LOADERS}


def test_the_state_that_comes_back_is_the_last_one(loader, runs):
    assert loader.states == [run.state for run in runs]


def test_the_second_run_reads_only_what_changed(runs):
    first, second = (len(run.records["messages"]) for run in runs)
    assert 0 < second < first / 4


@every_stream
def test_the_last_version_of_each_row_is_there(loader, runs, stream):
    rows, found = due(stream, runs), loader.rows(stream)
    stored = keyed(stream, found)

    assert stored.keys() == rows.keys()
    assert len(found) == len(stored) or loader.says.rows != UPSERTS
    for key, row in rows.items():
        for name, declared in COLUMNS[stream].items():
            value = loader.value(stored[key].get(name), declared)
            assert plain(value) == plain(row.get(name)), name


@pytest.mark.parametrize("stream", ["members", "users"])
def test_what_is_gone_is_marked_or_stays_as_the_documents_say(loader, runs, stream):
    marked = {
        key for key, row in keyed(stream, loader.rows(stream)).items() if row.get("_sdc_deleted_at")
    }
    assert gone("members", runs)
    assert marked == (gone(stream, runs) if loader.says.gone == MARKED else set())


def test_the_documents_say_how_columns_are_spelt(loader):
    [row, *_] = loader.stored("members")
    assert ("teamid" in row) == ("lower case" in loader.says.cells)


def test_rows_that_are_gone_are_deleted_on_request(opened, runs):
    loader = opened("target-postgres")
    loader.schema = "deleting"
    for run in runs:
        loader.load(of(run.lines, "members"), hard_delete=True)

    rows = keyed("members", loader.rows("members"))
    assert rows.keys() == keyed("members", runs[1].records["members"]).keys()


def test_csv_files_of_one_name_lose_what_did_not_change(opened, runs):
    loader = opened("target-csv")
    settings = {"file_naming_scheme": "{stream_name}.csv", "overwrite_behavior": "append_records"}
    for run in runs:
        loader.load(of(run.lines, "messages"), **settings)

    second = keyed("messages", runs[1].records["messages"])
    assert keyed("messages", loader.rows("messages")).keys() == second.keys()
