"""Laws of the way from parents to the streams below them."""

from __future__ import annotations

from types import SimpleNamespace

from tap_msteams.sweep import Lane

from tap_msteams.run.feed import ENOUGH, Feed


def reader():
    return SimpleNamespace(lane=Lane("below", iter(())))


def found(ids, _):
    return [ids]


def test_a_reader_is_busy_until_it_has_taken_all_and_its_walks_have_ended():
    below = reader()
    feed = Feed(below, [], found)
    assert not feed.is_busy
    feed.put({"id": "1"}, {})
    assert feed.is_busy
    below.lane.open += 1
    assert list(feed.follow()) == [{"id": "1"}]
    assert feed.is_busy
    below.lane.open -= 1
    assert not feed.is_busy


def test_a_reader_that_was_stopped_holds_nobody_up():
    below = reader()
    feed = Feed(below, [], found)
    for number in range(ENOUGH):
        feed.put({"id": str(number)}, {})
    assert feed.is_full
    below.lane.stop()
    assert not feed.is_full
    assert not feed.is_busy
    feed.put({"id": "one more"}, {})
    assert list(feed.follow()) == []
