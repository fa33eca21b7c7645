"""Laws about what a run tells while it goes on: the lines and the view."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import sys

import pytest

from tap_msteams.progress import Progress
from tap_msteams.progress.progress import TOLD_EVERY, line
from tap_msteams.progress.status import StreamStatus, left_of
from tap_msteams.progress.view import View, is_wanted
from tap_msteams.run import Parent
from tests.client.fake_graph import FakeGraph
from tests.readers.library import Books, LibraryTap, Shelves

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


# A moment


class Now:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def forward(self, seconds):
        self.now += seconds


async def find(feed, number):
    """Put so many parents into a feed, which are all there are."""
    for n in range(number):
        await feed.put(Parent({"shelfId": f"{n}"}))
    await feed.close()


@pytest.fixture
def run():
    """A run that reads two streams: one below 40 parents, one without parents."""
    tap = LibraryTap(FakeGraph(), rate_limit_share=1.0)
    result = tap.new_run([tap.streams["shelves"], tap.streams["books"]], emit=None)
    result.client.clock = Now()
    result.begun = result.client.clock()
    for it in result.streams.values():
        it.metrics.started, it.open = result.begun, 1
    books = result.streams[Books]
    asyncio.run(find(books.feed, 40))
    books.metrics.parents, books.metrics.done = 10, 8
    return result


@pytest.fixture
def forward(run):
    """Moves the clock of the run."""
    return run.client.clock.forward


def test_the_log_gets_a_line_a_minute_and_no_more(run, forward, caplog):
    caplog.set_level(logging.INFO)
    with Progress(run) as progress:
        for _ in range(int(TOLD_EVERY) * 6):
            forward(0.5)
            progress.tick()
    assert len(caplog.messages) == 3
    assert caplog.messages[0].startswith("After 1 min 00 s: 0 rows, 0 requests, 0.0 a second; ")
    assert "books reading (8 of 40 shelves, 0 rows)" in caplog.messages[0]
    told = {it["stream"]: it for it in caplog.records[0].progress}
    assert (told["books"]["done"], told["books"]["known"]) == (8, 40)


def test_the_time_left_is_told_where_every_stream_has_one(run, forward, caplog):
    caplog.set_level(logging.INFO)
    with Progress(run) as progress:
        forward(TOLD_EVERY)
        progress.tick()
        run.streams[Shelves].has_ended = True
        forward(TOLD_EVERY)
        progress.tick()
    assert "left" not in caplog.messages[0]
    assert caplog.messages[1].endswith("about 8 min 00 s left")  # 8 of 40 took two minutes


def test_throttling_and_silence_are_told_in_words(run, forward, caplog):
    caplog.set_level(logging.INFO)
    shelves, books = (run.streams[it].metrics for it in (Shelves, Books))
    with Progress(run) as progress:
        forward(TOLD_EVERY)
        shelves.under_way = shelves.requests = 1
        books.throttled_until = run.client.clock() + 12
        progress.tick()
    assert "shelves no answer for 1 min 00 s" in caplog.messages[0]
    assert "books throttled, 12 s more" in caplog.messages[0]


def test_a_stream_that_the_limits_hold_back_is_said_to_be(run, forward, caplog):
    caplog.set_level(logging.INFO)
    shelves, books = (run.streams[it].metrics for it in (Shelves, Books))
    with Progress(run) as progress:
        forward(TOLD_EVERY)
        shelves.hold(run.client.clock())
        books.hold(run.client.clock())
        books.under_way, books.answered = 1, run.client.clock()
        progress.tick()
    assert "shelves at Graph's limit" in caplog.messages[0]
    assert "books reading" in caplog.messages[0]


def test_a_stream_that_waits_for_parents_says_for_whose(run, forward, caplog):
    caplog.set_level(logging.INFO)
    run.streams[Books].open, run.streams[Books].metrics.requests = 0, 1
    with Progress(run) as progress:
        forward(TOLD_EVERY)
        progress.tick()
    assert "books waits for shelves" in caplog.messages[0]


def test_a_stream_is_not_measured_by_what_all_of_graph_allows(run, forward, caplog):
    caplog.set_level(logging.INFO)
    gate = run.client.gate
    for stream, path in ((Shelves, "/teams"), (Books, "/reports/getTeams")):
        keys = gate.keys(path)
        gate.admit(keys, 0.0)
        run.streams[stream].metrics.limit = keys[0]
    with Progress(run) as progress:
        forward(TOLD_EVERY)
        progress.tick()
    allowed = {it["stream"]: it["allowed"] for it in caplog.records[0].progress}
    assert round(allowed["shelves"]) == 29
    assert allowed["books"] is None


def status(stream, **changes):
    given = {
        "phase": "reading",
        "doing": "reading",
        "rows": 1_234_567,
        "requests": 98_765,
        "parents": "channels",
        "done": 12_345,
        "known": 20_000,
        "is_final": False,
        "rate": 17.9,
        "allowed": 20.0,
        "waited": 312.0,
        "left": 75.0,
    }
    return StreamStatus(stream=stream, **{**given, **changes})


def test_the_run_takes_as_long_as_its_longest_stream():
    assert left_of([status("a", left=3.0), status("b", left=9.0)]) == 9.0
    assert left_of([status("a", left=3.0), status("b", left=None)]) is None
    assert left_of([status("a", left=3.0), status("b", left=None, phase="ended")]) == 3.0
    assert left_of([]) is None


def test_a_line_names_who_is_at_work_and_counts_the_others():
    text = line([status("a"), *(status(x, phase="waiting", requests=0) for x in "bc")], 61.0)
    assert "; streams: 2 not begun; " in text
    assert "\n" not in text


def test_a_line_stays_short_however_many_streams_there_are():
    held = status("last", phase="held", doing="throttled, 12 s more")
    active = [status(f"chat_permission_grants_{n}") for n in range(50)]
    text = line([*active, held, *(status(x, phase="ended") for x in "de")], 61.0)

    assert len(text) < 300
    assert text.count(" reading ") == 1
    assert "last throttled, 12 s more" in text
    assert "streams: 49 more at work, 2 done" in text


# The view


class Tube(io.StringIO):
    """A terminal that keeps what it is shown."""

    encoding = "utf-8"

    def isatty(self):
        return True


def drawn(width, statuses, monkeypatch):
    monkeypatch.setenv("LINES", "24")
    tube = Tube()
    view = View(tube, width=width)
    view.open()
    view.show(statuses, 192.0)
    lines = COLOUR.sub("", tube.getvalue()).splitlines()
    view.close()
    return lines


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_the_view_fits_its_terminal(width, monkeypatch):
    names = [f"chat_permission_grants_{n}" for n in range(50)]
    throttled = {"phase": "held", "doing": "throttled, 1 min 12 s more, 3 gaps"}
    statuses = [*map(status, names), status("messages", **throttled)]
    lines = drawn(width, statuses, monkeypatch)
    assert max(map(len, lines)) <= width
    assert len(lines) <= 23
    assert any(it.startswith("messages") for it in lines), "what is held back is not left out"
    assert any("more" in it for it in lines[-2:])


@pytest.mark.parametrize(("width", "has"), [(80, False), (200, True)])
def test_the_view_tells_the_essentials_at_80_columns_and_all_at_200(width, has, monkeypatch):
    text = "\n".join(drawn(width, [status("messages")], monkeypatch))
    for word in ("messages", "1,234,567", "12,345", "20,000+", "18", "20", "reading", "left"):
        assert word in text
    assert ("waited" in text, "98,765" in text.split("messages")[1]) == (has, has)


@pytest.mark.parametrize(("wanted", "has"), [("", True), ("1", False)])
def test_the_view_has_colours_unless_nobody_wants_them(wanted, has, monkeypatch):
    monkeypatch.setenv("NO_COLOR", wanted)
    monkeypatch.setenv("TERM", "xterm")
    tube = Tube()
    view = View(tube, width=80)
    view.open()
    view.show([status("messages", phase="held")], 1.0)
    view.close()
    assert "messages" in tube.getvalue()
    assert ("\x1b[33m" in tube.getvalue()) == has


def test_nobody_watches_in_a_pipe_in_ci_or_on_a_dumb_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Tube())
    assert is_wanted({"TERM": "xterm"})
    assert not is_wanted({"TERM": "xterm", "CI": "true"})
    assert not is_wanted({"TERM": "dumb"})
    monkeypatch.setattr(sys, "stdout", Tube())
    assert not is_wanted({"TERM": "xterm"}), "rows go to the same terminal"
    monkeypatch.undo()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not is_wanted({"TERM": "xterm"})
    monkeypatch.setattr(sys, "stderr", None)
    assert not is_wanted({"TERM": "xterm"})
