"""STATE that the version with the scheduler of its own wrote is gone on with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import run_tap, selection
from tests.target import DELEGATED, EXPORT, LIST, UNPACED

STATES = Path(__file__).parent / "states"
LIST_BY_PAGES = {**LIST, "page_size": 20}
WRITTEN = {"application": EXPORT, "by_list": LIST_BY_PAGES, "user": DELEGATED}
OVERLAP = "2026-11-01T07:55:00.000Z"
"""The bookmarks of messages in these states, less the lookback."""


def read(sandbox, name):
    state = json.loads((STATES / f"{name}.json").read_text())
    streams = [*state["bookmarks"]]
    return state, run_tap({**sandbox.config(), **UNPACED}, catalog=selection(streams), state=state)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_run_goes_on_where_the_version_before_ended(open_sandbox, name):
    sandbox = open_sandbox(clock=lambda: 0, **WRITTEN[name])
    before, output = read(sandbox, name)

    assert output.code == 0
    assert output.state["bookmarks"].keys() == before["bookmarks"].keys()
    whole = run_tap({**sandbox.config(), **UNPACED}, streams=["messages"])
    read_again = output.rows("messages")
    assert len(read_again) < len(whole.rows("messages")) / 4
    assert read_again.keys() >= {
        key for key, row in whole.rows("messages").items() if row["lastModifiedDateTime"] > OVERLAP
    }


def test_a_team_that_was_read_by_list_starts_over_where_the_export_is_granted_later(open_sandbox):
    sandbox = open_sandbox(clock=lambda: 0)
    before, output = read(sandbox, "by_list")
    (teams,) = before["bookmarks"]["messages"]["listed"].values()
    whole = run_tap({**sandbox.config(), **UNPACED}, streams=["messages"])

    assert teams
    assert output.rows("messages").keys() >= {
        key for key in whole.rows("messages") if key[0] in teams
    }
