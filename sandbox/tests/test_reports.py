from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest
import requests

from sandbox.tests.answers import error
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.reports import Downloads, Reports
from tap_msteams_sandbox.areas.reports.usage import DEVICE_USAGE, TEAM_ACTIVITY, USER_ACTIVITY

SMALL = {"seed": 7, "teams": 3, "channels": 3, "messages": 10, "users": 30}
FUNCTIONS = {
    "getTeamsUserActivityUserDetail": USER_ACTIVITY,
    "getTeamsTeamActivityDetail": TEAM_ACTIVITY,
    "getTeamsDeviceUsageUserDetail": DEVICE_USAGE,
}
STREAMS = dict(zip(FUNCTIONS, ("user_activity", "team_activity", "device_usage"), strict=True))
TODAY = date(2026, 11, 1)

every_report = pytest.mark.parametrize("function", FUNCTIONS)


@pytest.fixture
def client(open_client):
    tenant = Tenant(**SMALL)
    return open_client(tenant, clock=lambda: tenant.until / 1000)


@pytest.fixture
def reports(client):
    return client.sandbox.tenant.part(Reports)


@pytest.fixture
def downloads(client):
    return client.sandbox.tenant.part(Downloads)


def redirect(client, function, argument):
    response = client.get(f"/reports/{function}({argument})", allow_redirects=False)
    assert response.status_code == 302
    return response.headers["Location"]


def download(client, address, **options):
    with requests.Session() as session:
        session.trust_env = False
        return session.get(address, verify=client.sandbox.ca_bundle, **options)


def read(client, function, argument):
    response = download(client, redirect(client, function, argument))
    assert response.status_code == 200
    assert response.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


@every_report
def test_a_report_lies_on_another_host(client, downloads, function):
    address = redirect(client, function, "period='D7'")

    assert not address.startswith(client.sandbox.graph_url)
    assert address.startswith("https://")
    assert download(client, address).status_code == 200
    assert (downloads.downloaded, downloads.tokens_seen) == (1, 0)


def test_the_other_host_takes_no_token(client, downloads):
    address = redirect(client, "getTeamsUserActivityUserDetail", "period='D7'")
    token = {"Authorization": client.session.headers["Authorization"]}

    assert download(client, address, headers=token).status_code == 400
    assert (downloads.downloaded, downloads.tokens_seen) == (0, 1)


def test_an_address_is_good_for_a_few_minutes(open_client):
    tenant, late = Tenant(**SMALL), []
    client = open_client(tenant, clock=lambda: tenant.until / 1000 + sum(late))
    address = redirect(client, "getTeamsUserActivityUserDetail", "period='D7'")

    late.append(4 * 60)
    assert download(client, address).status_code == 200
    late.append(2 * 60)
    assert download(client, address).status_code == 403
    assert download(client, f"{address}x").status_code == 403


@every_report
def test_heads_are_those_that_microsoft_lists(client, function):
    rows = read(client, function, "period='D7'")

    assert list(rows[0]) == list(FUNCTIONS[function])


@every_report
def test_heads_are_the_properties_names_in_words(function):
    for head, name in FUNCTIONS[function].items():
        assert re.sub("[ -]", "", head).lower() == name.lower()


@every_report
def test_all_days_together_are_as_expected(client, reports, function):
    expected = list(client.sandbox.tenant.expected(STREAMS[function]))
    key = "Team Id" if "Team Id" in FUNCTIONS[function] else "User Id"

    found = {
        (day, row[key]) for day in reports.days() for row in read(client, function, f"date={day}")
    }

    assert found == {
        (date.fromisoformat(it["reportDate"]), it[FUNCTIONS[function][key]]) for it in expected
    }
    assert len(expected) == len(found)


@every_report
def test_reports_reach_back_twenty_eight_days(client, function):
    first = TODAY - timedelta(days=27)

    assert read(client, function, f"date={first}")
    for day in (first - timedelta(days=1), TODAY + timedelta(days=1), "yesterday"):
        response = client.get(f"/reports/{function}(date={day})")
        assert error(response) == (400, "InvalidArgument")


@every_report
def test_the_last_two_days_are_not_counted_yet(client, function):
    refreshed = {row["Report Refresh Date"] for row in read(client, function, "period='D7'")}

    assert refreshed == {str(TODAY - timedelta(days=2))}
    assert read(client, function, f"date={TODAY - timedelta(days=2)}")
    assert read(client, function, f"date={TODAY - timedelta(days=1)}") == []


@pytest.mark.parametrize("argument", ["period='D8'", "period=D7", "days=7"])
def test_periods_are_of_four_lengths(client, argument):
    response = client.get(f"/reports/getTeamsTeamActivityDetail({argument})")

    assert error(response) == (400, "InvalidArgument")


def test_of_a_single_day_only_those_are_listed_who_did_anything(client):
    week = read(client, "getTeamsUserActivityUserDetail", "period='D7'")
    one_day = read(client, "getTeamsUserActivityUserDetail", "date=2026-10-20")

    assert {row["User Id"] for row in one_day} < {row["User Id"] for row in week}


def test_names_can_be_concealed(client, reports):
    reports.concealed = True

    rows = read(client, "getTeamsUserActivityUserDetail", "period='D7'")

    people = client.sandbox.tenant.users
    assert not {row["User Id"] for row in rows} & set(people)
    assert not any("@" in row["User Principal Name"] for row in rows)
    assert len({row["User Id"] for row in rows}) == len(rows)
    assert client.get("/admin/reportSettings").json()["displayConcealedNames"] is True


def test_columns_can_come_and_change_their_spelling(client, reports):
    reports.more = {"Used Hologram": "Yes"}
    reports.spelling = {"Team Type": "Team type"}

    row = read(client, "getTeamsTeamActivityDetail", "period='D7'")[0]

    assert row["Used Hologram"] == "Yes"
    assert row["Team type"] in {"Private", "Public"}


def test_a_user_needs_a_role_to_read_reports(open_client):
    client = open_client(auth="refresh_token")
    path = "/reports/getTeamsTeamActivityDetail(period='D7')"

    assert client.get(path, allow_redirects=False).status_code == 302
    client.sandbox.tenant.part(Reports).readers.clear()
    assert error(client.get(path)) == (403, "S2SUnauthorized")


def test_a_report_may_be_asked_for_fourteen_times_in_ten_minutes(open_client):
    tenant = Tenant(**SMALL)
    client = open_client(tenant, clock=lambda: tenant.until / 1000, limits=True)

    def ask(function):
        path = f"/reports/{function}(date=2026-10-20)"
        return client.get(path, allow_redirects=False).status_code

    assert [ask("getTeamsTeamActivityDetail") for _ in range(15)] == [302] * 14 + [429]
    assert ask("getTeamsDeviceUsageUserDetail") == 302
