from __future__ import annotations

import math

import pytest

from tap_msteams.throttle.buckets import Bucket, Counter
from tap_msteams.throttle.gate import HEADROOM, Gate
from tap_msteams.throttle.limits import SCOPED_LIMITS, TENANT_LIMITS
from tests.clock import Clock

EXPORT = "/teams/t{}/channels/getAllMessages"
LIST = "/teams/t{}/channels/19:c{}@thread.tacv2/messages"


def admitted(gate, urls, seconds, clock):
    """How many of an endless round of requests get through in so many simulated seconds."""
    keys = [gate.keys(url) for url in urls]
    asked = [(its, gate.units(its, url)) for its, url in zip(keys, urls, strict=True)]
    count, position, end = 0, 0, clock.now + seconds
    while clock.now < end:
        waits = []
        for offset in range(len(keys)):
            its, units = asked[(position + offset) % len(keys)]
            wait = gate.admit(its, clock.now, units)
            if not wait:
                count += 1
                position += offset + 1
                break
            waits.append(wait)
        else:
            clock.now += min(waits)
    return count


@pytest.fixture
def clock():
    return Clock(1000.0)


@pytest.mark.parametrize(
    ("url", "rate"),
    [
        ("/teams", 30),
        ("/me/joinedTeams", 30),
        ("/users?$select=id", 350),
        ("/communications/getPresencesByUserId", 50),
        ("/communications/callRecords?$filter=x", 75),
        ("/communications/callRecords/getPstnCalls(fromDateTime=x,toDateTime=y)", 75),
        ("/appCatalogs/teamsApps", 30),
        ("/groups?$filter=x", 350),
        ("/users/u/chats/getAllMessages", 200),
        ("/users/u/chats/getAllMessages/delta", 200),
        ("/users/u/teamwork/installedApps", 30),
        ("/users/u/onlineMeetings/m/transcripts", 30),
        ("/teamwork/deletedTeams", 30),
        ("/teamwork/deletedTeams/t/channels/getAllMessages", 200),
        ("/users/u/chats", 5),
        ("/me/chats", 5),
        ("/chats/19:c@thread.v2/messages", 1),
        ("/me/chats/19:c@thread.v2/members", 1),
    ],
)
def test_uses_the_documented_rate_and_no_more(url, rate, clock):
    count = admitted(Gate(), [url], 100, clock)
    assert 0.95 * rate * 100 <= count <= rate * 100


def test_uses_the_tenants_rate_when_it_is_spread_over_teams(clock):
    gate = Gate()
    count = admitted(gate, [EXPORT.format(n) for n in range(100)], 50, clock)
    assert 0.95 * 200 * 50 <= count <= 200 * 50


@pytest.mark.parametrize(
    ("path", "rate"),
    [
        ("/chats/19:{}@thread.v2/messages", 20),
        ("/chats/19:{}@thread.v2/tabs", 30),
        ("/chats/19:{}@thread.v2/installedApps", 30),
        ("/chats/19:{}@thread.v2/members", 30),
        ("/teams/{}/schedule/shifts", 30),
        ("/teams/{}/installedApps", 30),
        ("/teams/{}/tags", 30),
        ("/teams/{0}/channels/19:{0}@thread.tacv2/tabs", 30),
        ("/teams/{0}/channels/19:{0}@thread.tacv2/allMembers", 60),
        ("/teams/{0}/channels/19:{0}@thread.tacv2/filesFolder", 30),
        ("/users/{}/chats", 30),
    ],
)
def test_uses_the_tenants_rate_of_an_endpoint(path, rate, clock):
    count = admitted(Gate(), [path.format(n) for n in range(60)], 50, clock)
    assert 0.95 * rate * 50 <= count <= rate * 50


def test_endpoints_with_limits_of_their_own_do_not_wait_for_each_other(clock):
    urls = [path.format(n) for n in range(30) for path in ("/teams/{}/schedule", "/chats/{}/tabs")]
    assert admitted(Gate(), urls, 50, clock) >= 0.95 * 60 * 50


REPORT = "/reports/getTeamsUserActivityUserDetail(date=2026-11-{:02})"


def test_a_few_reports_come_at_once(clock):
    gate = Gate()
    assert [gate.admit(gate.keys(REPORT.format(n)), clock.now) for n in range(14)] == [0] * 14
    assert gate.admit(gate.keys(REPORT.format(20)), clock.now) == pytest.approx(600, rel=0.03)
    assert gate.admit(gate.keys("/reports/getTeamsDeviceUsageUserDetail(period='D7')"), 1000) == 0


@pytest.mark.parametrize("every", [0.0, 7.0, 50.0, 130.0])
def test_reports_are_never_more_than_14_in_any_10_minutes(clock, every):
    gate, keys, moments = Gate(), Gate().keys(REPORT.format(1)), []
    while len(moments) < 60:
        clock.now += gate.admit(keys, clock.now) or every
        if not gate.admit(keys, clock.now):
            moments.append(clock.now)

    assert all(later - sooner >= 600 for sooner, later in zip(moments, moments[14:], strict=False))


DRIVES, DELTA = "/groups/g/drives", "/drives/b!x/root/delta"
LINK = f"{DELTA}?token=y"


@pytest.mark.parametrize(
    ("urls", "licenses", "number"),
    [
        ([DRIVES], 0, 600),
        ([DELTA], 1_000, 600),
        ([LINK], 0, 1_200),
        ([f"{DELTA}(token='y')"], 0, 1_200),
        ([DRIVES, LINK], 0, 800),
        ([LINK], 1_001, 2_400),
        ([DELTA], 50_000, 2_400),
        ([LINK], 300_000, 6_000),
    ],
)
def test_drives_are_read_at_once_up_to_the_units_of_a_minute(urls, licenses, number, clock):
    gate, began = Gate(licenses=licenses), clock.now
    assert admitted(gate, urls, 1, clock) == number
    assert clock.now - began == pytest.approx(60, rel=0.03)
    assert admitted(gate, urls, 119, clock) == 2 * number


def test_a_service_that_is_shared_with_others_has_a_share_of_its_own(clock):
    gate = Gate(0.5, shares={"files": 0.25, "teams": 1.0})
    teams = [EXPORT.format(n) for n in range(100)]

    assert admitted(gate, [LINK], 1, clock) == 1_200 / 4
    assert admitted(gate, teams, 20, clock) == pytest.approx(200 * 20, rel=0.05)
    assert admitted(gate, ["/users"], 20, clock) == pytest.approx(350 / 2 * 20, rel=0.05)


def test_one_call_record_is_asked_for_ten_times_at_once_and_no_more(clock):
    gate, began = Gate(), clock.now
    assert admitted(gate, ["/communications/callRecords/r1/sessions?$skiptoken=x"], 1, clock) == 10
    assert clock.now - began == pytest.approx(20, rel=0.03)
    assert gate.admit(gate.keys("/communications/callRecords/r2"), clock.now) == 0
    assert admitted(Gate(), ["/communications/callRecords/r1"], 300, clock) == 50


def test_reports_are_slower_after_a_429(clock):
    gate = Gate(jitter=lambda: 0.0)
    keys = gate.keys(REPORT.format(1))
    gate.throttle(keys, sent=clock.now, now=clock.now, seconds=5)
    assert gate.admit(keys, clock.now) == pytest.approx(5)
    clock.now += 5
    assert [gate.admit(keys, clock.now) for _ in range(14)] == [0] * 14
    assert gate.admit(keys, clock.now) > 600 / 0.9


def test_a_small_share_of_a_rare_limit_still_lets_something_through(clock):
    gate = Gate(share=0.01)
    keys = gate.keys(REPORT.format(1))
    assert gate.admit(keys, clock.now) == 0
    assert gate.admit(keys, clock.now) == pytest.approx(600 / 0.14, rel=0.03)


def test_asks_one_team_four_times_a_second_at_most(clock):
    count = admitted(Gate(), [EXPORT.format(1)], 100, clock)
    assert 0.95 * 400 <= count <= 400


def test_asks_one_channel_once_a_second_at_most(clock):
    count = admitted(Gate(), [LIST.format(1, 1)], 100, clock)
    assert 95 <= count <= 100


def test_a_link_of_graphs_falls_under_the_limits_of_its_path():
    gate = Gate()
    link = "https://graph.microsoft.com/v1.0/teams/t1/channels/19%3ac1%40thread.tacv2/messages?$skiptoken=x"
    assert gate.keys(link) == gate.keys(LIST.format(1, 1))


def test_a_share_lowers_every_rate(clock):
    count = admitted(Gate(share=0.5), ["/teams"], 100, clock)
    assert 0.95 * 1500 <= count <= 1500


def test_no_share_keeps_no_pace(clock):
    gate = Gate(share=0)
    keys = gate.keys("/teams")
    assert all(gate.admit(keys, clock.now) == 0 for _ in range(10_000))


def test_no_share_still_heeds_a_429(clock):
    gate = Gate(share=0, jitter=lambda: 0.0)
    keys = gate.keys("/teams")
    gate.throttle(keys, sent=clock.now, now=clock.now, seconds=3)
    assert gate.admit(keys, clock.now) == 3
    assert gate.admit(keys, clock.now + 3) == 0


def test_waits_as_long_as_graph_asks(clock):
    gate = Gate(jitter=lambda: 0.0)
    keys = gate.keys("/teams")
    gate.throttle(keys, sent=clock.now, now=clock.now, seconds=2.128)
    assert gate.admit(keys, clock.now) == pytest.approx(2.128)
    assert gate.admit(keys, clock.now + 2.2) == 0


def test_a_throttled_team_does_not_stop_the_others(clock):
    gate = Gate(jitter=lambda: 0.0)
    gate.throttle(gate.keys(EXPORT.format(1)), sent=clock.now, now=clock.now, seconds=10)
    assert gate.admit(gate.keys(EXPORT.format(1)), clock.now) > 0
    assert gate.admit(gate.keys(EXPORT.format(2)), clock.now) == 0


def test_two_throttled_teams_mean_the_tenant(clock):
    gate = Gate(jitter=lambda: 0.0)
    for team in (1, 2):
        gate.throttle(gate.keys(EXPORT.format(team)), sent=clock.now, now=clock.now, seconds=10)
    assert gate.admit(gate.keys(EXPORT.format(3)), clock.now) == pytest.approx(10)


def test_is_slower_after_a_429_and_recovers(clock):
    gate = Gate(jitter=lambda: 0.0)
    keys = gate.keys("/teams")
    gate.throttle(keys, sent=clock.now, now=clock.now, seconds=0)
    slow = admitted(gate, ["/teams"], 1, clock)
    clock.now += 60
    assert slow <= 0.85 * 30
    assert admitted(gate, ["/teams"], 10, clock) >= 0.95 * 300


def test_an_echo_of_the_same_burst_does_not_slow_down_twice(clock):
    rates = []
    for echoes in (1, 5):
        gate = Gate(jitter=lambda: 0.0)
        sent = clock.now
        for echo in range(echoes):
            gate.throttle(gate.keys("/teams"), sent=sent - 1, now=sent + echo / 100, seconds=0)
        clock.now += 1
        rates.append(admitted(gate, ["/teams"], 10, clock))
    assert rates[0] == rates[1]


def test_idle_buckets_are_forgotten(clock):
    gate = Gate()
    for n in range(30_000):
        clock.now += 0.1
        gate.admit(gate.keys(LIST.format(n, n)), clock.now)
    assert len(gate._buckets) < 9000


@pytest.mark.parametrize("closed", [None, 0.5, 5.0])
@pytest.mark.parametrize("taken", [1, 5])
@pytest.mark.parametrize(
    ("kind", "its", "within"),
    [(Bucket, (4.0,), 1.5), (Bucket, (math.inf,), 0.25), (Counter, (5, 0.5), 10.25)],
)
def test_a_bucket_is_idle_at_once_when_it_is_as_new_and_not_before(
    kind, its, within, taken, closed
):
    def taken_at(bucket, start):
        times = []
        for quarter in range(60):
            if bucket.wait(now := start + quarter / 4):
                continue
            bucket.take(now)
            times.append(quarter)
        return times

    def used():
        bucket = kind(*its, 0.0)
        for _ in range(taken):
            bucket.take(0.0)
        if closed:
            bucket.close(0.0, 0.0, closed)
        return bucket

    fresh = taken_at(kind(*its, 0.0), 0.0)
    idle = [quarter / 4 for quarter in range(120) if used().idle(quarter / 4)]
    as_new = [quarter / 4 for quarter in range(120) if taken_at(used(), quarter / 4) == fresh]

    assert set(idle) <= set(as_new)
    assert idle[0] <= within + (25 if closed else 0)


def test_every_limit_says_its_rate():
    assert 0 < HEADROOM <= 1
    assert all(limit.rate > 0 for limit in (*TENANT_LIMITS, *SCOPED_LIMITS))
