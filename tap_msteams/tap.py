"""The tap: its settings, its streams, and the order of a run."""

from __future__ import annotations

import difflib
import os
import signal
import sys
import time
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Tap
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib import Catalog
from typing_extensions import override

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.base import GraphStream, IssueStream, Run, TapStream
from tap_msteams.errors import (
    AuthenticationError,
    CatalogError,
    SettingsError,
    StateError,
    TapError,
    TokenRejectedError,
    UnavailableError,
)
from tap_msteams.graph import Graph
from tap_msteams.inputs import load_object, read_object
from tap_msteams.settings import Settings, env_name, json_schema, problems
from tap_msteams.streams import STREAMS
from tap_msteams.sweep import Failure, Lane, Sweep, next_pause
from tap_msteams.throttle import Gate
from tap_msteams.transport import session
from tap_msteams.writer import RecordWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import FrameType

    import click

    from tap_msteams.graph import Record

EXIT_WITH_GAPS = 3

STATE_SECONDS = 1.0
"""A STATE message at most this often between the ends of streams."""


class TapMSTeams(Tap):
    """Singer tap for Microsoft Teams: teams, channels, messages, members and presence."""

    name = "tap-msteams"
    config_jsonschema: ClassVar[dict[str, Any]] = json_schema()
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
            self.logger.info("Not selected: %s", ", ".join(skipped))
        run = self._run = self._new_run()
        try:
            if self.config.get("batch_config"):
                # Batches are files that the SDK fills, one stream after the other.
                for stream in sorted(selected, key=lambda stream: isinstance(stream, IssueStream)):
                    stream.sync()
            else:
                self._read_side_by_side(selected, self._begin(run, selected))
        except TapError:
            self._write_state()
            raise
        self._write_state()
        if self._signal:
            return 128 + self._signal
        run.sum_up()
        return EXIT_WITH_GAPS if run.gaps and self.settings.on_error != "report" else 0

    def _read_side_by_side(
        self, selected: Sequence[TapStream], active: Sequence[TapStream]
    ) -> None:
        """Write what comes, of whichever stream, until all have come to their end."""
        unfinished = {stream.name: stream for stream in active}
        with ExitStack() as metrics, self._sweeping(active) as sweep:
            counters = {}
            for stream in selected:
                stream.open(self.initialized_at // 1000)
                counters[stream.name] = metrics.enter_context(stream.get_record_counter())
                metrics.enter_context(stream.get_sync_timer())
            for event in sweep.run():
                for lane, records in self._records(event):
                    unfinished[lane.name].write(records)
                    counters[lane.name].increment(len(records))
                self._finish(unfinished)
                self._write_state_when_due()
                if self._signal:
                    return
            # The last walk may end without anything more to hand out.
            self._finish(unfinished)

    def _finish(self, unfinished: dict[str, TapStream]) -> None:
        """Finish the streams whose last walk has ended."""
        for stream in [item for item in unfinished.values() if item.lane.finished]:
            del unfinished[stream.name]
            stream.finish()
            self._write_state()

    def read_alone(self, stream: TapStream) -> Iterator[Record]:
        """Yield the records of one stream; for `--test` and batches, which the SDK drives."""
        active = self._begin(self._run or self._new_run(), [stream])
        with self._sweeping(active) as sweep:
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
        return Run(self.graph, self.settings, {type(stream): stream for stream in streams})

    def _begin(self, run: Run, selected: Sequence[TapStream]) -> list[TapStream]:
        """Some streams and the parents that they are read below, at the start of a run."""
        active = list(selected)
        for stream in active:
            if isinstance(stream, GraphStream):
                if stream.parent and (parent := run.streams[stream.parent]) not in active:
                    active.append(parent)
                for source in stream.sources:
                    run.streams[source].followed = True
        for stream in active:
            stream.begin(run, emits=stream in selected)
        return active

    @contextmanager
    def _sweeping(self, active: Sequence[TapStream]) -> Iterator[Sweep]:
        """A sweep over the lanes of some streams, closed at the end."""
        sweep = Sweep(self.graph, self.gate, self.settings.concurrency, pause=self.pause)
        for stream in active:
            sweep.add(stream.lane)
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
            yield lane, found
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
            raise SystemExit(128 + signum)
        self._signal = signum
        self.logger.info("%s: stopping", signal.Signals(signum).name)
        self._sweep.wake()

    # What the user gives

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self.append_builtin_config(self.config_jsonschema)
        found = list(problems(self.config, self.config_jsonschema["properties"]))
        if found and raise_errors:
            raise SettingsError("\n".join(found))
        return found

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - a property of the class
        """The settings in the environment, one by one, so that a wrong one can be named."""
        cls.append_builtin_config(cls.config_jsonschema)
        found: dict[str, Any] = {}
        for key, schema in cls.config_jsonschema["properties"].items():
            try:
                found |= parse_environment_config({"properties": {key: schema}}, "TAP_MSTEAMS_")
            except ValueError as error:
                msg = f"'{key}' (env {env_name(key)}) cannot be read: it needs another type"
                raise SettingsError(msg) from error
        return found

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        bookmarks = state.get("bookmarks") if state else {}
        if not isinstance(bookmarks, dict) or not all(
            isinstance(entry, dict) for entry in bookmarks.values()
        ):
            msg = (
                "the state is no Singer state: it must be the `value` of a STATE message, "
                "with `bookmarks` that map streams to objects"
            )
            raise StateError(msg)
        super().load_state(state)

    @classmethod
    @override
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        config: dict[str, Any] = {}
        for path in value:
            if path != "ENV":
                config |= read_object("config file", path, SettingsError)
        return _ConfigInput(config=config, parse_env="ENV" in value)

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
            catalog=checked_catalog(load_object("the catalog", catalog, CatalogError)),
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


def checked_catalog(catalog: dict[str, Any] | None) -> Catalog | None:
    """A catalog whose selected streams all exist."""
    if catalog is None:
        return None
    try:
        names = [(str(entry["tap_stream_id"]), entry["stream"]) for entry in catalog["streams"]]
        parsed = Catalog.from_dict(cast("Any", catalog))
        selected = [
            str(entry.tap_stream_id)
            for entry in parsed.streams
            if entry.metadata.resolve_selection().get((), False)
        ]
    except (AttributeError, KeyError, TypeError) as problem:
        msg = f"the catalog is no Singer catalog ({problem!r}): write it with --discover"
        raise CatalogError(msg) from problem
    for id_, name in names:
        if id_ != name:
            msg = f"the catalog calls the stream '{id_}' also {name!r}: write it with --discover"
            raise CatalogError(msg)
    known = [str(stream.__dict__["name"]) for stream in STREAMS]
    for name in selected:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else "write it anew with --discover"
            msg = f"the catalog selects a stream '{name}' that this version does not have: {hint}"
            raise CatalogError(msg)
    return parsed
