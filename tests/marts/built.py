"""A tenant in two databases, with the dbt package built on it."""

from __future__ import annotations

import json
import subprocess

import pipeline
from postgres import ROOT

from tests.warehouse import ENVIRONMENT, moment

PLUGINS = ROOT / ".meltano/utilities"

DUMP = """
import decimal, duckdb, json, sys
path, schema, query = sys.argv[1:]
connection = duckdb.connect(path, read_only=True)
connection.execute("set enable_progress_bar = false")  # it is written to stdout
found = connection.execute(f"use {schema}").execute(query)
names = [column[0] for column in found.description]
plain = lambda it: float(it) if isinstance(it, decimal.Decimal) else str(it)
print(json.dumps([dict(zip(names, row)) for row in found.fetchall()], default=plain))
"""


class Built:
    """The marts in one database."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def load(self, tenant, name="tap_msteams", **settings):
        """Run the whole pipeline into a schema, and return what dbt says of each node."""
        environment = {
            **tenant,
            **ENVIRONMENT,
            **settings,
            f"{self.prefix}_SOURCE_SCHEMA": name,
            f"{self.prefix}_SCHEMA": f"{name}_marts",
            f"{self.prefix}_TARGET_PATH": str(self.folder / name),
            f"{self.prefix}_LOG_PATH": str(self.folder),
        }
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            code = pipeline.run(
                self.target(name), self.folder / name, output, environment, self.loader, self.then
            )
        assert code == 0, log.read_text()[-5000:]
        results = json.loads((self.folder / name / "run_results.json").read_text())["results"]
        return {it["unique_id"]: it["status"] for it in results}

    def rows(self, model, name="tap_msteams"):
        return self.asked(f"select * from {model}", name)


class InPostgres(Built):
    loader, then, prefix = "target-postgres", ("dbt-postgres:build",), "DBT_POSTGRES"

    def __init__(self, folder, server):
        super().__init__(folder)
        self.server = server

    def target(self, name):
        return {
            **pipeline.into(self.server, name),
            "DBT_POSTGRES_PORT": str(self.server.port),
            "DBT_POSTGRES_PASSWORD_FILE": str(self.server.passfile),
        }

    def asked(self, query, name="tap_msteams"):
        return plain(self.server.rows(query, f"{name}_marts"))


class InDuckDB(Built):
    loader, then, prefix = "target-duckdb", ("dbt-duckdb:build",), "DBT_DUCKDB"

    @property
    def path(self):
        return str(self.folder / "tenant.duckdb")

    def target(self, name):
        return {
            "TARGET_DUCKDB_PATH": self.path,
            "TARGET_DUCKDB_DEFAULT_TARGET_SCHEMA": name,
            "DBT_DUCKDB_PATH": self.path,
        }

    def asked(self, query, name="tap_msteams"):
        python = PLUGINS / "dbt-duckdb/venv/bin/python"
        command = (python, "-c", DUMP, self.path, f"{name}_marts", query)
        return plain(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def plain(rows):
    """Rows with times and numbers in one spelling."""
    return [{name: value(name, it) for name, it in row.items()} for row in rows]


def value(name, it):
    if isinstance(it, str) and (name.endswith(("_at", "_date_time")) or name == "hour"):
        return moment(it)
    number = isinstance(it, (float, int)) and not isinstance(it, bool)
    return round(float(it), 4) if number else it
