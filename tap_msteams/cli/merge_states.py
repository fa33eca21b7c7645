"""`merge-states`: the state of a whole tenant, from those of its shards."""

from __future__ import annotations

import logging
import sys
from typing import Any

import click

from tap_msteams.errors import StateError
from tap_msteams.readers import GraphStream
from tap_msteams.run import Bookmarks, bookmark_keys
from tap_msteams.streams import STREAMS
from tap_msteams.tap.inputs import read_object
from tap_msteams.writer import pieces

logger = logging.getLogger("tap-msteams")

_MELTANO = "singer_state"
"""The key in which Meltano keeps a state."""

_STREAMS = {stream.name: stream for stream in STREAMS if issubclass(stream, GraphStream)}


@click.command("merge-states")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE...",
)
def command(*, files: tuple[str, ...]) -> None:
    """Merge the states of shards into one.

    It has the newest bookmarks of all FILEs and serves any number of shards: each of them goes on
    with its own part. FILEs are states as the tap takes them, or as `meltano state get` writes
    them; the result has the form of the first one.
    """
    given = [read_object("the state", path, StateError) for path in files]
    states = [_bookmarks(path, state) for path, state in zip(files, given, strict=True)]
    names = dict.fromkeys(name for state in states for name in state)
    parts = {name: [state[name] for state in states if state.get(name)] for name in names}
    merged = {"bookmarks": {name: merge(name, found) for name, found in parts.items() if found}}
    line = [*pieces({_MELTANO: merged} if _MELTANO in given[0] else merged), b"\n"]
    sys.stdout.buffer.writelines(line)


def _bookmarks(path: str, state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parts of a state, by stream."""
    inner = state.get(_MELTANO, state)
    found = inner.get("bookmarks", {}) if isinstance(inner, dict) else None
    if not isinstance(found, dict) or not all(isinstance(part, dict) for part in found.values()):
        msg = f"'{path}' is no Singer state: it must have `bookmarks` that map streams to objects"
        raise StateError(msg)
    return found


def merge(name: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One part of a state for a stream, with the newest bookmark of each partition."""
    stream = _STREAMS.get(name)
    if stream is None:
        return parts[0]
    _warn_of_missing_shards(name, {str(part.get("shard", "")) for part in parts})
    both = [bookmark_keys(stream, application=it) for it in (True, False)]
    keys = next((it for it in both if any(it[0] in part for part in parts)), both[0])
    found = [Bookmarks(part, name, keys, shard=str(part.get("shard", ""))) for part in parts]
    for it in found:
        found[0].join(it)
    found[0].save()
    return parts[0]


def _warn_of_missing_shards(name: str, found: set[str]) -> None:
    """Warn of shards whose bookmarks are in none of the states."""
    if "" in found:
        return  # a state of the whole tenant
    for number in {int(it.partition("-of-")[2]) for it in found}:
        for shard in {f"{n}-of-{number}" for n in range(number)} - found:
            logger.warning("%s: no state of shard %s: its part is read from the start", name, shard)
