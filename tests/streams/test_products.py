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
