"""Refusals: states at which a run cannot continue."""

from __future__ import annotations

from typing import Any

from tap_msteams.errors import StateError

VERSION = 1


def check_version(state: dict[str, Any], stream: str) -> None:
    """Raise StateError for a state of another version."""
    if state.get("version") != VERSION:
        msg = (
            f"state of '{stream}' is of version {state.get('version')!r}, this tap writes "
            f'version {VERSION}: remove "{stream}" from the state to read it from the start'
        )
        raise StateError(msg)


def check_shard(state: dict[str, Any], stream: str, shard: str) -> None:
    """Raise StateError for a state of another shard."""
    if (found := state.get("shard", shard)) != shard:
        msg = (
            f"state of '{stream}' is of shard {found}, and this is "
            f"{f'shard {shard}' if shard else 'no shard'}: give each shard its own state, and, "
            "where their number changes, the one that `tap-msteams merge-states` makes of all"
        )
        raise StateError(msg)


def damaged(stream: str, error: Exception) -> StateError:
    """The error of a state that cannot be read."""
    return StateError(
        f"state of '{stream}' is damaged ({error}): "
        f'remove "{stream}" from the state to read it from the start'
    )
