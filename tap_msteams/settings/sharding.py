"""Settings for several processes that read a tenant together."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_msteams.labels import label
from tap_msteams.settings.rules import setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INDEX = "JOB_COMPLETION_INDEX"
"""https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode"""


@dataclass(frozen=True, kw_only=True, repr=False)
class Sharding:
    """Settings that give a process its part of a tenant."""

    shards: int = setting(
        "The number of processes that read the tenant together. They divide the messages and "
        "files of teams by team, and by person what Copilot was asked and the transcripts and "
        "recordings of organizers and of calls; the first one reads everything else.",
        default=1,
        minimum=1,
        maximum=1000,
    )
    shard: int | None = setting(
        "Number of this process, from 0. Default: the index that Kubernetes gives the "
        "pods of an Indexed Job.",
        minimum=0,
    )
    shards_share_limits: bool = setting(
        "Whether the processes share one app registration, so that each uses its part of the "
        "limits; false if each has its own.",
        default=True,
    )


def numbered(config: Mapping[str, Any]) -> dict[str, Any]:
    """The given settings with the number of this process from the environment."""
    given = {**config}
    if _number(given.get("shards")) not in {None, 1} and given.get("shard") is None:
        given["shard"] = os.environ.get(_INDEX)
    if given.get("shard") is not None:
        given["shard"] = _number(given["shard"])
    return given


def wrong_shards(config: Mapping[str, Any]) -> Iterator[str]:
    """One line where a process does not know its part."""
    shards = _number(config.get("shards", 1))
    shard = numbered(config).get("shard")
    where = label("shard")
    if shards is None or shards < 1:
        return  # already reported
    if shard is None:
        if shards > 1:
            of = label("shards")
            yield f"{where} is missing: {of} needs a number from 0 to {shards - 1} beside it"
    elif shard >= shards:
        yield f"{where} must be less than {label('shards')}, which counts from 1"


def _number(value: object) -> int | None:
    """A whole number; None where it is none."""
    try:
        return int(str(value))
    except ValueError:
        return None
