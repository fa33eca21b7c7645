"""Peers: other connectors over the same tenant, as the package index has them.

Each gets an environment of its own, and the sandbox's addresses in place of Microsoft's. The tenant
has edits, deletions and a year and a half of history.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.cloud import Cloud, Tenant
from benchmarks.process import ROOT, ProgramError, Run, Taps, measure
from benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

MB = 1e6
TENANT = Tenant(teams=20, channels=5, messages=60, users=200, tidy=True)
"""A group with the mark of a team that is gone ends every run of tap-ms-teams."""
CLIENTS = ROOT / "sandbox" / "tests" / "clients"
POINTED = CLIENTS / "pointed.py"
BUSY = "429:rate=0.05,times=0,retry_after=1"
"""A Graph that refuses every twentieth request for a second."""

Streams = tuple[str, ...]


@dataclass(frozen=True)
class Peer:
    """Another connector."""

    name: str
    program: str
    """Its module, with the function that its program calls."""
    auth: str
    """The way of signing in that it knows, as the sandbox calls it."""
    streams: Mapping[Streams, tuple[str, Streams]]
    """Its streams: ours with the same rows, and the columns of their key."""
    command: Callable[[Path, Mapping[str, Any], Streams], list[str | Path]]
    """The arguments for a folder, a configuration of the tap, and streams."""
    rows: Callable[[Run], Iterator[tuple[str, Mapping[str, Any]]]]
    """The rows in its output, with the names of their streams."""


def peers(taps: Taps) -> list[Row]:
    """Seconds, requests, memory and rows beside each peer, where it has the stream."""
    return [row for peer in PEERS for row in _beside(taps, peer)]


def _beside(taps: Taps, peer: Peer) -> list[Row]:
    python = _installed(taps.directory / peer.name, peer)
    if python is None:
        sys.stderr.write(f"{peer.name}: not compared, for want of a Python 3.10 (PYTHON310)\n")
        return []
    rows = []
    for faults, when in ([], ""), ([BUSY], " while Graph is busy"):
        with Cloud(TENANT, auth=peer.auth, faults=faults) as cloud:
            for streams, (ours, key) in peer.streams.items():
                what = f"{ours}{when}, beside {peer.name}"
                rows += _stream(taps, peer, (cloud, python), (streams, ours, key), what)
    return rows


def _stream(
    taps: Taps,
    peer: Peer,
    place: tuple[Cloud, Path],
    wanted: tuple[Streams, str, Streams],
    what: str,
) -> list[Row]:
    (cloud, python), (streams, ours, key) = place, wanted
    folder = taps.directory / "peer"
    folder.mkdir(exist_ok=True)
    before = _asked(cloud)
    mine = taps.ours(cloud, {ours: None})
    asked = _asked(cloud) - before
    number = len(mine.bytes_of("RECORD", ours))
    told = ("graph_url", "authority_host", "ca_bundle")
    try:
        run = measure(
            [python, POINTED, peer.program, *peer.command(folder, cloud.config, streams)],
            folder / "output.jsonl",
            environment={f"MSTEAMS_SANDBOX_{it.upper()}": cloud.config[it] for it in told},
        )
    except ProgramError as error:
        sys.stderr.write(f"{peer.name}: {error}\n")
        return [_rows(what, number, 0, "it ends with an error")]
    requests = _asked(cloud) - before - asked
    found = [row for name, row in peer.rows(run) if name in streams]
    distinct = len({tuple(str(row.get(name)) for name in key) for row in found})
    return [
        *_compared(what, (mine, asked), (run, requests)),
        _rows(what, number, len(found), f"of these {distinct:,} distinct"),
    ]


def _rows(what: str, ours: int, theirs: int, against: str) -> Row:
    return Row(what=f"Rows of {what}", ours=ours, other=theirs, unit="", against=against)


def _compared(what: str, ours: tuple[Run, int], theirs: tuple[Run, int]) -> list[Row]:
    (mine, asked), (run, requests) = ours, theirs
    figures = (
        ("Seconds", mine.wall, run.wall, "s"),
        ("Requests", asked, requests, ""),
        ("Peak memory", mine.peak / MB, run.peak / MB, "MB"),
    )
    return [
        Row(
            what=f"{name} for {what}",
            ours=figure,
            other=other,
            unit=unit,
            against="the peer",
            ratio=other / figure,
        )
        for name, figure, other, unit in figures
    ]


def _asked(cloud: Cloud) -> int:
    """The requests to Graph so far."""
    counts: Counter[str] = Counter(cloud.summary()["endpoints"])
    return sum(number for name, number in counts.items() if "/sandbox/" not in name)


def _installed(folder: Path, peer: Peer) -> Path | None:
    """The Python of an environment with a peer; None where this machine lacks it."""
    python = folder / "bin" / "python"
    uv = next((ROOT / ".tools").glob("uv-*/bin/uv"), "uv")
    pins = CLIENTS / "connectors" / f"{peer.name}.txt"
    for arguments in (
        ("venv", "--quiet", "--python", os.environ.get("PYTHON310", "3.10"), folder),
        ("pip", "sync", "--quiet", "--python", python, pins),
    ):
        environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        done = subprocess.run([str(uv), *map(str, arguments)], env=environment, check=False)
        if done.returncode:
            return None
    return python


def _singer(folder: Path, config: Mapping[str, Any], streams: Streams) -> list[str | Path]:
    given = {name: config[name] for name in ("client_id", "client_secret", "tenant_id")}
    given |= {
        "refresh_token": config["refresh_token"],
        "start_date": "2000-01-01T00:00:00Z",
        "user_agent": "benchmark",
    }
    path = folder / "config.json"
    path.write_text(json.dumps(given))
    entries = [
        {
            "stream": name,
            "tap_stream_id": name,
            "schema": {"type": "object", "properties": {}},
            "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}],
        }
        for name in streams
    ]
    catalog = folder / "catalog.json"
    catalog.write_text(json.dumps({"streams": entries}))
    return ["--config", path, "--catalog", catalog]


def _singer_rows(run: Run) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with run.output.open("rb") as lines:
        for line in lines:
            message = json.loads(line)
            if message["type"] == "RECORD":
                yield message["stream"], message["record"]


def _airbyte(folder: Path, config: Mapping[str, Any], streams: Streams) -> list[str | Path]:
    names = ("client_id", "client_secret", "tenant_id")
    credentials = {"auth_type": "Token", **{name: config[name] for name in names}}
    path, catalog = folder / "config.json", folder / "catalog.json"
    path.write_text(json.dumps({"period": "D7", "credentials": credentials}))
    chosen = [
        {
            "stream": {
                "name": name,
                "json_schema": {},
                "supported_sync_modes": ["full_refresh"],
            },
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
        for name in streams
    ]
    catalog.write_text(json.dumps({"streams": chosen}))
    return ["read", "--config", path, "--catalog", catalog]


def _airbyte_rows(run: Run) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with run.output.open("rb") as lines:
        for line in lines:
            if line.startswith(b"{") and (message := json.loads(line))["type"] == "RECORD":
                yield message["record"]["stream"], message["record"]["data"]


PEERS = (
    Peer(
        "tap-ms-teams",
        "tap_ms_teams:main",
        "refresh_token",
        {
            ("users",): ("users", ("id",)),
            ("channels",): ("channels", ("group_id", "id")),
            ("channel_members",): ("channel_members", ("group_id", "channel_id", "id")),
            ("channel_messages", "channel_message_replies"): ("messages", ("id",)),
        },
        _singer,
        _singer_rows,
    ),
    Peer(
        "airbyte-source-microsoft-teams",
        "source_microsoft_teams.run:run",
        "service_principal",
        {
            ("users",): ("users", ("id",)),
            ("channels",): ("channels", ("id",)),
            ("channel_members",): ("channel_members", ("id",)),
        },
        _airbyte,
        _airbyte_rows,
    ),
)
"""The peers, with the streams that they and the tap have."""
