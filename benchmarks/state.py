"""State: the size of STATE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.cloud import Cloud, Tenant
from benchmarks.limits import MESSAGES
from benchmarks.row import Row

if TYPE_CHECKING:
    from benchmarks.process import Taps

MB = 1e6
TENANTS = (
    Tenant(teams=1_000, channels=4, messages=5),
    Tenant(teams=10_000, channels=1, messages=5),
)


def state(taps: Taps) -> list[Row]:
    """The largest STATE of a backfill, and all of them in relation to the records."""
    rows = []
    for tenant in TENANTS:
        for export in (True, False):
            rows += _backfill(taps, tenant, export=export)
    return rows


def _backfill(taps: Taps, tenant: Tenant, *, export: bool) -> list[Row]:
    with Cloud(tenant, export=export) as cloud:
        run = taps.ours(cloud, MESSAGES)
    states, records = run.bytes_of("STATE"), run.bytes_of("RECORD")
    where = f"{tenant.teams:,} teams by {'export' if export else 'list'}"
    return [
        Row(what=f"Largest STATE, {where}", ours=max(states) / MB, unit="MB", at_most=1),
        Row(
            what=f"All STATE, {where}",
            ours=sum(states) / MB,
            other=sum(records) / MB,
            unit="MB",
            against="of records",
            ratio=sum(states) / sum(records),
            at_most=0.05,
        ),
    ]
