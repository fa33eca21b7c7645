"""Laws of usage reports that are concealed or broken: what can be read is read."""

from __future__ import annotations

import pytest

from tap_msteams_sandbox.areas.reports import Reports
from tests.streams.test_reports import A_DAY, ALL, asked, every_report, shown
from tests.target import Target

STREAMS = (*ALL, "sync_issues")


@pytest.fixture
def reports(sandbox):
    return sandbox.tenant.part(Reports)


@pytest.fixture
def target(sandbox):
    return Target(sandbox, *STREAMS)


def issues(output, stream="user_activity"):
    return [it for it in output.records["sync_issues"] if it["stream"] == stream]


# Concealed names


@every_report
@pytest.mark.parametrize("alike", [False, True])
def test_everybody_has_a_row_whatever_is_concealed(target, reports, stream, alike):
    reports.concealed, reports.alike = True, alike
    output = target.run()

    expected = shown(target.sandbox.tenant, stream)
    assert output.code == 0
    assert target.rows(stream) == expected
    assert len(output.records[stream]) == len(expected)


def test_ids_that_are_alike_are_called_concealed(target, reports, caplog):
    reports.alike = True
    target.run()
    assert [it for it in caplog.messages if "concealed" in it and "admin center" in it]


@pytest.mark.parametrize("first", [False, True])
def test_no_day_counts_twice_where_names_are_concealed_or_shown_from_now_on(
    target, reports, clock, first
):
    reports.concealed = first
    target.run()
    for concealed in (not first, not first, first):
        reports.concealed = concealed
        clock.forward(A_DAY)
        target.run()

    people = len(target.sandbox.tenant.people)
    rows = list(target.rows("user_activity").values())
    days = {row["reportDate"] for row in rows}
    assert len(days) == 26 + 3
    assert len(rows) <= people * len(days)
    for day in days:
        ids = [row["userId"] for row in rows if row["reportDate"] == day]
        assert len({"-" in it for it in ids}) == 1


# Broken reports


@pytest.mark.parametrize(
    ("head", "cell", "value"),
    [
        ("Call Count", "1.0", 1),
        ("Call Count", "1,000", 1000),
        ("Call Count", "-7", -7),
        ("Last Activity Date", "11/24/2026", "2026-11-24"),
        ("Last Activity Date", "2026-11-24T10:00:00Z", "2026-11-24"),
        ("Is Licensed", "TRUE", True),
    ],
)
def test_a_cell_is_read_however_it_is_spelt(target, reports, head, cell, value):
    reports.cells = {head: cell}
    output = target.run()

    name = head[0].lower() + head.replace(" ", "")[1:]
    assert output.code == 0
    assert value in [row[name] for row in output.records["user_activity"]]


@pytest.mark.parametrize(
    ("head", "cell"),
    [
        ("Call Count", "1,00"),
        ("Call Count", "many"),
        ("Call Count", "9" * 30),
        ("Last Activity Date", "24/11/2026"),
        ("Is Licensed", "perhaps"),
    ],
)
def test_a_cell_that_cannot_be_read_is_null_and_said(target, reports, head, cell):
    expected = shown(target.sandbox.tenant, "user_activity")
    reports.cells = {head: cell}
    output = target.run()

    name = head[0].lower() + head.replace(" ", "")[1:]
    found = target.rows("user_activity")
    broken = [key for key, row in found.items() if row[name] is None]
    told = issues(output)
    assert found.keys() == expected.keys()
    assert len(broken) == len(reports.days()) == len(told)
    assert all(name in it["message"] for it in told)
    assert not any(cell in it["message"] for it in told)
    assert all(found[key] == expected[key] | {name: None} for key in broken)
    assert output.code == 3
    assert str(reports.days()[-1]) in str(target.state["bookmarks"]["user_activity"])


def test_a_short_row_loses_its_last_cell_alone(target, reports):
    reports.short = True
    output = target.run()

    expected = shown(target.sandbox.tenant, "user_activity")
    assert target.rows("user_activity").keys() == expected.keys()
    assert len(issues(output)) == len(reports.days())


@pytest.mark.parametrize("fault", ["404", "empty"])
def test_a_day_that_cannot_be_read_holds_up_no_other_and_is_read_later(
    target, reports, fault, clock
):
    day = reports.days()[-5]
    if fault == "empty":
        reports.empty = {day}
    else:
        target.sandbox.faults.add(f"404:where=date={day},times=0")
    output = target.run()
    days = {row["reportDate"] for row in target.rows("user_activity").values()}

    assert days == {str(it) for it in reports.days()} - {str(day)}
    assert output.code == 3
    assert [it["subject"] for it in issues(output)] == [{"reportDate": str(day)}]
    assert asked(target.sandbox, "user_activity").count(str(day)) <= 3

    target.sandbox.faults.clear()
    reports.empty = set()
    clock.forward(A_DAY)
    assert target.run().code == 0
    expected = set(shown(target.sandbox.tenant, "user_activity"))
    assert expected <= target.rows("user_activity").keys()
