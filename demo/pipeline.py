"""The pipeline, as the demo and the end-to-end test run it."""

from __future__ import annotations

import os
import subprocess
from typing import IO, TYPE_CHECKING

from postgres import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from postgres import Postgres

MELTANO = ROOT / ".tools" / "meltano" / "bin" / "meltano"


def run(
    postgres: Postgres, schema: str, state: Path, log: IO[bytes], tenant: dict[str, str]
) -> int:
    """The exit code of `meltano run`, into a schema and with a state of its own."""
    run = (MELTANO, "--environment=dev", "run", "--no-install", "--refresh-catalog")
    return subprocess.run(
        (*run, "tap-msteams", "target-postgres"),
        cwd=ROOT,
        env={
            **os.environ,
            **tenant,
            "MELTANO_PROJECT_ROOT": str(ROOT),
            "MELTANO_STATE_BACKEND_URI": state.as_uri(),
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema,
            "TARGET_POSTGRES_SQLALCHEMY_URL": postgres.url.replace("://", "+psycopg://"),
        },
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        check=False,
    ).returncode
