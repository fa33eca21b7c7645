"""The table of targets that have been tried."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from docs.computed.markdown import code, grid

PROJECT = Path(__file__).parents[2] / "meltano.yml"


@dataclass(frozen=True)
class Target:
    """What a target has been seen to do."""

    rows: str
    """The rows of a table."""
    gone: str
    """What it does about rows that are gone from Teams."""
    cells: str = ""
    """Objects, lists and names of columns."""
    caution: str = "-"


UPSERTS = "one row for each key, the last version"
APPENDS = "all versions, in files of each run: the last version of a key counts"

MARKED = "marked in `_sdc_deleted_at`, or deleted with `hard_delete`"
KEPT = "stays: ACTIVATE_VERSION is ignored"

TARGETS = {
    "target-postgres": Target(UPSERTS, MARKED, "`jsonb`"),
    "target-postgres-pipelinewise": Target(
        UPSERTS,
        KEPT,
        "`jsonb`; column names in lower case",
        "installs on Python 3.11 at most",
    ),
    "target-duckdb": Target(
        UPSERTS,
        KEPT,
        "JSON; column names in lower case",
        "with DuckDB 1.3 a row of each batch is lost, with 2.0 it fails: keep the pin",
    ),
    "target-jsonl": Target(APPENDS, KEPT, "JSON"),
    "target-csv": Target(
        APPENDS,
        KEPT,
        "as Python writes them; nothing and an empty text are the same",
        "by default a file has the name of its stream alone, and each run begins it anew: what "
        "did not change is lost. `overwrite_behavior` changes nothing",
    ),
}
"""By the names in meltano.yml; `tests/targets` holds each to it."""


def loaders() -> dict[str, dict[str, Any]]:
    """The definitions of the loaders in meltano.yml, by name."""
    project = yaml.safe_load(PROJECT.read_text())
    return {it["name"]: it for it in project["plugins"]["loaders"]}


def table() -> str:
    """All targets, with their pins and settings."""
    rows = []
    for name, loader in loaders().items():
        it = TARGETS[name]
        given = {**loader.get("config", {}), **loader.get("env", {})}
        settings = code(f"{key}: {_written(value)}" for key, value in given.items()) or "-"
        pins = code(loader["pip_url"].split())
        rows.append((pins, settings, it.rows, it.cells, it.gone, it.caution))
    heads = ("pins", "settings", "rows", "objects and lists", "what is gone", "mind")
    return grid(heads, rows)


def _written(value: object) -> str:
    """A value as YAML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
