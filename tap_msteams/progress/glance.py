"""Glances: what a stream is doing at a moment."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tap_msteams.progress.words import duration, plural
from tap_msteams.throttle import TENANT_LIMITS

if TYPE_CHECKING:
    from tap_msteams.base import GraphStream, Run
    from tap_msteams.throttle import Gate

WINDOW = 10.0
"""Seconds over which requests a second are counted."""

PATIENCE = 5.0
"""After so many seconds without an answer it is said that Graph takes its time."""

_UNBOUND = ((), (TENANT_LIMITS[-1].name,))
"""No limit yet, and that of all requests together, which says nothing of one stream."""

Mood = Literal["reading", "held", "waiting", "ended"]


@dataclass(frozen=True, kw_only=True)
class Glance:
    """One stream at one moment."""

    stream: str
    mood: Mood
    doing: str
    """The same in words."""
    rows: int
    requests: int
    done: int
    """Parents read to their end."""
    known: int | None
    """Parents found up to now; None where it is read below none."""
    is_final: bool
    """Whether no more parents will be found."""
    rate: float
    """Requests a second."""
    allowed: float | None
    """Requests a second that the limits, as far as they are used, allow; None: not paced."""
    waited: float
    left: float | None
    """Seconds that it will take, where that can be known."""


class Watch:
    """Looks at the streams of a run."""

    def __init__(self, run: Run, gate: Gate) -> None:
        """Look at all that take part."""
        self._run = run
        self._gate = gate
        self._feeds = {feed.reader.name: feed for feeds in run.feeds.values() for feed in feeds}
        self._streams = [it for it in run.streams.values() if it.takes_part_in(run)]
        self._samples = {it.name: deque([(run.begun, 0)]) for it in self._streams}

    def look(self) -> list[Glance]:
        """All streams at this moment, in the order of the catalog."""
        now = self._run.clock()
        gaps = Counter[str]()
        for issue in self._run.issues:
            gaps[issue.stream] += issue.count * (issue.severity == "gap")
        return [self._glance(stream, now, gaps[stream.name]) for stream in self._streams]

    def _glance(self, stream: GraphStream, now: float, gaps: int) -> Glance:
        tally = stream.lane.tally
        feed = self._feeds.get(stream.name)
        known = None
        if feed and stream.above:
            at_once = getattr(stream, "ids_per_call", 1)
            known = tally.parents - (-feed.waiting // at_once)
        is_final = feed is None or feed.is_complete
        mood, doing = self._mood(stream, now)
        left = None
        if mood != "ended" and known and is_final and tally.done and tally.started is not None:
            left = (known - tally.done) * (now - tally.started) / tally.done
            left = max(left, tally.throttled_until - now)
        return Glance(
            stream=stream.name,
            mood=mood,
            doing=doing + (f", {plural(gaps, 'gap')}" if gaps else ""),
            rows=tally.rows,
            requests=tally.requests,
            done=tally.done,
            known=known,
            is_final=is_final,
            rate=0.0 if mood == "ended" else self._rate(stream.name, now, tally.requests),
            allowed=self._gate.allowance(tally.limit) if tally.limit not in _UNBOUND else None,
            waited=tally.waited + (now - tally.held_since if tally.held_since is not None else 0.0),
            left=left,
        )

    def _mood(self, stream: GraphStream, now: float) -> tuple[Mood, str]:
        lane, tally = stream.lane, stream.lane.tally
        if lane.finished:
            return "ended", "done"
        if tally.throttled_until > now:
            return "held", f"throttled, {duration(tally.throttled_until - now)} more"
        if tally.held_since is not None and not tally.under_way:
            return "held", "at Graph's limit"
        if tally.started is None or not (lane.open or lane.spawned):
            above = " and ".join(parent.name for parent in stream.above)
            return "waiting", f"waits for {above}" if above else "waits"
        since = max(tally.answered or 0.0, tally.started)
        if tally.under_way and now - since > PATIENCE:
            return "waiting", f"no answer for {duration(now - since)}"
        return "reading", "reading"

    def _rate(self, stream: str, now: float, requests: int) -> float:
        """Requests a second, over the last few seconds."""
        samples = self._samples[stream]
        samples.append((now, requests))
        while len(samples) > 2 and samples[1][0] <= now - WINDOW:  # noqa: PLR2004 - an interval has two ends
            samples.popleft()
        (then, before), _ = samples[0], samples[-1]
        return (requests - before) / (now - then) if now > then else 0.0


def left_of(glances: list[Glance]) -> float | None:
    """Seconds that the run will take, where each of its streams tells."""
    open_ = [it.left for it in glances if it.mood != "ended"]
    known = [it for it in open_ if it is not None]
    return max(known) if known and len(known) == len(open_) else None
