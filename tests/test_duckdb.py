"""`meltano run tap-msteams target-duckdb`, twice: its columns have names in lower case."""

from __future__ import annotations

import json
import subprocess

import pipeline
import pytest

from tap_msteams_sandbox import Tenant
from tests.clock import Clock
from tests.cloud import Sandbox
from tests.targets.loaders import LOADERS
from tests.warehouse import (
    BY_NAME,
    COLUMNS,
    DAY,
    ENVIRONMENT,
    WHOLE,
    due,
    expected_rows,
    key_of,
    keyed,
    plain,
)

pytestmark = pytest.mark.usefixtures("own_meltano")

TARGET = "target-duckdb"
TYPES = {
    "array": "JSON",
    "boolean": "BOOLEAN",
    "date-time": "TIMESTAMP",
    "integer": "HUGEINT",
    "number": "DOUBLE",
    "object": "JSON",
    "string": "VARCHAR",
}

DESCRIBE = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
columns = "select table_name, column_name, data_type from duckdb_columns()"
keys = "select table_name, constraint_column_names from duckdb_constraints()"
print(json.dumps([
    connection.execute(f"{columns} where schema_name = 'teams'").fetchall(),
    connection.execute(f"{keys} where constraint_type = 'PRIMARY KEY'").fetchall(),
]))
"""


@pytest.fixture(scope="module")
def loader(tmp_path_factory):
    return LOADERS[TARGET](TARGET, tmp_path_factory.mktemp("duckdb"))


@pytest.fixture(scope="module")
def loads(loader, own_meltano):  # noqa: ARG001 - loads with a Meltano of its own
    """What the tables and the tenant held after a first run, and after a second one."""
    tenant = Tenant(seed=12, teams=3, channels=3, messages=30, users=25)
    clock = Clock(tenant.until / 1000)
    with Sandbox(tenant=tenant, clock=clock) as sandbox:
        first = load(loader, sandbox)
        tenant.change()
        clock.forward(DAY)
        return first, load(loader, sandbox)


def load(loader, sandbox):
    log, tenant = loader.folder / "log", {**sandbox.environment(), **ENVIRONMENT}
    target = {f"TARGET_DUCKDB_{key.upper()}": it for key, it in loader.settings().items()}
    with log.open("wb") as output:
        code = pipeline.run(target, loader.folder, output, tenant, TARGET)
    assert code == 0, log.read_text()[-5000:]
    loader.tables = None
    tables = {name: [restored(name, row) for row in loader.stored(name)] for name in BY_NAME}
    return tables, {name: keyed(name, expected_rows(sandbox.tenant, name)) for name in WHOLE}


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
    tables, shown = loads[which]
    rows = keyed(stream, tables[stream])

    expected = due(which, stream, shown[stream], loads[0][1][stream])

    assert expected.keys() <= rows.keys()
    assert which or expected.keys() == rows.keys()
    for key, row in expected.items():
        assert plain(stream, rows[key]) == plain(stream, row)


@pytest.mark.parametrize("stream", BY_NAME)
def test_no_row_is_lost_or_doubled(loads, stream):
    for tables, _ in loads:
        keys = [(*key_of(stream, row), row.get("observedDateTime")) for row in tables[stream]]
        assert len({*keys}) == len(keys)


@pytest.fixture(scope="module")
def described(loads, loader):
    """The types of columns and the keys, by table."""
    del loads
    describe = [loader.venv / "bin/python", "-c", DESCRIBE, loader.path]
    columns, keys = json.loads(subprocess.run(describe, capture_output=True, check=True).stdout)
    types = {(table, name): kind for table, name, kind in columns}
    return types, {table: {*names} for table, names in keys}


@pytest.mark.parametrize("stream", BY_NAME)
def test_columns_have_the_types_and_the_keys_of_their_streams(described, stream):
    types, keys = described
    for name, declared in COLUMNS[stream].items():
        [kind, *_] = kinds = declared["type"]
        moment = declared.get("format") == "date-time"
        expected = TYPES["date-time" if moment else kind if isinstance(kinds, list) else kinds]
        assert types[stream, name.lower()] == expected, name
    assert keys[stream] == {name.lower() for name in BY_NAME[stream].primary_keys}
