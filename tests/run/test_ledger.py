"""Laws of ledgers: whether they are in memory or not makes no difference."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from tap_msteams.run import Bookmarks, Ledger
from tap_msteams.run.ledger import MANY
from tap_msteams.writer import LongArray, pieces

T1, T2, T3 = (f"2026-11-{day:02}T03:00:00.000Z" for day in (18, 19, 20))
TODAY = datetime.now(UTC).date()
PEOPLE = [f"person-{n}" for n in range(MANY + 3)]


def bookmarks(state):
    return Bookmarks(state, "chat_messages", ("users", "parts"))


def as_written(state):
    return json.loads(b"".join(pieces(state)))


@pytest.mark.parametrize("many", [0, 2, 9])
def test_a_ledger_is_a_dictionary_however_large(many):
    ledger, known = Ledger(many), {}
    for it in (ledger, known):
        it.update({"a": T2, "b": T1, "c\0'": T2, "d": T1})
        it["a"] = T3
        del it["b"]
        assert it.pop("b", None) is None
        it.setdefault("d", T3)
    ledger.put(["e", "c\0'"], T1)
    known.update({"e": T1, "c\0'": T1})

    assert {**ledger} == known
    assert len(ledger) == 4
    assert ledger.oldest == T1
    assert as_written({**ledger.by_moment}) == {T1: ["c\0'", "d", "e"], T3: ["a"]}
    assert ledger.get("b") is None
    with pytest.raises(KeyError):
        del ledger["b"]
    ledger.clear()
    assert (not ledger, ledger.oldest) == (True, None)


def test_bookmarks_of_many_people_are_the_same_in_state():
    state = {}
    marks = bookmarks(state)
    for person in PEOPLE:
        marks.advance(person, T1)
    marks.advance(PEOPLE[7], T2)
    marks.advance(PEOPLE[8], T2, by_list=True)
    marks.save()

    whole = [it for it in PEOPLE if it not in PEOPLE[7:9]]
    assert isinstance(state["users"][T1], LongArray)
    assert as_written(state) == {
        "version": state["version"],
        "users": {T1: whole, T2: [PEOPLE[7]]},
        "listed": {T2: [PEOPLE[8]]},
    }

    again = as_written(state)
    marks = bookmarks(again)
    assert as_written(again) == as_written(state)
    assert [marks.since(PEOPLE[n]) for n in (6, 7, 8)] == [T1, T2, T2]
    assert marks.was_read_by_list(PEOPLE[8])
    assert marks.oldest == T1


def test_people_who_are_gone_are_forgotten_after_a_while():
    state = {}
    marks = bookmarks(state)
    for person in PEOPLE:
        marks.advance(person, T1)
    seen = Ledger()
    seen.put(PEOPLE[1:], "")
    marks.keep(seen, TODAY - timedelta(days=40))
    marks.keep(seen, TODAY)
    marks.save()

    assert as_written(state)["users"] == {T1: PEOPLE[1:]}
    assert "unseen" not in state


def test_states_are_equal_while_nothing_changes():
    state = {}
    marks = bookmarks(state)
    for person in PEOPLE:
        marks.advance(person, T1)
    marks.save()
    before = deepcopy(state)
    marks.save()
    assert state == before
    marks.advance(PEOPLE[0], T2)
    marks.save()
    assert state != before


def test_a_ledger_is_kept_where_no_file_can_be_written():
    program = """
import resource
from tap_msteams.run.ledger import Ledger
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
ledger = Ledger(1)
ledger.put([f"{n:0100}" for n in range(20_000)], "")
print(len(ledger))
"""
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("20000\n", "")
