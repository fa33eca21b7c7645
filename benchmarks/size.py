"""Size: memory, requests and STATE of a tenant as it grows, as ratios."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

from typing_extensions import override

from benchmarks.endless import CHATS_OF_A_PERSON, Size
from benchmarks.row import Row
from benchmarks.served import Served
from tap_msteams.client import Answer, Graph, GraphClient, Request, RowDecoder
from tap_msteams.run import Seen
from tap_msteams.run.run import OPEN_PER_SLOT
from tap_msteams.throttle import Gate

if TYPE_CHECKING:
    from benchmarks.process import Run, Selection, Taps

MB = 1e6
FEW_PEOPLE, MANY_PEOPLE = 10_000, 300_000
FEW_TEAMS, MANY_TEAMS = 1_000, 30_000
REFUSED = 10_000
PEOPLE_WITH_CHATS = 20_000
CHATS = 1_200_000

NIGHT: Selection = {"teams": None, "channels": None, "members": None, "messages": None}
LISTED: Selection = {**NIGHT, "teams": ("id", "displayName", "description")}
TEXTS: Selection = {"chat_messages": None}
MESSAGES: Selection = {"messages": None}


class Endless(Served):
    """A Graph of some size. Use it as a context manager."""

    def __init__(self, size: Size) -> None:
        super().__init__("endless", asdict(size))

    def ask(self, what: str) -> dict[str, int]:
        """What the server says of itself: its requests by path, or that a night has passed."""
        found: dict[str, int] = json.loads(self.answer(self.url(what)))
        return found


def size(taps: Taps) -> list[Row]:
    """What grows with the tenant, and what does not."""
    return [
        *_people(taps),
        *_nights(taps),
        *_refusals(taps),
        *_chats(taps),
        _keys(),
        _buckets(),
        asyncio.run(_lanes()),
    ]


def _read(taps: Taps, graph: Endless, selection: Selection, run: Run | None = None) -> Run:
    return taps.ours(graph, selection, state=run.state if run else None, on_error="report")


def _people(taps: Taps) -> list[Row]:
    """Chat messages of few people and of many."""
    rows, peaks = [], []
    for users in (FEW_PEOPLE, MANY_PEOPLE):
        with Endless(Size(users=users)) as graph:
            first = _read(taps, graph, TEXTS)
            peaks.append(first.peak)
            rows.append(_share(first, f"{users:,} people"))
    more = Row(
        what=f"Peak memory, chat messages of {MANY_PEOPLE:,} people",
        ours=peaks[1] / MB,
        other=peaks[0] / MB,
        unit="MB",
        against=f"{FEW_PEOPLE:,} people",
        ratio=peaks[1] / peaks[0],
        at_most=1.3,
    )
    return [more, *rows]


def _share(run: Run, where: str) -> Row:
    states, records = run.bytes_of("STATE"), run.bytes_of("RECORD")
    return Row(
        what=f"All STATE, {where}",
        ours=sum(states) / MB,
        other=sum(records) / MB,
        unit="MB",
        against="of records",
        ratio=sum(states) / sum(records),
        at_most=0.05,
    )


def _nights(taps: Taps) -> list[Row]:
    """Requests and processor time of a night without changes, at few teams and at many."""
    rows, costs = [], []
    for teams in (FEW_TEAMS, MANY_TEAMS):
        with Endless(Size(teams=teams)) as graph:
            first = _read(taps, graph, NIGHT)
            rows.append(_share(first, f"{teams:,} teams"))
            graph.ask("night")
            again = _read(taps, graph, NIGHT, first)
            asked = graph.ask("asked")
            costs.append(again.cpu / sum(asked.values()))
            states = len(again.bytes_of("STATE"))
            graph.ask("night")
            _read(taps, graph, LISTED, again)
            listed = graph.ask("asked")
        worst = max(asked.values()) / teams
        where = f"a night at {teams:,} teams"
        rows += [
            Row(what=f"Requests a team and stream, {where}", ours=worst, unit="", at_most=1),
            Row(what=f"STATE written, {where}", ours=states, unit="", at_most=1),
            Row(
                what=f"Requests for details, {where}, without columns that no list tells",
                ours=listed.get("/v1.0/teams/{id}", 0),
                unit="",
                at_most=0,
            ),
        ]
    rows.append(
        Row(
            what=f"Processor time a request at {MANY_TEAMS:,} teams",
            ours=costs[1] * 1e6,
            other=costs[0] * 1e6,
            unit="µs",
            against=f"{FEW_TEAMS:,} teams",
            ratio=costs[1] / costs[0],
            at_most=2,
        )
    )
    return rows


def _refusals(taps: Taps) -> list[Row]:
    """Memory where most teams refuse, and where none does."""
    peaks = []
    for refused in (0, REFUSED):
        with Endless(Size(teams=REFUSED, refused=refused)) as graph:
            peaks.append(_read(taps, graph, MESSAGES).peak)
    return [
        Row(
            what=f"Peak memory, {REFUSED:,} teams that refuse",
            ours=peaks[1] / MB,
            other=peaks[0] / MB,
            unit="MB",
            against="none refuses",
            ratio=peaks[1] / peaks[0],
            at_most=1.2,
        )
    ]


def _chats(taps: Taps) -> list[Row]:
    """Requests below chats that several people show."""
    with Endless(Size(users=PEOPLE_WITH_CHATS)) as graph:
        _read(taps, graph, {"chat_members": None})
        asked = graph.ask("asked")["/v1.0/chats/{id}/members"]
    distinct = PEOPLE_WITH_CHATS + CHATS_OF_A_PERSON - 1
    return [
        Row(
            what=f"Requests below {distinct:,} chats, each seen {CHATS_OF_A_PERSON} times",
            ours=asked,
            other=distinct,
            unit="",
            against="chats",
            ratio=asked / distinct,
            at_most=1,
        )
    ]


def _keys() -> Row:
    """The memory that a run needs to tell chats apart."""
    seen = Seen(None)
    for _ in range(CHATS_OF_A_PERSON):
        for n in range(CHATS):
            seen.is_new((f"19:{n}@thread.v2",))
    return Row(
        what=f"Memory to tell {CHATS:,} chats apart",
        ours=sys.getsizeof(seen._young._numbers) / MB,  # noqa: SLF001 - nothing else holds keys
        unit="MB",
        at_most=100,
    )


def _buckets() -> Row:
    """Processor time of one more bucket, with many alive and with few."""
    times = []
    for alive in (1_000, 36_000):
        gate = Gate()
        for n in range(alive):
            gate.admit(gate.keys(f"/communications/callRecords/{n}/sessions"), 0.0)
        # As the tap does, which would otherwise look at all buckets again and again.
        gc.collect()
        gc.freeze()
        started = time.process_time()
        for n in range(1_000):
            gate.admit(gate.keys(f"/communications/callRecords/more-{n}/sessions"), 0.0)
        times.append(time.process_time() - started)
    return Row(
        what="Processor time a bucket, 36,000 alive",
        ours=times[1] * 1e3,
        other=times[0] * 1e3,
        unit="µs",
        against="1,000 alive",
        ratio=times[1] / times[0],
        at_most=2,
    )


class _Instant(Graph):
    """Answers at once, without a network."""

    reached = True

    def __init__(self) -> None:
        """Answer with a page of nothing."""

    @override
    def send(self, request: Request) -> Answer:
        return Answer(request, {}, b'{"value": []}', datetime.now(UTC))


LANES = (
    *("/teams/{n}/channels/{n}/messages", "/chats/{n}/messages", "/teams/{n}/members"),
    *("/teams/{n}/channels/{n}", "/chats/{n}/tabs", "/chats/{n}/installedApps"),
    *("/teams/{n}/installedApps", "/teams/{n}/schedule/shifts", "/teams/{n}", "/users/{n}/chats"),
)
LANE_SECONDS = 10.0
SLOTS = 40
"""`concurrency`."""


async def _lanes() -> Row:
    """Processor time a second while many requests wait for ten limits."""
    decoder = RowDecoder({"id": str})
    async with GraphClient(_Instant(), Gate(), SLOTS) as client:
        started, began = time.process_time(), time.monotonic()

        async def read(path: str) -> None:
            stream, numbers = client.stream(path), count()

            async def one() -> None:
                while True:
                    await stream.page(Request(path.format(n=f"{next(numbers):06}"), decoder))

            with suppress(TimeoutError):
                async with asyncio.timeout(LANE_SECONDS), asyncio.TaskGroup() as tasks:
                    for _ in range(OPEN_PER_SLOT * SLOTS):
                        tasks.create_task(one())

        await asyncio.gather(*map(read, LANES))
        used, seconds = time.process_time() - started, time.monotonic() - began
    return Row(
        what="Processor time a second, ten streams at their limits",
        ours=used / seconds,
        unit="s",
        at_most=0.15,
    )
