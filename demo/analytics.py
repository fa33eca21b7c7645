"""The demo for analysts: the marts of the dbt package answer questions."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import pipeline
from postgres import ROOT, Postgres, PostgresError
from tour import HOME, DemoError, begin_afresh, ending_of, heading

from docs.computed.streams import everything

SCHEMA = "teams_demo"
MARTS = f"{SCHEMA}_marts"

QUESTIONS = {
    "How fast does a team get an answer?": """
        select team_name as team, count(*) as posts,
            round(100.0 * count(first_answer_at) / count(*)) as percent_answered,
            round(percentile_cont(0.5) within group (order by minutes_to_first_answer))
                as median_minutes
        from msteams__threads where sender_kind = 'user' and not is_deleted
        group by team_name order by posts desc limit 5""",
    "Who writes most?": """
        select user_name as person, department, sum(messages) as messages,
            count(distinct day) as days
        from msteams__person_days group by user_name, department
        order by messages desc, person limit 5""",
    "Which meetings are well attended?": """
        select subject, count(distinct report_id) as meetings,
            round(count(*) * 1.0 / count(distinct report_id), 1) as attendees,
            round(avg(seconds) / 60) as minutes
        from msteams__meeting_attendance group by subject
        order by meetings desc, subject limit 5""",
    "Which calls had the worst quality?": """
        select to_char(started_at, 'YYYY-MM-DD HH24:MI') as started, participants,
            round(average_jitter_ms::numeric, 1) as jitter_ms,
            round(100 * worst_packet_loss_rate::numeric, 1) as worst_loss_percent
        from msteams__call_quality where streams > 0
        order by worst_packet_loss_rate desc nulls last limit 5""",
    "How many people use Teams?": """
        select day, active_people as active, chat_messages as chats, meetings_attended as meetings,
            people_on_phones as phones
        from msteams__adoption order by day desc limit 5""",
}
"""Questions, with the queries that answer them."""


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
    for question, query in QUESTIONS.items():
        heading(question)
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
    settings = {
        # Graph gives 14 usage reports in ten minutes; the sandbox gives all at once.
        "TAP_MSTEAMS_RATE_LIMIT_SHARE": "0",
        "TAP_MSTEAMS__SELECT": json.dumps(everything()),
        "DBT_POSTGRES_PORT": str(postgres.port),
        "DBT_POSTGRES_SOURCE_SCHEMA": SCHEMA,
        "DBT_POSTGRES_SCHEMA": MARTS,
    }
    target = pipeline.into(postgres, SCHEMA)
    with log.open("wb") as output:
        then = ("dbt-postgres:build",)
        code = pipeline.run(target, HOME / "state", output, settings, then=then)
    print(f"  ({time.monotonic() - started:.0f} s, log in {log.relative_to(ROOT)})")
    if code:
        msg = f"the run failed with exit code {code}; its last lines:\n{ending_of(log)}"
        raise DemoError(msg)


def show(rows: list[dict[str, Any]]) -> None:
    """Show rows as a table."""
    cells = [[*rows[0]], *([str(it) for it in row.values()] for row in rows)] if rows else []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print("  " + "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)))


if __name__ == "__main__":
    try:
        main()
    except (DemoError, PostgresError, OSError) as error:
        sys.exit(f"demo: {error}")
