"""Laws of streams of products that a tenant may lack."""

from __future__ import annotations

import pytest

from tap_msteams.streams import STREAMS
from tap_msteams_sandbox.areas.products import COPILOT, ENGAGE, EVENTS, PHONE, Products
from tap_msteams_sandbox.areas.voice import Numbers
from tests.conftest import run_tap

TENANT = {"users": 4, "teams": 1, "channels": 1, "messages": 2}

LACKED = {
    "communities": ENGAGE,
    "copilot_interactions": COPILOT,
    "telephone_numbers": PHONE,
    "webinars": EVENTS,
}


@pytest.mark.parametrize(("stream", "product"), LACKED.items(), ids=LACKED)
def test_a_product_that_the_tenant_lacks_is_one_notice_and_the_others_are_read(
    open_sandbox, stream, product
):
    sandbox = open_sandbox(TENANT)
    sandbox.tenant.part(Products).lacking = {product}

    output = run_tap(sandbox.unpaced(), streams=[*LACKED, "sync_issues"])

    assert output.code == 0
    [issue] = output.records["sync_issues"]
    assert (issue["stream"], issue["severity"], issue["verdict"]) == (stream, "notice", "lacking")
    assert product in issue["remedy"]
    assert "deselect" in issue["remedy"]
    assert {it for it in LACKED if output.records[it]} == {*LACKED} - {stream}


def test_a_tenant_that_lacks_all_products_gets_one_notice_for_each_list(open_sandbox):
    sandbox = open_sandbox(TENANT)
    sandbox.tenant.part(Products).lacking = {*LACKED.values()}
    streams = {it.name for it in STREAMS if getattr(it, "product", None)}

    output = run_tap(sandbox.unpaced(), streams=[*streams, "users", "sync_issues"])

    assert output.code == 0
    assert output.records["users"]
    issues = output.records["sync_issues"]
    assert {it["verdict"] for it in issues} == {"lacking"}
    assert sorted(it["stream"] for it in issues) == sorted(
        [*LACKED, "townhalls", "meeting_insights", "meeting_conversation_messages"]
    )


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
@pytest.mark.parametrize("code", [402, 501])
def test_a_refusal_for_one_person_where_others_are_read_is_a_gap(open_sandbox, code, which):
    sandbox = open_sandbox(TENANT)
    refused = [it.id for it in sandbox.tenant.people if it.licensed][which]
    sandbox.faults.add(f"{code}:where={refused}/interactionHistory,times=0")

    streams = ["copilot_interactions", "sync_issues"]
    output = run_tap({**sandbox.unpaced(), "concurrency": 1}, streams=streams)

    assert output.code == 3
    [issue] = output.records["sync_issues"]
    assert issue["severity"] == "gap"
    assert refused in str(issue)


def test_people_who_are_refused_before_others_are_read_are_counted(open_sandbox):
    sandbox = open_sandbox(TENANT)
    *refused, _ = [it.id for it in sandbox.tenant.people if it.licensed]
    for person in refused:
        sandbox.faults.add(f"402:where={person}/interactionHistory,times=0")

    streams = ["copilot_interactions", "sync_issues"]
    output = run_tap({**sandbox.unpaced(), "concurrency": 1}, streams=streams)

    assert output.code == 3
    [issue] = output.records["sync_issues"]
    assert (issue["severity"], issue["verdict"]) == ("gap", "unavailable")
    assert issue["count"] == len(refused) > 1


@pytest.mark.parametrize("more", [0, 1, 1000])
def test_a_full_page_of_telephone_numbers_without_a_link_is_not_the_last(open_sandbox, more):
    sandbox = open_sandbox(TENANT)
    numbers = [f"+1{number:09}" for number in range(1000 + more)]
    sandbox.tenant.part(Numbers).owners = dict.fromkeys(numbers)

    output = run_tap(sandbox.unpaced(), streams=["telephone_numbers"])

    assert [row["telephoneNumber"] for row in output.records["telephone_numbers"]] == numbers
