"""Laws of the names that other connectors use."""

from __future__ import annotations

import re

import pytest

from tap_msteams.preflight.doctor import refused
from tap_msteams.settings import Settings, json_schema, problems, rules, wrong_environment
from tap_msteams.settings.elsewhere import PROCEDURES, PROPERTIES

APP = {"tenant_id": "contoso.example", "client_id": "6f1c2f0a", "client_secret": "Qx8Q~hunter2"}


def told(config):
    """What the check of a configuration says, line by line."""
    lines = list(problems(config))
    assert not [line for line in lines if "hunter" in line]
    return lines


def spaced(name):
    return re.sub("(?<!^)([A-Z])", r" \1", name)


OTHERS = [name for names in PROPERTIES for name in names]


@pytest.mark.parametrize(
    ("name", "spelt"),
    [(it, how) for it in OTHERS for how in (str, str.lower, spaced) if how(it) != "verbosity"],
)
def test_a_name_of_another_connector_is_told_with_ours(name, spelt):
    [line] = [it for it in told({**APP, spelt(name): "hunter8"}) if "there is no setting" in it]
    named = re.findall("'([a-z_-]+)'", line.partition("here it is ")[2])
    assert named or "it has no counterpart here: " in line


@pytest.mark.parametrize("name", [name for name in OTHERS if name != "Verbosity"])
def test_a_variable_with_a_name_of_another_connector_is_told_as_well(name):
    known = json_schema()["properties"]
    [line] = wrong_environment({f"TAP_MSTEAMS_{name.upper()}": "x"}, known)
    assert re.search("here it is |no counterpart here: ", line)


def test_every_name_here_of_a_name_elsewhere_exists():
    settings, commands = rules(Settings), {"login", "url", "exchange", "refresh"}
    choices = {it for rule in settings.values() for it in rule.choices}
    others = {"socks5", "socks5h", "http", "https", "expires_in", "--prompt", "--json"}
    for meaning in [*PROPERTIES.values(), *PROCEDURES.values()]:
        for words in re.findall("`([^`]+)`", meaning):
            [word, *options] = words.split()
            assert word in {*settings, *commands, *choices, *others}
            assert {*options} <= {"--json"}


@pytest.mark.parametrize(
    ("key", "value", "own"),
    [
        ("verbosity", 4, "debug"),
        ("verbosity", "2", "info"),
        ("cloud", "USGOVT", "usgov"),
        ("cloud", "AzureChinaCloud", "china"),
    ],
)
def test_a_value_of_another_connector_is_told_with_ours(key, value, own):
    [line] = told({**APP, key: value})
    assert line.endswith(f": {value} of other connectors is {own} here")


def test_about_tells_what_settings_are_called_elsewhere():
    schema = json_schema()["properties"]
    assert schema["redirect_uri"]["description"].endswith(" Elsewhere: CallbackURL.")
    assert "OAuthSettingsLocation" in schema["token_cache_path"]["description"]


def test_a_whole_configuration_of_another_connector_is_told_setting_by_setting():
    config = {
        "AuthScheme": "AzureServicePrincipal",
        "AzureTenant": "contoso.example",
        "OAuthClientId": "6f1c2f0a",
        "OAuthClientSecret": "hunter2",
        "ProxyServer": "proxy.example",
        "Verbosity": "4",
    }
    lines = told(config)
    assert len([line for line in lines if "here it is" in line]) == 6
    assert {check.text for check in refused(lines).checks} == set(lines)
