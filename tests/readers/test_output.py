"""Laws of what leaves the tap: values byte for byte, and a word on what is odd."""

from __future__ import annotations

import io
import json
import logging
from contextlib import redirect_stdout

from tests.client.fake_graph import FakeGraph, body
from tests.conftest import Output
from tests.readers.library import LibraryTap


def written(*books, others=lambda _: body(), **settings):
    """What a tap writes of a library of one shelf."""
    page = b'{"value":[%s]}' % b",".join(books)
    graph = FakeGraph({"/shelves": [body("a")], "/shelves/a/books": [page]}, others)
    captured = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(captured):
        code = LibraryTap(graph, **settings).read()
    return Output(captured.buffer.getvalue().splitlines(), code)


def lines(output, stream):
    """The records of a stream as they are written."""
    both = zip(output.lines, output.messages, strict=True)
    return [line for line, it in both if it.get("stream") == stream and it["type"] == "RECORD"]


def test_values_go_out_byte_for_byte():
    new = b'{ "b" : 1.10,"a":[ 12345678901234567890, 1E2 ]}'
    title = rb'"Gr\u00fc\u00dfe \/ \ud83d\udc4b"'
    [line] = lines(written(b'{"id":"1","title":%s,"new":%s}' % (title, new)), "books")
    assert b'"title":' + title in line
    assert b'"additionalData":{"new":%s}' % new in line


def test_a_record_is_one_line_however_graph_sets_its_json():
    output = written(b'{\r\n  "id": "1",\n  "new": {\r"a": "x\ny"\n}\n}')
    [record] = output.records["books"]
    assert record == {"shelfId": "a", "id": "1", "additionalData": {"new": {"a": "x\ny"}}}


def test_what_nobody_declared_is_told_once_and_is_no_gap():
    output = written(b'{"id":"1"}', b'{"id":"2","new":1}', b'{"id":"3","new":2,"newer":3}')
    rows = [row.get("additionalData") for row in output.records["books"]]
    [issue] = output.records["sync_issues"]

    assert rows == [None, {"new": 1}, {"new": 2, "newer": 3}]
    assert (output.code, issue["severity"], issue["code"]) == (0, "notice", "undeclaredProperties")
    assert "new, newer" in issue["message"]


def test_flattening_keeps_what_nobody_declared():
    row = b'{"id":"1","new":{"a":[1.5]}}'
    output = written(row, flattening_enabled=True, flattening_max_depth=2)
    [record] = output.records["books"]
    properties = output.schemas["books"]["schema"]["properties"]

    assert json.loads(record["additionalData"]) == {"new": {"a": [1.5]}}
    assert record.keys() <= properties.keys()
    assert properties["additionalData"]["type"] == ["string", "null"]


def test_a_row_that_cannot_be_read_is_a_gap_and_the_others_are_written():
    output = written(b'{"id":"1"}', b"null", b'{"id":"2"}')
    [issue] = output.records["sync_issues"]

    assert [row["id"] for row in output.records["books"]] == ["1", "2"]
    assert (output.code, issue["severity"], issue["subject"]) == (3, "gap", {"shelfId": "a"})
    assert "`object`" in issue["message"]


def test_after_an_error_that_nobody_thought_of_a_run_is_told_to_its_end(caplog):
    caplog.set_level(logging.INFO)
    output = written(b'{"id":"1"}', others=lambda _: ZeroDivisionError("a mistake of ours"))

    assert [row["id"] for row in output.records["books"]] == ["1"]
    told = {row["stream"]: row["verdict"] for row in output.records["sync_issues"]}
    assert told == {"covers": "unforeseen", "loans": "unforeseen", "reminders": "notListed"}
    assert {row["exitCode"] for row in output.records["sync_runs"]} == {output.code} == {3}
    assert output.messages[-1]["type"] == "STATE"
    assert "Traceback" not in caplog.text
