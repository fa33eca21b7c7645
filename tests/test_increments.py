"""Laws of the runs after the first: what is new arrives, and little else."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tests.clock import Clock
from tests.target import (
    DELEGATED,
    EXPORT,
    LIST,
    every_list,
    every_route,
    first_place,
    keys,
    opener,
)

LIST_ROUTE = "GET /teams/{id}/channels/{id}/messages"
MINUTE = 60


@pytest.fixture
def target(open_sandbox):
    return opener(open_sandbox)


def changed(before, after):
    return {key for key, row in after.items() if before.get(key) != row}


def expected(route, before, after):
    """What a run has to bring after a change: the rows, in a list with their conversations."""
    found = changed(before, after)
    if route == EXPORT:
        return found
    roots = {(*key[:2], after[key]["replyToId"] or key[2]) for key in found}
    return {key for key, row in after.items() if (*key[:2], row["replyToId"] or key[2]) in roots}


@every_list
def test_the_list_is_left_at_the_bookmark(target, route):
    reader = target(route, page_size=5, clock=Clock())
    reader.run()
    before = reader.sandbox.count()
    reader.run()
    again = reader.sandbox.count() - before

    assert again[LIST_ROUTE] == len({channel for _, channel, _ in reader.shown()})
    assert before[LIST_ROUTE] > 2 * again[LIST_ROUTE]


@every_route
def test_a_run_without_changes_repeats_nothing(target, route):
    reader = target(route, clock=Clock())
    reader.run()

    assert reader.run().records == {}


@every_route
@pytest.mark.parametrize(
    "act",
    ["post", "reply", "edit", "react", "delete", "edit_reply", "delete_reply", "announce"],
)
def test_the_next_run_sees_what_somebody_did(target, route, act):
    clock = Clock()
    reader = target(route, settings={"lookback_minutes": 0}, clock=clock, page_size=5)
    tenant = reader.sandbox.tenant
    place = first_place(tenant)
    oldest = str(next(iter(tenant.teams[place[0]].channels[place[1]].threads)))
    reply = tenant.reply(*place, oldest)
    clock.forward(MINUTE)
    reader.run()
    before = reader.shown()
    clock.forward(MINUTE)
    match act:
        case "post":
            tenant.post(*place)
        case "announce":
            tenant.announce(*place, "channelAdded")
        case "edit_reply" | "delete_reply":
            getattr(tenant, act.removesuffix("_reply"))(*place, reply)
        case _:
            getattr(tenant, act)(*place, oldest)
    clock.forward(MINUTE)

    output = reader.run()

    assert reader.rows() == reader.shown()
    assert set(keys(output)) == expected(route, before, reader.shown())


@every_route
def test_days_of_work_arrive_day_by_day(target, route):
    clock = Clock()
    settings = {"lookback_minutes": 0}
    reader = target(route, settings=settings, clock=clock, inline_replies=3, page_size=5)
    for _ in range(4):
        before = reader.shown() if reader.state else {}
        reader.sandbox.tenant.change()
        clock.forward(MINUTE)
        output = reader.run()

        assert reader.rows() == reader.shown()
        assert set(keys(output)) == expected(route, before, reader.shown())


@every_route
def test_a_deleted_message_arrives_with_the_time_of_its_deletion(target, route):
    clock = Clock()
    reader = target(route, clock=clock)
    tenant = reader.sandbox.tenant
    place = first_place(tenant)
    post = tenant.post(*place)
    reader.run()
    clock.forward(MINUTE)
    tenant.delete(*place, post)
    deleted = clock.now
    clock.forward(MINUTE)
    reader.run()

    found = reader.rows()[*place, post]["deletedDateTime"]
    assert datetime.fromisoformat(found).timestamp() == deleted


@every_route
def test_a_new_channel_is_read_whole(target, route):
    clock = Clock()
    reader = target(route, clock=clock)
    tenant = reader.sandbox.tenant
    team, _ = first_place(tenant)
    reader.run()
    clock.forward(MINUTE)
    channel = tenant.add_channel(team)
    posts = [tenant.post(team, channel) for _ in range(3)]
    clock.forward(MINUTE)
    reader.run()

    assert {(team, channel, post) for post in posts} <= reader.rows().keys()


@every_route
def test_a_team_that_appears_later_gets_its_whole_history(target, route):
    reader = target(route, clock=Clock(), page_size=20)
    teams = reader.sandbox.tenant.teams
    late = first_place(reader.sandbox.tenant)[0]
    hidden = teams.pop(late)
    reader.run()
    assert late not in {team for team, _, _ in reader.rows()}
    teams[late] = hidden
    output = reader.run()

    assert reader.rows() == reader.shown()
    assert {team for team, _, _ in keys(output)} == {late}


@every_route
def test_nothing_is_read_from_before_the_start_date(target, route):
    start = "2026-06-01T00:00:00Z"
    reader = target(route, settings={"start_date": start}, page_size=5)
    reader.run()
    rows = reader.shown()
    late = {key: row for key, row in rows.items() if row["lastModifiedDateTime"] >= start}

    assert reader.rows() == late
    assert 0 < len(late) < len(rows)


@every_route
def test_only_the_overlap_is_repeated(target, route):
    clock = Clock()
    reader = target(route, settings={"lookback_minutes": 5}, clock=clock)
    place = first_place(reader.sandbox.tenant)
    post = (*place, reader.sandbox.tenant.post(*place))
    runs = []
    for minutes in (3, 1, 10, 10):
        clock.forward(minutes * MINUTE)
        runs.append(keys(reader.run()))

    first, within, at_last, after = runs
    assert post in first
    assert [within, at_last, after] == [[post], [post], []]


@pytest.mark.parametrize(
    ("route", "granted"),
    [(LIST, False), (LIST, True), (DELEGATED, False)],
    ids=["list", "list-then-export", "delegated"],
)
def test_a_conversation_that_moves_up_unread_is_read_by_the_next_run(target, route, granted):
    clock = Clock()
    reader = target(route, settings={"lookback_minutes": 0}, clock=clock, page_size=5)
    tenant = reader.sandbox.tenant
    place = first_place(tenant)
    channel = tenant.teams[place[0]].channels[place[1]]
    root = next(str(it.root.id) for it in channel.ranking if len(it.replies) > 2)
    newest, replied = channel.newest, []

    def moving(below, count):
        # Once the second page is asked for, somebody answers a post further down.
        if below and not replied:
            replied.append(tenant.reply(*place, root))
        return newest(below, count)

    channel.newest = moving
    reader.run()
    assert (*place, root) not in reader.rows()
    clock.forward(MINUTE)
    if granted:
        reader.sandbox.service.graph.export_refusal = None
    reader.run()

    assert reader.rows() == reader.shown()


def test_a_list_of_single_pages_is_gone_on_with_by_export(target):
    clock = Clock()
    reader = target(LIST, clock=clock)
    reader.run()
    reader.sandbox.service.graph.export_refusal = None
    clock.forward(MINUTE)

    assert reader.run().records == {}


@every_route
def test_what_happens_in_the_moment_a_run_starts_is_not_lost(target, route):
    clock = Clock()
    reader = target(route, settings={"lookback_minutes": 0}, clock=clock)
    reader.run()
    reader.sandbox.tenant.change()
    reader.run()
    clock.forward(MINUTE)
    reader.run()

    assert reader.rows() == reader.shown()


@every_route
def test_bookmarks_are_moments_of_graphs_clock(target, route):
    clock = Clock()
    reader = target(route, clock=clock)
    seen = []
    for _ in range(3):
        clock.forward(86_400)
        reader.run()
        state = reader.state["bookmarks"]["messages"]
        [now] = state.get("teams") or state["channels"]
        assert datetime.fromisoformat(now).timestamp() == clock.now
        seen.append(datetime.fromisoformat(now))

    assert [later - earlier for earlier, later in pairwise(seen)] == [timedelta(days=1)] * 2
