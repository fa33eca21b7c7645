from __future__ import annotations

import json

from click.testing import CliRunner

from tap_msteams_sandbox.cli import main
from tap_msteams_sandbox.description import CONTROLS, description


def test_all_that_is_served_is_printed_as_json():
    result = CliRunner().invoke(main, ["--describe"])

    assert result.exit_code == 0
    assert json.loads(result.stdout) == json.loads(json.dumps(description()))


def test_a_running_sandbox_describes_itself(quiet):
    url = f"{quiet.sandbox.graph_url}/sandbox/description"
    endpoints = quiet.session.get(url).json()["endpoints"]

    teams = next(it for it in endpoints if (it["method"], it["path"]) == ("GET", "/teams"))
    assert teams["page"] == "https://learn.microsoft.com/en-us/graph/api/teams-list"
    assert "Team.ReadBasic.All" in teams["application"]
    assert teams["page_size"] == {"default": 100, "maximum": 999}


def test_every_control_address_is_served(open_client):
    client = open_client()
    for control in CONTROLS:
        method, _, path = control.partition(" ")
        response = client.session.request(method, f"{client.sandbox.graph_url}{path}")
        assert response.status_code == 200, control
    assert client.session.get(f"{client.sandbox.graph_url}/sandbox/x").status_code == 404
