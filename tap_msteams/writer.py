"""Singer messages onto stdout: a page of records is one write."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter, enc_hook
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.singerlib.encoding.simple import Message


Record = dict[str, Any]
"""A record of plain values, which may be changed."""

Records: TypeAlias = "Sequence[Record] | Sequence[msgspec.Struct]"
"""Records to write; values may be `msgspec.Raw`, which is JSON as it came."""

STATE_SHARE = 0.04
"""The largest share of STATE messages in the bytes of the records that they stand for.

Since each is larger than the one before, it is five per cent in the end.
"""


class _RecordMessage(msgspec.Struct, tag_field="type", tag="RECORD", omit_defaults=True, gc=False):
    stream: str
    record: Any
    time_extracted: str
    version: int | None = None


class RecordWriter(MsgSpecWriter):
    """Writes whole pages, and flushes after every message that is not a RECORD."""

    def __init__(self) -> None:
        super().__init__()
        self._encoder = msgspec.json.Encoder(enc_hook=enc_hook, decimal_format="number")
        self.record_bytes = 0
        """Bytes of RECORD messages written so far."""
        self.resumable_bytes = 0
        """Bytes of these that are not read again where a STATE stands for them."""
        self.state_bytes = 0
        """Bytes of STATE messages written so far."""
        self.next_state_bytes = 0
        """Bytes that the next STATE takes, if it is as large as the last one."""

    @property
    def affords_state(self) -> bool:
        """Whether the records written so far pay for one more STATE, and for the last one."""
        states = self.state_bytes + 2 * self.next_state_bytes
        return states <= STATE_SHARE * self.resumable_bytes

    @override
    def write_message(self, message: Message) -> None:
        # A copy: the SDK reuses its buffer, and an error may hold on to a view of it.
        line = bytes(self.format_message(message))
        kind = str(message.type.value)
        if kind == "RECORD":
            self.record_bytes += len(line)
        elif kind == "STATE":
            self.state_bytes += len(line)
            self.next_state_bytes = len(line)
        sys.stdout.buffer.write(line)
        if kind != "RECORD":
            sys.stdout.buffer.flush()

    def write_records(self, stream: str, records: Records, version: int | None) -> None:
        """Write a RECORD message for each of the records of one page."""
        extracted = datetime.now(UTC).isoformat()
        lines = self._encoder.encode_lines(
            [_RecordMessage(stream, record, extracted, version) for record in records]
        )
        self.record_bytes += len(lines)
        sys.stdout.buffer.write(lines)
