"""Programs to measure, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.cloud import Cloud
    from benchmarks.served import Served

ROOT = Path(__file__).resolve().parent.parent

# A Python that may not keep its bytecode would compile everything again in each run.
FOREIGN = ("PYTHON", "TAP_MSTEAMS_", "AZURE_")

LAUNCH = (sys.executable, "-m", "benchmarks.launch")
OURS = (sys.executable, "-m", "tap_msteams")
PLAIN = (sys.executable, "-m", "benchmarks.plain")
FLOOR = (sys.executable, "-m", "benchmarks.floor")

Selection: TypeAlias = "Mapping[str, Sequence[str] | None]"
"""Properties to select of each stream; None: all that are selected by default."""


class ProgramError(Exception):
    """A program that should be measured has failed."""


@dataclass(frozen=True)
class Run:
    """The costs of one run of a program, and its output."""

    wall: float
    """Seconds from its start to its end."""
    cpu: float
    """Seconds of processor time, its own and the system's on its behalf."""
    peak: int
    """The peak of its memory in bytes."""
    output: Path
    log: Path

    def bytes_of(self, kind: str, stream: str | None = None) -> list[int]:
        """The sizes of all messages of a kind, such as RECORD; of one stream, if it is named."""
        start = b'{"type":"' + kind.encode() + b'"'
        start += b',"stream":"' + stream.encode() + b'"' if stream else b""
        with self.output.open("rb") as lines:
            return [len(line) for line in lines if line.startswith(start)]

    @cached_property
    def records(self) -> int:
        """The number of records in the output."""
        return len(self.bytes_of("RECORD"))

    @property
    def state(self) -> dict[str, Any]:
        """The last state in the output."""
        return last_state(self.output)


def last_state(output: Path) -> dict[str, Any]:
    """The last state in an output, of which the last line may be cut off."""
    last = b'{"value": {}}'
    with output.open("rb") as lines:
        for line in lines:
            if line.startswith(b'{"type":"STATE"') and line.endswith(b"\n"):
                last = line
    state: dict[str, Any] = json.loads(last)["value"]
    return state


def measure(
    command: Sequence[str | Path],
    output: Path,
    *,
    core: int | None = None,
    feed: IO[bytes] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run a program to its end, on one core if given, with `feed` as its input."""
    log, report = output.with_suffix(".log"), output.with_suffix(".report")
    with (
        output.open("wb") as stdout,
        log.open("wb") as stderr,
        Path(os.devnull).open("rb") as nothing,
        pinned(core),
    ):
        subprocess.run(
            [*LAUNCH, report, *command],
            cwd=ROOT,
            env=clean_environment() | dict(environment or {}),
            stdin=feed or nothing,
            stdout=stdout,
            stderr=stderr,
            check=True,
        )
    found = json.loads(report.read_text())
    if code := found.pop("code"):
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        msg = f"{' '.join(map(str, command[:4]))} failed with {code}:\n{ending}"
        raise ProgramError(msg)
    return Run(**found, output=output, log=log)


def clean_environment() -> dict[str, str]:
    """This process's environment, without variables that would change the figures."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    return kept | {"NO_PROXY": "localhost,127.0.0.1", "no_proxy": "localhost,127.0.0.1"}


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Start programs on one core only, where the system allows it."""
    if core is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(cores)[core]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


class Taps:
    """The taps to compare, with their files in one directory.

    The output of a run is kept until the same tap runs again.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.command: list[str | Path] = []
        """The last command of tap-msteams."""

    def ours(
        self,
        cloud: Served,
        selection: Selection | None = None,
        *,
        state: Mapping[str, Any] | None = None,
        core: int | None = None,
        **settings: float | str,
    ) -> Run:
        """Run tap-msteams; without `rate_limit_share` it is not paced."""
        self.prepare(cloud, selection, state=state, **settings)
        return measure(self.command, self.directory / "ours.jsonl", core=core)

    def prepare(
        self,
        cloud: Served,
        selection: Selection | None = None,
        *,
        state: Mapping[str, Any] | None = None,
        **settings: float | str,
    ) -> None:
        """Make the command of tap-msteams, with its files."""
        config = {**cloud.config, "rate_limit_share": 0, **settings}
        self.command = [*OURS, "--config", self._file("config", config)]
        if selection:
            self.command += ["--catalog", self._file("catalog", self._catalog(selection))]
        if state:
            self.command += ["--state", self._file("state", state)]

    def plain(
        self, cloud: Cloud, *, state: Mapping[str, Any] | None = None, core: int | None = None
    ) -> Run:
        """Run the plain SDK tap."""
        config = {key: cloud.config[key] for key in ("graph_url", "ca_bundle")}
        config["token"] = cloud.token()
        arguments: list[str | Path] = [*PLAIN, "--config", self._file("config", config)]
        if state:
            arguments += ["--state", self._file("state", state)]
        return measure(arguments, self.directory / "plain.jsonl", core=core)

    def _file(self, name: str, content: Mapping[str, Any]) -> Path:
        path = self.directory / f"{name}.json"
        path.write_text(json.dumps(content))
        return path

    @cached_property
    def _discovered(self) -> str:
        return measure([*OURS, "--discover"], self.directory / "discovered.json").output.read_text()

    def _catalog(self, selection: Selection) -> dict[str, Any]:
        """The catalog with just these streams and properties selected."""
        catalog: dict[str, Any] = json.loads(self._discovered)
        for entry in catalog["streams"]:
            chosen = selection.get(entry["tap_stream_id"])
            for item in entry["metadata"]:
                if not item["breadcrumb"]:
                    item["metadata"]["selected"] = entry["tap_stream_id"] in selection
                elif chosen is not None and item["breadcrumb"][-1] not in chosen:
                    item["metadata"]["selected"] = False
        return catalog
