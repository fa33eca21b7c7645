"""Laws of what declarations say of costs and clouds, beside Microsoft's own pages."""

from __future__ import annotations

import pytest

from docs.computed import costs
from tap_msteams.declaration import Paged, Query
from tap_msteams.readers import (
    Action,
    Export,
    ExportOrLists,
    GraphStream,
    Made,
    Nested,
    Owned,
    Window,
)
from tap_msteams.streams import STREAMS
from tests.conftest import run_tap
from tests.streams.tables import DECLARED

GRAPH = [stream for stream in STREAMS if issubclass(stream, GraphStream)]
EXPORTS = [stream for stream in GRAPH if isinstance(stream.read, Export)]

# https://learn.microsoft.com/graph/teamwork-national-cloud-differences, and the table of clouds on
# each page of Graph's reference.
NOT_IN_CHINA = {
    "presence",
    "call_records",
    "online_meetings",
    "transcripts",
    "apps",
    "installed_apps",
    "permission_grants",
    "tabs",
    "chat_installed_apps",
    "chat_permission_grants",
    "chat_tabs",
    "shifts",
    "user_activity",
}


@pytest.mark.parametrize("name", sorted(NOT_IN_CHINA))
def test_china_is_not_asked_for_what_microsoft_does_not_have_there(name):
    assert "china" not in DECLARED[name].clouds


def test_what_a_cloud_does_not_have_is_one_notice_each_and_not_asked_for(open_sandbox):
    sandbox = open_sandbox()
    config = {**sandbox.config(), "cloud": "china", "rate_limit_share": 0}

    output = run_tap(config, streams=["teams", "presence", "chat_tabs", "sync_issues"])

    assert output.code == 0
    told = {row["stream"]: row for row in output.records["sync_issues"]}
    assert {*told} == {"presence", "chat_tabs"}
    assert all("not in china" in row["message"] for row in told.values())
    assert not [entry for entry in sandbox.requests if "Presences" in entry.path]


@pytest.mark.parametrize("stream", EXPORTS, ids=lambda stream: stream.name)
def test_the_cost_of_an_export_goes_by_its_own_pages(stream):
    assert f"{stream.read.top} rows" in costs.of(stream)


def test_the_cost_of_teams_is_what_a_sync_of_them_takes(shared_sandbox):
    config = {**shared_sandbox.config(), "rate_limit_share": 0}

    output = run_tap(config, streams=["teams", "sync_runs"])

    (row,) = [it for it in output.records["sync_runs"] if it["stream"] == "teams"]
    assert row["requests"] == 1 + row["rows"]
    assert "1 per team" in costs.of(DECLARED["teams"])


HALVES = [
    (Query, {"skip": True}),
    (Query, {"top_with": {"mail": 5}}),
    (Paged, {"skip": True}),
    (Nested, {}),
    (Made, {}),
    (Owned, {}),
    (Window, {}),
    (Export, {}),
    (ExportOrLists, {"top": 250, "list_path": "/x"}),
    (Action, {}),
]


@pytest.mark.parametrize(
    ("kind", "half"), HALVES, ids=[f"{kind.__name__}({', '.join(half)})" for kind, half in HALVES]
)
def test_half_an_option_is_a_type_error(kind, half):
    with pytest.raises(TypeError):
        kind(**half)
