"""Outcomes: the result of a run, stream by stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_msteams.run.moments import moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_msteams.run.run import Run
    from tap_msteams.run.stream_run import StreamRun


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of one stream."""

    stream: str
    started: datetime | None
    """The time on Graph's clock; None where nothing of the stream was read."""
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
        """The record of `sync_runs`, with names in Graph's style."""
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


def outcomes(run: Run) -> list[Outcome]:
    """The outcomes of all streams that were read for their rows or ids."""
    found: dict[str, list[StreamRun]] = {}
    for part in run.all:
        for it in part.streams.values():
            found.setdefault(it.stream.name, []).append(it)
    return [_outcome(run, name, parts) for name, parts in found.items()]


def _outcome(run: Run, name: str, parts: Sequence[StreamRun]) -> Outcome:
    issues = [issue for issue in run.issues.all if issue.stream == name]
    clock, now = run.client.graph.now(), run.client.clock()
    numbers = [it.metrics for it in parts]
    started = [it.started for it in numbers if it.started is not None]
    ended = [it.ended for it in numbers if it.ended is not None]
    marks = [(it.bookmark_before, it.oldest()) for it in parts if it.emits]
    return Outcome(
        stream=name,
        started=clock - timedelta(seconds=now - min(started)) if started else None,
        ended=clock - timedelta(seconds=now - max(ended)) if ended else None,
        rows=sum(it.rows for it in numbers),
        requests=sum(it.requests for it in numbers),
        retries=sum(it.retries for it in numbers),
        seconds=round(sum(it.seconds for it in numbers), 3),
        waited=round(sum(it.waited for it in numbers), 3),
        throttled=round(sum(it.throttled_seconds for it in numbers), 3),
        gaps=sum(issue.count for issue in issues if issue.severity == "gap"),
        notices=sum(issue.count for issue in issues if issue.severity == "notice"),
        bookmark_before=marks[0][0] if marks else None,
        bookmark_after=marks[0][1] if marks else None,
    )
