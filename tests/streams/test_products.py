"""Laws of streams of products that a tenant may lack."""

from __future__ import annotations

import pytest

from tap_msteams_sandbox.areas.products import Products
from tests.conftest import run_tap

STREAMS = {
    "communities": "Viva Engage",
    "copilot_interactions": "Microsoft 365 Copilot",
    "telephone_numbers": "Teams Phone",
    "webinars": "webinars and town halls",
}


@pytest.mark.parametrize(("stream", "product"), STREAMS.items(), ids=STREAMS)
def test_a_product_that_the_tenant_lacks_is_one_notice_and_the_others_are_read(
    sandbox, stream, product
):
    sandbox.tenant.part(Products).lacking = {product}

    output = run_tap(sandbox.unpaced(), streams=[*STREAMS, "sync_issues"])

    assert output.code == 0
    [issue] = output.records["sync_issues"]
    assert (issue["stream"], issue["severity"], issue["verdict"]) == (stream, "notice", "lacking")
    assert product in issue["remedy"]
    assert "deselect" in issue["remedy"]
    assert {it for it in STREAMS if output.records[it]} == {*STREAMS} - {stream}


@pytest.mark.parametrize("code", [402, 501])
def test_a_refusal_for_one_person_where_others_are_read_is_a_gap(open_sandbox, code):
    sandbox = open_sandbox({"users": 4, "teams": 1})
    *_, last = [it.id for it in sandbox.tenant.people if it.licensed]
    sandbox.faults.add(f"{code}:where={last}/interactionHistory,times=0")

    streams = ["copilot_interactions", "sync_issues"]
    output = run_tap({**sandbox.unpaced(), "concurrency": 1}, streams=streams)

    assert output.code == 3
    [issue] = output.records["sync_issues"]
    assert issue["severity"] == "gap"
    assert last in str(issue)
