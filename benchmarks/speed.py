"""Speed: the processor time of a record, on one core with immediate answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import floor
from benchmarks.cloud import Cloud, Tenant
from benchmarks.process import FLOOR, measure
from benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.process import Selection, Taps

SMALL = Tenant(teams=4, channels=5, messages=50)
LARGE = Tenant(teams=4, channels=5, messages=2500)
SAME: Selection = {
    "teams": ("id", "displayName", "description"),
    "channels": None,
    "messages": None,
}
"""The properties that the plain tap reads as well."""
REPEATS = 8
CORE = 0


@dataclass(frozen=True)
class Cost:
    """The costs of one run, and what it read for them."""

    cpu: float
    """Seconds of processor time."""
    records: int
    messages: int


def speed(taps: Taps) -> list[Row]:
    """Processor time a record, of both taps over the same pages and of the bare minimum.

    Once with plain bodies and once with gzip, as Graph sends them. A small tenant of as many
    channels takes the time of the start and of all connections, which is subtracted with its
    records. Every figure is the least of several interleaved runs, since other work of the machine
    can only add to it.
    """
    return [*_rows(taps, compress=False), *_rows(taps, compress=True)]


def _rows(taps: Taps, *, compress: bool) -> list[Row]:
    pages = taps.directory / "pages"
    with (
        Cloud(LARGE, export=False, compress=compress, remembers=True) as large,
        Cloud(SMALL, export=False, compress=compress, remembers=True) as small,
    ):
        floor.save(list(_pages(large)), pages)
        larges, smalls, floors = [], [], []
        for _ in range(REPEATS):
            larges.append(_both(taps, large))
            smalls.append(_both(taps, small))
            floors.append(_floor(taps, pages))
    # Without channels: tap-msteams also reads those that other teams share.
    if len(messages := {it.messages for it in larges[0]}) > 1:
        msg = f"the taps have read different tenants: {messages} messages"
        raise AssertionError(msg)
    ours, plain = map(_of_a_record, zip(*larges, strict=True), zip(*smalls, strict=True))
    least = min(floors)
    bodies = "gzip" if compress else "plain bodies"
    return [
        Row(
            what=f"Records a second on one core, {bodies}",
            ours=1 / ours,
            other=1 / plain,
            unit="/s",
            against="plain SDK tap",
            ratio=plain / ours,
            at_least=9,
            plotted=True,
        ),
        Row(
            what=f"Processor time a record, {bodies}",
            ours=ours * 1e6,
            other=least * 1e6,
            unit="µs",
            against="decode, encode and write alone",
            ratio=least / ours,
            at_least=0.75,
        ),
    ]


def _both(taps: Taps, cloud: Cloud) -> tuple[Cost, Cost]:
    """What one run of tap-msteams costs, and one of the plain tap."""
    runs = taps.ours(cloud, SAME, core=CORE), taps.plain(cloud, core=CORE)
    ours, plain = (
        Cost(run.cpu, run.records, len(run.bytes_of("RECORD", "messages"))) for run in runs
    )
    return ours, plain


def _of_a_record(large: Sequence[Cost], small: Sequence[Cost]) -> float:
    """Seconds of processor time for a record, without those of the start and the connections."""
    most, least = (min(runs, key=lambda it: it.cpu) for runs in (large, small))
    return (most.cpu - least.cpu) / (most.records - least.records)


def _floor(taps: Taps, pages: Path) -> float:
    written = taps.directory / "floor.jsonl"
    run = measure([*FLOOR, pages, written], taps.directory / "floor.out", core=CORE)
    return float(run.output.read_text())


def _pages(cloud: Cloud) -> Iterator[bytes]:
    """Yield the pages of messages that both taps read."""
    token, root = cloud.token(), f"{cloud.config['graph_url']}/v1.0/teams"
    for team in json.loads(floor.unzipped(cloud.page(root, token)))["value"]:
        channels = f"{root}/{team['id']}/channels"
        for channel in json.loads(floor.unzipped(cloud.page(channels, token)))["value"]:
            url = f"{channels}/{channel['id']}/messages?$top=50&$expand=replies"
            while url:
                body = cloud.page(url, token)
                yield body
                url = json.loads(floor.unzipped(body)).get("@odata.nextLink")
