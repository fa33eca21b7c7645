"""Laws about what goes wrong on the way: each of the sandbox's faults, and what it may cost."""

from __future__ import annotations

import pytest

from tap_msteams.errors import AuthenticationError
from tap_msteams_sandbox.faults import KINDS
from tests.clock import Clock
from tests.cloud import Sandbox
from tests.target import (
    DELEGATED,
    EXPORT,
    LIST,
    every_route,
    expected_rows,
    first_team,
    opener,
)

TENANT = {"seed": 7, "teams": 3, "channels": 2, "messages": 15, "users": 20}
MESSAGES = "channels/(getAllMessages|[^/]*/messages)"

# What a second attempt gets past.
TRANSIENT = [
    "429:retry_after=0.01",
    "429:retry_after=none",
    "429:retry_after=0.01,status=200",
    "429:retry_after=0.01,status=503",
    "500",
    "502",
    "503",
    "503:retry_after=0.01",
    "504",
    "401:times=1",
    "drop",
    "reset",
    "truncate",
    "malformed",
    "html",
    "html:status=200",
    "html:status=503",
    "stall:seconds=0.1",
    "stall:seconds=0.1,share=0.5",
    "empty-page",
    "repeat-row",
    "skew:seconds=-300",
    "random:rate=0.3,seed=3",
]

APART = {
    *("402", "403", "404", "405", "412", "501", "change", "delete-team", "no-replies-link"),
    *("revoke", "link-to-itself", "link-to-start", "link-elsewhere"),
    *("no-delta-link", "poison-row", "poison-value"),
    *("error", "informational", "foreign-id", "byte-order-mark", "partial", "header-line", "drip"),
    *("endless", "bomb", "link-form", "endless-pages", "last-link-to-itself"),
}


@pytest.fixture
def target(open_sandbox):
    return opener(open_sandbox, "messages", "sync_issues", tenant=TENANT)


def test_no_kind_of_fault_is_left_out():
    told = {spec.partition(":")[0] for spec in TRANSIENT}

    assert told | APART == set(KINDS)


@every_route
@pytest.mark.parametrize("spec", TRANSIENT)
def test_what_passes_costs_nothing(target, route, spec):
    kind, _, options = spec.partition(":")
    reader = target(route, page_size=8)
    reader.sandbox.faults.add(f"{kind}:where={MESSAGES},times=3,after=1,{options}".rstrip(","))
    output = reader.run()

    assert (output.code, output.records["sync_issues"]) == (0, [])
    assert reader.rows() == reader.shown()
    assert any(fault.struck for fault in reader.sandbox.faults)


@every_route
@pytest.mark.parametrize("share", [0, 0.5])
def test_a_connection_that_says_nothing_more_is_given_up(target, route, share):
    reader = target(route, settings={"request_timeout": 1})
    reader.sandbox.faults.add(f"stall:where={MESSAGES},share={share},seconds=3600")
    output = reader.run()

    assert (output.code, output.records["sync_issues"]) == (0, [])
    assert reader.rows() == reader.shown()


@pytest.mark.parametrize("spec", TRANSIENT)
def test_what_passes_costs_nothing_while_teams_and_channels_are_listed(target, spec):
    kind, _, options = spec.partition(":")
    reader = target(LIST, "teams", "channels", "members", "messages", "sync_issues")
    where = "/(teams|channels|members)([?].*)?$"
    reader.sandbox.faults.add(f"{kind}:where={where},times=3,{options}".rstrip(","))
    output = reader.run()

    assert (output.code, output.records["sync_issues"]) == (0, [])
    assert reader.rows() == reader.shown()
    for stream in ("teams", "channels", "members"):
        assert reader.rows(stream).keys() == expected_rows(reader.sandbox.tenant, stream).keys()


@every_route
def test_what_changes_while_it_is_read_is_complete_after_the_next_run(target, route):
    clock = Clock()
    reader = target(route, page_size=5, clock=clock)
    for seed in range(1, 6):
        reader.sandbox.faults.add(f"change:where={MESSAGES},after={seed},seed={seed}")
    output = reader.run()
    assert (output.code, output.records["sync_issues"]) == (0, [])
    reader.sandbox.faults.clear()
    clock.forward(60)
    reader.run()

    assert reader.rows() == reader.shown()


@every_route
@pytest.mark.parametrize("seconds", [-7200, -300, 300])
def test_a_clock_that_is_wrong_by_no_more_than_the_overlap_costs_nothing(target, route, seconds):
    clock = Clock()
    reader = target(route, settings={"lookback_minutes": 5}, clock=clock)
    reader.sandbox.faults.add(f"skew:seconds={seconds},times=1")
    reader.run()
    for _ in range(3):
        clock.forward(1)
        reader.sandbox.tenant.change()
        clock.forward(1)
        reader.sandbox.faults.add(f"skew:seconds={seconds},times=1")
        reader.run()

    clock.forward(1)
    reader.run()
    assert reader.rows() == reader.shown()


@every_route
@pytest.mark.parametrize("kind", ["link-to-itself", "link-to-start"])
@pytest.mark.parametrize("after", [0, 1])
def test_a_wrong_link_hides_nothing(target, route, kind, after):
    reader = target(route, page_size=5)
    reader.sandbox.faults.add(f"{kind}:where={first_team(reader)}/{MESSAGES},after={after}")
    output = reader.run()

    if output.records["sync_issues"]:
        assert output.code == 3
        reader.run()
    assert reader.rows() == reader.shown()


@every_route
def test_a_link_to_another_host_is_not_followed(target, route):
    reader = target(route, page_size=8)
    with Sandbox() as foreign:
        where = f"where={MESSAGES},times=0,origin={foreign.graph_url}"
        reader.sandbox.faults.add(f"link-elsewhere:{where}")
        output = reader.run()

        assert foreign.requests == []
    assert output.code == 3
    [message] = {issue["message"] for issue in output.records["sync_issues"]}
    assert "not followed" in message


@pytest.mark.parametrize("route", [EXPORT, LIST], ids=["export", "list"])
def test_an_application_gets_a_new_token_when_its_own_is_revoked(target, route):
    reader = target(route, page_size=8)
    reader.sandbox.faults.add(f"revoke:where={MESSAGES},after=3")
    output = reader.run()

    assert (output.code, output.records["sync_issues"]) == (0, [])
    assert reader.rows() == reader.shown()


def test_a_user_whose_sign_in_is_revoked_ends_the_run_in_one_line(target):
    reader = target(DELEGATED, page_size=2)
    reader.sandbox.faults.add(f"revoke:where={MESSAGES},after=5")

    with pytest.raises(AuthenticationError) as caught:
        reader.run()
    assert "\n" not in str(caught.value)
    assert reader.state
