from __future__ import annotations

import signal
import stat
from urllib.parse import parse_qs, urlsplit

import pytest

from tap_msteams_sandbox.identity.entra import Application
from tests import chromium
from tests.commands.machine import SCOPES, confidential, error_of, shown
from tests.conftest import PATIENCE


def test_login_shows_a_page_and_keeps_what_it_brings(machine):
    here = machine()
    here.browse("tests.auth.person", here.sandbox.ca_bundle, "%s")
    done = here.launch("login")
    assert done.stdout == ""
    assert str(here.store) in done.stderr
    assert not [token for token in here.tokens if token in done.stderr]
    assert len(here.tokens) == 2
    assert stat.S_IMODE(here.store.stat().st_mode) == 0o600


def test_login_without_opening_a_browser_waits_for_one(machine):
    here = machine(**{**confidential(), "redirect_uri": "http://localhost"})
    with here.running("login", "--no-browser", "--prompt", "select_account") as process:
        url = shown(process, r"(https://\S+)")
        assert parse_qs(urlsplit(url).query)["prompt"] == ["select_account"]
        here.person().sign_in(url)
        out, _ = process.communicate(timeout=PATIENCE)
    assert (out, process.returncode) == ("", 0)
    assert here.tokens


def with_a_device_code(here):
    """What a user is told who signs in with a code."""
    with here.running("login", "--device-code") as process:
        here.sandbox.entra.devices.approve(shown(process, r"the code (\w+) there"))
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return said


def test_login_with_a_device_code(machine):
    here = machine()
    said = with_a_device_code(here)
    assert not [token for token in here.tokens if token in said]
    assert len(here.tokens) == 2


@pytest.mark.parametrize("method", [None, "refresh_token"])
def test_a_sign_in_says_what_makes_runs_use_it(machine, method):
    here = machine(tenant_id="common", redirect_uri=None, auth_method=method)
    hint = "Set 'auth_method' to 'refresh_token'"
    assert (hint in with_a_device_code(here)) == (method is None)


def test_where_nothing_can_show_a_page_it_says_what_to_run_where(machine):
    line = error_of(machine().launch("login", code=1))
    assert "login --device-code" in line
    assert "tap-msteams url" in line


def test_nobody_signing_in_ends_the_wait(machine):
    assert "--timeout" in machine().refused("login", "--no-browser", "--timeout", "1")


@pytest.mark.parametrize("seconds", ["0", "nan", "inf", "1e300"])
def test_a_wait_that_nobody_could_wait_is_a_usage_error(machine, seconds):
    assert "Usage" in machine().run("login", "--no-browser", "--timeout", seconds, code=2).stderr


def test_a_user_who_declines_the_device_is_one_line(machine):
    here = machine()
    with here.running("login", "--device-code") as process:
        here.sandbox.entra.devices.decline(shown(process, r"the code (\w+) there"))
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in said


def test_a_login_that_is_killed_leaves_nothing_locked(machine):
    here = machine()
    with here.running("login", "--no-browser") as process:
        shown(process, r"(https://\S+)")
        process.kill()
    assert here.run("url").stdout.startswith("https://")


def test_a_user_who_interrupts_sees_no_traceback(machine):
    with machine().running("login", "--no-browser") as process:
        shown(process, r"(https://\S+)")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in said


def test_options_that_contradict_each_other_are_a_usage_error(machine):
    machine().run("login", "--device-code", "--prompt", "login", code=2)


@pytest.mark.skipif(not chromium.BINARY, reason="there is no Chromium on this machine")
def test_a_real_browser_clicks_through_login(machine, sandbox):
    application = Application(
        "app-for-chromium",
        asks_scopes=SCOPES,
        redirect_uris=frozenset({"http://localhost/done"}),
    )
    sandbox.entra.applications[application.client_id] = application
    here = machine(client_id=application.client_id)
    here.browse("tests.chromium", "%s", "account-0", "accept")
    here.launch("login", "--timeout", "55")
    assert len(here.tokens) == 2
