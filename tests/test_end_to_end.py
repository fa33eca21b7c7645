"""The main job: `meltano run tap-msteams target-postgres`, first whole, then incremental."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import pipeline
import pytest
import tour
from postgres import ROOT, Postgres

from tap_msteams.streams import STREAMS
from tap_msteams_sandbox import Tenant
from tests.clock import Clock
from tests.cloud import Sandbox
from tests.warehouse import (
    BY_NAME,
    COLUMNS,
    DAY,
    ENVIRONMENT,
    STILL,
    WHOLE,
    due,
    expected_rows,
    gone,
    keyed,
    plain,
)

pytestmark = pytest.mark.usefixtures("own_meltano")

SCHEMA = "teams"
TYPES = {
    "array": "jsonb",
    "boolean": "boolean",
    "integer": "bigint",
    "number": "numeric",
    "object": "jsonb",
    "string": "text",
}
MOMENTS = {"date": "date", "date-time": "timestamp without time zone"}


@dataclass
class Load:
    """What a run left behind, and what the tenant held by then."""

    tables: dict[str, dict[tuple[str, ...], dict[str, Any]]]
    sizes: dict[str, int]
    expected: dict[str, dict[tuple[str, ...], dict[str, Any]]]
    state: dict[str, Any]

    def written(self, stream, since=0):
        """The keys of the rows that runs after a certain moment have written."""
        rows = self.tables[stream].items()
        return {key for key, row in rows if row["_sdc_sync_started_at"] > since}

    @property
    def last(self):
        """The moment when the last run started that wrote something."""
        return max(
            row["_sdc_sync_started_at"] for rows in self.tables.values() for row in rows.values()
        )


@pytest.fixture(scope="module")
def postgres():
    server = Postgres(ROOT / ".meltano" / "test-postgres")
    server.start(port=0)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def loads(postgres, tmp_path_factory):
    """A first load and, after a day of work in the tenant, a second one."""
    directory = tmp_path_factory.mktemp("pipeline")
    tenant = Tenant(seed=11, teams=3, channels=3, messages=40, users=30)
    clock = Clock(tenant.until / 1000)
    with Sandbox(tenant=tenant, clock=clock) as sandbox:
        first = load(postgres, directory, sandbox)
        tenant.change()
        clock.forward(DAY)
        return first, load(postgres, directory, sandbox)


def load(postgres, directory, sandbox):
    log = directory / "log"
    with log.open("wb") as output:
        tenant = {**sandbox.environment(), **ENVIRONMENT}
        code = pipeline.run(pipeline.into(postgres, SCHEMA), directory, output, tenant)
    assert code == 0, log.read_text()[-5000:]
    [bookmarks] = directory.rglob("state.json")
    rows = {name: postgres.rows(f"table {name}", SCHEMA) for name in BY_NAME}
    return Load(
        tables={name: keyed(name, rows[name]) for name in BY_NAME},
        sizes={name: len(rows[name]) for name in BY_NAME},
        expected={
            name: keyed(name, expected_rows(sandbox.tenant, name))
            for name in BY_NAME
            if name not in {"sync_issues", "sync_runs"}
        },
        state=json.loads(bookmarks.read_text()),
    )


@pytest.mark.parametrize("stream", WHOLE)
@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
def test_the_tables_hold_what_the_tenant_holds(loads, which, stream):
    load = loads[which]

    expected = due(which, stream, load.expected[stream], loads[0].expected[stream])

    assert expected.keys() <= load.tables[stream].keys()
    assert which or expected.keys() == load.tables[stream].keys()
    for key, row in expected.items():
        assert plain(stream, load.tables[stream][key]) == plain(stream, row)


def test_a_day_of_work_shows_in_every_table_but_these(loads):
    first, second = loads
    assert {it for it in WHOLE if first.expected[it] == second.expected[it]} == STILL
    assert {it.name for it in STREAMS} - {*WHOLE} == {"presence", "sync_issues", "sync_runs"}


@pytest.mark.parametrize("stream", WHOLE)
def test_what_is_gone_from_the_tenant_is_marked(loads, stream):
    for load in loads:
        rows = load.tables[stream]
        marked = {k for k, row in rows.items() if row["_sdc_deleted_at"] or row.get("deleted")}
        assert marked == gone(stream, rows, load.expected[stream])


def test_the_files_of_a_channel_are_found_as_the_documents_say(loads, postgres):
    _, second = loads
    blocks = re.findall(r"```sql\n(.*?);\n```", (ROOT / "docs/tables.md").read_text(), re.DOTALL)
    [query] = [it for it in blocks if "channel_folders" in it]
    items = {row["id"]: row for row in second.tables["drive_items"].values()}
    inside, left = {row["id"] for row in second.tables["channel_folders"].values()}, True
    while left:
        left = {id_ for id_, it in items.items() if above(it) in inside} - inside
        inside |= left
    files = [it["name"] for id_ in inside if (it := items[id_])["file"] and not it["deleted"]]

    assert sorted(row["name"] for row in postgres.rows(query, SCHEMA)) == sorted(files) != []


def above(item):
    return (item["parentReference"] or {}).get("id")


def test_each_run_observes_the_presence_of_everybody(loads, postgres):
    first, _ = loads
    query = 'select id from presence group by id having count(distinct "observedDateTime") = 2'

    assert {(row["id"],) for row in postgres.rows(query, SCHEMA)} == first.expected[
        "presence"
    ].keys()


def test_the_second_run_adds_only_what_changed(loads):
    first, second = loads
    before, after = first.expected["messages"], second.expected["messages"]
    changed = {key for key, row in after.items() if row != before.get(key)}

    assert 0 < len(changed) < len(after)
    assert second.written("messages", since=first.last) == changed


def test_changed_rows_are_replaced_and_not_doubled(loads):
    _, second = loads
    for stream in WHOLE:
        assert second.sizes[stream] == len(second.tables[stream])


@pytest.fixture(scope="module")
def described(loads, postgres):
    """Asks what the database knows of columns; answers by table."""
    del loads

    def asked(names, view):
        columns = f"select table_name, column_name as name{names} from information_schema.{view}"
        found = defaultdict(list)
        for row in postgres.rows(f"{columns} where table_schema = '{SCHEMA}'"):
            found[row["table_name"]].append(row)
        return found

    return cache(asked)


@pytest.mark.parametrize("stream", BY_NAME)
def test_columns_have_the_types_of_their_properties(described, stream):
    found = {
        row["name"]: row["type"] for row in described(", data_type as type", "columns")[stream]
    }
    expected = {
        name: MOMENTS.get(declared.get("format"))
        or TYPES[declared["type"][0] if isinstance(declared["type"], list) else declared["type"]]
        for name, declared in COLUMNS[stream].items()
    }

    assert {name: kind for name, kind in found.items() if name in expected} == expected


@pytest.mark.parametrize("stream", BY_NAME)
def test_tables_have_the_keys_of_their_streams(described, stream):
    keys = {row["name"] for row in described("", "key_column_usage")[stream]}

    assert keys == set(BY_NAME[stream].primary_keys)


def test_meltano_keeps_a_state_that_moves_on(loads):
    first, second = (load.state["completed"]["singer_state"]["bookmarks"] for load in loads)

    assert first["messages"]
    assert second["messages"] != first["messages"]


def test_the_demo_has_something_to_show(loads, postgres):
    del loads
    thread = postgres.rows(tour.query("thread"), SCHEMA)
    people = postgres.rows(tour.query("presence"), SCHEMA)

    assert [message["is_reply"] for message in thread] == [False] + [True] * (len(thread) - 1)
    assert all(message["author"] and tour.plain(message["text"]) for message in thread)
    assert (
        len({(person["availability"], person["activity"]) for person in people}) == len(people) > 3
    )
