"""What a run remembers of the records that it has written."""

from __future__ import annotations

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
    assert [seen.is_new(["a"], version) for version in (1, 1, 2, 1, 2)] == [
        *(True, False, True, False, False)
    ]


def test_parts_of_a_key_do_not_run_together():
    seen = Seen()
    assert seen.is_new(["a", "bc"])
    assert seen.is_new(["ab", "c"])
