"""The proof of the example on Airflow: shards of a synthetic tenant, loaded and compared."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import msgspec
from pipeline import MELTANO
from postgres import PORT, ROOT, Postgres

from tap_msteams.sandbox import settings
from tap_msteams.streams import STREAMS
from tap_msteams_sandbox import Sandbox, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable

AIRFLOW = ROOT / ".tools" / "airflow"
"""The environment of Airflow."""

HOME = ROOT / ".meltano" / "airflow"
"""A copy of the example, as somebody has it who follows its README, with Airflow's database."""

TENANT = Tenant(seed=7, teams=12, channels=3, messages=60, users=40)
COMPARED = ("users", "teams", "channels", "members", "messages")
KEYS = {stream.__dict__["name"]: tuple(stream.primary_keys) for stream in STREAMS}


class ProofError(Exception):
    """The tables are not what the tenant is."""


def main() -> None:
    """Load the tenant in four shards, change it, and load it in six."""
    shutil.rmtree(HOME, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "airflow", HOME)
    definition = HOME / "meltano.yml"
    elsewhere = "pip_url: git+https://git.example.com/tap-msteams.git"
    definition.write_text(definition.read_text().replace(elsewhere, f"pip_url: -e {ROOT}"))
    postgres = Postgres()
    postgres.start(PORT)
    postgres.execute("set client_min_messages = error; drop schema if exists contoso cascade")
    with Sandbox(tenant=TENANT) as sandbox:
        environment = environment_of(sandbox, postgres)
        run(("meltano", "install"), environment, "install")
        run(("airflow", "db", "migrate"), environment, "migrate")
        run(("airflow", "pools", "set", "teams", "8", "Shards at once"), environment, "pool")
        for number, shards in enumerate((4, 6)):
            (HOME / "tenants.json").write_text(json.dumps([{"name": "contoso", "shards": shards}]))
            requests, started = len(sandbox.requests), time.monotonic()
            run(("airflow", "dags", "test", "teams"), environment, f"run-{number}")
            found = check(sandbox, postgres)
            print(
                f"{shards} shards: {found}; {len(sandbox.requests) - requests} requests, "
                f"{time.monotonic() - started:.0f} s",
                flush=True,
            )
            TENANT.change()


def environment_of(sandbox: Sandbox, postgres: Postgres) -> dict[str, str]:
    """Airflow's settings and connections."""
    facts = settings(msgspec.to_builtins(sandbox.facts()))
    teams = {
        "conn_type": "generic",
        "login": facts.pop("client_id"),
        "password": facts.pop("client_secret"),
        "extra": facts,
    }
    password = postgres.passfile.read_text().strip().rpartition(":")[2]
    warehouse = f"postgres://postgres:{password}@127.0.0.1:{postgres.port}/postgres"
    tools = (AIRFLOW / "bin", MELTANO.parent)
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MELTANO_", "TAP_MSTEAMS_", "TARGET_", "AIRFLOW"))
    }
    return {
        **inherited,
        "PATH": os.pathsep.join((*map(str, tools), os.environ["PATH"])),
        "AIRFLOW_HOME": str(HOME / "home"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW_CONN_TEAMS_CONTOSO": json.dumps(teams),
        "AIRFLOW_CONN_WAREHOUSE": warehouse,
    }


def run(command: tuple[str, ...], environment: dict[str, str], name: str) -> None:
    """Run a command with its log in a file; its end is told where it fails."""
    log = HOME / f"{name}.log"
    with log.open("wb") as output:
        program = shutil.which(command[0], path=environment["PATH"]) or command[0]
        done = subprocess.run(
            (program, *command[1:]),
            cwd=HOME,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    text = log.read_text(errors="replace")
    # `dags test` ends with 0 even where a task has failed.
    if done.returncode or "state=failed" in text:
        ending = "\n".join(text.splitlines()[-40:])
        msg = f"`{' '.join(command)}` failed; the end of {log}:\n{ending}"
        raise ProofError(msg)


def check(sandbox: Sandbox, postgres: Postgres) -> str:
    """Compare each table with the tenant by primary key; returns the number of rows."""
    counts = []
    for stream in COMPARED:
        there = keys(sandbox.tenant.truth(stream), KEYS[stream])
        gone = "" if stream == "messages" else " where _sdc_deleted_at is null"
        names = ", ".join(f'"{key}"' for key in KEYS[stream])
        query = f"select {names} from {stream}{gone}"  # noqa: S608 - this project's own names
        loaded = keys(postgres.rows(query, "contoso"), KEYS[stream])
        if sorted(there) != sorted(loaded):
            missing, more = len({*there} - {*loaded}), len({*loaded} - {*there})
            msg = f"{stream}: {missing} rows missing, {more} too many, {len(loaded)} in all"
            raise ProofError(msg)
        counts.append(f"{len(loaded)} {stream}")
    return ", ".join(counts)


def keys(rows: Iterable[dict[str, Any]], names: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The primary keys of rows, one by one."""
    return [
        tuple(str({**(row.get("channelIdentity") or {}), **row}[it]) for it in names)
        for row in rows
    ]


if __name__ == "__main__":
    try:
        main()
    except ProofError as error:
        sys.exit(f"airflow: {error}")
