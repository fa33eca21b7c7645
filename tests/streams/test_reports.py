"""Laws of the streams of usage reports."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tap_msteams_sandbox.areas.reports import Downloads, Reports
from tests.conftest import run_tap
from tests.target import DECLARED, TalkativeTap, Target, key_of

ALL = ("user_activity", "team_activity", "device_usage")
FUNCTIONS = {
    "user_activity": "getTeamsUserActivityUserDetail",
    "team_activity": "getTeamsTeamActivityDetail",
    "device_usage": "getTeamsDeviceUsageUserDetail",
}
TOTALS = (
    "user_activity_counts",
    "user_activity_user_counts",
    "team_activity_counts",
    "team_counts",
    "device_usage_user_counts",
)
PERIODS = ("team_activity_distribution", "device_usage_distribution")
A_DAY = 24 * 3600

every_report = pytest.mark.parametrize("stream", ALL)


def shown(tenant, stream):
    """The rows that the tap has to give, by key."""
    names = DECLARED[stream]
    return {
        key_of(stream, row): {k: v for k, v in row.items() if k in names}
        for row in tenant.expected(stream)
    }


def asked(sandbox, stream):
    """The days that a report was asked for."""
    start = f"/v1.0/reports/{FUNCTIONS[stream]}(date="
    return [it.path[len(start) : -1] for it in sandbox.requests if it.path.startswith(start)]


@pytest.fixture
def reports(sandbox):
    return sandbox.tenant.part(Reports)


@every_report
def test_a_first_read_gives_all_days_that_graph_has(sandbox, reports, stream):
    output = run_tap(sandbox.unpaced(), streams=[stream])

    assert output.code == 0
    assert output.rows(stream) == shown(sandbox.tenant, stream)
    assert len(output.records[stream]) == len(output.rows(stream)) > 0
    assert asked(sandbox, stream) == [str(day) for day in reports.days()]


def test_no_token_leaves_graph(sandbox):
    run_tap(sandbox.unpaced(), streams=ALL)

    downloads = sandbox.tenant.part(Downloads)
    assert downloads.tokens_seen == 0
    assert downloads.downloaded == sum(entry.status == 302 for entry in sandbox.requests)


def test_a_download_that_is_refused_is_asked_for_anew(sandbox, reports):
    sandbox.tenant.part(Downloads).refusals = 3
    target = Target(sandbox, "team_activity")

    output = target.run()

    assert output.code == 0
    assert target.rows("team_activity") == shown(sandbox.tenant, "team_activity")
    assert (
        sandbox.count()[f"GET /reports/{FUNCTIONS['team_activity']}()"] == len(reports.days()) + 4
    )


def test_the_next_day_is_read_with_the_two_before(sandbox, reports, clock):
    target = Target(sandbox, *ALL)
    target.run()
    clock.forward(A_DAY)

    target.run()

    newest = reports.refreshed
    for stream in ALL:
        read = asked(sandbox, stream)[len(reports.days()) :]
        assert read == [str(newest - timedelta(days=days)) for days in (2, 1, 0)]
        new = {k: row for k, row in shown(sandbox.tenant, stream).items() if k[0] == str(newest)}
        assert new
        assert {key: target.rows(stream)[key] for key in new} == new


def test_a_day_that_is_not_counted_yet_does_not_count_as_read(sandbox, reports):
    target = Target(sandbox, "user_activity")
    target.run()

    assert str(reports.refreshed) in str(target.state)
    assert str(reports.today) not in asked(sandbox, "user_activity")
    assert {key[0] for key in target.rows("user_activity")} == {str(it) for it in reports.days()}


def test_a_start_date_leaves_earlier_days_out(sandbox, reports):
    start = reports.refreshed - timedelta(days=4)

    output = run_tap({**sandbox.unpaced(), "start_date": str(start)}, streams=["team_activity"])

    assert {row["reportDate"] for row in output.records["team_activity"]} == {
        str(day) for day in reports.days() if day >= start
    }


def test_a_kill_goes_on_at_the_day_that_was_not_written(sandbox, reports):
    target = Target(sandbox, "team_activity", tap=TalkativeTap)
    target.run(last=30)
    done = len(asked(sandbox, "team_activity"))

    target.run()

    assert target.rows("team_activity") == shown(sandbox.tenant, "team_activity")
    assert done < len(asked(sandbox, "team_activity")) < done + len(reports.days())


def test_who_stayed_away_too_long_is_told_what_is_lost(sandbox, clock, caplog):
    target = Target(sandbox, "team_activity")
    target.run()
    clock.forward(40 * A_DAY)

    output = target.run()

    assert "Graph has reports of the last 28 days only" in caplog.text
    assert output.code == 0
    new = shown(sandbox.tenant, "team_activity")
    assert {key: target.rows("team_activity")[key] for key in new} == new


def test_who_starts_before_the_oldest_report_is_told_what_is_lost(sandbox, reports, caplog):
    day = timedelta(days=1)
    oldest = min(reports.days())
    start = oldest - 3 * day

    run_tap({**sandbox.unpaced(), "start_date": str(start)}, streams=["team_activity"])

    assert f"the days from {start} to {oldest - day} are missing: Graph has" in caplog.text


def test_concealed_names_are_said_once_with_the_remedy(sandbox, reports, caplog):
    reports.concealed = True

    output = run_tap(sandbox.unpaced(), streams=ALL)

    said = [it.getMessage() for it in caplog.records if "concealed" in it.getMessage()]
    assert len(said) == 1
    assert "admin center" in said[0]
    for stream in ALL:
        assert output.rows(stream) == shown(sandbox.tenant, stream)


def test_shown_names_are_nothing_to_say(sandbox, caplog):
    run_tap(sandbox.unpaced(), streams=ALL)

    assert "concealed" not in caplog.text


def test_new_columns_are_kept_and_heads_may_be_spelt_anew(sandbox, reports):
    reports.more = {"Used Hologram": "Yes", "Ünïcode, quoted": '"5"'}
    reports.spelling = {"Team Type": "Team type", "Active Users": "Active users"}

    output = run_tap(sandbox.unpaced(), streams=ALL)

    for stream in ALL:
        assert output.rows(stream) == shown(sandbox.tenant, stream)
        assert {str(row["additionalColumns"]) for row in output.records[stream]} == {
            str(reports.more)
        }


def test_what_is_no_report_is_a_gap_and_not_an_empty_day(sandbox, reports):
    reports.spelling = {"Report Refresh Date": "<html>Sign in</html>"}

    output = Target(sandbox, "team_activity", "sync_issues").run()

    assert {row["severity"] for row in output.records["sync_issues"]} == {"gap"}
    assert "2031" not in str(output.state.get("bookmarks", {}).get("team_activity"))


def test_a_user_without_the_role_reads_no_report(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock, auth="refresh_token")
    assert run_tap(sandbox.unpaced(), streams=["team_activity"]).records["team_activity"]
    sandbox.tenant.part(Reports).readers.clear()

    output = run_tap(sandbox.unpaced(), streams=["team_activity", "sync_issues"])

    assert {row["stream"] for row in output.records["sync_issues"]} == {"team_activity"}
    assert not output.records["team_activity"]


@every_report
def test_days_and_counts_are_typed(sandbox, stream):
    row = run_tap(sandbox.unpaced(), streams=[stream]).records[stream][0]

    assert date.fromisoformat(row["reportDate"])
    assert all(not isinstance(it, str) or it for it in row.values())
    assert {type(it) for name, it in row.items() if name.endswith(("Messages", "Count"))} <= {int}
    assert {type(it) for name, it in row.items() if name.startswith(("used", "is"))} <= {bool}


# Reports on the whole tenant


def periods(sandbox, start=0):
    """The periods that were asked for, from a request on."""
    asked = [it.path for it in list(sandbox.requests)[start:] if "(period=" in it.path]
    return [path.partition("'")[2].partition("'")[0] for path in asked]


def counted(rows):
    """Rows without what is of the report that they came with."""
    about = {"reportRefreshDate", "reportPeriod"}
    return {key: {k: v for k, v in row.items() if k not in about} for key, row in rows.items()}


def test_half_a_year_is_read_at_once_and_later_only_new_and_restated_days(sandbox, reports, clock):
    target = Target(sandbox, *TOTALS)
    target.run()
    assert sorted(periods(sandbox)) == ["D180"] * len(TOTALS) + ["D7"] * len(TOTALS)
    for stream in TOTALS:
        assert len(target.rows(stream)) == 180
        assert counted(target.rows(stream)) == counted(shown(sandbox.tenant, stream))
    before, first = len(sandbox.requests), counted(target.rows("team_counts"))
    clock.forward(A_DAY)

    output = target.run()

    assert periods(sandbox, before) == ["D7"] * len(TOTALS)
    days = [str(reports.refreshed - timedelta(days=days)) for days in (2, 1, 0)]
    for stream in TOTALS:
        assert sorted(row["reportDate"] for row in output.records[stream]) == days
        new = counted(shown(sandbox.tenant, stream))
        assert {key: counted(target.rows(stream))[key] for key in new} == new
    restated = counted(target.rows("team_counts"))
    assert {key[0] for key in first if first[key] != restated[key]} == {*days[:2]}


@pytest.mark.parametrize("has_read", [False, True], ids=["first run", "later run"])
def test_a_day_that_a_report_leaves_out_is_told_and_read_when_it_comes(
    sandbox, reports, clock, has_read
):
    target = Target(sandbox, "team_counts", "sync_issues")
    missing = reports.refreshed - timedelta(days=20)
    if has_read:
        target.run()
        clock.forward(5 * A_DAY)
        missing = reports.refreshed - timedelta(days=3)
    reports.left_out = {missing}

    output = target.run()

    assert output.code == 0
    [notice] = output.records["sync_issues"]
    assert (notice["severity"], notice["code"]) == ("notice", "daysLeftOut")
    assert str(missing) in notice["message"]
    assert (str(missing),) not in target.rows("team_counts")
    clock.forward(9 * A_DAY)
    reports.left_out = set()

    output = target.run()

    assert not output.records["sync_issues"]
    assert counted(shown(sandbox.tenant, "team_counts")).items() <= (
        counted(target.rows("team_counts")).items()
    )


def test_start_and_end_date_choose_days_of_half_a_year(sandbox, reports):
    start, end = reports.refreshed - timedelta(days=40), reports.refreshed - timedelta(days=20)
    config = {**sandbox.unpaced(), "start_date": str(start), "end_date": str(end)}

    output = run_tap(config, streams=["team_counts"])

    found = sorted(row["reportDate"] for row in output.records["team_counts"])
    assert found == [str(start + timedelta(days=days)) for days in range(20)]
    assert periods(sandbox) == ["D7", "D90"]


def test_a_distribution_is_read_once_for_each_newest_day(sandbox, clock):
    target = Target(sandbox, *PERIODS)
    target.run()
    for stream in PERIODS:
        assert target.rows(stream) == shown(sandbox.tenant, stream)
        assert {key[1] for key in target.rows(stream)} == {"7", "30", "90", "180"}

    assert not target.run().records["device_usage_distribution"]
    clock.forward(A_DAY)
    target.run()

    for stream in PERIODS:
        assert len(target.rows(stream)) == 8
        assert shown(sandbox.tenant, stream).items() <= target.rows(stream).items()


def test_a_day_that_begins_between_two_answers_is_read_of_all_periods(open_sandbox, clock):
    def now():
        is_late = any("D90" in it.path for it in sandbox.requests)
        return clock() + A_DAY * is_late

    sandbox = open_sandbox()
    sandbox.tenant.clock = now
    target = Target(sandbox, "device_usage_distribution")
    target.run()
    assert len({key[0] for key in target.rows("device_usage_distribution")}) == 2
    target.run()

    expected = shown(sandbox.tenant, "device_usage_distribution")
    assert expected.items() <= target.rows("device_usage_distribution").items()
