"""Laws of decoding: values stay as they came, and what is broken concerns its own row."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import Raw

from tap_msteams.client import Answer, Request, RowDecoder
from tap_msteams.client.row import ADDITIONAL_DATA
from tap_msteams.errors import UnavailableError

LINK = "https://graph.microsoft.com/v1.0/x?$skiptoken=1"
GOOD = '{"id":"good","n":1.10}'

either = pytest.mark.parametrize("plain", [False, True], ids=["bytes", "plain"])


def page(content, *emitted, single=False, facts=None, declared=None, plain=False):
    """The page in a body, of rows that have an id."""
    decoder = RowDecoder({"id": str, **(facts or {})}, emitted or ("id",), declared, plain=plain)
    content = content if isinstance(content, bytes) else content.encode()
    return Answer(Request("/x", decoder, single=single), {}, content, datetime.now(UTC)).page()


def listed(*rows, link=LINK):
    return f'{{"@odata.context":"c","value":[{",".join(rows)}],"@odata.nextLink":"{link}"}}'


def text(values):
    """Values as they are written."""
    return {name: msgspec.json.encode(value).decode() for name, value in values.items()}


def told(row, name="t"):
    """What a target reads out of a value of a row."""
    return json.loads(msgspec.json.encode(row.values[name]))


# What is kept


def test_values_stay_the_bytes_that_graph_sent():
    nested = '{ "b" :1.10,\t"a":[ "\\u00e9\\/", 1E2, null ], "@odata.type" : "#x" }'
    values = {"id": '"1"', "t": nested, "n": "12345678901234567890", "f": "-0.0", "z": "1.50"}
    row = ",".join(f'"{name}": {value}' for name, value in values.items())
    [found] = page(listed(f"{{{row}}}"), *values).rows

    assert all(isinstance(value, Raw) for value in found.values.values())
    assert text(found.values) == values


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_values_stay_on_one_line(end, single):
    row = end.join(['{"id": "1",', '"t": {', '"a": "\\n",', '"b": [', "1.10", "]}}"])
    [found] = page(row if single else listed(row), "id", "t", single=single).rows
    gap = " " * len(end)
    assert text(found.values)["t"] == gap.join(["{", '"a": "\\n",', '"b": [', "1.10", "]}"])


def test_values_are_plain_for_whoever_changes_them():
    row = {
        "id": "0012",
        "n": 12345678901234567890,
        "t": "Grüße 👋\u2028",
        "f": 1.5,
        "x": [{}, None],
    }
    [found] = page(listed(json.dumps(row)), *row, plain=True).rows
    assert found.values == row


@either
def test_what_is_looked_at_is_decoded_as_it_is_declared(plain):
    facts = {"name": str | None, "size": int | None, "none": str | None, "not": str | None}
    row = '{"id":"1","name":"\\u00e9","size":5,"none":null,"other":[1]}'
    [found] = page(listed(row), facts=facts, plain=plain).rows

    assert (found["id"], found["name"], found["size"]) == ("1", "é", 5)
    assert [found.get(name) for name in ("none", "not", "other")] == [None] * 3
    assert text(found.values) == {"id": '"1"'}


def test_what_may_be_looked_at_later_stays_bytes():
    row = '{"id":"1","replies":[{"id":"2"}]}'
    [found] = page(listed(row), facts={"replies": Raw}).rows
    assert found["replies"] == Raw(b'[{"id":"2"}]')


@either
def test_a_record_has_what_is_emitted_and_nothing_else(plain):
    found = page(listed('{"id":"1","t":2,"x":{"y":3}}', '{"id":"2"}'), "id", "t", plain=plain)
    assert [text(row.values) for row in found.rows] == [{"id": '"1"', "t": "2"}, {"id": '"2"'}]


@either
def test_null_is_kept_and_absence_is_not_made_null(plain):
    [found] = page(listed('{"id":"1","mail":null}'), "id", "mail", "jobTitle", plain=plain).rows
    assert text(found.values) == {"id": '"1"', "mail": "null"}


@either
def test_a_single_entity_is_a_page_of_one(plain):
    content = '{"@odata.context":"c","id":"1","x":{"y":1},"z":2}'
    found = page(content, "id", "x", single=True, plain=plain)
    assert [text(row.values) for row in found.rows] == [{"id": '"1"', "x": '{"y":1}'}]
    assert (found.next, found.delta) == (None, None)


@either
def test_a_page_tells_where_to_go_on(plain):
    assert page(listed(GOOD), plain=plain).next == LINK
    last = page(f'{{"value":[],"@odata.deltaLink":"{LINK}"}}', plain=plain)
    assert (last.rows, last.next, last.delta) == ([], None, LINK)


# What nobody declared

DECLARED = ("id", "displayName", "from")


@either
def test_undeclared_keys_of_any_row_arrive_in_one_column(plain):
    rows = (
        '{"id":"1","displayName":"Ada"}',
        '{"id":"2","from":{"x":1},"new":{"a": 1.10},"@odata.type":"#x","r@odata.count":1}',
        '{"id":"3","newer":null}',
    )
    names = ("id", "displayName", ADDITIONAL_DATA)
    found = page(listed(*rows), *names, declared=DECLARED, plain=plain)

    more = [
        told(row, ADDITIONAL_DATA) if ADDITIONAL_DATA in row.values else {} for row in found.rows
    ]
    assert more == [{}, {"new": {"a": 1.10}}, {"newer": None}]
    assert found.undeclared == {"new", "newer"}
    assert all(row.values.keys() <= {*names} for row in found.rows)


def test_undeclared_values_stay_the_bytes_that_graph_sent():
    row = '{"id":"1","new":{ "a" : 1.10 }}'
    [found] = page(listed(row), "id", ADDITIONAL_DATA, declared=DECLARED).rows
    assert text(found.values)[ADDITIONAL_DATA] == '{"new":{ "a" : 1.10 }}'


@either
@pytest.mark.parametrize("more", ['"x"', '{"a":1},"new":2'])
def test_a_key_called_like_the_column_of_undeclared_ones_is_one_of_them(more, plain):
    row = '{"id":"1","additionalData":%s}' % more  # noqa: UP031 - braces
    found = page(listed(row), "id", ADDITIONAL_DATA, declared=DECLARED, plain=plain)
    assert told(found.rows[0], ADDITIONAL_DATA) == {
        name: value for name, value in json.loads(row).items() if name != "id"
    }
    assert ADDITIONAL_DATA in found.undeclared


@either
def test_undeclared_keys_are_told_where_nobody_wants_their_values(plain):
    found = page(listed(GOOD), "id", declared=DECLARED, plain=plain)
    assert found.undeclared == {"n"}
    assert [text(row.values) for row in found.rows] == [{"id": '"good"'}]


def test_undeclared_keys_of_a_single_entity_arrive_too():
    found = page('{"id":"1","new":2}', "id", ADDITIONAL_DATA, declared=DECLARED, single=True)
    assert text(found.rows[0].values) == {"id": '"1"', ADDITIONAL_DATA: '{"new":2}'}


def test_what_is_declared_deselected_or_looked_at_is_not_undeclared():
    found = page(listed('{"id":"1","displayName":2,"from":3}'), "id", declared=DECLARED)
    assert found.undeclared == frozenset()
    assert page(listed(GOOD)).undeclared == frozenset()


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


def test_numbers_that_are_none_for_a_machine_are_broken_rows_for_whoever_changes_them():
    found = page(listed(GOOD, '{"id":"1","n":1e999}'), "id", "n", plain=True)
    assert [row["id"] for row in found.rows] == ["good"]
    assert len(found.unreadable) == 1


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


# What is no page

NO_PAGES = [
    "",
    "<html>",
    "[]",
    '{"value":[{"id":',
    '{"value":5}',
    '{"value":[{"id":"1","n":01}]}',
    '{"value":[{"id":"1","t":"\\q"}]}',
    '{"value":[],"@odata.nextLink":5}',
    "[" * 100_000,
]


@either
@pytest.mark.parametrize("content", NO_PAGES, ids=range(len(NO_PAGES)))
def test_an_answer_that_is_no_page_may_be_asked_for_again(content, plain):
    with pytest.raises(UnavailableError, match=r"/x: 200: the answer is no page") as caught:
        page(content, plain=plain)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_single_entity_of_many_levels_is_none():
    content = '{"id":"1","x":' + "[" * 100_000 + "]" * 100_000 + "}"
    with pytest.raises(UnavailableError, match=r"/x: 200: the answer is no page"):
        page(content, single=True)


# Rows within rows


@either
def test_rows_in_a_property_are_rows_like_others(plain):
    decoder = RowDecoder({"id": str}, ["id", "n"], DECLARED, plain=plain)
    rows = '[{"id":"1","n":1.10},{"id":"2","new":1}]'
    found = decoder.rows(json.loads(rows) if plain else Raw(rows.encode()))

    assert [row["id"] for row in found.rows] == ["1", "2"]
    assert found.undeclared == {"new"}
    assert not decoder.rows(None).rows


@either
@pytest.mark.parametrize("broken", ["null", "5", "[]", "{}", '{"id":5}'])
def test_a_broken_row_in_a_property_leaves_the_others_alone(broken, plain):
    decoder = RowDecoder({"id": str}, ["id"], plain=plain)
    rows = f'[{{"id":"1"}},{broken},{{"id":"2"}}]'
    found = decoder.rows(json.loads(rows) if plain else Raw(rows.encode()))

    assert [row["id"] for row in found.rows] == ["1", "2"]
    assert len(found.unreadable) == 1


@either
@pytest.mark.parametrize("value", ["5", '"x"', "{}"])
def test_a_property_that_is_no_list_is_told(value, plain):
    decoder = RowDecoder({"id": str}, ["id"], plain=plain)
    found = decoder.rows(json.loads(value) if plain else Raw(value.encode()))
    assert (len(found.rows), len(found.unreadable)) == (0, 1)


def test_what_is_taken_out_of_rows_is_still_there_for_others():
    rows = [{"id": "1", "name": "x", "n": 1.5}]
    for emitted in ("n", "name"):
        decoder = RowDecoder({"id": str, "name": str}, [emitted], plain=True)
        [found] = decoder.rows(rows).rows
        assert (found["name"], found.values) == ("x", {emitted: rows[0][emitted]})


@either
def test_rows_within_rows_come_with_them(plain):
    within = RowDecoder({"id": str}, ["id", "n"], DECLARED, plain=plain)
    outer = RowDecoder({"id": str}, ["id"], DECLARED, plain=plain, nested={"replies": within})
    rows = (
        '{"id":"1","replies":[{"id":"a","n":1.10},null,{"id":"b","new":1}]}',
        '{"id":"2","replies":null}',
        '{"id":"3"}',
        '{"id":"4","replies":5}',
    )
    answer = Answer(Request("/x", outer), {}, listed(*rows).encode(), datetime.now(UTC))
    found = answer.page()

    assert [[it["id"] for it in row["replies"]] for row in found.rows] == [["a", "b"], [], [], []]
    assert text(found.rows[0]["replies"][0].values) == {
        "id": '"a"',
        "n": "1.1" if plain else "1.10",
    }
    assert [text(row.values) for row in found.rows] == [{"id": f'"{n}"'} for n in (1, 2, 3, 4)]
    assert (found.undeclared, len(found.unreadable)) == ({"new"}, 2)
