from __future__ import annotations

import pytest

from tap_msteams.throttle import HEADROOM, SCOPED_LIMITS, TENANT_LIMITS, Gate

EXPORT = "/teams/t{}/channels/getAllMessages"
LIST = "/teams/t{}/channels/19:c{}@thread.tacv2/messages"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def admitted(gate, urls, seconds, clock):
    """How many of an endless round of requests get through in so many simulated seconds."""
    keys = [gate.keys(url) for url in urls]
    count, position, end = 0, 0, clock.now + seconds
    while clock.now < end:
        waits = []
        for offset in range(len(keys)):
            wait = gate.admit(keys[(position + offset) % len(keys)], clock.now)
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
    return Clock()


@pytest.mark.parametrize(
    ("url", "rate"),
    [
        ("/teams", 30),
        ("/me/joinedTeams", 30),
        ("/users?$select=id", 350),
        ("/communications/getPresencesByUserId", 50),
    ],
)
def test_uses_the_documented_rate_and_no_more(url, rate, clock):
    count = admitted(Gate(), [url], 100, clock)
    assert 0.95 * rate * 100 <= count <= rate * 100


def test_uses_the_tenants_rate_when_it_is_spread_over_teams(clock):
    gate = Gate()
    count = admitted(gate, [EXPORT.format(n) for n in range(100)], 50, clock)
    assert 0.95 * 200 * 50 <= count <= 200 * 50


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


def test_every_limit_says_its_rate():
    assert 0 < HEADROOM <= 1
    assert all(limit.rate > 0 for limit in (*TENANT_LIMITS, *SCOPED_LIMITS))
