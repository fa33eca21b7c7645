from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from tap_msteams.cli.program import Program
from tap_msteams.tap import TapMSTeams
from tests.commands.machine import error_of


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--version"], "tap-msteams v"),
        (["--about", "--format=json"], '"token_cache_path"'),
        (["--discover"], '"tap_stream_id"'),
        (["--help"], "--catalog"),
    ],
)
def test_singers_own_invocations_stay(machine, arguments, expected):
    assert expected in machine().run(*arguments).stdout


def test_discovery_needs_no_configuration(machine):
    python = machine().command()[:3]
    assert '"tap_stream_id"' in machine().launch(command=[*python, "--discover"]).stdout


@pytest.mark.parametrize("arguments", [["unknown"], ["login", "--unknown"], ["--unknown"]])
def test_what_is_unknown_is_a_usage_error(machine, arguments):
    assert "Usage" in machine().run(*arguments, code=2).stderr


def test_every_command_takes_a_configuration():
    program = Program.beside(TapMSTeams.get_singer_command())
    assert {"login", "url", "exchange", "refresh", "logout", "admin-consent-url"} <= {
        *program.commands
    }
    for name, command in program.commands.items():
        assert command.help
        if name == "merge-states":
            continue  # reads states alone
        assert "--config" in [name for option in command.params for name in option.opts]


def test_the_configuration_comes_before_the_command_or_after_it_or_from_both(machine):
    here = machine()
    _, _, _, *config, command = here.command("admin-consent-url")
    (here.home / "more.json").write_text(json.dumps({"tenant_id": "contoso.onmicrosoft.com"}))
    urls = [
        here.invoke(arguments).stdout
        for arguments in (
            [*config, command],
            [command, *config],
            [*config, command, "--config", str(here.home / "more.json")],
        )
    ]
    paths = [urlsplit(url).path for url in urls]
    assert paths == [
        "/organizations/v2.0/adminconsent",
        "/organizations/v2.0/adminconsent",
        "/contoso.onmicrosoft.com/v2.0/adminconsent",
    ]
    here.variables = {"TAP_MSTEAMS_CLIENT_ID": "from-the-environment"}
    done = here.invoke(["--config=ENV", command])
    assert "client_id=from-the-environment" in done.stdout


def test_a_wrong_setting_is_one_line(machine):
    assert "did you mean 'client_id'" in error_of(machine(clientid="x").launch("login", code=1))
    assert "config file" in machine().refused("url", "--config", "/nowhere.json")


@pytest.mark.parametrize("command", ["login", "exchange"])
def test_a_method_that_needs_nobody_says_so(machine, command):
    here = machine(
        auth_method="managed_identity", client_id=None, redirect_uri=None, token_cache_path=None
    )
    assert "auth_method" in here.refused(command)


def test_consent_is_for_whichever_app_registration_there_is(machine):
    app = {"tenant_id": "contoso.onmicrosoft.com", "redirect_uri": None}
    for more in ({}, {"auth_method": "service_principal"}):
        here = machine(**app, **more, client_secret="x")
        assert "contoso.onmicrosoft.com" in here.run("admin-consent-url").stdout
    here = machine(auth_method="managed_identity", redirect_uri=None)
    assert "app registration" in here.refused("admin-consent-url")
