"""A run: the state that its readers share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tap_msteams.client import GraphClient
    from tap_msteams.declaration import Declaration
    from tap_msteams.privacy import Privacy
    from tap_msteams.run.issues import Issues
    from tap_msteams.run.plan import Plan
    from tap_msteams.run.sample import Sample
    from tap_msteams.run.selection import Selection
    from tap_msteams.run.stream_run import StreamRun
    from tap_msteams.settings import Settings
    from tap_msteams.writer import Records

    Emit = Callable[[Declaration, Records], Awaitable[None]]

EXIT_WITH_GAPS = 3

OPEN_PER_SLOT = 4
"""Parents read at once for each request in flight, so that a throttled one blocks no other."""


@dataclass(eq=False)
class Run:
    """One run: its plan, its findings so far, and the destination of its records."""

    client: GraphClient
    settings: Settings
    plan: Plan
    selection: Selection
    issues: Issues
    privacy: Privacy | None
    """The privacy rules for all output; None where there are none."""
    emit: Emit
    """Writes the records of a page, to stdout or for whoever drives a single stream; returns when
    they are written."""
    checkpoint: Callable[[], object]
    """Writes STATE at once."""
    streams: Mapping[type[Declaration], StreamRun]
    """The progress of each stream of the plan."""
    sample: Sample | None = None
    """The limits of a sample; None where everything is read."""
    plain: bool = False
    """Whether records hold plain values instead of bytes."""
    id: str = field(default_factory=lambda: str(uuid4()))
    ended_by: int | None = None
    """The exit code of the signal or error that has ended the run early."""
    alone: list[Run] = field(default_factory=list)
    """Runs of single streams that belong to this one."""
    unwritten: int = 0
    """Pages whose records are being written."""
    begun: float = field(init=False)

    def __post_init__(self) -> None:
        self.begun = self.client.clock()

    @property
    def all(self) -> list[Run]:
        """This run and the runs that belong to it."""
        return [self, *self.alone]

    @property
    def is_idle(self) -> bool:
        """Whether no request is waiting or under way, and nothing is being written."""
        return self.client.is_idle and not self.unwritten

    @property
    def open_parents(self) -> int:
        """The number of parents of a stream that are read at once."""
        return 1 if self.sample else OPEN_PER_SLOT * self.client.concurrency

    @property
    def start(self) -> datetime:
        """The time at which the run began, on Graph's clock.

        A time that is in doubt counts as well: too early an end leaves rows to the next run, and
        too late an end would lose them.
        """
        graph = self.client.graph
        return graph.started or graph.doubted or datetime.now(UTC)

    @property
    def latest(self) -> datetime:
        """The later one of Graph's clock and this machine's."""
        return max(self.client.graph.now(), datetime.now(UTC))

    @property
    def until(self) -> datetime:
        """The moment up to which changes are read."""
        end = self.settings.end
        return min(end, self.start) if end else self.start

    @property
    def application(self) -> bool:
        """Whether the token is an application's and not a user's."""
        return self.plan.application

    @property
    def exit_code(self) -> int:
        """The exit code of the process."""
        if self.ended_by is not None:
            return self.ended_by
        return EXIT_WITH_GAPS if self.issues.gaps and self.settings.on_error != "report" else 0
