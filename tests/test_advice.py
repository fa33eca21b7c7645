"""Laws of the table of what can go wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from docs.computed.mistakes import CONFIGURATION, NETWORK, STATE
from tap_msteams import errors
from tap_msteams.advice import GRAPH, judge
from tests.conftest import run_tap

ROOT = Path(__file__).parent.parent
SOURCES = "\n".join(
    path.read_text() for path in (ROOT / "tap_msteams").rglob("*.py") if path.name != "advice.py"
)


@pytest.mark.parametrize("row", [*NETWORK, *CONFIGURATION, *STATE], ids=lambda row: row.sign)
def test_what_the_table_says_the_log_says_is_what_the_tap_says(row):
    joined = " ".join(SOURCES.replace('"\n', "\n").split())
    pieces = row.sign.strip()

    assert pieces in joined or pieces in " ".join(joined.replace('f"', "").replace('"', "").split())


@pytest.mark.parametrize(
    "kind",
    [
        it
        for it in vars(errors).values()
        if isinstance(it, type) and issubclass(it, errors.GraphError)
    ],
)
def test_every_error_of_graph_has_a_remedy_without_blanks(kind):
    assert kind in GRAPH
    severity, remedy = judge(kind("/teams", 400), "Team.ReadBasic.All", {"teamId": "x"})

    assert severity in {"gap", "notice"}
    assert remedy
    assert "{" not in remedy


@pytest.mark.parametrize(
    ("subject", "setting", "entry"),
    [
        ({"teamId": "t"}, "teams", '"!t"'),
        ({"teamId": "t", "channelId": "c"}, "channels", '"!c"'),
        ({"userId": "u"}, "users", '"!u"'),
    ],
)
def test_who_is_refused_one_parent_is_told_how_to_leave_it_out(subject, setting, entry):
    _, remedy = judge(errors.ForbiddenError("/teams", 403), "x", subject)

    assert f"add {entry} to '{setting}' (env TAP_MSTEAMS_{setting.upper()})" in remedy


def test_the_ids_for_microsofts_support_are_in_the_log_and_in_the_rows(open_sandbox, caplog):
    sandbox = open_sandbox(faults=["403:where=members,times=1"])
    output = run_tap(sandbox.unpaced(), streams=["members", "sync_issues"])
    [issue] = output.records["sync_issues"]

    told = [line for line in caplog.messages if issue["requestId"] in line]
    assert len(told) == 2, "once where it happened and once at the end"
    assert issue["clientRequestId"]
    assert (
        f"request-id {issue['requestId']}, client-request-id {issue['clientRequestId']}" in told[0]
    )
    assert f"date {issue['occurredDateTime'][:19]}" in told[0]


def test_the_page_of_errors_is_fresh():
    command = (sys.executable, "-m", "cogapp", "--check", "docs/errors.md")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"run `make fix`: {done.stdout}"
