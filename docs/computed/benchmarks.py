"""The results of `make bench`."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.row import HEADS, Row
from docs.computed.markdown import grid

FOLDER = Path(__file__).parents[2] / "benchmarks"
RESULTS, CLUSTER = FOLDER / "results.json", FOLDER / "cluster.json"


SHOWN = HEADS[:-2]
"""The columns for readers: what is demanded of a figure is for those who develop the tap."""


def table() -> str:
    """A row for each figure."""
    results = json.loads(RESULTS.read_text())
    rows = [
        Row.of(row).cells[: len(SHOWN)] for scenario in results.values() for row in scenario["rows"]
    ]
    return grid(SHOWN, rows)


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
