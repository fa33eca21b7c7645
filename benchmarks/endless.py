"""A tenant of any size: a Graph that makes its pages when it is asked."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.served import Served

CHANNELS = 4
CHATS_OF_A_PERSON = 3
A_CALL_TAKES = timedelta(minutes=30)
_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large the tenant is."""

    teams: int = 0
    users: int = 0
    messages: int = 2
    """Messages in the export of a team or a person in the first night."""
    refused: int = 0
    """Teams that refuse the export of their messages, and their channels."""
    posts: int = 0
    """Posts in the only channel of each team; the export of their messages is refused."""
    calls: int = 0
    """Calls a day, all of the same length, at equal distances since long ago."""


def guid(kind: str, number: int) -> str:
    """The id of a team, a person or a call."""
    return f"{ord(kind):08x}-0000-4000-8000-{number:012x}"


def started(call: int, daily: int) -> datetime:
    """The start of a call, by its number."""
    return datetime.fromtimestamp(call * _DAY / daily, UTC)


def calls_before(moment: datetime, daily: int) -> int:
    """The number of calls that started before a moment."""
    return math.ceil(moment.timestamp() * daily / _DAY)


class Endless(Served):
    """A Graph of some size. Use it as a context manager."""

    def __init__(self, size: Size) -> None:
        super().__init__("endless_server", asdict(size))
        self.size = size

    def asked(self) -> dict[str, int]:
        """The requests since the last night, by path."""
        found: dict[str, int] = json.loads(self.answer(self.url("asked")))
        return found

    def sleep(self) -> None:
        """Let a night pass: what was written before is not new any more."""
        self.answer(self.url("night"))
