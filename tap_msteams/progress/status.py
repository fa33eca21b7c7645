"""The status of a stream at one moment."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tap_msteams.progress.words import duration, plural
from tap_msteams.throttle import TENANT_LIMITS

if TYPE_CHECKING:
    from tap_msteams.run import Run, StreamRun

WINDOW = 10.0
"""Seconds over which requests a second are counted."""

PATIENCE = 5.0
"""Seconds without an answer after which Graph is called slow."""

_UNBOUND = ((), (TENANT_LIMITS[-1].name,))
"""No limit yet, and the limit of all requests, which says nothing about one stream."""

Phase = Literal["reading", "held", "waiting", "ended"]


@dataclass(frozen=True, kw_only=True)
class StreamStatus:
    """The status of one stream."""

    stream: str
    phase: Phase
    doing: str
    """The status in words."""
    rows: int
    requests: int
    parents: str
    """The names of the parent streams."""
    done: int
    """Parents read to their end."""
    known: int | None
    """Parents found so far; None for a stream without parents."""
    is_final: bool
    """Whether no more parents will be found."""
    rate: float
    """Requests a second."""
    allowed: float | None
    """Requests a second that the limits allow; None without pacing."""
    waited: float
    left: float | None
    """Seconds to the end; None where they are unknown."""


class Watch:
    """Watches the streams of a run."""

    def __init__(self, run: Run) -> None:
        """Watch all streams that take part."""
        self._run = run
        self._streams = [*run.streams.values()]
        self._samples = {it.stream.name: deque([(run.begun, 0)]) for it in self._streams}

    def look(self) -> list[StreamStatus]:
        """The status of all streams, parents first."""
        now = self._run.client.clock()
        gaps = Counter[str]()
        for issue in self._run.issues.all:
            gaps[issue.stream] += issue.count * (issue.severity == "gap")
        return [self._status(it, now, gaps[it.stream.name]) for it in self._streams]

    def _status(self, it: StreamRun, now: float, gaps: int) -> StreamStatus:
        metrics, feed = it.metrics, it.feed
        known = feed.found if feed else None
        done = metrics.done * it.parents_at_once
        is_final = feed is None or feed.is_complete
        parents = " and ".join(parent.name for parent in self._run.plan.parents(type(it.stream)))
        phase, doing = self._phase(it, now, parents)
        left = None
        if phase != "ended" and known and is_final and done and metrics.started is not None:
            left = max(0, known - done) * (now - metrics.started) / done
            left = max(left, metrics.throttled_until - now)
        held = metrics.held_since
        allowed = self._run.client.gate.allowance
        return StreamStatus(
            stream=it.stream.name,
            phase=phase,
            doing=doing + (f", {plural(gaps, 'gap')}" if gaps else ""),
            rows=metrics.rows,
            requests=metrics.requests,
            parents=parents,
            done=done if known is None else min(done, known),
            known=known,
            is_final=is_final,
            rate=0.0 if phase == "ended" else self._rate(it.stream.name, now, metrics.requests),
            allowed=allowed(metrics.limit) if metrics.limit not in _UNBOUND else None,
            waited=metrics.waited + (now - held if held is not None else 0.0),
            left=left,
        )

    def _phase(self, it: StreamRun, now: float, parents: str) -> tuple[Phase, str]:
        metrics = it.metrics
        if it.has_ended:
            return "ended", "done"
        if metrics.throttled_until > now:
            return "held", f"throttled, {duration(metrics.throttled_until - now)} more"
        if metrics.held_since is not None and not metrics.under_way:
            return "held", "at Graph's limit"
        if metrics.started is None or not it.open:
            return "waiting", f"waits for {parents}" if parents else "waits"
        since = max(metrics.answered or 0.0, metrics.started)
        if metrics.under_way and now - since > PATIENCE:
            return "waiting", f"no answer for {duration(now - since)}"
        return "reading", "reading"

    def _rate(self, stream: str, now: float, requests: int) -> float:
        """Requests a second, averaged over the last seconds."""
        samples = self._samples[stream]
        samples.append((now, requests))
        while len(samples) > 2 and samples[1][0] <= now - WINDOW:  # noqa: PLR2004 - an interval has two ends
            samples.popleft()
        then, before = samples[0]
        return (requests - before) / (now - then) if now > then else 0.0


def left_of(statuses: list[StreamStatus]) -> float | None:
    """Seconds to the end of the run; None where a stream's are unknown."""
    open_ = [it.left for it in statuses if it.phase != "ended"]
    known = [it for it in open_ if it is not None]
    return max(known) if known and len(known) == len(open_) else None
