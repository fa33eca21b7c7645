"""A library, as streams of a tap: shelves, the books on them, and what is in these."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict

import msgspec
from singer_sdk import typing as th

from tap_msteams.declaration import Details, Query
from tap_msteams.readers import GraphStream, Window
from tap_msteams.streams.runs import SyncIssues, SyncRuns
from tap_msteams.tap.session import Session
from tests.client.fake_graph import FakeGraph, body
from tests.target import HastyTap

SETTINGS = {
    "auth_method": "access_token",
    "access_token": "secret",
    "rate_limit_share": 0,
    "concurrency": 2,
}


class Shelves(GraphStream):
    """Shelves."""

    name = "shelves"
    path = "/shelves"
    query = Query(select=False)
    permission = "Shelf.Read.All"
    entity = "shelf"
    fills = "shelfId"
    properties = th.PropertiesList(th.Property("id", th.StringType, required=True))


class Books(GraphStream):
    """Books of a shelf."""

    name = "books"
    path = "/shelves/{shelfId}/books"
    query = Query(select=False)
    parents = (Shelves,)
    permission = "Book.Read.All"
    entity = "book"
    fills = "bookId"
    primary_keys = ("shelfId", "id")
    properties = th.PropertiesList(
        th.Property("shelfId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("title", th.StringType),
    )


class Covers(GraphStream):
    """Covers of the books of a shelf, each of which has an address of its own."""

    name = "covers"
    path = "/shelves/{shelfId}/covers"
    query = Query(select=False)
    details = Details(path="/covers/{coverId}", only=("colour",))
    parents = (Shelves,)
    permission = "Cover.Read.All"
    entity = "cover"
    fills = "coverId"
    primary_keys = ("shelfId", "id")
    properties = th.PropertiesList(
        th.Property("shelfId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("colour", th.StringType),
    )


class Loans(GraphStream):
    """Loans from a shelf, newest first."""

    name = "loans"
    path = "/shelves/{shelfId}/loans"
    query = Query(select=False)
    read = Window(replication_key="lentDateTime")
    parents = (Shelves,)
    permission = "Loan.Read.All"
    entity = "loan"
    fills = "loanId"
    primary_keys = ("shelfId", "id")
    properties = th.PropertiesList(
        th.Property("shelfId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("lentDateTime", th.DateTimeType),
    )


class Reminders(GraphStream):
    """Reminders of a loan."""

    name = "reminders"
    path = "/loans/{loanId}/reminders"
    query = Query(select=False)
    parents = (Loans,)
    permission = "Reminder.Read.All"
    entity = "reminder"
    primary_keys = ("loanId", "id")
    properties = th.PropertiesList(
        th.Property("loanId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
    )


class LibraryTap(HastyTap):
    """A tap that reads a library from a Graph of the test's."""

    kinds = (Shelves, Books, Covers, Loans, Reminders, SyncIssues, SyncRuns)

    def __init__(self, graph, state=None, **settings):
        super().__init__(config={**SETTINGS, **settings}, state=state)
        self.graph = graph

    def discover_streams(self):
        return [kind(self) for kind in self.kinds]


def shelves(*names, default=None, **more):
    """A Graph with some shelves and whatever else."""
    return FakeGraph({"/shelves": [body(*names)], **more}, default)


def numbered(number):
    """So many names."""
    return [f"{n:03}" for n in range(number)]


def anything(url):
    """A cover, or a page of one row."""
    row = {"id": url}
    return json.dumps(row if url.startswith("/covers/") else {"value": [row]}).encode()


class Reading:
    """A run over some streams, on the event loop of the test."""

    def __init__(self, graph, *streams, state=None, tap=LibraryTap, **settings):
        self.tap = tap(graph, state, **settings)
        self.rows = defaultdict(list)
        """What has been written, by stream."""
        self.run = self.tap.new_run([self.tap.streams[it.name] for it in streams], self.emit)
        self.run.client.clock = asyncio.get_running_loop().time
        self.session = Session(self.run, self.tap.graph_streams)

    async def emit(self, stream, records):
        self.rows[stream.name] += json.loads(msgspec.json.encode(records))

    async def read(self, tick=lambda: None):
        """Read to the end."""
        await self.session.read(beat=tick)
        self.session.save()

    def ids(self, stream):
        """The ids of what has been written of a stream."""
        return [row["id"] for row in self.rows[stream.name]]

    @property
    def issues(self):
        return self.run.issues.all

    @property
    def state(self):
        return self.tap.state.get("bookmarks", {})
