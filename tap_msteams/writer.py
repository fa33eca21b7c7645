"""Singer messages onto stdout: a page of records is one write."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

import msgspec
from singer_sdk.contrib.msgspec import MsgSpecWriter, enc_hook
from singer_sdk.singerlib import StateMessage
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.singerlib.encoding.simple import Message


Record = dict[str, Any]
"""A record of plain values, which may be changed."""

Records: TypeAlias = "Sequence[Record] | Sequence[msgspec.Struct]"
"""Records to write; values may be `msgspec.Raw`, which is JSON as it came."""

STATE_SHARE = 0.035
"""The largest share of STATE messages in the bytes of the records that they stand for.

Since each is larger than the one before, by which it is judged, it is at most five per cent in the
end, as long as the last one alone is at most 1.5.
"""


_PIECE = 1000
"""Texts of a long array that are written at once."""


class LongArray(ABC):
    """An array of texts in STATE that is read while it is written, since it is that long."""

    @abstractmethod
    def __iter__(self) -> Iterator[str]:
        """Yield the texts."""


def pieces(value: Any) -> Iterator[bytes]:  # noqa: ANN401 - whatever is JSON
    """The JSON of a value, in which arrays may be long."""
    arrays: list[LongArray] = []
    mark = uuid4().hex

    def stand_in(it: Any) -> Any:  # noqa: ANN401 - as msgspec calls it
        if not isinstance(it, LongArray):
            return enc_hook(it)
        arrays.append(it)
        return mark

    encoded = msgspec.json.encode(value, enc_hook=stand_in)
    first, *others = encoded.split(f'"{mark}"'.encode())
    yield first
    for array, following in zip(arrays, others, strict=True):
        yield b"["
        comma = b""
        texts = iter(array)
        while some := [*islice(texts, _PIECE)]:
            yield comma + msgspec.json.encode(some)[1:-1]
            comma = b","
        yield b"]" + following


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
        if isinstance(message, StateMessage):
            self._write_state(message)
            return
        # A copy: the SDK reuses its buffer, and an error may hold on to a view of it.
        line = bytes(self.format_message(message))
        sys.stdout.buffer.write(line)
        if message.type.value == "RECORD":
            self.record_bytes += len(line)
        else:
            sys.stdout.buffer.flush()

    def _write_state(self, message: StateMessage) -> None:
        # All of it before any of it is written: half a line would be none.
        line = [*pieces({"type": "STATE", "value": message.value}), b"\n"]
        sys.stdout.buffer.writelines(line)
        sys.stdout.buffer.flush()
        self.next_state_bytes = sum(map(len, line))
        self.state_bytes += self.next_state_bytes

    def write_records(self, stream: str, records: Records, version: int | None) -> None:
        """Write a RECORD message for each of the records of one page."""
        extracted = datetime.now(UTC).isoformat()
        lines = self._encoder.encode_lines(
            [_RecordMessage(stream, record, extracted, version) for record in records]
        )
        self.record_bytes += len(lines)
        sys.stdout.buffer.write(lines)
