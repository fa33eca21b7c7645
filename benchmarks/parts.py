"""Parts of the tap under the load of a large tenant, within this process."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count

from typing_extensions import override

from benchmarks.row import Row
from tap_msteams.client import Answer, Graph, GraphClient, Page, Request, RowDecoder
from tap_msteams.run import Seen
from tap_msteams.run.run import OPEN_PER_SLOT
from tap_msteams.throttle import Gate

MB = 1e6
CHATS, SEEN = 1_200_000, 3


def parts() -> list[Row]:
    """The keys of chats, the buckets of limits, pages, and streams that wait for limits."""
    return [*_keys(), _buckets(), asyncio.run(_pages()), asyncio.run(_limited())]


def _keys() -> list[Row]:
    """What a run needs to tell chats apart, and how many it takes for new."""
    seen = Seen(None)
    new = sum(seen.is_new((f"19:{n}@thread.v2",)) for _ in range(SEEN) for n in range(CHATS))
    return [
        Row(
            what=f"Requests below {CHATS:,} chats, each seen {SEEN} times",
            ours=new,
            other=CHATS,
            unit="",
            against="chats",
            ratio=new / CHATS,
            at_least=1,
            at_most=1,
        ),
        Row(
            what=f"Memory to tell {CHATS:,} chats apart",
            ours=sys.getsizeof(seen._young._numbers) / MB,  # noqa: SLF001 - nothing else holds keys
            unit="MB",
            at_most=100,
        ),
    ]


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

    @override
    def linked(self, request: Request, page: Page) -> Page:
        return page


PAGES = 20_000
SLOTS = 40
"""`concurrency`."""
BOUNDLESS = 1e6
"""`rate_limit_share`: each limit is looked at, and none of them makes a request wait."""


async def _pages() -> Row:
    """Processor time to admit, hand over and bring back a page of nothing."""
    decoder = RowDecoder({"id": str})
    async with GraphClient(_Instant(), Gate(BOUNDLESS), SLOTS) as client:
        stream = client.stream("pages")
        paths = (f"/teams/{n}/channels" for n in range(PAGES))

        async def read() -> None:
            for path in paths:
                await stream.page(Request(path, decoder))

        started = time.process_time()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(SLOTS):
                tasks.create_task(read())
        used = time.process_time() - started
    return Row(
        what="Processor time to schedule a page",
        ours=used / PAGES * 1e6,
        unit="µs",
        at_most=120,
    )


LIMITED_PATHS = (
    *("/teams/{n}/channels/{n}/messages", "/chats/{n}/messages", "/teams/{n}/members"),
    *("/teams/{n}/channels/{n}", "/chats/{n}/tabs", "/chats/{n}/installedApps"),
    *("/teams/{n}/installedApps", "/teams/{n}/schedule/shifts", "/teams/{n}", "/users/{n}/chats"),
)
LIMITED_SECONDS = 10.0


async def _limited() -> Row:
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
                async with asyncio.timeout(LIMITED_SECONDS), asyncio.TaskGroup() as tasks:
                    for _ in range(OPEN_PER_SLOT * SLOTS):
                        tasks.create_task(one())

        await asyncio.gather(*map(read, LIMITED_PATHS))
        used, seconds = time.process_time() - started, time.monotonic() - began
    return Row(
        what="Processor time a second, ten streams at their limits",
        ours=used / seconds,
        unit="s",
        at_most=0.15,
    )
