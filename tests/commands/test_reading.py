from __future__ import annotations

import json
from contextlib import ExitStack

from tests.commands.machine import at_terminal, error_of
from tests.conftest import PATIENCE, selection


def test_refresh_shows_the_token_only_on_request(machine):
    here = machine()
    here.sign_in()
    before = here.tokens
    done = here.run("refresh")
    assert done.stdout == ""
    assert not set(here.tokens) & set(before)
    assert not [token for token in here.tokens if token in done.stderr]
    done = here.run("refresh", "--show-token")
    assert done.stdout.strip() in here.tokens
    assert done.stdout.strip() not in done.stderr


def test_logout_forgets(machine):
    here = machine()
    here.sign_in()
    tokens = here.tokens
    here.run("logout")
    assert not [token for token in tokens if token in here.store.read_text()]
    assert "no tokens" in here.run("logout").stderr
    assert "tap-msteams login" in here.refused("refresh")


def test_a_revoked_sign_in_is_one_line(machine, sandbox):
    here = machine()
    here.sign_in()
    sandbox.entra.revoke_all()
    assert "AADSTS50173" in error_of(here.launch("refresh", code=1))


# Reading with what a sign-in left


def reading(machine):
    """The arguments of a run that reads the teams."""
    catalog = machine.home / "catalog.json"
    catalog.write_text(json.dumps(selection(["teams"])))
    return ["--catalog", str(catalog)]


def teams(done):
    return [line for line in done.stdout.splitlines() if '"type":"RECORD"' in line]


def test_the_tap_reads_as_the_user_who_signed_in(machine):
    here = machine(auth_method="refresh_token", rate_limit_share=0)
    assert "tap-msteams login" in here.refused(*reading(here))
    here.sign_in()
    assert teams(here.launch(*reading(here)))
    here.run("logout")
    assert "tap-msteams login" in here.refused(*reading(here))


def test_runs_with_an_expired_token_ask_for_one_together(machine, sandbox, monkeypatch):
    monkeypatch.setattr(sandbox.entra, "strict", True)  # a second use would revoke them all
    here = machine(auth_method="refresh_token", rate_limit_share=0)
    here.sign_in()
    document = json.loads(here.store.read_text())
    [entry] = document["apps"].values()
    entry["refresh_at"] = entry["expires_at"] = 1.0
    here.store.write_text(json.dumps(document))
    before, arguments = sandbox.entra.requests, reading(here)
    with ExitStack() as stack:
        runs = [stack.enter_context(here.running(*arguments)) for _ in range(3)]
        outputs = [run.communicate(timeout=PATIENCE) for run in runs]
    assert [run.returncode for run in runs] == [0] * 3, outputs
    assert sandbox.entra.requests == before + 1


def test_a_pipeline_without_a_terminal_says_what_to_run(machine):
    here = machine(initiate_oauth="GETANDREFRESH")
    assert "tap-msteams login" in here.refused(*reading(here))


def test_a_pipeline_at_a_terminal_has_the_user_sign_in(machine, sandbox):
    here = machine(initiate_oauth="GETANDREFRESH", rate_limit_share=0)
    with at_terminal(here, *reading(here)) as terminal:
        [code] = terminal.says(rb"the code (\w+) there")
        sandbox.entra.devices.approve(code.decode())
        out = terminal.rest()
    assert b'"type":"RECORD"' in out
    assert here.tokens
