"""Laws of lists that are read by `$skip`, however Graph takes it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.readers.tenant import issues, page, read

NUMBERS = "/admin/teams/telephoneNumberManagement/numberAssignments"
MANY = 1200


def numbers(turn=list, most=1000, *, skips=True):
    """Telephone numbers, in an order of their own and at most so many at once."""

    def answer(request):
        options = parse_qs(urlsplit(request.url).query)
        size, skip = min(most, int(options["$top"][0])), int(options.get("$skip", ["0"])[0])
        rows = turn({"id": str(n), "telephoneNumber": f"+{n}"} for n in range(MANY))
        return page(*rows[skip if skips else 0 :][:size])

    return read({NUMBERS: answer}, "telephone_numbers")


def test_a_page_of_the_default_size_is_not_the_last_where_graph_overlooks_the_larger_one():
    output = numbers(most=500)

    assert (len(output.rows("telephone_numbers")), output.code) == (MANY, 0)


@pytest.mark.parametrize("first", [0, 7])
def test_rows_that_graph_shows_again_end_the_list_whatever_their_order(first):
    turns = iter([0, first])

    def turn(rows):
        shown, start = [*rows][:500], next(turns)
        return shown[start:] + shown[:start]

    output = numbers(turn, skips=False)

    assert len(output.rows("telephone_numbers")) == 500
    assert (output.code, issues(output)) == (3, [("gap", {})])
    assert len(output.asked) == 2


def test_a_page_is_not_the_last_however_short_graph_makes_it():
    output = numbers(most=7)

    assert (len(output.rows("telephone_numbers")), output.code) == (MANY, 0)


def test_a_short_list_that_graph_shows_again_has_been_read():
    output = numbers(lambda rows: [*rows][:40], skips=False)

    assert (len(output.rows("telephone_numbers")), output.code) == (40, 0)
    assert not issues(output)
    assert len(output.asked) == 2
