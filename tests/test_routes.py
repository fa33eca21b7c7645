"""Laws of the two ways to read messages: by export, and channel by channel."""

from __future__ import annotations

import logging
from math import ceil

import pytest

from tap_msteams.bounds import MISSING
from tests.target import (
    DELEGATED,
    EXPORT,
    LIST,
    every_list,
    every_route,
    expected_rows,
    first_place,
    keys,
    opener,
)

EXPORT_ROUTE = "GET /teams/{id}/channels/getAllMessages"
LIST_ROUTE = "GET /teams/{id}/channels/{id}/messages"
REPLIES_ROUTE = LIST_ROUTE + "/{id}/replies"


@pytest.fixture
def target(open_sandbox):
    return opener(open_sandbox)


@pytest.mark.parametrize("page_size", [1, 7, None])
def test_both_routes_yield_the_same_rows(target, page_size):
    by_export, by_list = target(page_size=page_size), target(LIST, page_size=page_size)

    assert [by_export.run().code, by_list.run().code] == [0, 0]

    assert by_export.rows() == expected_rows(by_export.sandbox.tenant)
    assert by_list.rows() == expected_rows(by_list.sandbox.tenant)
    assert by_export.rows().keys() == by_list.rows().keys()


@pytest.mark.parametrize("page_size", [1, 7, None])
def test_a_user_reads_what_the_user_sees(target, page_size):
    delegated = target(DELEGATED, page_size=page_size)
    tenant = delegated.sandbox.tenant

    assert delegated.run().code == 0

    assert delegated.rows() == expected_rows(tenant, person=tenant.me)
    assert 0 < len(delegated.rows()) < len(expected_rows(tenant))


@every_route
def test_no_row_comes_twice_in_a_first_run(target, route):
    output = target(route).run()

    assert len(keys(output)) == len(set(keys(output)))


@pytest.mark.parametrize("refusal", [402, 403, 405, 412, 501])
def test_a_refusal_for_the_tenant_is_learned_once_and_said_once(target, caplog, refusal):
    by_list = target(LIST, export_refusal=refusal)
    caplog.set_level(logging.INFO)

    assert by_list.run().code == 0

    assert by_list.sandbox.count()[EXPORT_ROUTE] == 1
    assert caplog.text.count("export refused") == 1
    assert str(refusal) in caplog.text
    assert by_list.rows() == expected_rows(by_list.sandbox.tenant)


def test_a_refusal_is_asked_for_again_in_the_next_run(target):
    by_list = target(LIST)
    by_list.run()
    by_list.run()

    assert by_list.sandbox.count()[EXPORT_ROUTE] == 2


def test_a_refusal_without_a_missing_permission_means_one_team(target):
    one = target()
    tenant = one.sandbox.tenant
    first, *others = tenant.teams
    one.sandbox.faults.add(f"403:where={first}/channels/getAllMessages,times=0")

    assert one.run().code == 0

    assert one.rows() == expected_rows(tenant)
    assert one.sandbox.count()[EXPORT_ROUTE] == 1 + len(others)
    assert one.sandbox.count()[LIST_ROUTE] == len(tenant.teams[first].channels)


def test_a_team_that_only_the_export_does_not_know_is_asked_for_and_listed(target):
    one = target()
    tenant = one.sandbox.tenant
    first, *_ = tenant.teams
    one.sandbox.faults.add(f"404:where={first}/channels/getAllMessages,times=0")

    assert one.run().code == 0

    assert one.rows() == expected_rows(tenant)
    assert one.sandbox.count()["GET /teams/{id}"] == MISSING.value - 1


@every_route
def test_no_more_is_asked_than_the_pages_that_there_are(target, route):
    reader = target(route, page_size=7)
    reader.run()
    tenant, count = reader.sandbox.tenant, reader.sandbox.count()
    rows = reader.shown()
    teams = {team for team, _, _ in rows}
    expected = {"GET /me/joinedTeams" if route == DELEGATED else "GET /teams": 1}
    if not route:
        sizes = [sum(team == other for other, _, _ in rows) for team in teams]
        expected[EXPORT_ROUTE] = sum(ceil(size / 7) for size in sizes)
    else:
        roots = {}
        for (_, channel, _), row in rows.items():
            roots[channel] = roots.get(channel, 0) + (row["replyToId"] is None)
        expected[LIST_ROUTE] = sum(ceil(size / 7) for size in roots.values())
        expected["GET /teams/{id}/channels"] = len(teams)
        if route == LIST:
            expected[EXPORT_ROUTE] = 1
    assert len(teams) == len(tenant.teams) or route == DELEGATED
    assert dict(count) == expected


@every_list
def test_replies_that_did_not_come_with_their_post_are_fetched(target, route):
    reader = target(route, inline_replies=2)

    assert reader.run().code == 0

    assert reader.sandbox.count()[REPLIES_ROUTE] > 0
    assert reader.rows() == reader.shown()


@pytest.fixture
def crowded(target):
    """A tenant with one thread of more replies than come with their post."""

    def opened(replies, *faults):
        tenant = {"seed": 7, "teams": 1, "channels": 1, "messages": 5, "users": 8}
        reader = target(LIST, tenant=tenant, faults=faults)
        tenant = reader.sandbox.tenant
        place = first_place(tenant)
        post = tenant.post(*place)
        for _ in range(replies):
            tenant.reply(*place, post)
        return reader

    return opened


@pytest.mark.parametrize(("replies", "requests"), [(999, 0), (1000, 20), (1003, 1)])
def test_a_thousand_replies_are_not_believed_to_be_all(crowded, replies, requests):
    reader = crowded(replies)
    reader.run()

    assert reader.sandbox.count()[REPLIES_ROUTE] == requests
    assert reader.rows() == expected_rows(reader.sandbox.tenant)


def test_a_thousand_replies_without_a_link_are_read_again(crowded):
    reader = crowded(1003, "no-replies-link:where=messages,times=0")
    output = reader.run()

    assert reader.sandbox.count()[REPLIES_ROUTE] == 21
    assert reader.rows() == expected_rows(reader.sandbox.tenant)
    assert len(keys(output)) == len(set(keys(output)))


@every_route
def test_a_filter_by_time_has_both_bounds(open_sandbox, route):
    target = opener(open_sandbox)(route)
    target.run()
    target.run()
    filters = [it.path for it in target.sandbox.requests if "lastModifiedDateTime" in it.path]

    assert all("%20gt%20" in it and "%20lt%20" in it for it in filters)
    assert filters or route is not EXPORT
