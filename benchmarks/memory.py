"""Memory of the tap as the tenant grows."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.cloud import Cloud, Tenant
from benchmarks.limits import MESSAGES
from benchmarks.row import Row

if TYPE_CHECKING:
    from benchmarks.process import Taps

SMALL = Tenant(teams=40, channels=4, messages=160)
TIMES = 10
REPEATS = 3

MB = 1e6


def memory(taps: Taps) -> list[Row]:
    """The peak of the process's memory, for a tenant and for one ten times as large."""
    larger = {
        "teams": replace(SMALL, teams=SMALL.teams * TIMES),
        "messages a channel": replace(SMALL, messages=SMALL.messages * TIMES),
    }
    rows = []
    for export in (True, False):
        peak = _peak(taps, SMALL, export=export)
        for what, tenant in larger.items():
            more = _peak(taps, tenant, export=export)
            rows.append(
                Row(
                    what=f"Peak memory by {'export' if export else 'list'}, {TIMES}x the {what}",
                    ours=more / MB,
                    other=peak / MB,
                    unit="MB",
                    against=f"{SMALL.rows:,} messages",
                    ratio=more / peak,
                    at_most=1.15,
                )
            )
    return rows


def _peak(taps: Taps, tenant: Tenant, *, export: bool) -> float:
    with Cloud(tenant, export=export) as cloud:
        return median(taps.ours(cloud, MESSAGES).peak for _ in range(REPEATS))
