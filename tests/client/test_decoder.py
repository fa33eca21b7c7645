"""Laws of decoding: values stay as they came until somebody looks at them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import Raw

from tap_msteams.client import Answer, Request, RowDecoder
from tap_msteams.client.row import ADDITIONAL_DATA
from tests.client.decoded import GOOD, LINK, either, listed, page, text, told


def decoded(decoder, content):
    return Answer(Request("/x", decoder), {}, content.encode(), datetime.now(UTC)).page()


# What is kept


def test_values_stay_the_bytes_that_graph_sent():
    nested = '{ "b" :1.10,\t"a":[ "\\u00e9\\/", 1E2, null ], "@odata.type" : "#x" }'
    values = {"id": '"1"', "t": nested, "n": "12345678901234567890", "f": "-0.0", "z": "1.50"}
    row = ",".join(f'"{name}": {value}' for name, value in values.items())
    [found] = page(listed(f"{{{row}}}"), *values).rows

    assert all(isinstance(value, Raw) for name, value in found.values.items() if name != "id")
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


@either
def test_keys_that_were_new_once_are_kept_and_told_on_every_later_page(plain):
    decoder = RowDecoder({"id": str}, ["id", ADDITIONAL_DATA], DECLARED, plain=plain)
    pages = [
        '{"id":"1","new":1,"r@odata.count":1,"from":{}}',
        '{"id":"2"}',
        '{"id":"3","new":{"a":2},"newer":3}',
        '{"id":"4","newer":4,"r@odata.count":2}',
    ]
    found = [decoded(decoder, listed(it)) for it in pages]

    assert [it.undeclared for it in found] == [{"new"}, set(), {"new", "newer"}, {"newer"}]
    more = [it.rows[0].values.get(ADDITIONAL_DATA) for it in found]
    assert json.loads(msgspec.json.encode(more)) == [
        {"new": 1},
        None,
        {"new": {"a": 2}, "newer": 3},
        {"newer": 4},
    ]


@either
def test_more_new_keys_than_anybody_counts_are_all_kept(plain):
    decoder = RowDecoder({"id": str}, ["id", ADDITIONAL_DATA], DECLARED, plain=plain)
    names = [f"new{n}" for n in range(1000)]
    found = decoded(decoder, listed(*(f'{{"id":"{it}","{it}":1}}' for it in names)))

    assert [told(row, ADDITIONAL_DATA) for row in found.rows] == [{it: 1} for it in names]
    assert found.undeclared == {*names}


def test_undeclared_values_that_may_be_changed_are_plain_however_many_there_are():
    decoder = RowDecoder({"id": str}, ["id", ADDITIONAL_DATA], DECLARED, plain=True)
    names = [ADDITIONAL_DATA, *(f"new{n}" for n in range(300))]
    found = decoded(decoder, listed(*(f'{{"id":"1","{it}":{{"a":[1]}}}}' for it in names)))

    assert [row.values[ADDITIONAL_DATA] for row in found.rows] == [{it: {"a": [1]}} for it in names]


@either
@pytest.mark.parametrize("key", ["class", "a.b", "1", "", "é", "get", "beside", "graph_id", "«"])
def test_a_key_may_have_any_name(key, plain):
    decoder = RowDecoder({"id": str}, ["id", ADDITIONAL_DATA], DECLARED, plain=plain)
    row = json.dumps({"id": "1", key: 5})
    for _ in range(2):
        [found] = decoded(decoder, listed(row)).rows
        assert told(found, ADDITIONAL_DATA) == {key: 5}
        assert found["id"] == "1"


# Rows within rows


@either
def test_rows_in_a_property_are_rows_like_others(plain):
    decoder = RowDecoder({"id": str}, ["id", "n"], DECLARED, plain=plain)
    rows = '[{"id":"1","n":1.10},{"id":"2","new":1}]'
    found = decoder.page_in(json.loads(rows) if plain else Raw(rows.encode()))

    assert [row["id"] for row in found.rows] == ["1", "2"]
    assert found.undeclared == {"new"}
    assert not decoder.page_in(None).rows


@either
@pytest.mark.parametrize("broken", ["null", "5", "[]", "{}", '{"id":5}'])
def test_a_broken_row_in_a_property_leaves_the_others_alone(broken, plain):
    decoder = RowDecoder({"id": str}, ["id"], plain=plain)
    rows = f'[{{"id":"1"}},{broken},{{"id":"2"}}]'
    found = decoder.page_in(json.loads(rows) if plain else Raw(rows.encode()))

    assert [row["id"] for row in found.rows] == ["1", "2"]
    assert len(found.unreadable) == 1


@either
@pytest.mark.parametrize("value", ["5", '"x"', "{}"])
def test_a_property_that_is_no_list_is_told(value, plain):
    decoder = RowDecoder({"id": str}, ["id"], plain=plain)
    found = decoder.page_in(json.loads(value) if plain else Raw(value.encode()))
    assert (len(found.rows), len(found.unreadable)) == (0, 1)


def test_what_is_taken_out_of_rows_is_still_there_for_others():
    rows = [{"id": "1", "name": "x", "n": 1.5}]
    for emitted in ("n", "name"):
        decoder = RowDecoder({"id": str, "name": str}, [emitted], plain=True)
        [found] = decoder.page_in(rows).rows
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
