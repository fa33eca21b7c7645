"""The sweep: takes walks from request to request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeAlias

from tap_msteams.errors import GraphError, TapError
from tap_msteams.graph import Page, Record, Request
from tap_msteams.sweep.walk import Failure, Lane, Promise, Step, Walk
from tap_msteams.sweep.workers import Task, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_msteams.graph import Graph
    from tap_msteams.throttle import Gate

WALKS_PER_WORKER = 4
"""Walks open at once; more than workers, so that throttled ones stop nobody."""

Event: TypeAlias = tuple[Lane, list[Record] | Failure]


class Sweep:
    """Runs the walks of all lanes over one set of workers. Close it after use."""

    def __init__(
        self,
        graph: Graph,
        gate: Gate,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[int], float] | None = None,
    ) -> None:
        """Let `workers` threads ask `graph` what the `gate` admits.

        `pause` tells the seconds to wait after so many tries.
        """
        self._workers = Workers(graph, gate, workers, clock, pause)
        self._clock = clock
        self._lanes: list[Lane] = []
        self._parked: list[Promise] = []

    def add(self, lane: Lane) -> None:
        """Take in a lane; its walks start once the sweep is iterated."""
        self._lanes.append(lane)

    def wake(self) -> None:
        """Make the iteration come round at once; safe in a signal handler."""
        self._workers.interrupt()

    def close(self) -> None:
        """Send nothing more. Requests under way are left to end on their own."""
        self._workers.close()
        now = self._clock()
        for lane in self._lanes:
            lane.tally.close(now)

    def run(self, heartbeat: float = 1.0) -> Iterator[Event | None]:
        """Yield each lane's records and failures as they come, until all lanes have finished.

        Yields None at least every `heartbeat` seconds, so that the caller can look at the clock.
        """
        self._workers.start()
        while True:
            yield from self._start_walks()
            if all(lane.finished for lane in self._lanes):
                return
            if self._parked and not self._workers.asked:
                msg = "every walk waits for another"
                raise RuntimeError(msg)
            task = self._workers.collect(heartbeat)
            if task is None:
                yield None
            else:
                yield from self._resume(task)

    def _start_walks(self) -> Iterator[Event]:
        """Go on with what can go on without Graph, which may let others start in turn."""
        started = True
        while started:
            started = False
            for promise in [promise for promise in self._parked if promise.settled]:
                started = True
                self._parked.remove(promise)
                waiting, promise.waiting = promise.waiting, []
                for lane, walk in waiting:
                    yield from self._follow(lane, walk, promise.resume)
            for lane in self._lanes:
                before = lane.finished
                while lane.open < self._workers.number * WALKS_PER_WORKER:
                    fresh = lane.next_walk()
                    if fresh is None:
                        break
                    started = True
                    self._begin(lane, fresh)
                    yield from self._follow(lane, fresh, lambda walk: next(walk.steps))
                # One that has come to its end lets those finish that read below it.
                started |= lane.finished and not before

    def _begin(self, lane: Lane, walk: Walk) -> None:
        lane.open += 1
        lane.tally.parents += walk.beside is None
        if lane.tally.started is None:
            lane.tally.started = self._clock()

    def _end(self, lane: Lane, walk: Walk) -> None:
        lane.open -= 1
        whole = walk.beside or walk
        whole.unfinished -= 1
        lane.tally.done += not whole.unfinished
        lane.tally.ended = self._clock()

    def _resume(self, task: Task) -> Iterator[Event]:
        result = task.result
        task.result = None
        if isinstance(result, Page):
            page = result
            yield from self._follow(task.lane, task.walk, lambda walk: walk.steps.send(page))
        elif isinstance(result, GraphError):
            error = result
            yield from self._follow(task.lane, task.walk, lambda walk: walk.throw(error))
        elif isinstance(result, TapError):
            raise result

    def _follow(self, lane: Lane, walk: Walk, resume: Callable[[Walk], Step]) -> Iterator[Event]:
        """Take a walk to its next request, handing out what it yields on the way."""
        try:
            step = resume(walk)
            while True:
                if isinstance(step, list):
                    yield lane, step
                    step = next(walk.steps)
                elif isinstance(step, Request):
                    self._workers.submit(lane, walk, step)
                    return
                elif isinstance(step, Walk):
                    step.beside = walk.beside or walk
                    step.beside.unfinished += 1
                    lane.spawned.append(step)
                    step = next(walk.steps)
                elif step.settled:
                    step = step.resume(walk)
                else:
                    if not step.waiting:
                        self._parked.append(step)
                    step.waiting.append((lane, walk))
                    return
        except StopIteration:
            self._end(lane, walk)
        except GraphError as error:
            self._end(lane, walk)
            yield lane, Failure(walk, error)
