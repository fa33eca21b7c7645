"""Size: memory, requests, STATE and nights of a tenant as it grows, as ratios."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.endless import CHATS_OF_A_PERSON, Endless, Size, calls_before, guid, started
from benchmarks.killed import killed
from benchmarks.night import seconds
from benchmarks.parts import parts
from benchmarks.row import Row
from tap_msteams.run import digest
from tap_msteams.run.versions import Versions
from tap_msteams.streams.calls import LATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.process import Run, Selection, Taps

MB, MINUTE = 1e6, 60.0
TEAMS = (1_000, 10_000, 30_000)
PEOPLE = (10_000, 100_000, 300_000)
CALLS_A_DAY = (10_000, 100_000)
REFUSED = 10_000
PEOPLE_WITH_CHATS = 20_000

NIGHT: Selection = {"teams": None, "channels": None, "members": None, "messages": None}
LISTED: Selection = {**NIGHT, "teams": ("id", "displayName", "description")}
TEXTS: Selection = {"chat_messages": None}
CALLS: Selection = {"call_records": None, "call_participants": None}
MESSAGES: Selection = {"messages": None}


def size(taps: Taps) -> list[Row]:
    """What grows with the tenant, and what does not."""
    return [
        *_teams(taps),
        *_people(taps),
        *_calls(taps),
        *_refusals(taps),
        *_chats(taps),
        *killed(taps),
        *parts(),
    ]


@dataclass(frozen=True, kw_only=True)
class Grown:
    """What a tenant of some size costs: the first run, and a night."""

    name: str
    peak: int
    """The peak of memory of both."""
    cpu: float
    """Seconds of processor time of the night."""
    asked: dict[str, int]
    """The requests of the night, by path."""
    states: int
    """STATE messages of the night."""
    state_bytes: int
    record_bytes: int
    """Bytes of STATE and of records in the run that reads what is new."""

    @property
    def requests(self) -> int:
        """All requests of the night."""
        return sum(self.asked.values())

    @property
    def cpu_a_request(self) -> float:
        """Seconds of processor time for a request of the night."""
        return self.cpu / self.requests

    @property
    def seconds(self) -> float:
        """The length of the night within Graph's limits."""
        return seconds(self.asked)


def _read(
    taps: Taps, graph: Endless, selection: Selection, state: Mapping[str, Any] | None = None
) -> Run:
    return taps.ours(graph, selection, state=state, on_error="report")


def _grown(taps: Taps, graph: Endless, name: str, selection: Selection) -> Grown:
    """What a first run and a night after it cost."""
    first = _read(taps, graph, selection)
    states, records = sum(first.bytes_of("STATE")), sum(first.bytes_of("RECORD"))
    graph.sleep()
    night = _read(taps, graph, selection, first.state)
    return Grown(
        name=name,
        peak=max(first.peak, night.peak),
        cpu=night.cpu,
        asked=graph.asked(),
        states=len(night.bytes_of("STATE")),
        state_bytes=states,
        record_bytes=records,
    )


def _growth(figures: Sequence[Grown], memory: float) -> Iterator[Row]:
    """What larger tenants cost beside the smallest; `memory` is the ratio that is demanded."""
    least = figures[0]
    for it in figures[1:]:
        yield Row(
            what=f"Peak memory, {it.name}",
            ours=it.peak / MB,
            other=least.peak / MB,
            unit="MB",
            against=least.name,
            ratio=it.peak / least.peak,
            at_most=memory,
        )
        yield Row(
            what=f"Processor time a request, {it.name}",
            ours=it.cpu_a_request * 1e6,
            other=least.cpu_a_request * 1e6,
            unit="µs",
            against=least.name,
            ratio=it.cpu_a_request / least.cpu_a_request,
            at_most=1.5,
        )
        yield Row(
            what=f"Requests of a night, {it.name}",
            ours=it.requests,
            other=least.requests,
            unit="",
            against=least.name,
            ratio=it.requests / least.requests,
        )
        yield Row(
            what=f"A night within Graph's limits, {it.name}",
            ours=it.seconds / MINUTE,
            other=least.seconds / MINUTE,
            unit="min",
            against=least.name,
            ratio=it.seconds / least.seconds,
        )


def _states(figures: Sequence[Grown]) -> Iterator[Row]:
    """STATE of first runs, and of the night of the largest tenant."""
    for it in figures:
        yield _share(it, "a first run")
    what = f"STATE messages of a night without changes, {figures[-1].name}"
    yield Row(what=what, ours=figures[-1].states, unit="", at_most=1)


def _share(found: Grown, run: str) -> Row:
    """All STATE of a run beside its records."""
    return Row(
        what=f"All STATE of {run}, {found.name}",
        ours=found.state_bytes / MB,
        other=found.record_bytes / MB,
        unit="MB",
        against="of records",
        ratio=found.state_bytes / found.record_bytes,
        at_most=0.05,
    )


def _teams(taps: Taps) -> list[Row]:
    """Teams with channels, members and messages."""
    figures, listed = [], {}
    for teams in TEAMS:
        with Endless(Size(teams=teams)) as graph:
            name = f"{teams:,} teams"
            figures.append(_grown(taps, graph, name, NIGHT))
            if teams == TEAMS[0]:
                graph.sleep()
                _read(taps, graph, LISTED)
                listed = graph.asked()
    largest = figures[-1]
    worst = max(largest.asked.values()) / TEAMS[-1]
    details = listed.get("/v1.0/teams/{id}", 0)
    without = f"{figures[0].name}, without columns that no list tells"
    return [
        *_growth(figures, 1.3),
        *_states(figures),
        Row(
            what=f"Requests a team and stream of a night, {largest.name}",
            ours=worst,
            unit="",
            at_most=1,
        ),
        Row(what=f"Requests for details, {without}", ours=details, unit="", at_most=0),
    ]


def _people(taps: Taps) -> list[Row]:
    """People with the messages of their chats."""
    figures = []
    for users in PEOPLE:
        with Endless(Size(users=users)) as graph:
            name = f"{users:,} people with chats"
            figures.append(_grown(taps, graph, name, TEXTS))
    return [*_growth(figures, 1.3), *_states(figures)]


def _calls(taps: Taps) -> list[Row]:
    """Calls with their participants: a day of them is new, and the days before are read again."""
    figures = []
    for daily in CALLS_A_DAY:
        with Endless(Size(calls=daily)) as graph:
            yesterday = datetime.now(UTC) - timedelta(days=1)
            first = taps.ours(
                graph,
                CALLS,
                on_error="report",
                start_date=(yesterday - timedelta(minutes=1)).isoformat(),
                end_date=yesterday.isoformat(),
            )
            state = first.state
            state["bookmarks"]["call_records"]["versions"] = _known(yesterday, daily)
            graph.sleep()
            night = _read(taps, graph, CALLS, state)
            figures.append(
                Grown(
                    name=f"{daily:,} calls a day",
                    peak=night.peak,
                    cpu=night.cpu,
                    asked=graph.asked(),
                    states=len(night.bytes_of("STATE")),
                    state_bytes=sum(night.bytes_of("STATE")),
                    record_bytes=sum(night.bytes_of("RECORD")),
                )
            )
    return [*_growth(figures, 1.6), _share(figures[-1], "a night")]


def _known(until: datetime, daily: int) -> dict[str, dict[str, str]]:
    """The versions of the calls that started in the days before, as STATE has them."""
    versions = Versions({})
    for n in range(calls_before(until - LATE, daily), calls_before(until, daily)):
        versions.add(started(n, daily).isoformat(), 1, digest([guid("c", n)]))
    return versions.state


def _refusals(taps: Taps) -> list[Row]:
    """Memory where all teams refuse, and where none does."""
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
        asked = graph.asked()["/v1.0/chats/{id}/members"]
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
