"""Walks, and what they are made of."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_msteams.sweep.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tap_msteams.errors import GraphError
    from tap_msteams.graph import Record, Request


class Promise:
    """A value that another walk will know later, or the error that kept it from that."""

    __slots__ = ("_error", "_value", "settled", "waiting")

    def __init__(self) -> None:
        self.settled = False
        self.waiting: list[tuple[Lane, Walk]] = []
        self._value: Any = None
        self._error: GraphError | None = None

    def settle(self, value: Any) -> None:  # noqa: ANN401 - whatever is promised
        """Make the value known; later calls change nothing."""
        if not self.settled:
            self.settled, self._value = True, value

    def fail(self, error: GraphError) -> None:
        """Make known that there will be no value."""
        if not self.settled:
            self.settled, self._error = True, error

    def resume(self, walk: Walk) -> Step:
        """The walk's next step, now that the value is known."""
        return walk.throw(self._error) if self._error else walk.steps.send(self._value)


Step: TypeAlias = "Request | Promise | Walk | list[Record]"
Steps: TypeAlias = "Generator[Step, Any, None]"


@dataclass(slots=True, eq=False)
class Walk:
    """The steps that read one parent, and the ids of that parent."""

    subject: dict[str, str]
    steps: Steps
    beside: Walk | None = None
    """The walk of the whole parent, where this one reads a part of it."""
    unfinished: int = 1
    """It and those that go on beside it, less those that have ended."""

    def throw(self, error: GraphError) -> Step:
        """The walk's next step after an error; a walk that has no answer to it raises it."""
        return self.steps.throw(error)


@dataclass(slots=True, eq=False)
class Lane:
    """One stream's walks. `source` yields None while there is nothing to walk yet."""

    name: str
    source: Iterator[Walk | None]
    spawned: deque[Walk] = field(default_factory=deque)
    open: int = 0
    exhausted: bool = False
    tally: Tally = field(default_factory=Tally)

    @property
    def finished(self) -> bool:
        """Whether all of its walks have ended."""
        return self.exhausted and not self.open and not self.spawned

    def stop(self) -> None:
        """Start no more walks; those under way come to their end."""
        self.exhausted = True
        self.spawned.clear()

    def next_walk(self) -> Walk | None:
        """The next walk to start; None if there is none at the moment."""
        if self.spawned:
            return self.spawned.popleft()
        if self.exhausted:
            return None
        try:
            return next(self.source)
        except StopIteration:
            self.exhausted = True
            return None


@dataclass(slots=True)
class Failure:
    """A walk that ended before its end."""

    walk: Walk
    error: GraphError
