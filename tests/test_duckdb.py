"""Two runs into DuckDB, which writes the names of columns in lower case."""

from __future__ import annotations

import json

import pytest

from tap_msteams_sandbox import Tenant
from tests.cloud import Sandbox
from tests.conftest import run_tap, selection
from tests.target import Clock
from tests.targets.loaders import LOADERS
from tests.warehouse import BY_NAME, COLUMNS, WHOLE, due, key_of, keyed, plain, truth

TARGET = "target-duckdb"


@pytest.fixture(scope="module")
def loads(tmp_path_factory):
    """What the tables and the tenant held after a first run, and after a second one."""
    loader = LOADERS[TARGET](TARGET, tmp_path_factory.mktemp("duckdb"))
    tenant, clock = Tenant(seed=12, teams=3, channels=3, messages=30, users=25), Clock()
    with Sandbox(tenant=tenant, clock=clock) as sandbox:
        first = load(loader, sandbox)
        tenant.change()
        clock.forward(60)
        return first, load(loader, sandbox, first[2])


def load(loader, sandbox, state=None):
    costly = {name: stream.on_request for name, stream in BY_NAME.items()}
    output = run_tap(sandbox.unpaced(), catalog=selection(BY_NAME, **costly), state=state)
    confirmed = loader.load(output.lines)
    tables = {name: [restored(name, row) for row in loader.stored(name)] for name in BY_NAME}
    return tables, {name: keyed(name, truth(sandbox.tenant, name)) for name in WHOLE}, confirmed


def restored(stream, row):
    """A row with the names and the types that its stream has declared."""
    columns = {name.lower(): name for name in COLUMNS[stream]}
    return {
        name: value(COLUMNS[stream][name], row[column])
        for column, name in columns.items()
        if column in row
    }


def value(declared, stored):
    """A value as JSON has it; DuckDB knows no more of arrays and objects than their text."""
    if stored is not None and {"array", "object"} & {*declared["type"]}:
        return json.loads(stored)
    return stored


@pytest.mark.parametrize("stream", WHOLE)
@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
def test_the_tables_hold_what_the_tenant_holds(loads, which, stream):
    tables, shown, _ = loads[which]
    rows = keyed(stream, tables[stream])

    expected = due(which, stream, shown[stream], loads[0][1][stream])

    assert expected.keys() <= rows.keys()
    for key, row in expected.items():
        assert plain(stream, rows[key]) == plain(stream, row)


@pytest.mark.parametrize("stream", BY_NAME)
def test_no_row_is_lost_or_doubled(loads, stream):
    for tables, *_ in loads:
        keys = [(*key_of(stream, row), row.get("observedDateTime")) for row in tables[stream]]
        assert len({*keys}) == len(keys)
