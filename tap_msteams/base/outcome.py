"""Outcomes: what came of each stream in a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_msteams.state import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.base.collection import GraphStream
    from tap_msteams.base.run import Run
    from tap_msteams.sweep import Tally


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one stream."""

    stream: str
    started: datetime | None
    """On Graph's clock; None where nothing of it was read."""
    ended: datetime | None
    rows: int
    requests: int
    retries: int
    seconds: float
    waited: float
    throttled: float
    gaps: int
    notices: int
    bookmark_before: str | None
    bookmark_after: str | None

    def row(self) -> dict[str, Any]:
        """It as a record, with names as Graph would have them."""
        return {
            "stream": self.stream,
            "startedDateTime": moment(self.started) if self.started else None,
            "endedDateTime": moment(self.ended) if self.ended else None,
            "rows": self.rows,
            "requests": self.requests,
            "retries": self.retries,
            "seconds": self.seconds,
            "waitedSeconds": self.waited,
            "throttledSeconds": self.throttled,
            "gaps": self.gaps,
            "notices": self.notices,
            "bookmarkBefore": self.bookmark_before,
            "bookmarkAfter": self.bookmark_after,
        }


def outcomes(run: Run, now: float) -> list[Outcome]:
    """The outcomes of all streams that were read for their rows or ids; `now` is of the sweep."""
    tallies: dict[str, list[Tally]] = {}
    for lane in run.lanes:
        tallies.setdefault(lane.name, []).append(lane.tally)
    return [
        _outcome(run, stream, tallies[stream.name], now)
        for stream in run.streams.values()
        if stream.name in tallies
    ]


def _outcome(run: Run, stream: GraphStream, tallies: list[Tally], now: float) -> Outcome:
    issues = [issue for issue in run.issues if issue.stream == stream.name]
    clock = run.graph.now()
    started = [it.started for it in tallies if it.started is not None]
    ended = [it.ended for it in tallies if it.ended is not None]
    return Outcome(
        stream=stream.name,
        started=clock - timedelta(seconds=now - min(started)) if started else None,
        ended=clock - timedelta(seconds=now - max(ended)) if ended else None,
        rows=sum(it.rows for it in tallies),
        requests=sum(it.requests for it in tallies),
        retries=sum(it.retries for it in tallies),
        seconds=_rounded(it.seconds for it in tallies),
        waited=_rounded(it.waited for it in tallies),
        throttled=_rounded(it.throttled_seconds for it in tallies),
        gaps=sum(issue.count for issue in issues if issue.severity == "gap"),
        notices=sum(issue.count for issue in issues if issue.severity == "notice"),
        bookmark_before=run.bookmarks.get(stream.name),
        bookmark_after=stream.bookmark if stream.emits else None,
    )


def _rounded(seconds: Iterable[float]) -> float:
    """Their sum, to the millisecond."""
    return round(sum(seconds), 3)
