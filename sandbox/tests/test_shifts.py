from __future__ import annotations

from urllib.parse import quote

import pytest

from sandbox.tests.answers import TYPES, declared, error
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.shifts import Shifts
from tap_msteams_sandbox.areas.shifts.answers import STREAMS
from tap_msteams_sandbox.areas.shifts.schedule import RECENT
from tap_msteams_sandbox.company.team import Team

ENTITIES = {
    "shifts": "shift",
    "open_shifts": "openShift",
    "times_off": "timeOff",
    "time_off_reasons": "timeOffReason",
    "scheduling_groups": "schedulingGroup",
    "time_cards": "timeCard",
    "day_notes": "dayNote",
    "time_off_requests": "timeOffRequest",
    "swap_shift_requests": "swapShiftsChangeRequest",
    "open_shift_requests": "openShiftChangeRequest",
    "offer_shift_requests": "offerShiftRequest",
    "schedules": "schedule",
}

every_collection = pytest.mark.parametrize("stream", STREAMS)


def below(team, collection=""):
    return f"/teams/{team}/schedule" + (f"/{collection}" if collection else "")


def filtered(team, collection, text):
    return f"{below(team, collection)}?$filter={quote(text)}"


def missing(entity, value, where):
    """Yield what Graph declares and a value does not have."""
    for item in TYPES[entity]["properties"]:
        path = f"{where}.{item['name']}"
        if item["name"] not in value:
            yield path
            continue
        found = value[item["name"]]
        for part in found if item["collection"] else [found]:
            if item["type_kind"] == "complex" and part is not None:
                yield from missing(item["type"], part, path)


@pytest.fixture
def small(open_client):
    return open_client(Tenant(seed=3, teams=4, channels=1, messages=0, users=12))


@pytest.fixture
def shifts(small):
    return small.sandbox.tenant.part(Shifts)


@pytest.fixture
def team(small):
    return next(iter(small.sandbox.tenant.teams))


@pytest.mark.parametrize("stream", ENTITIES)
def test_rows_have_every_property_that_graph_declares(quiet, stream):
    rows = list(quiet.sandbox.tenant.expected(stream))

    assert rows
    assert [it for row in rows for it in missing(ENTITIES[stream], row, stream)] == []


@pytest.mark.parametrize("stream", ENTITIES)
def test_every_property_has_a_value_somewhere(stream):
    rows = list(Tenant(seed=5, teams=12, channels=1, messages=0, users=80).expected(stream))
    names = set(declared(ENTITIES[stream]))

    assert {name for name in names if all(row[name] is None for row in rows)} == set()


@every_collection
@pytest.mark.parametrize("page_size", [None, 3])
def test_lists_are_as_expected_whatever_the_size_of_a_page(open_client, stream, page_size):
    client = open_client(page_size=page_size)
    tenant = client.sandbox.tenant
    expected = list(tenant.expected(stream))

    listed = [
        {**row, "teamId": team}
        for team in tenant.teams
        for row in client.rows(below(team, STREAMS[stream]))
    ]

    assert listed == expected


def test_a_schedule_that_was_never_set_up_is_not_found(small, shifts):
    team = list(small.sandbox.tenant.teams)[3]

    assert error(small.get(below(team))) == (404, "NotFound")
    assert error(small.get(below(team, "shifts"))) == (404, "NotFound")
    shifts.set_up(team)
    assert small.get(below(team)).json()["provisionStatus"] == "Completed"
    assert small.rows(below(team, "shifts")) == []


def test_a_new_team_has_no_schedule(small):
    assert error(small.get(below(small.sandbox.tenant.add_team()))) == (404, "NotFound")


def test_a_window_shows_the_shifts_that_lie_in_it_and_are_published(small, team, shifts):
    inside = {"startDateTime": "2026-11-02T08:00:00Z", "endDateTime": "2026-11-02T16:00:00Z"}
    across = {"startDateTime": "2026-11-02T20:00:00Z", "endDateTime": "2026-11-03T04:00:00Z"}
    found = shifts.add(team, "shifts", sharedShift=inside, draftShift=None)
    shifts.add(team, "shifts", sharedShift=across)
    shifts.add(team, "shifts", sharedShift=None, draftShift=inside)
    window = (
        "sharedShift/startDateTime ge 2026-11-02T08:00:00Z"
        " and sharedShift/endDateTime le 2026-11-02T16:00:00.000Z"
    )

    rows = small.rows(filtered(team, "shifts", window))

    assert found in {row["id"] for row in rows}
    assert all(
        inside["startDateTime"] <= row["sharedShift"]["startDateTime"]
        and row["sharedShift"]["endDateTime"] <= inside["endDateTime"]
        for row in rows
    )


@pytest.mark.parametrize(
    ("collection", "text"),
    [
        ("shifts", " and ".join(["sharedShift/startDateTime ge 2026-11-02T00:00:00Z"] * 2)),
        ("shifts", "sharedShift/startDateTime le 2026-11-02T00:00:00Z"),
        ("shifts", "lastModifiedDateTime gt 2026-11-02T00:00:00Z"),
        ("shifts", "sharedShift/endDateTime le yesterday"),
        ("timesOff", "sharedTimeOff/endDateTime lt 2026-11-02T00:00:00Z"),
        ("timeCards", "clockInEvent/dateTime lt 2026-11-02T00:00:00Z"),
        ("timeOffReasons", "isActive eq true"),
    ],
)
def test_a_filter_that_is_not_supported_is_refused(small, team, collection, text):
    assert error(small.get(filtered(team, collection, text))) == (400, "BadRequest")


def test_only_time_cards_can_be_sorted_and_cut(small, team):
    cards = f"{below(team, 'timeCards')}?$top=2&$orderby=clockInEvent/dateTime%20desc"
    pages = list(small.pages(cards))
    moments = [row["clockInEvent"]["dateTime"] for page in pages for row in page["value"]]

    assert {len(page["value"]) for page in pages[:-1]} == {2}
    assert "$skipToken=" in pages[0]["@odata.nextLink"]
    assert moments == sorted(moments, reverse=True)
    assert len(moments) == len(small.rows(below(team, "timeCards")))
    assert error(small.get(f"{below(team, 'shifts')}?$top=2")) == (400, "BadRequest")


def test_a_row_that_goes_while_it_is_read_takes_no_other_with_it(small, team, shifts):
    pages = small.pages(f"{below(team, 'timeCards')}?$top=2")
    seen = [row["id"] for row in next(pages)["value"]]

    shifts.remove(team, "timeCards", seen[0])
    seen += [row["id"] for page in pages for row in page["value"]]

    assert {row["id"] for row in shifts.rows("timeCards") if row["teamId"] == team} < set(seen)


def test_newer_themes_are_only_for_those_who_ask(small, team):
    path = below(team, "shifts")
    plain = small.get(path, headers={"Prefer": ""}).text

    assert '"theme":"unknownFutureValue"' in plain
    assert '"theme":"unknownFutureValue"' not in small.get(path).text
    assert '"theme":"darkBlue"' in plain
    assert '"theme":"charcoal"' not in plain


def test_a_deleted_shift_is_gone_and_a_deleted_group_stays(small, team, shifts):
    shift = small.rows(below(team, "shifts"))[0]["id"]
    group = small.rows(below(team, "schedulingGroups"))[0]["id"]

    shifts.remove(team, "shifts", shift)
    shifts.remove(team, "schedulingGroups", group)

    assert shift not in {row["id"] for row in small.rows(below(team, "shifts"))}
    groups = {row["id"]: row["isActive"] for row in small.rows(below(team, "schedulingGroups"))}
    assert groups[group] is False


def test_drafts_and_deletions_to_come_are_marked(quiet):
    rows = list(quiet.sandbox.tenant.expected("shifts"))

    assert any(row["sharedShift"] is None for row in rows)
    assert any(row["draftShift"] is None for row in rows)
    assert any(row["isStagedForDeletion"] and row["sharedShift"] for row in rows)


def test_an_application_may_have_to_act_as_a_user(small, team, shifts):
    user = small.sandbox.tenant.me.id
    shifts.acts_as_required = True

    assert error(small.get(below(team))) == (400, "BadRequest")
    assert small.get(below(team), headers={"MS-APP-ACTS-AS": user}).status_code == 200
    assert error(small.get(below(team), headers={"MS-APP-ACTS-AS": "me"})) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("collection", "granted", "status"),
    [
        ("shifts", "Schedule.Read.All", 200),
        ("shifts", "Group.Read.All", 403),
        ("offerShiftRequests", "Schedule.Read.All", 403),
        ("offerShiftRequests", "Schedule.ReadWrite.All", 200),
    ],
)
def test_offers_need_more_than_reading(open_client, collection, granted, status):
    client = open_client(roles=(granted,))
    team = next(iter(client.sandbox.tenant.teams))

    assert client.get(below(team, collection)).status_code == status


def test_a_day_of_work_changes_schedules(small):
    before = {stream: list(small.sandbox.tenant.expected(stream)) for stream in STREAMS}

    small.sandbox.tenant.change()

    after = {stream: list(small.sandbox.tenant.expected(stream)) for stream in STREAMS}
    assert {name for name in STREAMS if before[name] != after[name]} >= {"shifts", "time_cards"}


def test_a_schedule_is_the_same_for_the_same_arguments():
    one, other = (Tenant(seed=9, teams=2, channels=1, messages=0, users=9) for _ in range(2))
    list(other.expected("shifts"))

    assert list(one.expected("time_cards")) == list(other.expected("time_cards"))


def test_a_schedule_stays_the_same_when_many_others_are_looked_at(small, team):
    tenant = small.sandbox.tenant
    before = list(tenant.expected("shifts"))
    tenant.remove_member(team, tenant.teams[team].people[-1].id)
    for n in range(RECENT + 1):
        tenant.part(Shifts).of(Team(tenant, 7 * n + 7))

    assert list(tenant.expected("shifts")) == before
