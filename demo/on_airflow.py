"""The small proof of the example on Airflow: shards one after the other, in one process."""

from __future__ import annotations

import shutil
import sys
import time

from example import Example, ProofError, compare, environment_of
from postgres import PORT, ROOT, Postgres

from tap_msteams_sandbox import Sandbox, Tenant

HOME = ROOT / ".meltano" / "airflow"
TENANT = Tenant(seed=7, teams=12, channels=3, messages=60, users=40)


def main() -> None:
    """Load the tenant in four shards, change it, and load it in six."""
    shutil.rmtree(HOME, ignore_errors=True)
    postgres = Postgres()
    postgres.start(PORT)
    postgres.execute("set client_min_messages = error; drop schema if exists contoso cascade")
    with Sandbox(tenant=TENANT) as sandbox:
        example = Example.copy(HOME, environment_of({"contoso": sandbox}, postgres))
        example.run("install", "meltano", "install")
        example.run("migrate", "airflow", "db", "migrate")
        example.run("pool", "airflow", "pools", "set", "teams", "8", "Shards at once")
        for number, shards in enumerate((4, 6)):
            example.plan({"contoso": shards})
            requests, started = len(sandbox.requests), time.monotonic()
            example.run(f"run-{number}", "airflow", "dags", "test", "teams")
            found = compare(sandbox, postgres, "contoso")
            print(
                f"{shards} shards: {', '.join(f'{it} {name}' for name, it in found.items())}; "
                f"{len(sandbox.requests) - requests} requests, "
                f"{time.monotonic() - started:.0f} s",
                flush=True,
            )
            TENANT.change()


if __name__ == "__main__":
    try:
        main()
    except ProofError as error:
        sys.exit(f"airflow: {error}")
