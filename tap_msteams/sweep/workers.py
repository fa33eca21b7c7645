"""Workers: threads that ask Graph what the gate lets through."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import backoff
import requests

from tap_msteams.errors import (
    GraphError,
    TapError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
)
from tap_msteams.graph import Answer
from tap_msteams.sweep.tally import Sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams.graph import Graph, Page, Request
    from tap_msteams.sweep.walk import Lane, Walk
    from tap_msteams.throttle import Gate

TRIES = 8
"""How often a request that fails is sent; with the pauses between, over about a minute."""

TRIES_AT_FIRST = 4
"""The same while Graph has never answered: then it is the setup, and nobody should wait."""

TRIES_THROTTLED = 30
"""How often a throttled request is sent again before its parent is given up."""

LONGEST_PAUSE = 60.0
"""Seconds."""


@dataclass(slots=True, eq=False)
class Task:
    """A request on its way, for one walk."""

    lane: Lane
    walk: Walk
    request: Request
    buckets: tuple[tuple[str, ...], ...]
    not_before: float = 0.0
    tries: int = 0
    throttled: int = 0
    renewed: bool = False
    sent: float = 0.0
    result: Answer | Page | TapError | None = None


class Workers:
    """Threads that take, of all requests waiting, one that may be sent now.

    They never wait with a request in hand: one that was throttled or failed is put back, to be
    sent when its time has come. One asks again once its answer has been collected, so that there
    are never more answers in memory than workers.
    """

    def __init__(
        self,
        graph: Graph,
        gate: Gate,
        number: int,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[int], float] | None = None,
    ) -> None:
        """Let `number` threads ask `graph` what the `gate` admits."""
        self.number = number
        self.asked = 0
        """Requests submitted whose answers have not been collected."""
        self._graph = graph
        self._gate = gate
        self._clock = clock
        self._pause = pause or next_pause
        self._waiting: dict[Lane, deque[Task]] = {}
        self._turn = 0
        self._wake = threading.Condition()
        self._done: SimpleQueue[Task | BaseException | None] = SimpleQueue()
        self._sent: deque[Sent] = deque()
        self._unfinished = 0
        self._alarm = float("inf")
        self._stopped = False
        self.threads = [
            threading.Thread(target=self._work, name=f"graph-{n}", daemon=True)
            for n in range(number)
        ]

    def start(self) -> None:
        """Begin to work."""
        for thread in self.threads:
            thread.start()

    def close(self) -> None:
        """Send nothing more. Requests under way are left to end on their own."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()

    def submit(self, lane: Lane, walk: Walk, request: Request) -> None:
        """Have a request sent as soon as the gate allows."""
        task = Task(lane, walk, request, self._gate.keys(request.url))
        with self._wake:
            self.asked += 1
            self._put(task)

    def collect(self, seconds: float) -> Task | None:
        """A task with its result; None after so many seconds without, or if interrupted."""
        try:
            task = self._done.get(timeout=seconds)
        except Empty:
            return None
        finally:
            self._count()
        if isinstance(task, BaseException):
            raise task
        if task is None or not self._ends(task):
            return None
        with self._wake:
            self.asked -= 1
            self._unfinished -= 1
            task.lane.tally.under_way -= 1
            self._wake.notify()
        return task

    def _count(self) -> None:
        """Put what was sent into its stream's tally."""
        while self._sent:
            sent = self._sent.popleft()
            sent.tally.count(sent)

    def _ends(self, task: Task) -> bool:
        """Decode an answer, here where it is needed; whether the task need not be sent again."""
        if isinstance(task.result, Answer):
            try:
                task.result = task.result.page()
            except TapError as error:
                task.result = error
                return not self._goes_again(task, error)
        return True

    def interrupt(self) -> None:
        """Make `collect` return at once; safe in a signal handler."""
        self._done.put(None)

    def _work(self) -> None:
        """What a worker does: take what is allowed now, send it, hand in the answer."""
        try:
            while task := self._take():
                task.sent = self._clock()
                try:
                    task.result = self._graph.send(task.request)
                    self._note(task, requests.codes.ok)
                except TapError as error:
                    if isinstance(error, GraphError):
                        self._note(task, error.status)
                    if self._goes_again(task, error):
                        continue
                    task.result = error
                self._done.put(task)
        except BaseException as error:  # noqa: BLE001 - a mistake of ours: the main thread raises it
            self._done.put(error)

    def _note(self, task: Task, status: int | None) -> None:
        """Have it counted; the main thread does so, when it comes round."""
        now = self._clock()
        tally, limit = task.lane.tally, task.buckets[0]
        self._sent.append(Sent(tally, task.request.url, limit, status, now - task.sent, now))

    def _take(self) -> Task | None:
        """The next task that may be sent, as soon as there is one; None when it is over."""
        with self._wake:
            while not self._stopped:
                wait = None
                if self._unfinished < self.number:
                    task, wait = self._admitted()
                    if task:
                        self._unfinished += 1
                        task.lane.tally.under_way += 1
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

    def _admitted(self) -> tuple[Task | None, float | None]:
        """A task that the gate lets through, lanes in turn; else how long to wait for one."""
        now = self._clock()
        shortest: float | None = None
        queues = list(self._waiting.items())
        for offset in range(len(queues)):
            lane, queue = queues[(self._turn + offset) % len(queues)]
            for index, task in enumerate(queue):
                wait = max(0.0, task.not_before - now) or self._gate.admit(task.buckets, now)
                if not wait:
                    del queue[index]
                    self._turn += offset + 1
                    lane.tally.let_go(now)
                    return task, None
                shortest = wait if shortest is None else min(shortest, wait)
            if queue:
                lane.tally.hold(now)
        return None, shortest

    def _put(self, task: Task) -> None:
        self._waiting.setdefault(task.lane, deque()).append(task)
        self._wake.notify()

    def _goes_again(self, task: Task, error: TapError) -> bool:
        """Whether the task was put back to be sent once more."""
        now = self._clock()
        if isinstance(error, ThrottledError):
            task.throttled += 1
            asked = error.retry_after
            pause = self._pause(task.throttled) if asked is None else asked
            with self._wake:
                self._gate.throttle(task.buckets, task.sent, now, pause)
                task.lane.tally.throttle(now, pause)
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
                task.lane.tally.under_way -= 1
                task.lane.tally.retries += 1
                self._put(task)
        return again


def next_pause(tries: int, jitter: Callable[[float], float] = backoff.full_jitter) -> float:
    """Seconds to wait after so many tries: exponential, jittered, at least a tenth."""
    pauses = backoff.expo(base=2, factor=1, max_value=LONGEST_PAUSE)
    next(pauses)
    pause = LONGEST_PAUSE
    for _ in range(tries):
        pause = next(pauses)
    return max(0.1, jitter(pause))
