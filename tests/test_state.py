from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from tap_msteams.errors import StateError
from tap_msteams.run import Bookmarks, bookmark_keys, comparable, moment
from tap_msteams.streams import STREAMS

T1, T2, T3 = (f"2026-11-{day:02}T03:00:00.000Z" for day in (18, 19, 20))


def bookmarks(state):
    return Bookmarks(state, "messages", ("teams", "channels"))


def reloaded(marks, state):
    marks.save()
    return bookmarks(json.loads(json.dumps(state)))


def test_a_team_never_read_has_no_bookmark():
    assert bookmarks({}).since("a") is None


def test_each_team_has_its_own_bookmark():
    state = {}
    marks = bookmarks(state)
    marks.advance("a", T1)
    marks.advance("b", T2)
    marks = reloaded(marks, state)
    assert (marks.since("a"), marks.since("b"), marks.since("c")) == (T1, T2, None)


def test_a_bookmark_never_goes_back():
    marks = bookmarks({})
    marks.advance("a", T2)
    marks.advance("a", T1)
    assert marks.since("a") == T2


def test_a_channel_that_was_read_is_ahead_of_its_team():
    state = {}
    marks = bookmarks(state)
    marks.advance("a", T1)
    marks.advance_subpartition("a", "x", T2)
    marks = reloaded(marks, state)
    assert marks.since("a") == T1
    assert marks.since("a", "x") == T2
    assert marks.since("a", "y") == T1


def test_a_team_read_whole_needs_no_channels():
    state = {}
    marks = bookmarks(state)
    marks.advance_subpartition("a", "x", T2)
    marks.leave_unfinished("a", T2, "/a/y", "y")
    marks.advance("a", T3)
    marks.save()
    assert state == {"version": 1, "teams": {T3: ["a"]}}


def test_a_team_was_read_by_a_list_where_the_last_reading_was():
    state = {}
    marks = bookmarks(state)
    for by_list in (True, False):
        marks.advance("a", T1, by_list=by_list)
        marks.advance("b", T1, by_list=not by_list)
    marks.save()
    assert state == {"version": 1, "teams": {T1: ["a"]}, "listed": {T1: ["b"]}}


def test_ids_that_are_hidden_later_keep_their_bookmarks_under_other_names():
    window = {"anna": {"until": T1, "next": "/anna"}}
    state = {"version": 1, "users": {T1: ["anna"]}, "parts": {T2: {"bob": ["x"]}}, "open": window}
    marks = Bookmarks(state, "chat_messages", ("users", "parts"), alias=str.upper)
    marks.leave_unfinished("ANNA", T1, "/anna")
    marks.save()
    assert state == {"version": 1, "users": {T1: ["ANNA"]}, "parts": {T2: {"BOB": ["x"]}}}


def test_a_shard_drops_what_is_of_other_shards_at_once_and_then_waits_like_anybody():
    state = {"version": 1, "teams": {T1: ["mine", "gone"]}}
    marks = Bookmarks(state, "messages", ("teams", "channels"), shard="1-of-2")
    assert "shard" not in state
    marks.keep({"mine"}, date(2026, 11, 20))
    marks.keep(set(), date(2026, 11, 20))
    marks.save()
    unseen = {"2026-11-20": ["mine"]}
    assert state == {"version": 1, "shard": "1-of-2", "teams": {T1: ["mine"]}, "unseen": unseen}


@pytest.mark.parametrize(
    ("stream", "application", "keys"),
    [
        ("messages", True, ("teams", "channels")),
        ("call_records", True, ("whole", "parts")),
        ("chat_messages", True, ("users", "parts")),
        ("chat_messages", False, ("chats", "parts")),
    ],
)
def test_bookmarks_are_by_the_parents_of_whoever_signs_in(stream, application, keys):
    [kind] = [it for it in STREAMS if it.name == stream]
    assert bookmark_keys(kind, application=application) == keys


def test_ten_thousand_teams_stay_below_a_megabyte():
    state = {}
    marks = bookmarks(state)
    for n in range(10_000):
        marks.advance(str(UUID(int=n)), T3 if n % 100 else T2)
    marks.save()
    assert len(json.dumps(state)) < 500_000


def test_a_team_that_listings_no_longer_show_is_forgotten_after_thirty_days():
    state = {}
    marks = bookmarks(state)
    marks.advance("gone", T1)
    marks.advance("here", T1)
    today = date(2026, 11, 20)
    marks.keep({"here"}, today)
    marks = reloaded(marks, state)
    marks.keep({"here"}, today + timedelta(days=30))
    assert marks.since("gone") == T1
    marks.keep({"here"}, today + timedelta(days=31))
    assert marks.since("gone") is None
    assert marks.since("here") == T1


def test_a_team_that_comes_back_is_not_forgotten():
    marks = bookmarks({})
    marks.advance("a", T1)
    today = date(2026, 11, 20)
    marks.keep(set(), today)
    marks.keep({"a"}, today + timedelta(days=20))
    marks.keep(set(), today + timedelta(days=40))
    assert marks.since("a") == T1


def test_the_oldest_bookmark_counts_channels_too():
    marks = bookmarks({})
    assert marks.oldest is None
    marks.advance("a", T2)
    marks.advance_subpartition("b", "x", T1)
    assert marks.oldest == T1


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_another_version_is_refused_in_a_line(version):
    with pytest.raises(StateError, match='remove "messages"') as caught:
        bookmarks({"version": version, "teams": {}})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "damage",
    [
        {"teams": {"yesterday": []}},
        {"teams": []},
        {"teams": {T1: 5}},
        {"channels": {T1: ["a"]}},
        {"versions": {T1[:13]: {"1": "AAAA"}}},
        {"versions": {T1[:13]: {"one": ""}}},
        {"versions": {T1[:13]: {f"{1 << 63}": "AAAAAAAAAAA="}}},
    ],
)
def test_damage_is_refused_in_a_line(damage):
    with pytest.raises(StateError, match="damaged") as caught:
        bookmarks({"version": 1, **damage})
    assert "\n" not in str(caught.value)


def test_moments_are_texts_that_compare_as_moments():
    whole = datetime(2026, 11, 20, 3, tzinfo=UTC)
    assert moment(whole) == T3
    ordered = ["2026-11-20T03:00:00Z", "2026-11-20T03:00:00.1Z", "2026-11-20T03:00:00.12Z"]
    assert sorted(ordered, key=comparable) == ordered


def test_an_unfinished_window_goes_on_at_its_link_until_it_is_read_or_refused():
    state = {}
    marks = bookmarks(state)
    marks.leave_unfinished("a", T1, "/a")
    marks.leave_unfinished("a", T2, "/a/x", "x")
    marks.leave_unfinished("b", T2, "/b")
    marks = reloaded(marks, state)
    windows = [marks.unfinished("a"), marks.unfinished("a", "x"), marks.unfinished("a", "y")]
    assert windows == [
        (datetime.fromisoformat(T1), "/a"),
        (datetime.fromisoformat(T2), "/a/x"),
        None,
    ]
    assert (marks.oldest_link, marks.has_link("a"), marks.has_link("c")) == (T1, True, False)

    marks.drop_unfinished("a", "x")
    assert (marks.unfinished("a", "x"), marks.unfinished("a") is None) == (None, False)
    marks.leave_unfinished("a", T2, "/a/x", "x")
    marks.advance_subpartition("a", "x", T2)
    assert (marks.since("a", "x"), marks.unfinished("a", "x")) == (T2, None)
    marks.advance("a", T3)
    marks = reloaded(marks, marks._state)
    assert (marks.unfinished("a"), marks.unfinished("b") is None) == (None, False)


def test_deletions_are_owed_since_the_oldest_moment_until_they_are_read():
    state = {}
    marks = bookmarks(state)
    for since in (T2, T1, T3):
        marks.owe_deletions("a", since)
    marks = reloaded(marks, state)
    assert (marks.owed_deletions("a"), marks.owed_deletions("b")) == (T1, None)
    marks.settle_deletions("a")
    assert reloaded(marks, marks._state).owed_deletions("a") is None


def test_states_that_are_joined_know_of_each_team_what_the_newer_one_knows():
    ours, theirs = {}, {}
    left = Bookmarks(ours, "messages", ("teams", "channels"), shard="1-of-2")
    left.advance("old", T1, by_list=True)
    left.advance("new", T3)
    left.leave_unfinished("window", T1, "/left")
    left.begun, left.below = T2, ["a", "b"]
    right = Bookmarks(theirs, "messages", ("teams", "channels"), shard="2-of-2")
    right.advance("old", T2)
    right.advance("new", T2, by_list=True)
    right.advance("alone", T1, by_list=True)
    right.advance_subpartition("parts", "x", T1)
    right.leave_unfinished("window", T2, "/right")
    for it in (left, right):
        it.advance("ahead", T1)
    right.leave_unfinished("ahead", T2, "/ahead")
    right.owe_deletions("alone", T1)
    right.begun, right.below = T1, ["b", "c"]
    left.versions.add(T1, 2, 5)
    right.versions.add(T1, 2, 5)
    right.versions.add(T2, 1, 7)
    left.join(right)
    joined = reloaded(left, ours)

    assert [joined.since(it) for it in ("old", "new", "alone")] == [T2, T3, T1]
    assert [joined.was_read_by_list(it) for it in ("old", "new", "alone")] == [False, False, True]
    assert joined.since("parts", "x") == joined.owed_deletions("alone") == T1
    assert joined.unfinished("window") == (datetime.fromisoformat(T2), "/right")
    assert sorted(joined.versions) == [(5, 2), (7, 1)]
    assert joined.unfinished("ahead") == (datetime.fromisoformat(T2), "/ahead")
    assert (joined.begun, joined.below, "shard" in ours) == (T1, ["b"], False)


def test_states_that_know_nothing_are_joined_to_one_that_knows_nothing():
    marks = bookmarks({})
    marks.join(bookmarks({}))
    assert (marks.is_empty, marks.begun, marks.below) == (True, None, [])


def test_a_team_that_is_forgotten_leaves_nothing():
    state = {}
    marks = bookmarks(state)
    marks.advance("a", T1, by_list=True)
    marks.advance_subpartition("a", "x", T2)
    marks.leave_unfinished("a", T2, "/a")
    marks.owe_deletions("a", T1)
    for days in (0, 31):
        marks.keep(set(), date(2026, 11, 20) + timedelta(days=days))
    marks.save()
    assert (state, marks.was_read_by_list("a")) == ({"version": 1}, False)
