"""The results of `make bench`."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.row import HEADS, Row
from docs.computed.markdown import grid

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results.json"


def table() -> str:
    """A row for each figure."""
    results = json.loads(RESULTS.read_text())
    rows = [Row.of(row).cells for scenario in results.values() for row in scenario["rows"]]
    return grid(HEADS, rows)
