"""Progress: shows what a run is doing."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Self

from tap_msteams.progress.status import Watch, left_of
from tap_msteams.progress.view import View, is_wanted
from tap_msteams.progress.words import duration, plural, rate

if TYPE_CHECKING:
    from tap_msteams.progress.status import StreamStatus
    from tap_msteams.run import Run

DRAWN_EVERY = 1.0
"""Seconds between two drawings, each a few milliseconds of the thread that writes the rows."""

TOLD_EVERY = 60.0
"""Seconds between two lines in the log."""

NAMED = 2
"""Streams that a line names."""

logger = logging.getLogger("tap-msteams")


class Progress:
    """A live view on a terminal; elsewhere a line in the log each minute."""

    def __init__(self, run: Run, view: View | None = None) -> None:
        """Show the progress of a run whose streams have begun."""
        self._run = run
        self._watch = Watch(run)
        self._view = view or (View() if is_wanted() else None)
        self._due = run.client.clock() + (0.0 if self._view else TOLD_EVERY)

    def __enter__(self) -> Self:
        if self._view:
            self._view.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._close_view()

    def tick(self) -> None:
        """Show the present state, if it is time."""
        now = self._run.client.clock()
        if now < self._due:
            return
        statuses = self._watch.look()
        seconds = now - self._run.begun
        if self._view:
            self._due = now + DRAWN_EVERY
            self._view.show(statuses, seconds)
            if self._view.is_broken:
                self._close_view()
        else:
            self._due = now + TOLD_EVERY
            logger.info(
                "%s", line(statuses, seconds), extra={"progress": [asdict(it) for it in statuses]}
            )

    def _close_view(self) -> None:
        if self._view:
            self._view.close()
            self._view = None


def line(statuses: list[StreamStatus], seconds: float) -> str:
    """The present state in one line: the whole run, and some of the active streams."""
    rows = plural(sum(it.rows for it in statuses), "row")
    requests = plural(sum(it.requests for it in statuses), "request")
    pace = f"{rate(sum(it.rate for it in statuses))} a second"
    ended = [it for it in statuses if it.phase == "ended"]
    waiting = [it for it in statuses if it.phase == "waiting" and not it.requests]
    active = [it for it in statuses if it not in ended and it not in waiting]
    # What is held up matters most.
    active.sort(key=lambda it: it.phase == "reading")
    parts = [f"After {duration(seconds)}: {rows}, {requests}, {pace}", *map(_part, active[:NAMED])]
    others = (("more at work", active[NAMED:]), ("done", ended), ("not begun", waiting))
    if counts := [f"{len(found)} {what}" for what, found in others if found]:
        parts.append(f"streams: {', '.join(counts)}")
    if (left := left_of(statuses)) is not None:
        parts.append(f"about {duration(left)} left")
    return "; ".join(parts)


def _part(it: StreamStatus) -> str:
    more = "" if it.is_final else "+"
    of = "" if it.known is None else f"{it.done:,} of {it.known:,}{more} {it.parents}, "
    return f"{it.stream} {it.doing} ({of}{plural(it.rows, 'row')})"
