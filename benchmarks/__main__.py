"""Measure tap-msteams: print a table, keep `results.json` here and the plot of the documents."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.latency import latency
from benchmarks.limits import limits
from benchmarks.load import load
from benchmarks.memory import memory
from benchmarks.peers import peers
from benchmarks.plot import svg
from benchmarks.process import ProgramError, Taps
from benchmarks.requests import requests
from benchmarks.row import Row, table
from benchmarks.size import size
from benchmarks.speed import speed
from benchmarks.state import state

SCENARIOS = {
    scenario.__name__: scenario
    for scenario in (speed, latency, limits, requests, memory, state, size, peers, load)
}
HERE = Path(__file__).parent
RESULTS, PLOT = HERE / "results.json", HERE.parent / "docs" / "pictures" / "benchmarks.svg"


def main() -> None:
    """Run the named scenarios, or all; earlier results of the others are kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    names = parser.parse_args().scenarios or list(SCENARIOS)
    if unknown := set(names) - set(SCENARIOS):
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}: {', '.join(SCENARIOS)}")
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as directory:
        taps = Taps(Path(directory))
        for name in names:
            started = time.monotonic()
            found = SCENARIOS[name](taps)
            sys.stderr.write(f"{name}: {time.monotonic() - started:.0f} s\n")
            rows += found
            if found:
                results[name] = {"machine": machine(), "rows": [row.as_dict() for row in found]}
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    every = [Row.of(row) for name in SCENARIOS if name in results for row in results[name]["rows"]]
    PLOT.write_text(svg(every))
    sys.stdout.write(table(rows) + "\n")


def machine() -> dict[str, Any]:
    """The machine and the versions that the figures depend on."""
    return {
        "cores": os.cpu_count(),
        "processor": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("singer-sdk", "msgspec", "requests", "urllib3")},
    }


if __name__ == "__main__":
    try:
        main()
    except ProgramError as error:
        sys.exit(f"benchmarks: {error}")
