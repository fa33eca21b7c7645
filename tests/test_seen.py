"""What a run remembers of the records that it has written."""

from __future__ import annotations

import pytest

from tap_msteams.run.seen import Seen


def test_the_last_records_are_remembered_however_many_came_before():
    seen = Seen(5)
    for n in range(50):
        assert seen.is_new([f"{n}"])
        assert not any(seen.is_new([f"{last}"]) for last in range(max(0, n - 4), n + 1))


def test_no_more_than_two_generations_are_remembered():
    seen = Seen(5)
    for n in range(50):
        seen.is_new([f"{n}"])
    assert sum(not seen.is_new([f"{n}"]) for n in range(40)) == 0


def test_a_record_is_new_again_in_a_later_version_alone():
    seen = Seen()
    before_1970 = -1
    assert [seen.is_new(["a"], version) for version in (before_1970, 1, 1, 2, 1, 2)] == [
        *(True, True, False, True, False, False)
    ]


def test_parts_of_a_key_do_not_run_together():
    seen = Seen()
    assert seen.is_new(["a", "bc"])
    assert seen.is_new(["ab", "c"])


@pytest.mark.parametrize("versions", [1, 3])
def test_all_records_are_remembered_with_their_versions_however_many_they_are(versions):
    seen = Seen(None)
    # Many of them begin at the last places of a table, and most at every other one.
    numbers = [2**64 - 8192 * n - n % 5 for n in range(1, 40)] + [*range(1, 3_000, 2)]

    assert all(seen.add(it, it % versions) for it in numbers)
    assert not any(seen.add(it, it % versions) for it in numbers)
    assert all(seen.add(it, it % versions + 1) for it in numbers)
    assert not any(seen.add(it, it % versions + 1) for it in numbers)
    places = len(seen._young._numbers)
    assert len(seen._young) == len(numbers) > places / 3
    assert len(numbers) <= places * 2 / 3
