"""Limits: the use of Graph's documented limits, and the number of 429 answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.cloud import Cloud, Tenant
from benchmarks.latency import TENANT
from benchmarks.row import Row

if TYPE_CHECKING:
    from benchmarks.process import Run, Selection, Taps

MESSAGES: Selection = {"messages": None}
ALL_OF_THEM = 1.0
"""`rate_limit_share`."""

# https://learn.microsoft.com/graph/throttling-limits#microsoft-teams-service-limits
LIST_RATE = 20
EXPORT_RATE = 200

LONG = Tenant(teams=100, channels=4, messages=250)
SMALL_PAGES = 10
"""Messages a page, so that an export takes as long as reading by list: about 50 s."""


def limits(taps: Taps) -> list[Row]:
    """The share of the allowed rate that each route over one tenant uses."""
    listed, by_list = _read(taps, TENANT, export=False)
    exported, _ = _read(taps, TENANT, export=True)
    long, by_export = _read(taps, LONG, export=True, page_size=SMALL_PAGES)
    asked_list = by_list["endpoints"]["GET /teams/{id}/channels/{id}/messages"]
    asked_export = by_export["endpoints"]["GET /teams/{id}/channels/getAllMessages"]
    asked = by_list["requests"] + by_export["requests"]
    refused = sum(found["statuses"].get("429", 0) for found in (by_list, by_export))
    return [
        Row(
            what=f"{TENANT.teams} teams within the limits, by export",
            ours=exported.wall,
            other=listed.wall,
            unit="s",
            against="by list of each channel",
            ratio=listed.wall / exported.wall,
            at_least=8,
            plotted=True,
        ),
        _use("list", asked_list, listed, LIST_RATE),
        _use("export", asked_export, long, EXPORT_RATE),
        Row(
            what="Requests answered 429",
            ours=refused / asked,
            unit="%",
            at_most=0.005,
        ),
    ]


def _read(
    taps: Taps, tenant: Tenant, *, export: bool, page_size: int | None = None
) -> tuple[Run, dict[str, Any]]:
    """A run over a tenant, and the counts of its sandbox."""
    with Cloud(tenant, limits=True, export=export, page_size=page_size) as cloud:
        run = taps.ours(cloud, MESSAGES, rate_limit_share=ALL_OF_THEM)
        return run, cloud.summary()


def _use(route: str, asked: int, run: Run, rate: int) -> Row:
    """The rate of a whole run, its start included, as a share of the allowed rate."""
    found = asked / run.wall
    return Row(
        what=f"Requests a second by {route}",
        ours=found,
        other=rate,
        unit="/s",
        against="allowed",
        ratio=found / rate,
        at_least=0.95,
    )
