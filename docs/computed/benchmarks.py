"""The results of `make bench`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.row import HEADS, Row, shown
from docs.computed.markdown import grid

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).parents[2] / "benchmarks"
RESULTS, CLUSTER = FOLDER / "results.json", FOLDER / "cluster.json"


SHOWN = HEADS[:-2]
"""The columns for readers: what is demanded of a figure is for those who develop the tap."""


SIZE = "size"
"""The scenario with a table of its own."""


def table() -> str:
    """A row for each figure of a tenant that fits into a sandbox."""
    results = json.loads(RESULTS.read_text())
    return _grid(row for name in results if name != SIZE for row in _rows(name))


def sizes() -> str:
    """A row for each figure of a tenant as it grows."""
    return _grid(_rows(SIZE))


def people() -> str:
    """The memory for the most people that were measured, and for the fewest."""
    [*_, row] = [
        it for it in _rows(SIZE) if it.what.startswith("Peak memory") and "people" in it.what
    ]
    most, fewest = row.what.partition(", ")[2], row.against
    ours, other = shown(row.ours, row.unit), shown(row.other or 0, row.unit)
    return f"The tap takes {ours} for {most}, and {other} for {fewest}."


def _rows(scenario: str) -> list[Row]:
    """The figures of a scenario; none where it was not measured."""
    results = json.loads(RESULTS.read_text())
    return [Row.of(row) for row in results.get(scenario, {}).get("rows", ())]


def _grid(rows: Iterable[Row]) -> str:
    return grid(SHOWN, [row.cells[: len(SHOWN)] for row in rows])


def machine() -> str:
    """The machine and the versions of the last measurement."""
    [*_, last] = json.loads(RESULTS.read_text()).values()
    found = last["machine"]
    programs = ", ".join(
        f"{name} {found[name]}"
        for name in ("python", "singer-sdk", "msgspec", "requests", "urllib3")
    )
    return f"{found['system']}, {found['processor']}, {found['cores']} cores; {programs}."


def cluster() -> str:
    """A row for each run of the example on a cluster of Airflow."""
    runs = json.loads(CLUSTER.read_text())
    return grid([*runs[0]], [[str(value) for value in run.values()] for run in runs])
