"""The demo: a synthetic tenant is loaded into PostgreSQL twice, and queried."""

from __future__ import annotations

import json
import os
import re
import shutil
import ssl
import sys
import time
from html import unescape
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pipeline
from postgres import ROOT, Postgres, PostgresError
from rich.cells import set_cell_size

SCHEMA = "teams_demo"
HOME = ROOT / ".meltano" / "demo"

Row = dict[str, Any]
Table = dict[tuple[Any, ...], Row]
"""Rows by their primary key."""

ENDING = f"""
What happened
  A local Entra ID and Microsoft Graph served a synthetic company over TLS; the tap signed in
  there and read it as it would read yours, and Meltano's PostgreSQL loader wrote the tables.
  Teams, channels, members and users are read whole each time; of messages a run reads what
  changed since the last one; presence adds one row for each person and observation. What is
  gone from the tenant stays in its table, marked in _sdc_deleted_at.

Look around
  make psql                 then: set search_path to {SCHEMA}; \\dt
  make stop                 stops PostgreSQL; its data stays in .meltano/

With your own tenant
  Register an application in Entra ID, let an administrator consent, and then:
    export TAP_MSTEAMS_TENANT_ID=... TAP_MSTEAMS_CLIENT_ID=... TAP_MSTEAMS_CLIENT_SECRET=...
    .tools/meltano/bin/meltano run quickstart
  README.md, "Use it with your tenant", has the steps and the permissions.
"""


class DemoError(Exception):
    """An error of the demo, with its remedy."""


def main() -> None:
    """Load, let a day go by in the tenant, load again, and show the results."""
    if not (sandbox := os.environ.get("MSTEAMS_SANDBOX_GRAPH_URL")):
        msg = "there is no tenant to read: run `make demo`"
        raise DemoError(msg)
    postgres = Postgres()
    postgres.start()
    print(f"PostgreSQL: {postgres.url}")
    begin_afresh(postgres)
    heading("First run: everything")
    load(postgres, "first")
    first = tables(postgres)
    heading("Meanwhile, a day of work in the tenant")
    print("  " + ", ".join(f"{name} {count}" for name, count in change(sandbox).items() if count))
    heading("Second run: what is new")
    load(postgres, "second")
    show_counts(first, tables(postgres))
    show_thread(postgres)
    show_presence(postgres)
    print(ENDING)


def begin_afresh(postgres: Postgres) -> None:
    """Remove the tables and the state of an earlier demo."""
    postgres.execute(f"set client_min_messages = error; drop schema if exists {SCHEMA} cascade")
    shutil.rmtree(HOME, ignore_errors=True)
    HOME.mkdir(parents=True)


def load(postgres: Postgres, name: str) -> None:
    """Run the pipeline, with its log in a file of this name."""
    print("  meltano run tap-msteams target-postgres", end="", flush=True)
    started = time.monotonic()
    log = HOME / f"{name}.log"
    with log.open("wb") as output:
        code = pipeline.run(pipeline.into(postgres, SCHEMA), HOME / "state", output, tenant={})
    print(f"  ({time.monotonic() - started:.0f} s, log in {log.relative_to(ROOT)})")
    if code:
        msg = f"the run failed with exit code {code}; its last lines:\n{ending_of(log)}"
        raise DemoError(msg)


def ending_of(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def change(sandbox: str) -> dict[str, int]:
    """Let the tenant change, and show the changes."""
    trust = ssl.create_default_context(cafile=os.environ["TAP_MSTEAMS_CA_BUNDLE"])
    address = f"{sandbox}/sandbox/change"
    request = Request(address, data=b"{}", method="POST")  # noqa: S310 - the sandbox, on loopback
    with urlopen(request, context=trust) as answer:  # noqa: S310
        counts: dict[str, int] = json.load(answer)
    return counts


def tables(postgres: Postgres) -> dict[str, Table]:
    """All rows, by table and primary key."""
    keys: dict[str, list[str]] = {}
    for column in postgres.rows(query("keys"), SCHEMA):
        keys.setdefault(column["table"], []).append(column["column"])
    return {
        table: {
            tuple(row[name] for name in key): row for row in postgres.rows(f"table {table}", SCHEMA)
        }
        for table, key in keys.items()
    }


def show_counts(first: dict[str, Table], second: dict[str, Table]) -> None:
    """Show a line for each stream with the rows of each run."""
    heads = ("first run", "second run", "new", "changed", "gone", "in all")
    print(f"\n  {'rows':10}" + "".join(f"{head:>12}" for head in heads))
    # The loader stamps every row that it writes with the start of its run.
    mark = max(row["_sdc_sync_started_at"] for table in first.values() for row in table.values())
    for name, now in second.items():
        before = first.get(name, {})
        loaded = sum(row["_sdc_sync_started_at"] > mark for row in now.values())
        new = now.keys() - before.keys()
        changed = sum(data(now[key]) != data(before[key]) for key in now.keys() & before.keys())
        gone = sum(row["_sdc_deleted_at"] is not None for row in now.values())
        counts = (len(before), loaded, len(new), changed, gone, len(now))
        print(f"  {name:10}" + "".join(f"{count:12}" for count in counts))


def data(row: Row) -> Row:
    """A row without the loader's own columns."""
    return {name: value for name, value in row.items() if not name.startswith("_sdc_")}


def show_thread(postgres: Postgres) -> None:
    """Show a conversation, with the names of its authors."""
    if messages := postgres.rows(query("thread"), SCHEMA):
        heading(f"A thread in {messages[0]['team']} > {messages[0]['channel']}")
    for message in messages:
        indent = "    " if message["is_reply"] else "  "
        reactions = f"  [{message['reactions']}]" if message["reactions"] else ""
        line = f"{indent}{message['time']}  {message['author']}: {plain(message['text'])}"
        print(line + reactions)


def show_presence(postgres: Postgres) -> None:
    """Show one user for each kind of presence."""
    heading("Who is there")
    for person in postgres.rows(query("presence"), SCHEMA):
        state = f"{person['availability']}, {person['activity']}"
        who = f"{person['name']} ({person['title']})" if person["title"] else person["name"]
        columns = set_cell_size(who, 44), set_cell_size(state, 42), plain(person["status"], 40)
        print(f"  {' '.join(columns)}".rstrip())


def query(name: str) -> str:
    """One of the queries beside this file."""
    return Path(__file__).with_name(f"{name}.sql").read_text()


def plain(html: str, width: int = 84) -> str:
    """The text of a message, on one line."""
    text = " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
    return text if len(text) <= width else text[: width - 3] + "..."


def heading(text: str) -> None:
    """Show a heading."""
    print(f"\n{text}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (DemoError, PostgresError, OSError) as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
