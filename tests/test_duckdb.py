"""The same pipeline into DuckDB, which writes the names of columns in lower case."""

from __future__ import annotations

import json
import subprocess

import pipeline
import pytest
from postgres import ROOT

from tap_msteams_sandbox import Tenant
from tests.cloud import Sandbox
from tests.warehouse import BY_NAME, COLUMNS, ENVIRONMENT, WHOLE, due, key_of, keyed, plain, truth

pytestmark = pytest.mark.usefixtures("own_meltano")

PYTHON = ROOT / ".meltano/loaders/target-duckdb/venv/bin/python"

DUMP = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
tables = connection.execute("select table_name from duckdb_tables()").fetchall()
found = {}
for (name,) in tables:
    rows = connection.execute(f"select * from teams.{name}")
    columns = [column[0] for column in rows.description]
    found[name] = [dict(zip(columns, row)) for row in rows.fetchall()]
print(json.dumps(found, default=str))
"""


@pytest.fixture(scope="module")
def loads(tmp_path_factory):
    """What the tables and the tenant held after a first run, and after a second one."""
    directory = tmp_path_factory.mktemp("duckdb")
    with Sandbox(tenant=Tenant(seed=12, teams=3, channels=3, messages=30, users=25)) as sandbox:
        first = load(directory, sandbox)
        sandbox.tenant.change()
        return first, load(directory, sandbox)


def load(directory, sandbox):
    path, log = directory / "tenant.duckdb", directory / "log"
    target = {"TARGET_DUCKDB_PATH": str(path), "TARGET_DUCKDB_DEFAULT_TARGET_SCHEMA": "teams"}
    tenant = {**sandbox.environment(), **ENVIRONMENT}
    with log.open("wb") as output:
        code = pipeline.run(target, directory, output, tenant, "target-duckdb")
    assert code == 0, log.read_text()[-5000:]
    dump = subprocess.run((PYTHON, "-c", DUMP, path), capture_output=True, check=False)
    assert dump.returncode == 0, dump.stderr.decode()
    tables = {
        name: [restored(name, row) for row in rows]
        for name, rows in json.loads(dump.stdout).items()
    }
    return tables, {name: keyed(name, truth(sandbox.tenant, name)) for name in WHOLE}


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
    for key, row in expected.items():
        assert plain(stream, rows[key]) == plain(stream, row)


@pytest.mark.parametrize("stream", BY_NAME)
def test_no_row_is_lost_or_doubled(loads, stream):
    for tables, _ in loads:
        keys = [(*key_of(stream, row), row.get("observedDateTime")) for row in tables[stream]]
        assert len({*keys}) == len(keys)
