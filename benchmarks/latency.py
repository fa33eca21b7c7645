"""Latency: the time of a tenant with Graph at a distance of 50 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.cloud import Cloud, Tenant
from benchmarks.row import Row
from benchmarks.speed import SAME

if TYPE_CHECKING:
    from benchmarks.process import Taps

TENANT = Tenant(teams=200, channels=5, messages=40)
SECONDS = 0.05
REPEATS = 6


def latency(taps: Taps) -> list[Row]:
    """The wall time of a first run and of one without changes, by the list of each channel."""
    with Cloud(TENANT, latency=SECONDS, export=False) as cloud:
        firsts, agains = [], []
        for _ in range(REPEATS):
            firsts.append(taps.ours(cloud, SAME))
            agains.append(taps.ours(cloud, SAME, state=firsts[-1].state))
        plain = taps.plain(cloud)
        plain_again = taps.plain(cloud, state=plain.state)
    first, again = (min(run.wall for run in runs) for runs in (firsts, agains))
    where = f"{TENANT.teams} teams at {SECONDS * 1000:.0f} ms"
    return [
        Row(
            what=f"{where}, first run",
            ours=first,
            other=plain.wall,
            unit="s",
            against="plain SDK tap",
            ratio=plain.wall / first,
            at_least=30,
            plotted=True,
        ),
        Row(
            what=f"{where}, no change since",
            ours=again,
            other=plain_again.wall,
            unit="s",
            against="plain SDK tap",
            ratio=plain_again.wall / again,
            at_least=25,  # the start of the process, which nothing shortens, is a large part of it
            plotted=True,
        ),
    ]
