"""The demo for analysts: the marts of the dbt package answer questions."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import pipeline
from postgres import ROOT, Postgres, PostgresError
from rich.cells import cell_len, set_cell_size
from tour import HOME, SCHEMA, DemoError, begin_afresh, ending_of, heading

from docs.computed.streams import everything

MARTS = f"{SCHEMA}_marts"

QUERIES = ("response_times", "busiest_writers", "meeting_attendance", "worst_calls", "adoption")
"""Queries of the documents; the first line of each is the question that it answers."""


def main() -> None:
    """Load everything, build the marts, and show answers."""
    if "MSTEAMS_SANDBOX_GRAPH_URL" not in os.environ:
        msg = "there is no tenant to read: run `make demo-analytics`"
        raise DemoError(msg)
    postgres = Postgres()
    postgres.start()
    print(f"PostgreSQL: {postgres.url}")
    begin_afresh(postgres)
    postgres.execute(f"set client_min_messages = error; drop schema if exists {MARTS} cascade")
    heading("Everything, and the marts")
    build(postgres)
    for name in QUERIES:
        query = (ROOT / "docs" / "queries" / "marts" / f"{name}.sql").read_text()
        heading(query.partition("\n")[0].removeprefix("-- "))
        show(postgres.rows(query, MARTS))
    print(
        f"\nLook around\n  make psql                 then: set search_path to {MARTS}; \\d\n"
        "  docs/marts.md             all marts, and how to build them from your own tables"
    )


def build(postgres: Postgres) -> None:
    """Run the pipeline with dbt at its end."""
    print("  meltano run tap-msteams target-postgres dbt-postgres:build", end="", flush=True)
    started = time.monotonic()
    log = HOME / "analytics.log"
    target = into(postgres, SCHEMA)
    with log.open("wb") as output:
        then = ("dbt-postgres:build",)
        code = pipeline.run(target, HOME / "state", output, tenant={}, then=then)
    print(f"  ({time.monotonic() - started:.0f} s, log in {log.relative_to(ROOT)})")
    if code:
        msg = f"the run failed with exit code {code}; its last lines:\n{ending_of(log)}"
        raise DemoError(msg)


def into(postgres: Postgres, schema: str) -> dict[str, str]:
    """The environment that loads all streams, and makes dbt-postgres build the marts of them."""
    return {
        **pipeline.into(postgres, schema),
        # Graph gives 14 usage reports in ten minutes; the sandbox gives all at once.
        "TAP_MSTEAMS_RATE_LIMIT_SHARE": "0",
        "TAP_MSTEAMS__SELECT": json.dumps(everything()),
        "DBT_POSTGRES_PORT": str(postgres.port),
        "DBT_POSTGRES_PASSWORD_FILE": str(postgres.passfile),
        "DBT_POSTGRES_SOURCE_SCHEMA": schema,
        "DBT_POSTGRES_SCHEMA": f"{schema}_marts",
    }


def show(rows: list[dict[str, Any]]) -> None:
    """Show rows as a table."""
    cells = [[*rows[0]], *([str(it) for it in row.values()] for row in rows)] if rows else []
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("  " + "  ".join(map(set_cell_size, line, widths)))


if __name__ == "__main__":
    try:
        main()
    except (DemoError, PostgresError, OSError) as error:
        sys.exit(f"demo: {error}")
