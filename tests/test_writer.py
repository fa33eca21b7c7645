"""Laws of writing to stdout, whatever takes the bytes."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout

import pytest
from singer_sdk.singerlib import SchemaMessage, StateMessage

from tap_msteams.writer import LongArray, RecordWriter


class Pipe(io.BytesIO):
    """Takes a few bytes at a time, and fails where it has no room."""

    def __init__(self, room=10**6):
        super().__init__()
        self.room = room

    def write(self, content):
        if self.tell() + len(content) > self.room:
            raise KeyboardInterrupt
        return super().write(content[:7])


class Broken(LongArray):
    """Can be read for a while only."""

    def __iter__(self):
        yield from map(str, range(5000))
        raise EOFError


def schema(properties):
    return SchemaMessage("teams", {"properties": {name: {} for name in properties}}, ["id"])


def written(message, pipe):
    with redirect_stdout(io.TextIOWrapper(io.BufferedWriter(pipe), encoding="utf-8")):
        RecordWriter().write_message(message)
        return json.loads(pipe.getvalue())


def test_a_write_that_is_cut_short_is_gone_on_with():
    message = schema(["id", "displayName"])
    assert written(message, Pipe()) == message.to_dict()


def test_an_error_that_somebody_holds_on_to_keeps_nothing_from_being_written():
    with pytest.raises(KeyboardInterrupt) as held:
        written(schema(["id"]), Pipe(room=9))
    message = schema(f"property{n}" for n in range(1000))
    assert written(message, Pipe()) == message.to_dict()
    assert held.value


def test_a_state_that_cannot_be_read_to_its_end_leaves_no_half_a_line():
    captured = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(captured), pytest.raises(EOFError):
        RecordWriter().write_message(StateMessage({"teams": Broken()}))
    assert captured.buffer.getvalue() == b""


@pytest.mark.parametrize("share", [0.001, 0.005, 0.01, 0.0125, 0.0145, 0.015, 0.1])
def test_states_that_grow_with_the_records_are_a_small_part_of_them_and_always_come_again(share):
    writer, shares, number = RecordWriter(), [], 0
    for page in range(1, 1000):
        writer.resumable_bytes = page * 10_000
        size = int(share * writer.resumable_bytes)
        if writer.affords_state:
            with redirect_stdout(io.TextIOWrapper(io.BytesIO())):
                writer.write_message(StateMessage(value={"bookmarks": "x" * size}))
            number += 1
        shares.append((writer.state_bytes + size) / writer.resumable_bytes)

    # The first records are few beside the frame of a message.
    assert share > 0.015 or max(shares[10:]) <= 0.05
    assert number >= 3
