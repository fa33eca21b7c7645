from __future__ import annotations

import pytest

from sandbox.tests.clock import Clock
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.limits import JITTER, LIMITS


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(open_client, clock):
    tenant = Tenant(seed=1, teams=9, channels=2, messages=2, users=20)
    return open_client(tenant, limits=True, clock=clock)


def burst(rate):
    """How many requests pass at once where so many a second are allowed."""
    return int(rate * (1 + JITTER))


def statuses(client, path, times):
    return [client.get(path).status_code for _ in range(times)]


def places(client):
    """Paths of all teams, and of the first team's channels."""
    teams = list(client.sandbox.tenant.teams.values())
    return [f"/teams/{team.id}" for team in teams], [
        f"/teams/{teams[0].id}/channels/{channel}" for channel in teams[0].channels
    ]


def test_a_second_of_requests_passes_and_the_next_one_has_to_wait(client):
    assert statuses(client, "/teams", burst(30) + 2) == [200] * burst(30) + [429] * 2

    response = client.get("/teams")
    assert response.headers["Retry-After"] == "1"
    assert response.json()["error"]["code"] == "TooManyRequests"
    assert response.json()["error"]["innerError"]["code"] == "429"


def test_who_keeps_the_pace_never_waits(client, clock):
    for _ in range(200):
        assert client.get("/teams").status_code == 200
        clock.now += 1 / 30


def test_unused_time_is_saved_for_one_second_only(client, clock):
    clock.now += 100

    assert statuses(client, "/teams", 40).count(200) == burst(30)


def test_one_team_takes_four_requests_a_second_whatever_they_ask(client):
    (first, second, *_), _ = places(client)
    paths = [first, f"{first}/channels", f"{first}/members", f"{first}/channels/getAllMessages"]

    assert [client.get(path).status_code for path in [*paths, first]] == [200] * 4 + [429]
    assert client.get(second).status_code == 200


def test_one_channel_takes_one_request_a_second(client):
    _, (first, second) = places(client)

    assert statuses(client, f"{first}/messages", 2) == [200, 429]
    assert client.get(f"{second}/messages").status_code == 200


def test_the_export_is_no_request_to_a_channel(client):
    (first, *_), _ = places(client)

    assert statuses(client, f"{first}/channels/getAllMessages", 4) == [200] * 4


def test_channels_of_all_teams_share_the_limit_of_messages(open_client, clock):
    tenant = Tenant(seed=1, teams=6, channels=4, messages=1, users=9)
    client = open_client(tenant, limits=True, clock=clock)

    answers = [
        client.get(f"/teams/{team.id}/channels/{channel}/messages").status_code
        for team in tenant.teams.values()
        for channel in team.channels
    ]

    assert answers == [200] * burst(20) + [429] * (24 - burst(20))


def test_a_refused_request_costs_nothing(client, clock):
    statuses(client, "/teams", 90)
    clock.now += 1

    assert statuses(client, "/teams", 40).count(200) == 30


def test_users_cost_units_that_select_makes_cheaper(client):
    assert statuses(client, "/users?$top=999&$select=id", 3500 // 100) == [200] * 35

    assert client.sandbox.service.journal.violations == {}


def test_violations_are_counted_by_limit(client):
    (first, *_), _ = places(client)
    statuses(client, "/teams", burst(30) + 3)
    statuses(client, first, 5)

    assert client.sandbox.service.journal.violations == {"teams": 3, "one team": 1}


def test_items_of_a_batch_count_each(client):
    (first, *_), _ = places(client)
    items = [{"id": str(n), "method": "GET", "url": first} for n in range(6)]

    answers = client.send("POST", "/$batch", json={"requests": items}).json()["responses"]

    assert sorted(answer["status"] for answer in answers) == [200] * 4 + [429] * 2
    assert {answer["headers"].get("Retry-After") for answer in answers} == {None, "1"}


def test_without_limits_nothing_is_refused(open_client):
    client = open_client(clock=lambda: 1_800_000_000.0)

    assert set(statuses(client, "/teams", 60)) == {200}


def test_every_limit_names_microsofts_page():
    for limit in LIMITS:
        assert limit.page.startswith("https://learn.microsoft.com/en-us/graph/throttling-limits#")
