"""Graph without a network."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace

from tap_msteams.client import Answer, Graph, GraphClient, Patience, Request, RowDecoder
from tap_msteams.throttle import Gate

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

IDS = RowDecoder({"id": str}, ["id"])


HASTY = Patience(failing=0, unreached=0, throttled=0, fewest=8, pause=lambda _: 0.0)
"""Sends a request eight times, without waiting."""


class FakeGraph(Graph):
    """Answers a URL with what it was given: a body, an error to raise, or what a call returns.

    Of several answers each comes once, the last for ever.
    """

    def __init__(self, answers=None, default=None):
        super().__init__(
            "https://graph.microsoft.com",
            session=None,
            authenticator=SimpleNamespace(is_application=True, tenant_id="contoso"),
        )
        self.reached, self.started = True, NOON
        self.sent = []
        self._answers = {url: list(given) for url, given in (answers or {}).items()}
        self._default = default or body
        self._lock = threading.Lock()

    def resolve(self, _, link):
        return link

    def send(self, request):
        with self._lock:
            self.sent.append(request.url)
            given = self._answers.get(request.url, [self._default])
            answer = given.pop(0) if len(given) > 1 else given[0]
        if callable(answer):
            answer = answer(request.url)
        if isinstance(answer, Exception):
            raise answer
        return Answer(request, {}, answer, NOON)


class Sent:
    """A Graph that notes when it is asked for /0."""

    def __init__(self, *answers):
        self.moments = []
        clock = asyncio.get_running_loop().time

        def noted(answer):
            return lambda _: self.moments.append(clock()) or answer

        self.graph = FakeGraph({"/0": [noted(answer) for answer in answers]})

    @property
    def pauses(self):
        return [later - sooner for sooner, later in pairwise(self.moments)]


def body(*ids, following=None):
    """A page with rows of these ids, and a link to the next one."""
    page = {"value": [{"id": id_} for id_ in ids], "@odata.nextLink": following}
    return json.dumps(page).encode()


def get(url):
    return Request(url, IDS)


@asynccontextmanager
async def connected(graph, concurrency=4, gate=None, patience=HASTY):
    """A client of a Graph, on the clock of the event loop."""
    clock = asyncio.get_running_loop().time
    gate = gate or Gate(0)
    async with GraphClient(graph, gate, concurrency, clock=clock, patience=patience) as client:
        yield client


async def read(stream, url):
    """The ids of all pages that a URL leads to."""
    return [row["id"] async for page in stream.pages(get(url)) for row in page.rows]


async def read_all(stream, urls):
    """The same of several URLs side by side, by URL."""
    async with asyncio.TaskGroup() as tasks:
        reading = {url: tasks.create_task(read(stream, url)) for url in urls}
    return {url: task.result() for url, task in reading.items()}
