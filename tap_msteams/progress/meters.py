"""Meters: the SDK's metrics, a few points for each stream at its end."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import ExitStack
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, cast

import requests
from singer_sdk import metrics

if TYPE_CHECKING:
    from types import TracebackType

    from singer_sdk import Stream

    from tap_msteams.run import Run, StreamRun


class OwnMetric(StrEnum):
    """Metrics that the SDK does not have."""

    RETRY_COUNT = "http_retry_count"
    THROTTLED_DURATION = "http_throttled_duration"


class Meters:
    """The metrics of a run: one point for all requests of a kind instead of one for each."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._logger = metrics.get_metrics_logger()
        self._counters: dict[str, metrics.Counter] = {}
        self._streams: dict[str, ExitStack] = {}
        self._told: list[StreamRun] = []

    def __enter__(self) -> Self:
        return self

    def open(self, stream: Stream) -> None:
        """Start to count the rows of a stream and the time until its end."""
        stack = self._streams[stream.name] = ExitStack()
        self._counters[stream.name] = stack.enter_context(stream.get_record_counter())
        stack.enter_context(stream.get_sync_timer())

    def count(self, stream: str, rows: int) -> None:
        """Count rows of a stream."""
        self._counters[stream].increment(rows)

    def finish(self, it: StreamRun) -> None:
        """Log the metrics of a stream at its end."""
        if stack := self._streams.pop(it.stream.name, None):
            stack.close()
        self._tell(it)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Log the metrics of the run and of all streams that have not come to their end."""
        for stack in self._streams.values():
            stack.__exit__(kind, error, traceback)
        for run in self._run.all:
            for it in run.streams.values():
                self._tell(it)
        status = metrics.Status.SUCCEEDED if kind is None else metrics.Status.FAILED
        tags = {metrics.Tag.JOB_TYPE: "sync", metrics.Tag.STATUS: status}
        seconds = self._run.client.clock() - self._run.begun
        self._log("timer", metrics.Metric.JOB_DURATION, seconds, tags)

    def _tell(self, it: StreamRun) -> None:
        """Log the metrics of a stream's requests, once."""
        if it in self._told:
            return
        self._told.append(it)
        found = it.metrics
        stream: dict[str, Any] = {metrics.Tag.STREAM: it.stream.name}
        numbers = Counter[str]()
        for (endpoint, code), answers in found.answers.items():
            numbers[endpoint] += answers.number
            succeeded = code == requests.codes.ok
            tags = {
                **stream,
                metrics.Tag.ENDPOINT: endpoint,
                metrics.Tag.HTTP_STATUS_CODE: code,
                metrics.Tag.STATUS: metrics.Status.SUCCEEDED
                if succeeded
                else metrics.Status.FAILED,
                "requests": answers.number,
                "longest": round(answers.longest, 6),
            }
            mean = answers.seconds / answers.number
            self._log("timer", metrics.Metric.HTTP_REQUEST_DURATION, mean, tags)
        for endpoint, number in numbers.items():
            tags = {**stream, metrics.Tag.ENDPOINT: endpoint}
            self._log("counter", metrics.Metric.HTTP_REQUEST_COUNT, number, tags)
        if found.retries:
            self._log("counter", OwnMetric.RETRY_COUNT, found.retries, stream)
        if found.throttled:
            tags = {**stream, "requests": found.throttled}
            self._log("timer", OwnMetric.THROTTLED_DURATION, found.throttled_seconds, tags)

    def _log(
        self, kind: str, metric: metrics.Metric | OwnMetric, value: float, tags: dict[Any, Any]
    ) -> None:
        value = value if isinstance(value, int) else round(value, 6)
        tags = {**tags, metrics.Tag.PID: os.getpid()}
        metrics.log(self._logger, metrics.Point(kind, cast("metrics.Metric", metric), value, tags))
