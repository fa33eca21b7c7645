"""The estimate: the requests of a run, and their time at the rates that Graph allows."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from tap_msteams.advice import DOCTOR, advice_on
from tap_msteams.preflight.sample import Measure, Sampling
from tap_msteams.readers import Delta, Export, Report, Window
from tap_msteams.readers.report import report_path
from tap_msteams.throttle import Gate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.declaration import Declaration
    from tap_msteams.preflight.sample import Part
    from tap_msteams.readers import GraphStream
    from tap_msteams.settings import Settings
    from tap_msteams.tap import TapMSTeams

SAMPLE = 10
"""Parents of each stream in the sample."""

PAGES = 3
"""Pages of each parent in the sample."""


@dataclass(frozen=True)
class Number:
    """A number that may be a lower bound."""

    value: float
    at_least: bool = False

    @property
    def told(self) -> str:
        """The number in words."""
        return f"{'≥ ' if self.at_least else ''}{math.ceil(self.value):,}"


@dataclass
class Cost:
    """The cost of one stream."""

    stream: str
    first: Number = field(default_factory=lambda: Number(0))
    """Requests of a run that reads everything."""
    first_seconds: float = 0.0
    later: Number = field(default_factory=lambda: Number(0))
    """Requests of a run soon after it."""
    later_seconds: float = 0.0


@dataclass
class Estimate:
    """The cost of a run."""

    share: float
    sizes: dict[str, Number] = field(default_factory=dict)
    streams: list[Cost] = field(default_factory=list)
    total: Cost = field(default_factory=lambda: Cost("together"))
    notes: list[str] = field(default_factory=list)
    requests: int = 0
    """The requests of the estimate itself."""


def estimate(tap: TapMSTeams, sample: int = SAMPLE, pages: int = PAGES) -> Estimate:
    """Read a sample of each selected stream, and compute the requests of a run."""
    settings = tap.settings
    result = Estimate(settings.rate_limit_share)
    streams = [*tap.graph_streams.values()]
    # The size of reports is known, and their limits are the tightest of all.
    sampled = [it for it in streams if it.selected and not isinstance(it.read, Report)]
    measure = Measure(parents=sample, spare=sample, pages=pages, lists_all=True)
    sampling = Sampling(tap, sampled, measure)
    parts = sampling.read()
    counts = _Counts(parts, sampling, tap.graph_streams)
    loads = (_Load(settings), _Load(settings))
    for stream in streams:
        is_offered = sampling.run.plan.why_not(type(stream)) is None
        if isinstance(stream.read, Report) and stream.selected and is_offered:
            first, later = map(Number, stream.read.requests)
            url, parents = report_path(type(stream), "period='D7'"), 1.0
        elif stream.name in parts:
            part = parts[stream.name]
            first, later = counts.first(part), counts.later(part)
            url, parents = part.url, counts.parents(part)
        else:
            continue
        cost = Cost(stream.name, first, 0.0, later, 0.0)
        if url:
            cost.first_seconds = loads[0].add(url, first.value, parents)
            link = f"{url}?token=" if isinstance(stream.read, Delta) else url
            cost.later_seconds = loads[1].add(link, later.value, parents)
        result.streams.append(cost)
    result.sizes = {
        name: counts.rows(part)
        for name, part in parts.items()
        if part.stream.fills and part.answered and not counts.is_export(part)
    }
    _sum_up(result, loads, parts)
    result.requests = sum(part.requests for part in parts.values())
    return result


def _sum_up(result: Estimate, loads: tuple[_Load, _Load], parts: dict[str, Part]) -> None:
    costs = result.streams
    result.total = Cost(
        "together",
        _sum(cost.first for cost in costs),
        loads[0].seconds,
        _sum(cost.later for cost in costs),
        loads[1].seconds,
    )
    for name, part in parts.items():
        gaps = [it for it in part.refusals if advice_on(it[1]).severity == "gap"]
        for subject, error in gaps[:1]:
            where = " ".join([name, *(f"{key}={value}" for key, value in subject.items())])
            result.notes.append(f"{where}: refused, and what it has is not counted: {error}")
    if result.notes:
        result.notes.append(f"{DOCTOR} says what to do")


def _sum(numbers: Iterable[Number]) -> Number:
    known = list(numbers)
    return Number(sum(it.value for it in known), any(it.at_least for it in known))


class _Counts:
    """Counts of the whole tenant, extrapolated from a sample."""

    def __init__(
        self,
        parts: dict[str, Part],
        sampling: Sampling,
        streams: dict[type[Declaration], GraphStream],
    ) -> None:
        self._parts, self._plan, self._streams = parts, sampling.run.plan, streams

    def is_export(self, part: Part) -> bool:
        """Whether a stream is an export, whose records are too many to be counted."""
        return isinstance(self._streams[type(part.stream)].read, Export)

    def parents(self, part: Part) -> float:
        """The number of parents of a stream."""
        if not part.read.feed:
            return 1.0
        return part.found * self._scale_of_parents(part)

    def _scale_of_parents(self, part: Part) -> float:
        above = [self._parts[it] for it in self._above(part)]
        rows = sum(it.rows for it in above)
        # A parent stream counts by the records that it has shown.
        return sum(self._scale(it) * it.rows for it in above) / rows if rows else 1.0

    def _above(self, part: Part) -> list[str]:
        names = [parent.name for parent in self._plan.parents(type(part.stream))]
        return [name for name in names if name in self._parts]

    def _scale(self, part: Part) -> float:
        """The size of the whole in relation to the sample."""
        return self.parents(part) / part.parents_read if part.parents_read else 1.0

    def _readings(self, part: Part) -> float:
        return math.ceil(self.parents(part) / part.read.parents_at_once)

    def _each(self, part: Part) -> float:
        """Requests of one parent, on average."""
        if not part.parents_read:
            return 0.0
        own = part.requests / part.parents_read
        # Of the parts of a parent only the first was read.
        return own + (part.more - part.more_read) / part.parents_read

    def first(self, part: Part) -> Number:
        """Requests of a run that reads everything."""
        return Number(self._readings(part) * self._each(part), self._is_cut(part))

    def _is_cut(self, part: Part) -> bool:
        """Whether the sample left out some of the stream's records or of its parents'."""
        refused = any(advice_on(error).severity == "gap" for _, error in part.refusals)
        return part.cut or refused or self._is_cut_above(part)

    def later(self, part: Part) -> Number:
        """Requests of a run that finds hardly anything new."""
        first, again = self.first(part), self._again(part)
        least = self._readings(part) if self._has_bookmarks(part) else 0.0
        is_cut = self._is_cut(part) if again else self._is_cut_above(part)
        return Number(max(least, first.value * again), is_cut)

    def _again(self, part: Part) -> float:
        """The share of a stream's records that every run reads again."""
        read = self._streams[type(part.stream)].read
        if not self._has_bookmarks(part):
            above = [self._parts[it] for it in self._above(part)]
            return max(
                (0.0 if self._versioned(it) else self._again(it) for it in above), default=1.0
            )
        return read.reread / read.kept if isinstance(read, Window) and read.kept else 0.0

    def _versioned(self, part: Part) -> bool:
        """Whether a run looks below a record again only where it has a new version."""
        return bool(part.stream.read.version) and self._has_bookmarks(part)

    @staticmethod
    def _has_bookmarks(part: Part) -> bool:
        """Whether a run goes on at bookmarks; it has none of what is read for its ids only."""
        return part.stream.selected and part.stream.replication_method != "FULL_TABLE"

    def rows(self, part: Part) -> Number:
        """The number of records of a stream."""
        return Number(part.rows * self._scale(part), self._is_cut(part))

    def _is_cut_above(self, part: Part) -> bool:
        return any(self._is_cut(self._parts[name]) for name in self._above(part))


class _Load:
    """The units of a run's requests by limit."""

    def __init__(self, settings: Settings) -> None:
        share, licenses = settings.rate_limit_share or 1.0, settings.licenses or 0
        self._gate = Gate(share, shares=settings.shares, licenses=licenses)
        self._whole: dict[str, float] = defaultdict(float)
        self._each: dict[str, float] = defaultdict(float)

    def add(self, url: str, requests: float, parents: float) -> float:
        """Add the requests of a stream; returns the seconds that they take alone."""
        keys = self._gate.keys(url)
        wide, *narrow = (key[0] for key in keys)
        units = requests * self._gate.units(keys, url)
        self._whole[wide] += units
        below_one = requests / max(parents, 1.0)
        for name in narrow:
            self._each[name] += below_one
        times = [self._time(wide, units), *(self._time(name, below_one) for name in narrow)]
        return max(times)

    def _time(self, name: str, units: float) -> float:
        at_once, rate = self._gate.speed(name)
        return max(0.0, units - at_once) / rate

    @property
    def seconds(self) -> float:
        """The seconds that all requests take side by side."""
        loads = (*self._whole.items(), *self._each.items())
        return max((self._time(name, units) for name, units in loads), default=0.0)


def encoded(result: Estimate) -> bytes:
    """The estimate as JSON."""
    return msgspec.json.format(msgspec.json.encode(result))
