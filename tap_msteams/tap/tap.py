"""The tap: its settings, its streams, and the order of a run."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from singer_sdk.singerlib import StateMessage
from typing_extensions import override

from tap_msteams import stdout
from tap_msteams.auth import GraphAuthenticator
from tap_msteams.client import Graph, GraphClient, Patience
from tap_msteams.errors import CatalogError, TapError
from tap_msteams.labels import label
from tap_msteams.privacy import Privacy
from tap_msteams.progress import Meters, Progress, tell
from tap_msteams.readers import GraphStream, RunLogStream
from tap_msteams.run import WHOLE, Issues, Plan, Run, Selection, Shard, open_streams, outcomes
from tap_msteams.settings import Settings
from tap_msteams.streams import STREAMS
from tap_msteams.tap.plugin import Plugin
from tap_msteams.tap.session import Session
from tap_msteams.throttle import Gate
from tap_msteams.transport import session as http_session
from tap_msteams.writer import RecordWriter, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from types import FrameType

    from tap_msteams.declaration import Declaration, TapStream
    from tap_msteams.run import StreamRun
    from tap_msteams.run.run import Emit
    from tap_msteams.writer import Record, Records

STATE_SECONDS = 1.0
"""Seconds between two STATE messages, except at the ends of streams."""

STOP_SECONDS = 30
"""Seconds from a signal to the end of the process, even if the target reads nothing."""


class TapMSTeams(Plugin):
    """Singer tap for Microsoft Teams, from messages and members to calls and usage reports."""

    name = "tap-msteams"
    message_writer_class = RecordWriter
    clock: Callable[[], float] = staticmethod(time.monotonic)
    patience: Patience = Patience()
    """How long requests are sent again."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        self._run: Run | None = None
        self._sessions: list[Session] = []
        self._signal: int | None = None
        self._state_due = 0.0
        self._opened: list[RunLogStream] = []
        self._meters: Meters | None = None
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
        """Graph, with one connection pool for all streams."""
        return Graph(self.settings.graph_url, http_session(self.settings), self.authenticator)

    @cached_property
    def authenticator(self) -> GraphAuthenticator:
        """The authenticator of all requests to Graph."""
        return GraphAuthenticator.from_settings(self.settings)

    @cached_property
    def gate(self) -> Gate:
        """The gate that all requests pass."""
        settings = self.settings
        if not settings.rate_limit_share:
            self.logger.info("%s is 0: limits are heeded, not paced", label("rate_limit_share"))
        shares, licenses = settings.shares, settings.licenses or 0
        return Gate(settings.rate_limit_share, shares=shares, licenses=licenses)

    @property
    def all_streams(self) -> list[TapStream]:
        """All streams of the tap."""
        return cast("list[TapStream]", list(self.streams.values()))

    @property
    def graph_streams(self) -> dict[type[Declaration], GraphStream]:
        """All streams of Graph's, by their classes."""
        return {type(it): it for it in self.all_streams if isinstance(it, GraphStream)}

    @cached_property
    def shard(self) -> Shard:
        """The part of the tenant that this process reads."""
        return Shard(self.settings.shard or 0, self.settings.shards)

    def _reads(self, stream: TapStream) -> bool:
        """Whether this process writes rows of a stream."""
        return self.shard.reads(type(stream), application=self.graph.is_application)

    # Running

    @override
    def read(self) -> int:
        selected = [stream for stream in self.all_streams if stream.selected]
        if not any(isinstance(stream, GraphStream) for stream in selected):
            msg = (
                "nothing is selected: the catalog, or `select` in meltano.yml, has to name a "
                "stream of Graph's"
            )
            raise CatalogError(msg)
        for stream in self.all_streams:
            if not self._reads(stream):  # their bookmarks move in the first shard's state
                self.state.get("bookmarks", {}).pop(stream.name, None)
        selected = [stream for stream in selected if self._reads(stream)]
        skipped = [stream.name for stream in self.all_streams if not stream.selected]
        self.logger.info("%d of %d streams selected", len(STREAMS) - len(skipped), len(STREAMS))
        if skipped:
            self.logger.debug("Not selected: %s", ", ".join(skipped))
        batches = bool(self.config.get("batch_config"))
        run = self._run = self.new_run([] if batches else selected, self._write)
        try:
            with Meters(run) as meters:
                if batches:
                    # Batches are files that the SDK fills, one stream after the other.
                    for stream in sorted(selected, key=lambda it: isinstance(it, RunLogStream)):
                        stream.sync()
                else:
                    self._read_side_by_side(run, selected, meters)
        except (Exception, SystemExit):
            self._end(run, 1)
            raise
        self._end(run)
        return run.exit_code

    def _read_side_by_side(self, run: Run, selected: Sequence[TapStream], meters: Meters) -> None:
        """Read streams side by side and write their records as they come."""
        self._meters = meters

        def begin() -> None:
            self.message_writer.next_state_bytes = sum(map(len, pieces(self.state)))
            for stream in selected:
                stream.open(self.initialized_at)
                if isinstance(stream, RunLogStream):
                    self._opened.append(stream)
            for it in run.streams.values():
                if it.emits:
                    meters.open(it.stream)

        def end(it: StreamRun) -> None:
            meters.finish(it)
            if self.message_writer.affords_state:
                self._write_state()

        with Progress(run) as progress:

            def beat() -> None:
                progress.tick()
                self._write_state_when_due()

            asyncio.run(self._new_session(run).read(begin, end, beat))

    @override
    def check_test(self, selected: Collection[str]) -> None:
        runs = [session.run for session in self._sessions]
        gaps = {it.stream for run in runs for it in run.issues.all if it.severity == "gap"}
        refused = sorted(gaps.intersection(selected)) if self.settings.on_error != "report" else []
        if refused:
            msg = f"selected, and could not be read: {', '.join(refused)}; the lines above say why"
            raise TapError(msg)
        streams = [it for run in runs for it in run.streams.values()]
        if gaps and not any(it.metrics.rows for it in streams):
            msg = "nothing could be read: the lines above say why"
            raise TapError(msg)

    @override
    def read_alone(self, stream: TapStream) -> Iterator[Record]:
        if isinstance(stream, RunLogStream):
            yield from stream.rows(self._run or self.new_run([], self._write))
            return
        written: asyncio.Queue[Sequence[Record] | None] = asyncio.Queue()

        async def emit(_: Declaration, records: Records) -> None:
            written.put_nowait(cast("Sequence[Record]", records))  # as `plain` says
            await written.join()

        async def read(session: Session) -> None:
            try:
                await session.read()
            finally:
                written.put_nowait(None)

        run = self.new_run([stream], emit, within=self._run, plain=True)
        with asyncio.Runner() as runner:
            reading = runner.get_loop().create_task(read(self._new_session(run)))
            while (records := runner.run(written.get())) is not None:
                yield from records
                written.task_done()
                if self._signal:
                    raise SystemExit(128 + self._signal)
            runner.run(asyncio.wait_for(reading, None))

    def _new_session(self, run: Run) -> Session:
        self._sessions.append(session := Session(run, self.graph_streams))
        if self._signal:
            session.stop()
        return session

    def new_plan(self, selected: Iterable[type[Declaration]], shard: Shard = WHOLE) -> Plan:
        """The plan of a run over some streams."""
        application, cloud = self.graph.is_application, self.settings.cloud
        return Plan(self.graph_streams, selected, application=application, cloud=cloud, shard=shard)

    def new_run(
        self,
        streams: Iterable[TapStream],
        emit: Emit,
        *,
        within: Run | None = None,
        plain: bool = False,
    ) -> Run:
        """Sign in and make a run over some streams.

        A run `within` another one shares that one's issues.
        """
        settings, application, shard = self.settings, self.graph.is_application, self.shard
        selected = [type(it) for it in streams if isinstance(it, GraphStream) and self._reads(it)]
        plan = self.new_plan(selected, shard)
        if settings.shards_share_limits:
            self.gate.divide(plan.divided_routes, by=shard.of)
        if within:
            privacy, selection, issues = within.privacy, within.selection, within.issues
        else:
            privacy = self._privacy()
            selection = Selection(settings, privacy, application=application)
            issues = Issues(settings, privacy, self.graph.now, application=application)
        client = GraphClient(self.graph, self.gate, settings.concurrency, patience=self.patience)
        run = Run(
            client=client,
            settings=settings,
            plan=plan,
            selection=selection,
            issues=issues,
            privacy=privacy,
            emit=emit,
            checkpoint=(lambda: None) if plain else self._write_state,
            streams=open_streams(plan, selected, client),
            plain=plain,
        )
        if within:
            within.alone.append(run)
        return run

    def _privacy(self) -> Privacy | None:
        """The privacy rules for all output; None where there are none."""
        kinds = {
            stream.fills: stream.properties.wrapped["id"].wrapped
            for stream in self.graph_streams
            if stream.fills
        }
        return Privacy(self.settings, kinds) or None

    # Writing

    async def _write(self, stream: Declaration, records: Records) -> None:
        """Write records, and STATE where it is due; nothing more once a signal has come."""
        if self._signal:
            await asyncio.Event().wait()  # until the session cancels the task
        stream.write(records)
        if self._meters:
            self._meters.count(stream.name, len(records))
        self._write_state_when_due()

    def _end(self, run: Run, code: int | None = None) -> None:
        """Write the streams about the run itself, the last STATE and the summary."""
        run.ended_by = 128 + self._signal if self._signal else code
        try:
            for stream in self._opened:
                stream.write_rows(run)
            self.save_bookmarks()
            # Many targets forget a STATE when a RECORD follows.
            self.write_message(StateMessage(value=self.state))
        except (Exception, SystemExit):
            run.ended_by = run.ended_by or 1
            raise
        finally:
            self._tell(run)

    def _tell(self, run: Run) -> None:
        """Write the summary; just a line where the run ended before any request."""
        code, found = run.ended_by, outcomes(run)
        by = "" if code is None else "an error" if code == 1 else signal.Signals(code - 128).name
        if run.issues.all or not by or any(it.requests for it in found):
            tell(run, found, by)
        else:
            self.logger.info("Stopped by %s before any request", by)

    @override
    def save_bookmarks(self) -> None:
        for session in self._sessions:
            session.save()

    def _write_state_when_due(self) -> None:
        """Write STATE when it is due and the records written pay for its size."""
        now = self.clock()
        if now >= self._state_due and self.message_writer.affords_state:
            self._state_due = now + STATE_SECONDS
            self._write_state()

    def _write_state(self) -> None:
        self.save_bookmarks()
        self.state_writer.write_state(self.state)

    @override
    def _setup_signal_handlers(self) -> None:
        super()._setup_signal_handlers()
        hangup = getattr(signal, "SIGHUP", None)  # not on Windows; `nohup` has it ignored
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and hangup and signal.getsignal(hangup) is not signal.SIG_IGN:
            signal.signal(hangup, self._handle_termination)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the current page, with the last STATE; a second signal stops at once."""
        if self._signal:
            os._exit(128 + self._signal)  # the target reads no more: STATE cannot be written
        self._signal = signum
        stdout.make_room()
        if alarm := getattr(signal, "SIGALRM", None):
            signal.signal(alarm, self._handle_termination)
            signal.alarm(STOP_SECONDS)
        if not self._sessions:
            raise SystemExit(128 + signum)
        # An error in the midst of a write would have its lines written once more, or cut one.
        for session in self._sessions:
            session.stop()
