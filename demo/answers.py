"""The answers in the documents: results of `docs/queries` for a synthetic company.

`python demo/answers.py` writes them anew: a PostgreSQL for that, three nights of loading for the
queries of the tables, one of everything for those of the marts, and an `answers.json` beside each,
from which `make fix` computes tables and plots. dbt-postgres must be there: see `make dbt`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import analytics
import pipeline
import yaml
from postgres import ROOT, Postgres

from tap_msteams_sandbox import Sandbox, Tenant

SCHEMA = "answers"
DIRECTORY = ROOT / "docs" / "queries"
MARTS = DIRECTORY / "marts"
TARGET = ROOT / ".meltano" / "loaders" / "target-postgres" / "venv" / "bin" / "target-postgres"

QUERIES = (
    "latest_presence", "threads", "active_teams", "membership_history", "inactive_channels",
    "guests", "missing_rows",
)  # fmt: skip

NIGHTS = 3
REFUSED = 3
"""The team that refuses the last night's run, so that something is missing."""

NIGHT = 86_400
STEP = 149
"""Seconds between two actions of people on a day."""

Rows = list[dict[str, Any]]


@dataclass
class Clock:
    """The time of the company, which moves only while people work."""

    now: float
    step: float = 0

    def __call__(self) -> float:
        """Seconds since 1970."""
        self.now += self.step
        return self.now


def company() -> Tenant:
    """The company of the demo."""
    return Tenant(seed=7, teams=5, channels=4, messages=60, users=40)


def load(postgres: Postgres, directory: Path) -> None:
    """Load the company night after night, with days of work in between."""
    tenant = company()
    clock = Clock(tenant.until / 1000)
    refused = list(tenant.teams)[REFUSED]
    for night in range(NIGHTS):
        last = night == NIGHTS - 1
        faults = [f"403:where=teams/{refused}/channels/,times=0"] if last else []
        with Sandbox(tenant, clock=clock, faults=faults) as sandbox:
            _run(postgres, directory, sandbox.environment())
            _date(postgres, clock.now)
            if not last:
                clock.now += NIGHT / 3
                clock.step = STEP
                tenant.change()
                clock.step = 0
                clock.now = tenant.until / 1000 + (night + 1) * NIGHT


def _run(postgres: Postgres, directory: Path, tenant: dict[str, str]) -> None:
    """Run the tap into the target as a shell would, from the last state on."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    [plugin] = [it for it in project["plugins"]["loaders"] if it["name"] == "target-postgres"]
    address = postgres.url.replace("://", "+psycopg://")
    config = {
        **plugin["config"],
        "sqlalchemy_url": address,
        "default_target_schema": SCHEMA,
    }
    (directory / "target.json").write_text(json.dumps(config))
    state = directory / "state.json"
    known = ("--state", str(state)) if state.exists() else ()
    environment = {
        **os.environ,
        **plugin["env"],
        **tenant,
        "PYTHONPATH": str(ROOT),
        "TAP_MSTEAMS_EMIT_ACTIVATE_VERSION_MESSAGES": "true",
        "TAP_MSTEAMS_ON_ERROR": "report",
    }
    with (
        (directory / "log").open("wb") as log,
        subprocess.Popen(
            (sys.executable, "-m", "tap_msteams", "--config", "ENV", *known),
            cwd=directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as tap,
    ):
        target = subprocess.run(
            (TARGET, "--config", directory / "target.json"),
            cwd=directory,
            env=environment,
            stdin=tap.stdout,
            stdout=subprocess.PIPE,
            stderr=log,
            check=False,
        )
    if tap.returncode or target.returncode:
        msg = (directory / "log").read_text(errors="replace")[-2000:]
        raise RuntimeError(msg)
    state.write_bytes(target.stdout.splitlines()[-1])


def _date(postgres: Postgres, now: float) -> None:
    """Date deletions by the company's clock, since the loader uses another one."""
    moment = datetime.fromtimestamp(now, UTC).replace(tzinfo=None).isoformat()
    postgres.execute(
        f"update members set _sdc_deleted_at = '{moment}'"  # noqa: S608 - a moment of our own
        " where _sdc_deleted_at > _sdc_extracted_at",
        SCHEMA,
    )


def of_marts(postgres: Postgres, directory: Path) -> dict[str, Rows]:
    """Load everything, build the marts, and return all rows of all their queries."""
    tenant, schema, log = company(), "everything", directory / "marts.log"
    with (
        Sandbox(tenant, clock=Clock(tenant.until / 1000)) as sandbox,
        log.open("wb") as output,
    ):
        target = analytics.into(postgres, schema)
        state = directory / "state"
        then = ("dbt-postgres:build",)
        code = pipeline.run(target, state, output, sandbox.environment(), then=then)
    if code:
        raise RuntimeError(log.read_text(errors="replace")[-2000:])
    return {
        path.stem: postgres.rows(path.read_text(), f"{schema}_marts")
        for path in sorted(MARTS.glob("*.sql"))
    }


def answers(postgres: Postgres) -> dict[str, Rows]:
    """All rows of all queries of the tables."""
    return {name: postgres.rows(query(name), SCHEMA) for name in QUERIES}


def query(name: str) -> str:
    """One of the queries."""
    return (DIRECTORY / f"{name}.sql").read_text()


def encoded(found: dict[str, Rows]) -> str:
    """The answers, a line for each row."""
    parts = [
        f"{json.dumps(name)}: [\n"
        + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
        + "\n]"
        for name, rows in found.items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    """Write all answers."""
    with tempfile.TemporaryDirectory() as scratch:
        postgres = Postgres(Path(scratch) / "postgres")
        postgres.start(port=0)
        try:
            load(postgres, Path(scratch))
            (DIRECTORY / "answers.json").write_text(encoded(answers(postgres)))
            (MARTS / "answers.json").write_text(encoded(of_marts(postgres, Path(scratch))))
        finally:
            postgres.remove()


if __name__ == "__main__":
    main()
