"""Targets as their users have them: each in an environment of its own, with its settings."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import re
import subprocess

import pytest
from postgres import ROOT

from docs.computed import targets
from tests.conftest import PATIENCE
from tests.warehouse import COLUMNS

csv.field_size_limit(10**9)


class Loader:
    """A target, installed by the pins of meltano.yml, that loads into a folder of its own."""

    def __init__(self, name, folder):
        self.definition = targets.loaders()[name]
        self.says = targets.TARGETS[name]
        self.venv = ROOT / ".meltano/loaders" / name / "venv"
        if not self.venv.exists():
            pytest.skip(f"{name} is not installed: see `make targets`")
        self.folder = folder

    def settings(self):
        return {}

    def load(self, lines, **settings):
        """Load what a tap wrote; return the STATE that the target confirms last, if it does."""
        config = self.folder / "config.json"
        given = {**self.definition.get("config", {}), **self.settings(), **settings}
        config.write_text(json.dumps(given))
        done = subprocess.run(
            [self.venv / "bin" / self.definition["executable"], "--config", config],
            input=b"\n".join(lines) + b"\n",
            capture_output=True,
            env={**os.environ, **self.definition.get("env", {})},
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()[-5000:]
        confirmed = done.stdout.splitlines()
        return json.loads(confirmed[-1]) if confirmed else None

    def rows(self, stream):
        """The rows of a table, with the names and the types of its stream."""
        columns = {name.lower(): name for name in COLUMNS[stream]}
        return [
            {columns.get(name.lower(), name): value for name, value in row.items()}
            for row in self.stored(stream)
        ]

    def value(self, stored, _):
        """A stored value as JSON has it, by what is declared."""
        return stored


class PostgresLoader(Loader):
    def __init__(self, name, folder, server):
        super().__init__(name, folder)
        self.server, self.schema = server, name.replace("-", "_")
        self.password = server.passfile.read_text().strip().rpartition(":")[2]

    def stored(self, stream):
        return self.server.rows(f"table {stream}", self.schema)


class MeltanoLabs(PostgresLoader):
    def settings(self):
        url = self.server.url.partition("?")[0].replace("postgres@", f"postgres:{self.password}@")
        url = url.replace("://", "+psycopg://")
        return {"sqlalchemy_url": url, "default_target_schema": self.schema}


class PipelineWise(PostgresLoader):
    def settings(self):
        return {
            "host": "127.0.0.1",
            "port": self.server.port,
            "user": "postgres",
            "password": self.password,
            "dbname": "postgres",
            "default_target_schema": self.schema,
        }


DUMP = """
import duckdb, json, sys
connection = duckdb.connect(sys.argv[1], read_only=True)
found = {}
for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall():
    rows = connection.execute(f"select * from teams.{name}")
    names = [column[0] for column in rows.description]
    found[name] = [dict(zip(names, row)) for row in rows.fetchall()]
print(json.dumps(found, default=str))
"""


class DuckDB(Loader):
    @property
    def path(self):
        return self.folder / "tenant.duckdb"

    def settings(self):
        return {"path": str(self.path), "default_target_schema": "teams"}

    def load(self, lines, **settings):
        self.tables = None
        return super().load(lines, **settings)

    def stored(self, stream):
        if self.tables is None:
            dump = [self.venv / "bin/python", "-c", DUMP, self.path]
            done = subprocess.run(dump, capture_output=True, check=True)
            self.tables = json.loads(done.stdout)
        return self.tables[stream]

    def value(self, stored, declared):
        return json.loads(stored) if stored and {"array", "object"} & kinds(declared) else stored


class Files(Loader):
    """A target that writes a file for a stream and a run."""

    def settings(self):
        return {self.where: str(self.folder)}

    def stored(self, stream):
        """The last row of each key: files hold what each run has written."""
        paths = self.folder.glob(f"{stream}[-.]*{self.ending}")
        for path in sorted(paths, key=lambda it: it.stat().st_mtime_ns):
            with path.open(newline="") as file:
                yield from self.read(file)


class Jsonl(Files):
    where, ending = "destination_path", "jsonl"

    def read(self, file):
        return map(json.loads, file)


class Csv(Files):
    where, ending = "output_path", "csv"

    def read(self, file):
        return csv.DictReader(file)

    def value(self, stored, declared):
        if not stored:
            return None
        if "string" in kinds(declared):
            return stored
        return eval(stored, {"datetime": dt, "Decimal": float})


LOADERS = {
    "target-postgres": MeltanoLabs,
    "target-postgres-pipelinewise": PipelineWise,
    "target-duckdb": DuckDB,
    "target-jsonl": Jsonl,
    "target-csv": Csv,
}


def kinds(declared):
    """The types that a property may have."""
    found = declared["type"]
    return {found} if isinstance(found, str) else {*found}


MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ].*")


def plain(value):
    """A value in one spelling: moments in UTC; nothing and an empty text are the same."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str) and MOMENT.fullmatch(value):
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.datetime):
        utc = dt.UTC
        return value.astimezone(utc) if value.tzinfo else value.replace(tzinfo=utc)
    return None if value == "" else value
