"""Many walks at once: workers ask Graph, the main thread alone owns records and state.

A walk reads one parent's part of a stream. It is a generator that yields

* a `Request`, and is resumed with its `Page`, or with the error that stands for it;
* a list of records, and is resumed once they have been written;
* a `Promise`, and is resumed with its value once that is known;
* a `Walk`, which goes on beside it.

So a walk reads like sequential code, and what it does after its records have been written, such
as moving a bookmark, can never run ahead of them. Within a walk order depends on the data only;
walks come as they are ready, so that a slow one stops nobody. At most two pages a worker are in
memory.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

import backoff

from tap_msteams.errors import (
    GraphError,
    TapError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
)
from tap_msteams.graph import Page, Record, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from tap_msteams.graph import Graph
    from tap_msteams.throttle import Gate

TRIES = 8
"""How often a request that fails is sent; with the pauses between, over about a minute."""

TRIES_AT_FIRST = 4
"""The same while Graph has never answered: then it is the setup, and nobody should wait."""

TRIES_THROTTLED = 30
"""How often a throttled request is sent again before its parent is given up."""

LONGEST_PAUSE = 60.0
"""Seconds."""

WALKS_PER_WORKER = 4
"""Walks open at once; more than workers, so that throttled ones stop nobody."""


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

    def throw(self, error: GraphError) -> Step:
        """The walk's next step after an error; a walk that has no answer to it raises it."""
        return self.steps.throw(error)


@dataclass(slots=True, eq=False)
class Lane:
    """One stream's walks. `source` yields None while there is nothing to walk yet."""

    name: str
    source: Iterator[Walk | None]
    spawned: deque[Walk] = field(default_factory=deque)
    tasks: deque[_Task] = field(default_factory=deque)
    open: int = 0
    exhausted: bool = False

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


@dataclass(slots=True, eq=False)
class _Task:
    """A request on its way, for one walk."""

    lane: Lane
    walk: Walk
    request: Request
    buckets: tuple[tuple[str, ...], ...]
    not_before: float = 0.0
    tries: int = 0
    throttled: int = 0
    renewed: bool = False
    result: Page | BaseException | None = None


@dataclass(slots=True)
class Failure:
    """A walk that ended before its end."""

    walk: Walk
    error: GraphError


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
        self._graph = graph
        self._gate = gate
        self._clock = clock
        self._pause = pause or next_pause
        self._workers = workers
        self._lanes: list[Lane] = []
        self._turn = 0
        self._wake = threading.Condition()
        self._done: SimpleQueue[_Task | None] = SimpleQueue()
        self._parked: list[Promise] = []
        self._asked = 0
        self._unfinished = 0
        self._alarm = float("inf")
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._work, name=f"graph-{n}", daemon=True)
            for n in range(workers)
        ]

    def add(self, lane: Lane) -> None:
        """Take in a lane; its walks start once the sweep is iterated."""
        self._lanes.append(lane)

    def wake(self) -> None:
        """Make the iteration come round at once; safe in a signal handler."""
        self._done.put(None)

    def close(self) -> None:
        """Send nothing more. Requests under way are left to end on their own."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()

    def run(self, heartbeat: float = 1.0) -> Iterator[tuple[Lane, list[Record] | Failure] | None]:
        """Yield each lane's records and failures as they come, until all lanes have finished.

        Yields None at least every `heartbeat` seconds, so that the caller can look at the clock.
        """
        for thread in self._threads:
            thread.start()
        while True:
            yield from self._start_walks()
            if all(lane.finished for lane in self._lanes):
                return
            if self._parked and not self._asked:
                msg = "every walk waits for another"
                raise RuntimeError(msg)
            try:
                task = self._done.get(timeout=heartbeat)
            except Empty:
                yield None
                continue
            if task is None:
                yield None
                continue
            with self._wake:
                self._asked -= 1
                self._unfinished -= 1
                self._wake.notify()
            yield from self._resume(task)

    def _start_walks(self) -> Iterator[tuple[Lane, list[Record] | Failure]]:
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
                while lane.open < self._workers * WALKS_PER_WORKER:
                    fresh = lane.next_walk()
                    if fresh is None:
                        break
                    started = True
                    lane.open += 1
                    yield from self._follow(lane, fresh, lambda walk: next(walk.steps))

    def _resume(self, task: _Task) -> Iterator[tuple[Lane, list[Record] | Failure]]:
        result = task.result
        task.result = None
        if isinstance(result, Page):
            page = result
            yield from self._follow(task.lane, task.walk, lambda walk: walk.steps.send(page))
        elif isinstance(result, GraphError):
            error = result
            yield from self._follow(task.lane, task.walk, lambda walk: walk.throw(error))
        elif result is not None:
            raise result

    def _follow(
        self, lane: Lane, walk: Walk, resume: Callable[[Walk], Step]
    ) -> Iterator[tuple[Lane, list[Record] | Failure]]:
        """Take a walk to its next request, handing out what it yields on the way."""
        try:
            step = resume(walk)
            while True:
                if isinstance(step, list):
                    yield lane, step
                    step = next(walk.steps)
                elif isinstance(step, Request):
                    self._submit(_Task(lane, walk, step, self._gate.keys(step.url)))
                    return
                elif isinstance(step, Walk):
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
            lane.open -= 1
        except GraphError as error:
            lane.open -= 1
            yield lane, Failure(walk, error)

    def _submit(self, task: _Task) -> None:
        with self._wake:
            self._asked += 1
            task.lane.tasks.append(task)
            self._wake.notify()

    def _work(self) -> None:
        """What a worker does: take what is allowed now, send it, hand in the answer."""
        while task := self._take():
            sent = self._clock()
            try:
                task.result = self._graph.send(task.request)
            except TapError as error:
                if self._goes_again(task, error, sent):
                    continue
                task.result = error
            except BaseException as error:  # noqa: BLE001 - a mistake of ours, raised by the main thread
                task.result = error
            self._done.put(task)

    def _take(self) -> _Task | None:
        """The next task that may be sent, as soon as there is one; None when it is over."""
        with self._wake:
            while not self._stopped:
                wait = None
                if self._unfinished < 2 * self._workers:
                    task, wait = self._admitted()
                    if task:
                        self._unfinished += 1
                        self._wake.notify()
                        return task
                self._sleep(wait)
            return None

    def _sleep(self, seconds: float | None) -> None:
        """Wait to be notified; one worker alone sets the alarm for the next free token."""
        until = float("inf") if seconds is None else self._clock() + seconds
        if until >= self._alarm:
            self._wake.wait()
            return
        self._alarm = until
        self._wake.wait(seconds)
        if self._alarm == until:
            self._alarm = float("inf")

    def _admitted(self) -> tuple[_Task | None, float | None]:
        """A task that the gate lets through, lanes in turn; else how long to wait for one."""
        now = self._clock()
        shortest: float | None = None
        lanes = self._lanes
        for offset in range(len(lanes)):
            lane = lanes[(self._turn + offset) % len(lanes)]
            for index, task in enumerate(lane.tasks):
                wait = max(0.0, task.not_before - now) or self._gate.admit(task.buckets, now)
                if not wait:
                    del lane.tasks[index]
                    self._turn += offset + 1
                    return task, None
                shortest = wait if shortest is None else min(shortest, wait)
        return None, shortest

    def _goes_again(self, task: _Task, error: TapError, sent: float) -> bool:
        """Whether the task was put back to be sent once more."""
        now = self._clock()
        if isinstance(error, ThrottledError):
            task.throttled += 1
            asked = error.retry_after
            pause = self._pause(task.throttled) if asked is None else asked
            with self._wake:
                self._gate.throttle(task.buckets, sent, now, pause)
            again = task.throttled < TRIES_THROTTLED
        elif isinstance(error, UnavailableError):
            task.tries += 1
            again = task.tries < (TRIES if self._graph.reached else TRIES_AT_FIRST)
            pause = self._pause(task.tries) if error.retry_after is None else error.retry_after
        elif isinstance(error, TokenRejectedError):
            again, task.renewed, pause = not task.renewed, True, 0.0
        else:
            return False
        if again:
            task.not_before = now + pause
            with self._wake:
                self._unfinished -= 1
                task.lane.tasks.append(task)
                self._wake.notify()
        return again


def next_pause(tries: int, jitter: Callable[[float], float] = backoff.full_jitter) -> float:
    """Seconds to wait after so many tries: exponential, jittered, at least a tenth."""
    pauses = backoff.expo(base=2, factor=1, max_value=LONGEST_PAUSE)
    next(pauses)
    pause = LONGEST_PAUSE
    for _ in range(tries):
        pause = next(pauses)
    return max(0.1, jitter(pause))
