"""The large proof of the example on Airflow: Celery, two workers, one of which is killed."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import psutil
from example import Example, ProofError, address, compare, environment_of
from postgres import PORT, ROOT, UTC, Postgres

from tap_msteams_sandbox import Sandbox, Tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOME = ROOT / ".meltano" / "cluster"
RESULTS = ROOT / "benchmarks" / "cluster.json"
REDIS = ROOT / ".tools" / "redis"
"""Debian's packages, unpacked."""

TENANTS = {
    "contoso": Tenant(seed=7, teams=16, channels=3, messages=120, users=40),
    "fabrikam": Tenant(seed=8, teams=6, channels=3, messages=60, users=30),
    "tailspin": Tenant(seed=9, teams=6, channels=3, messages=60, users=30),
}
LATENCY, PAGE = 1.0, 30
"""Seconds of an answer and rows on a page, so that there is a middle to be killed in."""

PATIENCE = 1800
"""Seconds that a step may take."""


class Cluster:
    """Airflow's services and two workers, each worker with a folder of its own."""

    def __init__(self, postgres: Postgres, sandboxes: Mapping[str, Sandbox]) -> None:
        """Make the folders and the databases."""
        self.postgres = postgres
        for name in ("airflow", "meltano"):
            postgres.execute(f"drop database if exists {name} with (force)")
            postgres.execute(f"create database {name}")
        self._broker, api, *logs = free_ports(4)
        metadata = address("postgresql+psycopg2", postgres, "airflow")
        environment = environment_of(sandboxes, postgres) | {
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "5",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api}/execution/",
            "AIRFLOW__API__PORT": str(api),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
            "AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{self._broker}/0",
            # Without the driver's name Celery looks for another driver.
            "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{metadata}",
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
            # Less would take tasks on a busy machine for dead ones.
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
            "MELTANO_DATABASE_URI": address("postgresql+psycopg2", postgres, "meltano"),
            # Rows that a killed worker has not loaded are few.
            "TARGET_POSTGRES_BATCH_SIZE_ROWS": "500",
        }
        self.workers = [
            Example.copy(HOME / f"worker-{number}", environment | log_server(port))
            for number, port in enumerate(logs, 1)
        ]
        for worker in self.workers:
            dag = worker.folder / "dags" / "teams.py"
            # Only the runs below, and not last night's.
            dag.write_text(dag.read_text().replace('schedule="17 3 * * *"', "schedule=None"))
        self._head = self.workers[0]
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Set up both folders, and start everything."""
        for worker in self.workers:
            worker.run("install", "meltano", "install")
        self._start_redis()
        self._head.run("migrate", "airflow", "db", "migrate")
        self._head.run("pool", "airflow", "pools", "set", "teams", "8", "Shards at once")
        for name in ("api-server", "scheduler", "dag-processor"):
            self._running[name] = self._head.start(name, "airflow", name)
        for number in range(len(self.workers)):
            self.start_worker(number)
        query = "select 1 from dag where dag_id = 'teams' and not is_paused"
        self.wait("Airflow finds the DAG", lambda: self.ask(query))

    def _start_redis(self) -> None:
        [server] = REDIS.glob("usr/bin/redis-server")
        libraries = ":".join(str(it.parent) for it in REDIS.glob("usr/lib/*/liblzf.so.1"))
        command = ("--port", str(self._broker), "--bind", "127.0.0.1", "--save", "")
        environment = {**self._head.environment, "LD_LIBRARY_PATH": libraries}
        redis = Example(HOME, environment)
        self._running["redis"] = redis.start("redis", str(server), *command)

    def start_worker(self, number: int) -> None:
        """Start a worker."""
        name = f"worker-{number + 1}"
        command = ("airflow", "celery", "worker", "--celery-hostname", f"{name}@%h")
        self._running[name] = self.workers[number].start("worker", *command)

    def kill_worker(self, number: int) -> None:
        """Kill a worker with all that it runs, as the loss of its machine does."""
        for process in self.processes(number):
            process.kill()
        self._running.pop(f"worker-{number + 1}").wait()

    def processes(self, number: int) -> list[psutil.Process]:
        """A worker's process and all below it."""
        worker = psutil.Process(self._running[f"worker-{number + 1}"].pid)
        return [worker, *worker.children(recursive=True)]

    def is_loading(self, number: int) -> bool:
        """Whether a worker is in the middle of loading a shard."""
        commands = [_command(process) for process in self.processes(number)]
        return any("--state-id=" in it for it in commands) and any(
            "tap-msteams --config" in it and "--catalog" in it for it in commands
        )

    def stop(self) -> None:
        """End all that was started here."""
        for process in self._running.values():
            found = psutil.Process(process.pid)
            for it in [found, *found.children(recursive=True)]:
                it.kill()
            process.wait()

    def trigger(self, name: str, shards: Mapping[str, int]) -> None:
        """Start a run of the DAG."""
        for worker in self.workers:
            worker.plan(shards)
        self._head.run(f"trigger-{name}", "airflow", "dags", "trigger", "teams", "--run-id", name)

    def finish(self, name: str) -> int:
        """Wait for the end of a run; returns the number of tasks that were run again."""
        query = f"select state from dag_run where run_id = '{name}'"  # noqa: S608
        self.wait(f"the end of {name}", lambda: self.ask(query) in {"success", "failed"})
        if self.ask(query) != "success":
            raise self._head.failed(name, log="scheduler")
        tries = "select count(*) from task_instance where try_number > 1"
        return int(self.ask(f"{tries} and run_id = '{name}'"))

    def ask(self, query: str) -> str:
        """A value in Airflow's database."""
        done = subprocess.run(
            self.postgres.psql("-qAt", "-c", "\\connect airflow", "-c", query),
            env={**self._head.environment, **UTC},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def wait(self, what: str, holds: Callable[[], object]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            for name, process in self._running.items():
                if process.poll() is not None:
                    msg = f"{name} has ended; its log is below {HOME}"
                    raise ProofError(msg)
            if time.monotonic() > end:
                msg = f"{what}: not within {PATIENCE} seconds; the logs are below {HOME}"
                raise ProofError(msg)
            time.sleep(0.5)


def main() -> None:
    """Load with a kill, after a day of work, in more shards, and three tenants."""
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)
    postgres = Postgres()
    postgres.start(PORT)
    quiet = "set client_min_messages = error"
    for name in TENANTS:
        postgres.execute(f"{quiet}; drop schema if exists {name} cascade")
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        sandboxes = {
            name: stack.enter_context(Sandbox(tenant=it, latency=LATENCY, page_size=PAGE))
            for name, it in TENANTS.items()
        }
        cluster = Cluster(postgres, sandboxes)
        stack.callback(cluster.stop)
        cluster.start()
        alone, all_three = {"contoso": 4}, {"contoso": 2, "fabrikam": 2, "tailspin": 2}
        for what, shards in (
            ("first run, a worker killed", alone),
            ("second run, after a day of work", alone),
            ("four shards become six", {"contoso": 6}),
            ("three tenants of two shards", all_three),
        ):
            rows.append(_run(cluster, sandboxes, what, shards, kills=not rows))
            print("; ".join(f"{name}: {value}" for name, value in rows[-1].items()), flush=True)
            for tenant in TENANTS.values():
                tenant.change()
    RESULTS.write_text(json.dumps(rows, indent=2) + "\n")


def _run(
    cluster: Cluster,
    sandboxes: Mapping[str, Sandbox],
    what: str,
    shards: Mapping[str, int],
    *,
    kills: bool,
) -> dict[str, Any]:
    """Run the DAG once, and compare the tables; returns the figures."""
    read = [sandboxes[name] for name in shards]
    before, exports = _asked(read)
    started, name = time.monotonic(), what.replace(",", "").replace(" ", "-")
    cluster.trigger(name, shards)
    if kills:
        cluster.wait(
            "the second worker reads messages",
            lambda: _asked(read)[1] > exports and cluster.is_loading(1),
        )
        cluster.kill_worker(1)
    again = cluster.finish(name)
    if kills:
        if not again:
            msg = "the killed worker had nothing to do: nothing was run again"
            raise ProofError(msg)
        cluster.start_worker(1)
    after, more = _asked(read)
    counts = [compare(sandboxes[it], cluster.postgres, it) for it in shards]
    return {
        "what": what,
        "shards": sum(shards.values()),
        "rows": sum(sum(it.values()) for it in counts),
        "messages": sum(it["messages"] for it in counts),
        "missing": 0,
        "doubled": 0,
        "requests": after - before,
        "message requests": more - exports,
        "tasks run again": again,
        "seconds": round(time.monotonic() - started),
    }


def _asked(sandboxes: list[Sandbox]) -> tuple[int, int]:
    """The requests so far, and those of them for messages."""
    paths = [entry.path for sandbox in sandboxes for entry in sandbox.requests]
    return len(paths), sum("/messages" in path or "getAllMessages" in path for path in paths)


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def log_server(port: int) -> dict[str, str]:
    """The setting that keeps two workers of one machine apart."""
    return {"AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(port)}


def free_ports(number: int) -> list[int]:
    """Free ports, all different."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(number)]
        for it in sockets:
            it.bind(("127.0.0.1", 0))
        return [it.getsockname()[1] for it in sockets]


if __name__ == "__main__":
    try:
        main()
    except ProofError as error:
        sys.exit(f"airflow-cluster: {error}")
