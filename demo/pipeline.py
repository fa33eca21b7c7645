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


def into(postgres: Postgres, schema: str) -> dict[str, str]:
    """The environment that makes target-postgres load into a schema."""
    return {
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema,
        "TARGET_POSTGRES_SQLALCHEMY_URL": postgres.url.replace("://", "+psycopg://"),
    }


def run(  # noqa: PLR0913, PLR0917 - what a pipeline is made of
    target: dict[str, str],
    state: Path,
    log: IO[bytes],
    tenant: dict[str, str],
    loader: str = "target-postgres",
    then: tuple[str, ...] = (),
) -> int:
    """The exit code of `meltano run`, with a state of its own; `then` follows the loader."""
    run = (MELTANO, "--environment=dev", "run", "--no-install", "--refresh-catalog")
    return subprocess.run(
        (*run, "tap-msteams", loader, *then),
        cwd=ROOT,
        env={
            **os.environ,
            **tenant,
            **target,
            "MELTANO_PROJECT_ROOT": str(ROOT),
            "MELTANO_STATE_BACKEND_URI": state.as_uri(),
        },
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        check=False,
    ).returncode
