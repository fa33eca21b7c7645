"""Laws of the wire: odd bytes, lines, links and times cost nothing, or are a gap in one line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_msteams.client import Graph
from tap_msteams.errors import StateError, TapError
from tests.clock import Clock
from tests.target import EXPORT, LIST, every_route, expected_rows, first_team, opener

TENANT = {"seed": 7, "teams": 4, "channels": 2, "messages": 15, "users": 20}
MESSAGES = "channels/(getAllMessages|[^/]*/messages)"

HARMLESS = [
    "informational",
    "informational:status=102,seconds=0.05",
    "informational:status=100",
    "foreign-id",
    "byte-order-mark",
    "partial",
    "header-line",
    "link-form:form=relative",
    "link-form:form=rooted",
    "link-form:form=capital",
    "link-form:form=empty",
    "error:status=424",
]


@pytest.fixture
def target(open_sandbox):
    return opener(open_sandbox, "teams", "members", "sync_issues", tenant=TENANT)


@pytest.mark.parametrize("spec", HARMLESS)
def test_no_row_stands_below_another_parent_and_none_is_missing(target, caplog, spec):
    reader = target(EXPORT, "teams", "members", "messages", "sync_issues", page_size=4)
    kind, _, options = spec.partition(":")
    times = 0 if kind in {"informational", "byte-order-mark", "link-form"} else 3
    reader.sandbox.faults.add(f"{kind}:where=/v1.0/teams,times={times},{options}".rstrip(","))
    output = reader.run()

    assert (output.code, output.records["sync_issues"]) == (0, [])
    assert reader.rows() == reader.shown()
    for stream in ("teams", "members"):
        assert reader.rows(stream).keys() == expected_rows(reader.sandbox.tenant, stream).keys()
    assert "Traceback" not in caplog.text
    assert "urllib3" not in {record.name for record in caplog.records}


@pytest.mark.parametrize("spec", ["bomb:megabytes=70", "endless"])
def test_an_answer_without_end_is_a_gap(target, spec):
    reader = target()
    bad = first_team(reader)
    kind, _, options = spec.partition(":")
    reader.sandbox.faults.add(f"{kind}:where={bad}/members,{options}".rstrip(","))
    output = reader.run()

    [issue] = output.records["sync_issues"]
    assert output.code == 3
    assert (issue["subject"], issue["verdict"]) == ({"teamId": bad}, "excess")
    assert "larger than 64 MB" in issue["message"]
    assert len({row["teamId"] for row in output.records["members"]}) == 3


def test_a_list_of_empty_pages_is_a_gap(target):
    reader = target()
    bad = first_team(reader)
    reader.sandbox.faults.add(f"endless-pages:where={bad}/members,times=0")
    output = reader.run()

    [issue] = output.records["sync_issues"]
    assert output.code == 3
    assert (issue["subject"], issue["verdict"]) == ({"teamId": bad}, "excess")


def test_a_last_page_that_leads_to_itself_is_a_notice_and_nothing_is_missing(target):
    reader = target(page_size=3)
    reader.sandbox.faults.add("last-link-to-itself:where=/v1.0/teams[?],times=0")
    output = reader.run()

    [issue] = output.records["sync_issues"]
    assert output.code == 0
    assert (issue["severity"], issue["code"]) == ("notice", "linkToItself")
    assert reader.rows("teams").keys() == expected_rows(reader.sandbox.tenant, "teams").keys()


def test_a_link_without_tls_gets_no_token(target):
    reader = target(page_size=3)
    reader.sandbox.faults.add("link-form:where=/v1.0/teams[?],times=0,form=http")
    output = reader.run()

    issue = output.records["sync_issues"][0]
    assert output.code == 3
    assert "not followed" in issue["message"]


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://graph.microsoft.com/v1.0/x?$skiptoken=a%2Fb", "/v1.0/x?$skiptoken=a%2Fb"),
        ("HTTPS://Graph.Microsoft.COM:443/v1.0/x?a&b=", "/v1.0/x?a&b="),
        ("/v1.0/x?y", "/v1.0/x?y"),
        ("members?$skiptoken=2", "/v1.0/teams/1/members?$skiptoken=2"),
        ("?$skiptoken=2", "/v1.0/teams/1/members?$skiptoken=2"),
        ("//graph.microsoft.com/v1.0/x", "/v1.0/x"),
    ],
)
def test_links_are_resolved_by_rfc_3986(link, found):
    graph = Graph("https://graph.microsoft.com", None, None)
    for base in ("/teams/1/members?$top=9", "https://graph.microsoft.com/v1.0/teams/1/members"):
        assert graph.resolve(base, link) == "https://graph.microsoft.com" + found


@pytest.mark.parametrize(
    "link",
    [
        "http://graph.microsoft.com/v1.0/x",
        "https://graph.example/v1.0/x",
        "https://graph.microsoft.com:8443/v1.0/x",
        "https://graph.microsoft.com@graph.example/v1.0/x",
        "//graph.example/v1.0/x",
        "ftp://x",
        "https://[",
    ],
)
def test_a_link_to_another_origin_stays_one(link):
    graph = Graph("https://graph.microsoft.com", None, None)
    assert not graph.resolve("/teams", link).startswith("https://graph.microsoft.com/")


# Clocks


def started(*served, here):
    """The start of a run whose first answers have these times."""
    graph = Graph("https://graph.microsoft.com", None, None)
    for moment in served:
        if graph.started is None:
            graph._start(moment, here)
    return graph.started


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("ahead", [-2 * HOUR, -HOUR / 60, HOUR / 60, 2 * HOUR])
def test_a_window_ends_no_later_than_either_clock_allows(caplog, ahead):
    assert started(NOON + ahead, here=NOON) == min(NOON, NOON + ahead)
    told = [it for it in caplog.messages if "the clock of this machine" in it]
    assert len(told) == (abs(ahead) > HOUR / 30)
    assert all("120 minutes" in it for it in told)


def test_a_single_answer_decades_behind_is_not_believed():
    then = NOON - timedelta(days=9000)
    assert started(then, here=NOON) is None
    assert started(then, NOON, here=NOON) == NOON
    assert started(then, then, here=NOON) == then


@every_route
def test_what_the_first_parent_is_read_up_to_is_no_later_than_graphs_clock(target, route):
    clock = Clock()
    reader = target(route, "messages", clock=clock)
    clock.now = reader.sandbox.tenant.until / 1000  # weeks before this machine's time
    for _ in range(3):
        reader.run()
        assert reader.rows() == reader.shown()
        clock.forward(3600)
        reader.sandbox.tenant.change()
        clock.forward(3600)


def test_a_machine_that_is_years_behind_goes_by_graphs_clock():
    assert started(NOON, here=NOON - timedelta(days=900)) == NOON


@every_route
def test_a_bookmark_in_the_future_is_refused_in_a_line(target, route):
    clock = Clock()
    reader = target(route, "messages", clock=clock)
    reader.run()
    clock.forward(-86_400)
    with pytest.raises(StateError, match="'messages' has a bookmark in the future") as caught:
        reader.run()
    assert "\n" not in str(caught.value)


def test_a_start_in_the_future_is_refused_in_a_line(target):
    reader = target(EXPORT, "messages", settings={"start_date": "2131-01-01"})
    with pytest.raises(TapError, match=r"'start_date'.*in the future"):
        reader.run()


@pytest.mark.parametrize("route", [EXPORT, LIST], ids=["export", "list"])
def test_both_routes_give_the_same_rows_up_to_an_end(target, route):
    clock = Clock()
    reader = target(route, "messages", clock=clock, page_size=5)
    moments = sorted(row["lastModifiedDateTime"] for row in reader.shown().values())
    end = moments[len(moments) // 2]
    reader.settings["end_date"] = end
    reader.sandbox.faults.add(f"change:where={MESSAGES},times=3,after=1")
    reader.run()

    assert reader.rows()
    assert all(row["lastModifiedDateTime"] < end for row in reader.rows().values())
