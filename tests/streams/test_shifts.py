from __future__ import annotations

import pytest

from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.shifts import Shifts
from tap_msteams_sandbox.areas.shifts.answers import STREAMS as COLLECTIONS
from tests.clock import Clock
from tests.cloud import Sandbox
from tests.target import Target, expected_rows, key_of, opener

SMALL = {"seed": 7, "teams": 9, "channels": 1, "messages": 0, "users": 20}
EVERYTHING = ("schedules", *COLLECTIONS)


@pytest.fixture
def opened(open_sandbox):
    """Opens a sandbox of nine teams, of which two have no schedule, with a target beside it."""
    return opener(open_sandbox, *EVERYTHING, tenant=SMALL)


@pytest.fixture(scope="module")
def whole():
    """A target after a full read of everything, and what the tap has written."""
    with Sandbox(tenant=Tenant(**SMALL)) as sandbox:
        target = Target(sandbox, *EVERYTHING, "sync_issues")
        yield target, target.run()


def team_of(tenant, n):
    return list(tenant.teams)[n]


@pytest.mark.parametrize("stream", EVERYTHING)
def test_a_full_read_gives_every_row_once_as_graph_shows_it(whole, stream):
    target, output = whole

    assert output.code == 0
    assert target.rows(stream) == expected_rows(target.sandbox.tenant, stream)
    assert len(output.records[stream]) == len(target.rows(stream))


def test_a_team_without_a_schedule_is_asked_twice_and_nothing_to_report(whole):
    target, output = whole
    tenant = target.sandbox.tenant
    set_up = [it["id"] for it in tenant.expected("schedules")]
    asked = target.sandbox.count()

    assert output.records["sync_issues"] == []
    assert len(set_up) < len(tenant.teams)
    assert asked["GET /teams/{id}/schedule"] == 2 * len(tenant.teams) - len(set_up)
    assert {asked[f"GET /teams/{{id}}/schedule/{it}"] for it in COLLECTIONS.values()} == {
        len(set_up)
    }


def test_newer_themes_come_as_they_are(whole):
    target, _ = whole
    rows = [row["sharedShift"] for row in target.rows("shifts").values() if row["sharedShift"]]

    assert "unknownFutureValue" not in {row["theme"] for row in rows}
    assert {"darkBlue", "charcoal"} <= {row["theme"] for row in rows}


def test_drafts_and_deletions_to_come_are_told(whole):
    target, _ = whole
    rows = target.rows("shifts").values()

    assert any(row["sharedShift"] is None and row["draftShift"] for row in rows)
    assert any(row["isStagedForDeletion"] and row["sharedShift"] for row in rows)


def test_small_pages_give_the_same_rows(opened):
    target = opened(page_size=3)

    assert target.run().code == 0
    assert all(target.rows(it) == expected_rows(target.sandbox.tenant, it) for it in EVERYTHING)


def test_what_is_deleted_leaves_with_the_next_version(opened):
    clock = Clock()
    target = opened({}, "shifts", "scheduling_groups", clock=clock)
    target.settings["emit_activate_version_messages"] = True
    tenant = target.sandbox.tenant
    shifts, team = tenant.part(Shifts), team_of(tenant, 0)
    target.run()
    gone, group = (
        next(key for key in target.rows(stream) if key[0] == team)
        for stream in ("shifts", "scheduling_groups")
    )

    shifts.remove(team, "shifts", gone[1])
    shifts.remove(team, "schedulingGroups", group[1])
    clock.forward(60)
    output = target.run()

    rows = {stream: output.rows(stream) for stream in ("shifts", "scheduling_groups")}
    assert rows == {stream: expected_rows(tenant, stream) for stream in rows}
    assert gone not in rows["shifts"]
    assert rows["scheduling_groups"][group]["isActive"] is False
    active = {it["stream"] for it in output.messages if it["type"] == "ACTIVATE_VERSION"}
    assert active == {"shifts", "scheduling_groups"}


def test_a_schedule_that_is_set_up_later_is_read_from_then_on(opened):
    target = opened({}, "schedules", "shifts")
    tenant = target.sandbox.tenant
    team = team_of(tenant, 3)
    target.run()

    tenant.part(Shifts).set_up(team)
    shift = tenant.part(Shifts).add(team, "shifts")
    target.run()

    assert (team, team) in target.rows("schedules")
    assert (team, shift) in target.rows("shifts")


def test_days_of_work_lose_nothing(opened):
    target = opened()
    for _ in range(3):
        target.sandbox.tenant.change()
        output = target.run()
        for stream in EVERYTHING:
            assert output.rows(stream) == expected_rows(target.sandbox.tenant, stream), stream


def test_tenants_that_want_to_know_on_whose_behalf_are_told(opened):
    target = opened({}, "shifts", "schedules", page_size=5)
    tenant = target.sandbox.tenant
    tenant.part(Shifts).acts_as_required = True

    assert target.run().code == 3
    assert not target.rows("shifts")
    target.settings["acts_as_user_id"] = tenant.me.id
    assert target.run().code == 0
    assert target.rows("shifts") == expected_rows(tenant, "shifts")


def test_offers_that_may_not_be_read_do_not_stop_the_others(opened):
    roles = ("Team.ReadBasic.All", "Schedule.Read.All")
    target = opened({}, "shifts", "offer_shift_requests", "sync_issues", roles=roles)

    output = target.run()

    assert output.code == 3
    assert target.rows("shifts") == expected_rows(target.sandbox.tenant, "shifts")
    (issue,) = output.records["sync_issues"]
    assert issue["stream"] == "offer_shift_requests"
    assert issue["permission"] == "Schedule.ReadWrite.All"


def test_a_cloud_without_shifts_says_so_once_and_asks_for_nothing(opened):
    target = opened({}, "shifts", "day_notes", "sync_issues", settings={"cloud": "usgov"})

    output = target.run()

    issues = output.records["sync_issues"]
    assert sorted(it["stream"] for it in issues) == ["day_notes", "shifts"]
    assert {it["severity"] for it in issues} == {"notice"}
    assert not any("schedule" in path for path in target.sandbox.count())


def test_a_user_reads_the_schedules_of_the_own_teams(opened):
    target = opened({"auth": "refresh_token"}, "schedules", "time_cards")
    tenant = target.sandbox.tenant
    mine = {team.id for team in tenant.teams.values() if tenant.me in team.people}

    target.run()

    assert 0 < len(mine) < len(tenant.teams)
    for stream in ("schedules", "time_cards"):
        expected = {k: row for k, row in expected_rows(tenant, stream).items() if k[0] in mine}
        assert target.rows(stream) == expected


def test_a_failure_of_one_list_leaves_the_others_whole(opened):
    team = team_of(Tenant(**SMALL), 1)
    fault = f"500:where=/teams/{team}/schedule/timesOff,times=0"
    target = opened({}, "shifts", "times_off", faults=[fault])
    tenant = target.sandbox.tenant

    assert target.run().code == 3
    assert target.rows("shifts") == expected_rows(tenant, "shifts")
    kept = {key_of("times_off", row) for row in target.rows("times_off").values()}
    assert kept == {key for key in expected_rows(tenant, "times_off") if key[0] != team}
