"""Peers: other connectors over the same tenant, as the package index has them.

Each gets an environment of its own, and the sandbox's addresses in place of Microsoft's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.cloud import Cloud, Tenant
from benchmarks.process import ROOT, ProgramError, Run, Taps, measure
from benchmarks.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MB = 1e6
TENANT = Tenant(teams=20, channels=5, messages=60, users=200)
UV = next((ROOT / ".tools").glob("uv-*/bin/uv"), Path("uv"))

_SINGER = """
import sys
import tap_ms_teams
from tap_ms_teams import client
client.TOKEN_URL = sys.argv.pop(1) + "/{tenant_id}/oauth2/v2.0/token"
client.BASE_GRAPH_URL = sys.argv.pop(1)
tap_ms_teams.main()
"""


@dataclass(frozen=True)
class Peer:
    """Another connector."""

    package: str
    python: str
    """The newest Python that it runs on."""
    auth: str
    """The way of signing in that it knows, as the sandbox calls it."""
    launcher: str
    streams: Mapping[str, tuple[str, tuple[str, ...]]]
    """Its streams: ours with the same rows, and the columns of their key."""
    command: Callable[[Path, Mapping[str, Any], list[str]], list[str | Path]]
    """The arguments for a folder, a configuration of the tap, and streams."""
    rows: Callable[[Run], Iterator[tuple[str, Mapping[str, Any]]]]
    """The rows in its output, with the names of their streams."""


def peers(taps: Taps) -> list[Row]:
    """Seconds, requests, memory and rows beside each peer, where it has the stream."""
    return [row for peer in PEERS for row in _beside(taps, peer)]


def _beside(taps: Taps, peer: Peer) -> list[Row]:
    python = _installed(taps.directory / peer.package.partition("==")[0], peer)
    if python is None:
        sys.stderr.write(f"{peer.package}: not compared, for want of its Python {peer.python}\n")
        return []
    rows = []
    with Cloud(TENANT, auth=peer.auth) as cloud:
        for stream, (ours, key) in peer.streams.items():
            folder = taps.directory / "peer"
            folder.mkdir(exist_ok=True)
            before = _asked(cloud)
            mine = taps.ours(cloud, {ours: None})
            asked = _asked(cloud) - before
            number = len(mine.bytes_of("RECORD", ours))
            try:
                run = measure(
                    [
                        *(python, "-c", peer.launcher),
                        *(cloud.config["authority_host"], cloud.config["graph_url"]),
                        *peer.command(folder, cloud.config, [stream]),
                    ],
                    folder / "output.jsonl",
                    environment={"REQUESTS_CA_BUNDLE": cloud.config["ca_bundle"]},
                )
            except ProgramError as error:
                sys.stderr.write(f"{peer.package}: {error}\n")
                rows.append(_rows(ours, peer, number, 0, "it ends with an error"))
                continue
            requests = _asked(cloud) - before - asked
            found = [row for name, row in peer.rows(run) if name == stream]
            distinct = len({tuple(str(row.get(name)) for name in key) for row in found})
            rows += _compared(f"{ours}, beside {peer.package}", (mine, asked), (run, requests))
            rows.append(_rows(ours, peer, number, len(found), f"of these {distinct:,} distinct"))
    return rows


def _rows(stream: str, peer: Peer, ours: int, theirs: int, against: str) -> Row:
    what = f"Rows of {stream}, beside {peer.package}"
    return Row(what=what, ours=ours, other=theirs, unit="", against=against)


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
    for arguments in (
        ("venv", "--quiet", "--python", peer.python, folder),
        ("pip", "install", "--quiet", "--python", python, peer.package),
    ):
        environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        done = subprocess.run([str(UV), *arguments], env=environment, check=False)
        if done.returncode:
            return None
    return python


def _singer(folder: Path, config: Mapping[str, Any], streams: list[str]) -> list[str | Path]:
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


PEERS = (
    Peer(
        "tap-ms-teams==1.1.0",
        sys.executable,
        "refresh_token",
        _SINGER,
        {
            "users": ("users", ("id",)),
            "channels": ("channels", ("group_id", "id")),
            "channel_members": ("channel_members", ("group_id", "channel_id", "id")),
        },
        _singer,
        _singer_rows,
    ),
)
"""The peers, with the streams that they and the tap have."""
