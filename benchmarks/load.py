"""Loading: from Graph into PostgreSQL, end to end."""

from __future__ import annotations

import json
import runpy
import subprocess
import time
from typing import TYPE_CHECKING, Any

from benchmarks.cloud import Cloud, Tenant
from benchmarks.process import ROOT, clean_environment, measure
from benchmarks.row import Row

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.process import Run, Taps

TENANT = Tenant(teams=20, channels=5, messages=200)
TARGET = ROOT / ".meltano" / "loaders" / "target-postgres" / "venv" / "bin" / "target-postgres"
UTC = {"PGTZ": "UTC"}
REPEATS = 2


def load(taps: Taps) -> list[Row]:
    """The tap's pipe into target-postgres, against the target alone, fed from a file.

    Nothing where `make setup` has not installed the target.
    """
    if not TARGET.exists():
        return []
    server = runpy.run_path(str(ROOT / "demo" / "postgres.py"))["Postgres"]
    postgres = server(taps.directory / "postgres")
    postgres.start(port=0)
    try:
        with Cloud(TENANT) as cloud:
            return [_compare(taps, cloud, postgres)]
    finally:
        postgres.remove()


def _compare(taps: Taps, cloud: Cloud, postgres: Any) -> Row:  # noqa: ANN401 - of a script
    config = taps.directory / "target.json"
    config.write_text(
        json.dumps(
            {
                "sqlalchemy_url": postgres.url.replace("://", "+psycopg://"),
                "default_target_schema": "loaded",
                # As in meltano.yml.
                "use_copy": True,
                "validate_records": False,
            }
        )
    )
    command: list[str | Path] = [TARGET, "--config", config]
    read = taps.ours(cloud)
    alone, piped = [], []
    for _ in range(REPEATS):
        postgres.execute("drop schema if exists loaded cascade")
        alone.append(_fed(command, read, taps.directory).wall)
        postgres.execute("drop schema if exists loaded cascade")
        piped.append(_piped(taps, command))
    loaded = int(postgres.execute("select count(*) from loaded.messages"))
    messages = sum(b'"stream":"messages"' in line for line in _records(read))
    if loaded != messages:
        msg = f"{messages} messages were read, but {loaded} are in PostgreSQL"
        raise AssertionError(msg)
    return Row(
        what=f"Into PostgreSQL, {read.records:,} records",
        ours=min(piped),
        other=min(alone),
        unit="s",
        against="target-postgres alone",
        ratio=min(piped) / min(alone),
    )


def _records(run: Run) -> list[bytes]:
    with run.output.open("rb") as lines:
        return [line[:60] for line in lines if line.startswith(b'{"type":"RECORD"')]


def _fed(command: list[str | Path], run: Run, directory: Path) -> Run:
    with run.output.open("rb") as feed:
        return measure(command, directory / "target.out", feed=feed, environment=UTC)


def _piped(taps: Taps, command: list[str | Path]) -> float:
    """Seconds from the start of both to the end of both."""
    started = time.monotonic()
    with subprocess.Popen(
        taps.command,
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as tap:
        measure(command, taps.directory / "target.out", feed=tap.stdout, environment=UTC)
    return time.monotonic() - started
