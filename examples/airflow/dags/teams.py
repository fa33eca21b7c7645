"""Microsoft Teams into PostgreSQL, every night: all tenants and their shards side by side."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

from airflow.sdk import Connection, dag, get_current_context, task

PROJECT = Path(__file__).resolve().parent.parent
"""The folder with `meltano.yml` and `tenants.json`."""

TAP, TARGET = "tap-msteams", "target-postgres"


class Tenant(TypedDict):
    """An entry of `tenants.json`; its name is also that of its schema in the warehouse."""

    name: str
    shards: int


class Job(TypedDict):
    """The part of a tenant that one task reads."""

    tenant: str
    shard: int
    shards: int


@dag(
    schedule="17 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2},
)
def teams() -> None:
    """Plan the jobs, make the tables, then run each job in a task of its own."""
    jobs = plan()
    tables() >> sync.expand(job=jobs)


@task
def plan() -> list[Job]:
    """The jobs of all tenants; where the number of shards has changed, their states are merged."""
    for tenant in tenants():
        share_states(tenant)
    return [
        Job(tenant=tenant["name"], shard=shard, shards=tenant["shards"])
        for tenant in tenants()
        for shard in range(tenant["shards"])
    ]


@task
def tables() -> None:
    """Make schemas and tables once: shards that race into an empty database fail at it."""
    with TemporaryDirectory() as folder:
        catalog = Path(folder, "catalog.json")
        for tenant in tenants():
            # Without the catalog, tables of all streams would be made.
            catalog.write_bytes(meltano(tenant["name"], "invoke", "--dump=catalog", TAP))
            command = ("invoke", TAP, f"--catalog={catalog}", "--test=schema")
            meltano(tenant["name"], "invoke", TARGET, given=meltano(tenant["name"], *command))


@task(
    pool="teams",
    execution_timeout=timedelta(hours=6),
    map_index_template="{{ job }}",
)
def sync(job: Job) -> None:
    """Load one part of a tenant; a retry goes on where the last STATE says."""
    name = state_id(job["tenant"], job["shard"], job["shards"])
    get_current_context()["job"] = name
    # The run that a killed worker has left in Meltano's database is over.
    command = ("el", "--force", "--no-install", f"--state-id={name}", TAP, TARGET)
    shard = {"TAP_MSTEAMS_SHARDS": str(job["shards"]), "TAP_MSTEAMS_SHARD": str(job["shard"])}
    meltano(job["tenant"], *command, shard=shard)


def tenants() -> list[Tenant]:
    """All tenants."""
    found: list[Tenant] = json.loads((PROJECT / "tenants.json").read_text())
    return found


def state_id(tenant: str, shard: int, shards: int) -> str:
    """The id of a shard's state."""
    return f"{tenant}-{shard}-of-{shards}"


def share_states(tenant: Tenant) -> None:
    """Give each new shard the merged states of the former ones."""
    name, shards = tenant["name"], tenant["shards"]
    known = meltano(name, "state", "list", "--pattern", f"{name}-*-of-*").decode().split()
    wanted = [state_id(name, shard, shards) for shard in range(shards)]
    former = [it for it in known if it not in wanted]
    if not former:
        return
    with TemporaryDirectory() as folder:
        files = [Path(folder, it) for it in known]
        for file in files:
            file.write_bytes(meltano(name, "state", "get", file.name))
        merged = Path(folder, "merged")
        merged.write_bytes(meltano(name, "invoke", TAP, "merge-states", *map(str, files)))
        for it in wanted:
            if it not in known:
                meltano(name, "state", "set", "--force", "--input-file", str(merged), it)
    for it in former:
        meltano(name, "state", "clear", "--force", it)


def meltano(
    tenant: str, *arguments: str, given: bytes = b"", shard: dict[str, str] | None = None
) -> bytes:
    """The output of a command of Meltano for a tenant; its log is the task's."""
    done = subprocess.run(
        ("meltano", *arguments),
        cwd=PROJECT,
        env={**environment(tenant), **(shard or {})},
        input=given,
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout


def environment(tenant: str) -> dict[str, str]:
    """The settings of tap and target, from Airflow's connections."""
    teams = Connection.get(f"teams_{tenant}")
    warehouse = Connection.get("warehouse")
    settings = {
        "client_id": teams.login,
        "client_secret": teams.password,
        **teams.extra_dejson,  # tenant_id, and whatever else the tap takes
    }
    loader = {
        "host": warehouse.host,
        "port": str(warehouse.port or 5432),
        "user": warehouse.login,
        "password": warehouse.password,
        "database": warehouse.schema,
        "default_target_schema": tenant,
    }
    # A project of somebody else's shell would be used instead of this one.
    inherited = {name: it for name, it in os.environ.items() if name != "MELTANO_PROJECT_ROOT"}
    return {
        **inherited,
        **{f"TAP_MSTEAMS_{key.upper()}": str(it) for key, it in settings.items() if it},
        **{f"TARGET_POSTGRES_{key.upper()}": it for key, it in loader.items() if it},
    }


teams()
