"""The example on Airflow, with synthetic tenants and the project's PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from pipeline import MELTANO
from postgres import ROOT

from tap_msteams.sandbox import settings
from tap_msteams.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from postgres import Postgres

    from tap_msteams_sandbox import Sandbox

AIRFLOW = ROOT / ".tools" / "airflow" / "bin"
"""The programs of Airflow."""

COMPARED = ("users", "teams", "channels", "members", "messages")
RUNS = ("sync_issues", "sync_runs")
KEYS = {stream.name: tuple(stream.primary_keys) for stream in STREAMS}
CHANGED = {"messages": ("lastModifiedDateTime",)}
"""Columns beside the keys that tell whether a row is the present one."""


class ProofError(Exception):
    """The tables are not what the tenant is, or a program has failed."""


@dataclass(frozen=True)
class Example:
    """A copy of the example in a folder, as somebody has it who follows its README."""

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def copy(cls, folder: Path, environment: Mapping[str, str]) -> Example:
        """Copy the example into a new folder, with the tap of this repository."""
        shutil.copytree(ROOT / "examples" / "airflow", folder)
        definition = folder / "meltano.yml"
        elsewhere = "pip_url: git+https://git.example.com/tap-msteams.git"
        definition.write_text(definition.read_text().replace(elsewhere, f"pip_url: -e {ROOT}"))
        home = {
            "AIRFLOW_HOME": str(folder / "home"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        }
        return cls(folder, {**environment, **home})

    def plan(self, shards: Mapping[str, int]) -> None:
        """Write the numbers of shards of the tenants."""
        entries = [{"name": name, "shards": number} for name, number in shards.items()]
        (self.folder / "tenants.json").write_text(json.dumps(entries))

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        """Start a program with its log in a file and processes of its own."""
        program = shutil.which(command[0], path=self.environment["PATH"]) or command[0]
        with self.log(name).open("wb") as output:
            return subprocess.Popen(
                (program, *command[1:]),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run(self, name: str, *command: str) -> None:
        """Run a program to its end."""
        code = self.start(name, *command).wait()
        # `dags test` ends with 0 even where a task has failed.
        if code or "state=failed" in self.log(name).read_text(errors="replace"):
            raise self.failed(" ".join(command), log=name)

    def failed(self, what: str, *, log: str) -> ProofError:
        """An error with the end of a log."""
        lines = self.log(log).read_text(errors="replace").splitlines()[-40:]
        return ProofError("\n".join((f"{what} failed; the end of {self.log(log)}:", *lines)))

    def log(self, name: str) -> Path:
        """The log of a program."""
        return self.folder / f"{name}.log"


def environment_of(tenants: Mapping[str, Sandbox], postgres: Postgres) -> dict[str, str]:
    """Airflow's settings and connections."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MELTANO_", "TAP_MSTEAMS_", "TARGET_", "AIRFLOW"))
    }
    return {
        **inherited,
        "PATH": os.pathsep.join((str(AIRFLOW), str(MELTANO.parent), os.environ["PATH"])),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_WAREHOUSE": address("postgres", postgres),
        **{f"AIRFLOW_CONN_TEAMS_{it.upper()}": _access(box) for it, box in tenants.items()},
    }


def address(scheme: str, postgres: Postgres, database: str = "postgres") -> str:
    """The address of a database for programs that take no file with its password."""
    password = postgres.passfile.read_text().strip().rpartition(":")[2]
    return f"{scheme}://postgres:{password}@127.0.0.1:{postgres.port}/{database}"


def _access(sandbox: Sandbox) -> str:
    """A connection of Airflow to a tenant."""
    facts = settings(msgspec.to_builtins(sandbox.facts()))
    known = {"login": facts.pop("client_id"), "password": facts.pop("client_secret")}
    return json.dumps({"conn_type": "generic", **known, "extra": facts})


def compare(sandbox: Sandbox, postgres: Postgres, schema: str) -> dict[str, int]:
    """Compare each table with the tenant, row by row; returns the numbers of rows."""
    made = postgres.rows(f"select tablename from pg_tables where schemaname = '{schema}'")  # noqa: S608
    if others := {row["tablename"] for row in made} ^ {*COMPARED, *RUNS}:
        msg = f"tables that are missing, or of streams that are not selected: {sorted(others)}"
        raise ProofError(msg)
    counts = {}
    for stream in COMPARED:
        names = (*KEYS[stream], *CHANGED.get(stream, ()))
        there = _rows(sandbox.tenant.expected(stream), names)
        gone = "" if stream == "messages" else " where _sdc_deleted_at is null"
        columns = ", ".join(f'"{name}"' for name in names)
        query = f"select {columns} from {stream}{gone}"  # noqa: S608 - this project's own names
        loaded = _rows(postgres.rows(query, schema), names)
        if there != loaded:
            missing, more = (there - loaded).total(), (loaded - there).total()
            msg = f"{stream}: {missing} rows missing, {more} too many, {loaded.total()} in all"
            raise ProofError(msg)
        counts[stream] = loaded.total()
    return counts


def _rows(rows: Iterable[dict[str, Any]], names: tuple[str, ...]) -> Counter[tuple[str, ...]]:
    """These columns of all rows; the loader leaves out the time zone, which is always UTC."""
    found = ({**(row.get("channelIdentity") or {}), **row} for row in rows)
    return Counter(tuple(_plain(row[name]) for name in names) for row in found)


def _plain(value: object) -> str:
    return re.sub(r"(?<=\d)(\.\d*?)0*Z?$|Z$", lambda it: (it[1] or "").rstrip("."), str(value))
