"""The tap: its settings, its streams, and the order of a run."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, cast

from singer_sdk import Tap
from typing_extensions import override

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.base import GraphStream, JournalStream, Run, TapStream, outcomes
from tap_msteams.catalog import checked
from tap_msteams.errors import (
    AuthenticationError,
    CatalogError,
    StateError,
    TapError,
    TokenRejectedError,
    UnavailableError,
)
from tap_msteams.graph import Graph
from tap_msteams.inputs import load_object
from tap_msteams.plugin import Plugin
from tap_msteams.privacy import PERMISSION
from tap_msteams.progress import Meters, Progress, tell
from tap_msteams.sdk import ConfigInput as _ConfigInput
from tap_msteams.settings import Settings
from tap_msteams.streams import STREAMS
from tap_msteams.sweep import Failure, Lane, Sweep, Walk, next_pause
from tap_msteams.throttle import Gate
from tap_msteams.transport import session
from tap_msteams.writer import RecordWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType

    from tap_msteams.graph import Record
    from tap_msteams.privacy import Guests

STATE_SECONDS = 1.0
"""A STATE message at most this often between the ends of streams."""


class TapMSTeams(Plugin):
    """Singer tap for Microsoft Teams: teams, channels, messages, members and presence."""

    name = "tap-msteams"
    message_writer_class = RecordWriter
    message_writer: RecordWriter
    clock: Callable[[], float] = staticmethod(time.monotonic)
    pause: Callable[[int], float] = staticmethod(next_pause)
    """Seconds to wait after so many tries, where Graph does not say."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        """Ask nothing of Graph yet."""
        self._run: Run | None = None
        self._sweep: Sweep | None = None
        self._signal: int | None = None
        self._state_due = 0.0
        super().__init__(**kwargs)

    @override
    def discover_streams(self) -> Sequence[TapStream]:
        return [stream(self) for stream in STREAMS]

    @cached_property
    def settings(self) -> Settings:
        """The settings of this run, checked."""
        return Settings.from_config(self.config, self.config_jsonschema["properties"])

    @cached_property
    def graph(self) -> Graph:
        """Graph, through one connection pool for all streams."""
        settings = self.settings
        return Graph(
            settings.graph_url, session(settings), GraphAuthenticator.from_settings(settings)
        )

    @cached_property
    def gate(self) -> Gate:
        """The gate that all requests pass."""
        if not self.settings.rate_limit_share:
            self.logger.info("`rate_limit_share` is 0: Graph's limits are not paced, only heeded")
        return Gate(self.settings.rate_limit_share)

    @property
    def all_streams(self) -> list[TapStream]:
        """All streams."""
        return cast("list[TapStream]", list(self.streams.values()))

    # Running

    def read(self) -> int:
        """Read all selected streams; returns the exit code."""
        selected = [stream for stream in self.all_streams if stream.selected]
        skipped = [stream.name for stream in self.all_streams if not stream.selected]
        if skipped:
            self.logger.info("%d of %d streams are not selected", len(skipped), len(STREAMS))
            self.logger.debug("Not selected: %s", ", ".join(skipped))
        run = self._run = self._new_run()
        try:
            with Meters(run) as meters:
                if self.config.get("batch_config"):
                    # Batches are files that the SDK fills, one stream after the other.
                    for stream in sorted(selected, key=lambda it: isinstance(it, JournalStream)):
                        stream.sync()
                else:
                    self._read_side_by_side(run, selected, meters)
        except (TapError, BrokenPipeError, SystemExit) as error:
            run.ended_by = 128 + self._signal if self._signal else 1
            if isinstance(error, TapError):
                self._write_journals(selected)
            self._tell(run, "an error")
            raise
        if self._signal:
            run.ended_by = 128 + self._signal
        self._write_journals(selected)
        self._tell(run)
        return run.exit_code

    def _read_side_by_side(self, run: Run, selected: Sequence[TapStream], meters: Meters) -> None:
        """Write what comes, of whichever stream, until all have come to their end."""
        active = self._begin(run, [it for it in selected if not isinstance(it, JournalStream)])
        unfinished = {stream.name: stream for stream in active}
        lanes = [stream.lane for stream in active]
        with self._sweeping(lanes) as sweep, Progress(run, self.gate) as progress:
            for stream in selected:
                stream.open(self.initialized_at // 1000)
            for stream in active:
                if stream.emits:
                    meters.open(stream)
            for event in sweep.run():
                for lane, records in self._records(event):
                    unfinished[lane.name].write(records)
                    meters.count(lane.name, len(records))
                self._finish(unfinished, meters)
                self._write_state_when_due()
                progress.tick()
                if self._signal:
                    self._tell_refusals(unfinished.values())
                    return
            # The last walk may end without anything more to hand out.
            self._finish(unfinished, meters)

    def _tell_refusals(self, streams: Iterable[TapStream]) -> None:
        """Say of streams that were not finished who has refused them so far."""
        for stream in streams:
            if isinstance(stream, GraphStream):
                stream.tell_refusals()

    def _finish(self, unfinished: dict[str, TapStream], meters: Meters) -> None:
        """Finish the streams whose last walk has ended."""
        for stream in [item for item in unfinished.values() if item.lane.finished]:
            del unfinished[stream.name]
            stream.finish()
            meters.finish(stream)
            self._write_state()

    def _write_journals(self, selected: Sequence[TapStream]) -> None:
        """Write what there is to tell of the run itself, and the last STATE."""
        for stream in selected:
            if isinstance(stream, JournalStream) and stream.is_open:
                stream.begin(cast("Run", self._run), emits=True)
                stream.write(stream.guarded(stream.prune(stream.rows())))
        self._write_state()

    def _tell(self, run: Run, by: str = "") -> None:
        """Say at the end what was read and what was not, unless nothing was asked for."""
        by = signal.Signals(self._signal).name if self._signal else by
        found = outcomes(run, run.clock())
        if run.issues or not by or any(it.requests for it in found):
            tell(run, found, by)

    def read_alone(self, stream: TapStream) -> Iterator[Record]:
        """Yield the records of one stream; for `--test` and batches, which the SDK drives."""
        active = self._begin(self._run or self._new_run(), [stream])
        with self._sweeping(it.lane for it in active) as sweep:
            for event in sweep.run():
                for _, records in self._records(event):
                    yield from records
                if self._signal:
                    raise SystemExit(128 + self._signal)
        stream.finish()

    def _new_run(self) -> Run:
        """A run, signed in: a failure is the first thing said then, and not one a stream."""
        _ = self.graph.is_application
        streams = [stream for stream in self.all_streams if isinstance(stream, GraphStream)]
        run = Run(self.graph, self.settings, {type(stream): stream for stream in streams})
        if run.privacy and run.privacy.guests:
            self._learn(run.privacy.guests)
        return run

    def _learn(self, guests: Guests) -> None:
        """List the guests; without knowing them none could be left out."""
        lane = Lane("guests", iter([Walk({}, guests.learn())]))
        with self._sweeping([lane]) as sweep:
            for event in sweep.run():
                if event and isinstance(event[1], Failure):
                    msg = (
                        f"the guests cannot be listed, so that `guests` cannot leave them out: "
                        f"{event[1].error}; grant {PERMISSION} with admin consent"
                    )
                    raise TapError(msg) from event[1].error

    def _begin(self, run: Run, selected: Sequence[TapStream]) -> list[TapStream]:
        """Some streams and the parents that they are read below, at the start of a run."""
        application = run.graph.is_application
        active = list(selected)
        for stream in active:
            if isinstance(stream, GraphStream) and run.offers(type(stream)):
                for parent in stream.parents(application=application):
                    if run.offers(parent) and run.streams[parent] not in active:
                        active.append(run.streams[parent])
        run.clear()
        # Children first: they tell their parents what they look at.
        for stream in sorted(active, key=lambda it: -it.depth(application=application)):
            stream.begin(run, emits=stream in selected)
            run.bookmarks.setdefault(stream.name, stream.bookmark)
        return active

    @contextmanager
    def _sweeping(self, lanes: Iterable[Lane]) -> Iterator[Sweep]:
        """A sweep over some lanes, closed at the end."""
        sweep = Sweep(self.graph, self.gate, self.settings.concurrency, pause=self.pause)
        for lane in lanes:
            sweep.add(lane)
        self._sweep = sweep
        try:
            yield sweep
        finally:
            sweep.close()
            self._sweep = None

    def _records(
        self, event: tuple[Lane, list[Record] | Failure] | None
    ) -> Iterable[tuple[Lane, list[Record]]]:
        """The records in what a sweep yields; failures go to their stream."""
        if event is None:
            return
        lane, found = event
        if not isinstance(found, Failure):
            records = cast("TapStream", self.streams[lane.name]).guarded(found)
            lane.tally.rows += len(records)
            yield lane, records
            return
        if isinstance(found.error, UnavailableError) and not self.graph.reached:
            raise self.graph.out_of_reach(found.error) from found.error
        if isinstance(found.error, TokenRejectedError) and self.graph.started is None:
            msg = (
                f"Graph accepts no token of this sign-in: {found.error}; check `tenant_id`, "
                "`cloud` and `graph_url`"
            )
            raise AuthenticationError(msg) from found.error
        stream = cast("TapStream", self.streams[lane.name])
        stream.failed(found.walk.subject, found.error)

    def _write_state_when_due(self) -> None:
        """Write STATE now and then, as far as the records written pay for its size."""
        now = self.clock()
        if now >= self._state_due and self.message_writer.affords_state:
            self._state_due = now + STATE_SECONDS
            self._write_state()

    def _write_state(self) -> None:
        for stream in self.all_streams:
            stream.save_state()
        self.state_writer.write_state(self.state)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Leave once the page at hand is written, with the last STATE; at once if asked twice."""
        if self._sweep is None or self._signal:
            self._signal = signum
            raise SystemExit(128 + signum)
        self._signal = signum
        self.logger.info("%s: stopping", signal.Signals(signum).name)
        self._sweep.wake()

    # The command line

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # the SDK's taps differ from its plugins in the same way
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
    ) -> None:
        super(Tap, cls).invoke(about=about, about_format=about_format)
        cls.print_version(print_fn=cls.logger.info)
        config = config or _ConfigInput()
        tap = cls(
            config=config.config,
            state=load_object("the state", state, StateError),
            catalog=checked(load_object("the catalog", catalog, CatalogError)),
            parse_env_config=config.parse_env,
        )
        try:
            code = tap.read()
            sys.stdout.flush()
        except BrokenPipeError as error:
            # Python flushes stdout once more at exit, which must not fail again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            msg = "the target has closed its input: its log says why"
            raise TapError(msg) from error
        sys.exit(code)
