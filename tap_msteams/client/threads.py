"""Threads that wait for answers of Graph."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from typing_extensions import override

from tap_msteams.errors import TapError
from tap_msteams.labels import label

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(Executor):
    """An executor whose threads do not keep the process alive, unlike ThreadPoolExecutor's.

    A request under way would otherwise delay the end of a stopped run until its timeout.
    """

    def __init__(self, number: int) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"graph-{n}", daemon=True)
            for n in range(number)
        ]

    def start(self) -> None:
        """Have the threads wait for calls."""
        try:
            for thread in self._threads:
                thread.start()
        except RuntimeError as error:
            of = label("concurrency")
            msg = f"{error}: {of} asks for {len(self._threads)}, give less or more memory"
            raise TapError(msg) from error

    @override
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        held = [future]

        def call() -> None:
            if not held[0].set_running_or_notify_cancel():
                return
            # An error knows the frame of this call, which must not know its future in turn: only
            # a garbage collection would free both, with all that the request has held.
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
                held.pop().set_exception(error)
            else:
                held.pop().set_result(result)

        self._calls.put(call)
        return future

    @override
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End each thread after its current call."""
        for _ in self._threads:
            self._calls.put(None)

    def _work(self) -> None:
        while call := self._calls.get():
            call()
            del call  # its answer would stay in memory until the next call
