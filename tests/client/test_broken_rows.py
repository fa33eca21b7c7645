"""Laws of what is broken: it concerns its own row, and a text is repaired."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from tap_msteams.client import Answer, Request
from tap_msteams.errors import DamagedError, UnavailableError
from tap_msteams.readers.content import ContentDecoder
from tests.client.decoded import GOOD, LINK, either, listed, page, text, told

# What is broken

BROKEN_ROWS = {
    "null": "null",
    "a number": "5",
    "a text": '"id"',
    "a list": "[1]",
    "no id": '{"name":"x"}',
    "an id that is a number": '{"id":5}',
    "an id that is null": '{"id":null}',
    "an empty id": '{"id":""}',
    "another type": '{"id":"1","name":5}',
    "another type within": '{"id":"1","body":{"content":[]}}',
    "many levels": '{"id":"1","x":' + "[" * 100_000 + "]" * 100_000 + "}",
    "many levels of what is looked at": '{"id":"1","body":' + '{"x":' * 90_000 + "1" + "}" * 90_001,
}


class Body(msgspec.Struct):
    content: str | None = None


@either
@pytest.mark.parametrize("broken", BROKEN_ROWS.values(), ids=BROKEN_ROWS)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_broken_row_leaves_the_others_of_its_page_alone(broken, before, plain):
    others = ['{"id":"[{","n":1.10}', '{"id":"}]\\\\","n":12345678901234567890}']
    rows = [*others[:before], broken, *others[before:]]
    facts = {"name": str | None, "body": Body | None}
    found = page(listed(*rows), "id", "n", "x", facts=facts, plain=plain)

    assert [row["id"] for row in found.rows] == ["[{", "}]\\"]
    assert told(found.rows[1], "n") == 12345678901234567890
    assert len(found.unreadable) == 1
    assert len(found.unreadable[0]) < 200
    assert found.next == LINK


@either
def test_a_row_of_many_levels_is_said_to_be_one(plain):
    deep = '{"id":"1","x":' + "[" * 100_000 + "]" * 100_000 + "}"
    found = page(listed(GOOD, deep, "null"), plain=plain)

    assert [row["id"] for row in found.rows] == ["good"]
    assert found.unreadable[0] == "it has too many levels"
    assert "null" in found.unreadable[1]


@either
def test_a_page_of_broken_rows_alone_has_a_next_one(plain):
    found = page(listed("null", "5", "{}"), plain=plain)
    assert (len(found.rows), len(found.unreadable), found.next) == (0, 3, LINK)


@either
@pytest.mark.parametrize("row", ['{"name":"x"}', '{"id":5}'])
def test_a_single_entity_without_id_is_a_row_that_cannot_be_read(row, plain):
    found = page(row, single=True, plain=plain)
    assert (len(found.rows), len(found.unreadable)) == (0, 1)


@pytest.mark.parametrize("single", [False, True])
def test_levels_that_nobody_counts_are_no_problem(single):
    row = '{"id":"1","t":' + "[" * 150 + "]" * 150 + "}"
    [found] = page(row if single else listed(row), "id", "t", single=single).rows
    assert text(found.values)["t"] == "[" * 150 + "]" * 150


# What is repaired

TEXTS = {
    b"a\tb": "a\tb",
    b"a\r\nb": "a\r\nb",
    b"a\x1bb": "a\x1bb",
    b"a\x00b": "ab",
    b"a\xffb": "a\ufffdb",
    b"\xf0\x9f\x91": "\ufffd",
    b"\xed\xa0\xbd": "\ufffd\ufffd\ufffd",  # a half in UTF-8
    rb"x\ud83d": "x\ufffd",
    rb"\uD83Dx": "\ufffdx",
    rb"\udc4b": "\ufffd",
    rb"\udc4b\ud83d": "\ufffd\ufffd",
    rb"\ud83d\ud83d\udc4b": "\ufffd👋",
    rb"\ud83d\udc4b\udc4b": "👋\ufffd",
    rb"\ud83d\uDC4B": "👋",
    rb"\\ud83d\t": "\\ud83d\t",
    rb"\\\ud83d": "\\\ufffd",
    rb"\\ud83d\udc4b": "\\ud83d\ufffd",
    b'\\"\t\\"': '"\t"',
    b"\\\\": "\\",
    "Grüße 👋".encode(): "Grüße 👋",
}


@either
@pytest.mark.parametrize("single", [False, True], ids=["listed", "single"])
@pytest.mark.parametrize(("sent", "kept"), TEXTS.items())
def test_a_text_that_no_target_could_read_is_repaired(sent, kept, single, plain):
    row = b'{"id":"1","t":"%s","u":{"%s":["%s"]}}' % (sent, sent, sent)
    content = row if single else b'{"value":[{"id":"0"},%s]}' % row
    found = page(content, "id", "t", "u", single=single, plain=plain, facts={"t": str | None})

    assert found.unreadable == ()
    assert found.rows[-1]["t"] == told(found.rows[-1]) == kept
    assert told(found.rows[-1], "u") == {kept: [kept]}


def test_what_is_beside_a_repaired_text_stays_as_it_came():
    values = {
        "n": "1.10",
        "big": "12345678901234567890",
        "huge": "1e999",
        "u": '{ "a" :"\\u00e9" }',
    }
    row = ",".join(f'"{name}":{value}' for name, value in values.items())
    found = page(listed(f'{{"id":"1",\t{row}}}', '{"id":"2","t":"a\tb"}'), *values)
    assert text(found.rows[0].values) == values


VALUES = {
    "NaN": None,
    "-Infinity": None,
    "01": 1,
    "-007.50": -7.5,
    "00": 0,
    "[NaN,0.05,1e05,10]": [None, 0.05, 1e05, 10],
    r'"\q NaN 01 \\"': "\\q NaN 01 \\",
}


@either
@pytest.mark.parametrize("single", [False, True], ids=["listed", "single"])
@pytest.mark.parametrize(("sent", "kept"), VALUES.items())
def test_a_value_that_is_no_json_costs_itself_alone(sent, kept, single, plain):
    row = f'{{"id":"1","t":{sent},"u":"NaN 01"}}'
    found = page(row if single else listed(GOOD, row), "id", "t", "u", single=single, plain=plain)

    assert found.unreadable == ()
    assert told(found.rows[-1]) == kept
    assert told(found.rows[-1], "u") == "NaN 01"
    assert len(found.flawed) == ("N" in sent[:2] or "I" in sent)


@either
def test_a_number_that_no_float_holds_is_kept(plain):
    rows = [GOOD, '{"id":"1","t":1e999,"u":"1e999"}', f'{{"id":"2","t":{"9" * 30}}}']
    found = page(listed(*rows), "id", "t", "u", plain=plain)
    values = [text(row.values).get("t") for row in found.rows]

    assert values == [None, '"1e999"' if plain else "1e999", "9" * 30]
    assert (found.unreadable, len(found.flawed)) == ((), plain)


@either
def test_a_byte_order_mark_is_read_over(plain):
    for single, content in ((True, GOOD), (False, listed(GOOD))):
        [row] = page("\ufeff" + content, single=single, plain=plain).rows
        assert row["id"] == "good"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (r"a\u0000b", "ab"),
        (r"\u0000\u0000", ""),
        (r"\\u0000", r"\u0000"),
        (r"\\\u0000", "\\"),
        (r"\\\\u0000", r"\\u0000"),
        (r"\u0000\\u0000\u0000", r"\u0000"),
        (r"\u00000", "0"),
        (r"\"\u0000\"", '""'),
        (r"\\n\u000a", "\\n\n"),
    ],
)
@pytest.mark.parametrize("single", [False, True])
@either
def test_nul_is_removed_and_a_text_that_only_looks_like_it_is_kept(sent, kept, single, plain):
    row = f'{{"id":"1","t":{{"x":["{sent}"]}}}}'
    [found] = page(row if single else listed(row), "id", "t", single=single, plain=plain).rows
    assert told(found) == {"x": [kept]}


@pytest.mark.parametrize(
    ("sent", "kept"), [(b"\xef\xbb\xbfWEBVTT\0", "WEBVTT"), (b"a\xff\0\0b", "a\ufffdb")]
)
def test_a_content_that_no_target_could_read_is_repaired(sent, kept):
    request = Request("/x", ContentDecoder("content", is_text=True))
    [found] = Answer(request, {}, sent, datetime.now(UTC)).page().rows
    assert told(found, "content") == kept


# What is no page

CUT_SHORT = [
    "",
    "<html>",
    '{"value":[{"id":',
    '{"value":[{"id":"1","n":0x1}]}',
    '{"value":[{"id":"1","t":"\\',
    '{"value":[{"id":"1","t":"' + '\\"' * 100_000,
]
WHOLE = ["[]", "{}", '{"value":5}', '{"value":[],"@odata.nextLink":5}', "[" * 100_000]


@either
@pytest.mark.parametrize("content", CUT_SHORT, ids=range(len(CUT_SHORT)))
def test_an_answer_that_is_no_json_may_be_asked_for_again(content, plain):
    with pytest.raises(UnavailableError, match=r"/x: 200: the answer is no page"):
        page(content, plain=plain)


@either
@pytest.mark.parametrize("content", WHOLE, ids=range(len(WHOLE)))
def test_an_answer_that_came_whole_and_is_no_page_is_not_asked_for_again(content, plain):
    with pytest.raises(DamagedError, match=r"/x: 200: the answer is no page") as caught:
        page(content, plain=plain)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_single_entity_of_many_levels_is_none():
    content = '{"id":"1","x":' + "[" * 100_000 + "]" * 100_000 + "}"
    with pytest.raises(DamagedError, match=r"/x: 200: the answer is no page"):
        page(content, single=True)
