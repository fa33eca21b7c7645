from __future__ import annotations

import re
from dataclasses import MISSING, fields
from datetime import UTC, datetime

import pytest

from tap_msteams.errors import SettingsError
from tap_msteams.settings import (
    CLOUDS,
    METHODS,
    Settings,
    env_name,
    infer_method,
    json_schema,
    parse_moment,
    problems,
)
from tap_msteams.tap import TapMSTeams

SECRETS = {"client_secret": "Qx8Q~hunter2", "refresh_token": "1.AX-hunter3"}
WAYS = {
    "service_principal": {
        "tenant_id": "contoso.example",
        "client_id": "6f1c2f0a",
        "client_secret": SECRETS["client_secret"],
    },
    "refresh_token": {"client_id": "6f1c2f0a", "refresh_token": SECRETS["refresh_token"]},
    "managed_identity": {"auth_method": "managed_identity"},
}
APP, USER, MACHINE = WAYS.values()

every_setting = pytest.mark.parametrize("item", fields(Settings), ids=lambda item: item.name)


def told(config):
    """What is wrong with a configuration, line by line."""
    return list(problems(config))


def the_line(config):
    [line] = told(config)
    return line


@pytest.mark.parametrize("method", METHODS)
def test_what_a_way_to_sign_in_needs_is_enough(method):
    settings = Settings.from_config(WAYS[method])
    assert settings.auth_method == method
    for key, value in WAYS[method].items():
        assert getattr(settings, key) == value


@every_setting
def test_every_setting_is_in_the_schema_with_its_description_and_default(item):
    schema = json_schema()["properties"][item.name]
    assert schema["description"]
    assert schema.get("default") == (None if item.default is MISSING else item.default)
    assert schema.get("secret", False) is item.metadata["secret"]


def test_the_schema_has_nothing_else():
    assert set(json_schema()["properties"]) == {item.name for item in fields(Settings)}


def test_every_setting_of_a_way_to_sign_in_exists():
    named = {key for needed, optional in METHODS.values() for key in (*needed, *optional)}
    assert named <= {item.name for item in fields(Settings)}


@every_setting
def test_a_setting_may_be_null(item):
    settings = Settings.from_config({**MACHINE, item.name: None} | MACHINE)
    default = settings.auth_method if item.name == "auth_method" else item.default
    assert item.name in {"graph_url", "authority_host"} or getattr(settings, item.name) == default


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_marked_for_every_reader_of_the_schema(secret):
    schema = json_schema()["properties"][secret]
    assert schema["secret"]
    assert schema["writeOnly"]


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("clinet_secret", "client_secret"),
        ("tenant", "tenant_id"),
        ("startdate", "start_date"),
        ("Graph_Url", "graph_url"),
        ("user-agent", "user_agent"),
    ],
)
def test_a_misspelt_setting_is_told_with_the_nearest_name(key, near):
    line = the_line({**APP, key: SECRETS["client_secret"]})
    assert line == f"there is no setting '{key}': did you mean '{near}'?"


def test_a_setting_like_no_other_is_told_with_where_they_are_listed():
    assert the_line({**APP, "xyzzy": 1}) == (
        "there is no setting 'xyzzy': see `tap-msteams --about`"
    )


def test_the_sdks_own_settings_are_known_and_suggested():
    known = TapMSTeams.config_jsonschema["properties"]
    TapMSTeams.append_builtin_config(TapMSTeams.config_jsonschema)
    assert list(problems({**APP, "stream_maps": {}, "batch_config": {}}, known)) == []
    [line] = problems({**APP, "stream_map": {}}, known)
    assert "did you mean 'stream_maps'?" in line


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("tenant_id", 5, "a text"),
        ("client_secret", 12345678, "a text"),
        ("client_secret", ["Qx8Q~hunter2"], "a text"),
        ("start_date", 20260131, "a text"),
        ("auth_method", ["service_principal"], "a text"),
        ("scopes", "Chat.Read", "a list of texts"),
        ("scopes", [1], "a list of texts"),
        ("scopes", {"Chat.Read": 1}, "a list of texts"),
        ("concurrency", 2.5, "a whole number"),
        ("concurrency", True, "a whole number"),
        ("concurrency", "many", "a whole number"),
        ("concurrency", [], "a whole number"),
        ("lookback_minutes", "5m", "a whole number"),
        ("rate_limit_share", "half", "a number"),
        ("rate_limit_share", True, "a number"),
        ("rate_limit_share", [1], "a number"),
        ("rate_limit_share", {}, "a number"),
        ("rate_limit_share", "nan", "a number"),
        ("rate_limit_share", float("inf"), "a number"),
        ("emit_activate_version_messages", "true", "true or false"),
        ("emit_activate_version_messages", 1, "true or false"),
    ],
)
def test_a_value_of_another_type_is_told_with_the_right_one(key, value, what):
    config = {**(USER if key == "scopes" else APP), key: value}
    assert the_line(config) == f"'{key}' (env TAP_MSTEAMS_{key.upper()}) must be {what}"


@pytest.mark.parametrize(
    ("key", "value", "names"),
    [
        ("auth_method", "managed", METHODS),
        ("cloud", "mars", CLOUDS),
        ("on_error", "ignore", ("report", "fail_at_end", "fail")),
    ],
)
def test_a_value_that_is_no_choice_is_told_with_the_choices(key, value, names):
    line = the_line({**APP, key: value})
    assert line == f"'{key}' (env TAP_MSTEAMS_{key.upper()}) must be one of {', '.join(names)}"


@pytest.mark.parametrize(
    ("key", "least"), [("concurrency", 1), ("lookback_minutes", 0), ("rate_limit_share", 0)]
)
def test_a_number_below_its_minimum_is_told(key, least):
    assert told({**APP, key: least}) == []
    line = the_line({**APP, key: least - 1})
    assert line == f"'{key}' (env TAP_MSTEAMS_{key.upper()}) must be at least {least}"


@pytest.mark.parametrize(("key", "most"), [("concurrency", 1000), ("lookback_minutes", 525_600)])
def test_a_number_above_its_maximum_is_told(key, most):
    assert told({**APP, key: most}) == []
    line = the_line({**APP, key: most + 1})
    assert line == f"'{key}' (env TAP_MSTEAMS_{key.upper()}) must be at most {most}"


@pytest.mark.parametrize(
    "value", ["yesterday", "31.01.2026", "2026-13-01", "", "0001-01-01T00:00:00+14:00"]
)
def test_a_start_that_is_no_date_is_told_with_one(value):
    assert "'start_date'" in the_line({**APP, "start_date": value})
    assert "2026-01-31" in the_line({**APP, "start_date": value})


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T12:00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00.5+02:00", datetime(2026, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_start_is_a_moment_in_utc(value, moment):
    assert Settings.from_config({**APP, "start_date": value}).start == moment
    assert parse_moment(value).tzinfo is UTC


def test_the_whole_history_has_no_start():
    assert Settings.from_config(APP).start is None


@pytest.mark.parametrize("key", ["graph_url", "authority_host"])
@pytest.mark.parametrize(
    "value",
    [
        "http://graph.microsoft.com",
        "graph.microsoft.com",
        "https://",
        "https://graph.microsoft.com/v1.0",
        "https://graph.microsoft.com?x=1",
        "https://graph.microsoft.com#x",
        "https://user:hunter2@graph.microsoft.com",
        "https://graph.microsoft.com:99999",
        "https://graph microsoft.com",
        "https://graph.microsoft.com\\elsewhere",
        "https://[::1",
        "",
    ],
)
def test_an_address_has_to_be_an_https_origin(key, value):
    line = the_line({**APP, key: value})
    assert line == (
        f"'{key}' (env TAP_MSTEAMS_{key.upper()}) must be an origin like "
        "https://graph.microsoft.com"
    )


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_has_its_own_addresses(cloud):
    settings = Settings.from_config({**APP, "cloud": cloud})
    assert (settings.authority_host, settings.graph_url) == CLOUDS[cloud]


def test_an_address_of_ones_own_goes_before_the_clouds_and_ends_without_a_slash():
    given = {"graph_url": "https://localhost:8443/", "authority_host": "https://[::1]:8444/"}
    settings = Settings.from_config({**APP, "cloud": "china", **given})
    assert settings.graph_url == "https://localhost:8443"
    assert settings.authority_host == "https://[::1]:8444"


@pytest.mark.parametrize("value", ["Björn", "data\nteam", "data\x00team", "数据"])
def test_a_user_agent_has_to_fit_into_a_header(value):
    assert "'user_agent' (env TAP_MSTEAMS_USER_AGENT)" in the_line({**APP, "user_agent": value})
    assert told({**APP, "user_agent": "data@contoso.example (night run)"}) == []


@pytest.mark.parametrize("method", METHODS)
def test_what_a_way_to_sign_in_lacks_is_told_setting_by_setting(method):
    needed, _ = METHODS[method]
    assert told({"auth_method": method}) == [
        f"auth_method '{method}' needs '{key}' (env {env_name(key)})" for key in needed
    ]


@pytest.mark.parametrize(
    ("config", "extra"),
    [
        ({**APP, "auth_method": "service_principal"}, "refresh_token"),
        ({**APP, "auth_method": "service_principal"}, "managed_identity_client_id"),
        (USER, "managed_identity_client_id"),
        (MACHINE, "client_secret"),
        (MACHINE, "refresh_token"),
        (APP, "managed_identity_client_id"),
    ],
)
def test_a_second_credential_is_a_contradiction(config, extra):
    line = the_line({**config, extra: "hunter2"})
    assert extra in line or "'auth_method'" in line
    assert "hunter2" not in line


def test_scopes_are_for_users_alone():
    assert "does not use 'scopes'" in the_line({**APP, "scopes": ["Chat.Read"]})
    assert told({**USER, "scopes": ["Chat.Read"]}) == []


@pytest.mark.parametrize("method", METHODS)
def test_ids_may_stand_in_a_shared_configuration(method):
    config = {"tenant_id": "contoso.example", "client_id": "6f1c2f0a", **WAYS[method]}
    assert told({**config, "auth_method": method}) == []


@pytest.mark.parametrize(
    ("config", "method"),
    [
        ({}, None),
        ({"client_id": "x"}, None),
        ({"client_secret": "x"}, "service_principal"),
        ({"refresh_token": "x"}, "refresh_token"),
        ({"refresh_token": "x", "client_secret": "y"}, "refresh_token"),
        ({"managed_identity_client_id": "x"}, "managed_identity"),
        ({"managed_identity_client_id": "x", "client_secret": "y"}, None),
        ({"managed_identity_client_id": "x", "refresh_token": "y"}, None),
        ({"auth_method": "managed_identity", "client_secret": "x"}, "managed_identity"),
        ({"client_secret": "", "refresh_token": "x"}, "refresh_token"),
    ],
)
def test_a_way_to_sign_in_is_inferred_where_it_is_the_only_one(config, method):
    assert infer_method(config) == method


def test_a_way_to_sign_in_that_cannot_be_inferred_is_asked_for():
    line = the_line({})
    assert "'auth_method' (env TAP_MSTEAMS_AUTH_METHOD) is missing" in line
    assert all(method in line for method in METHODS)


@pytest.mark.parametrize("tenant", ["common", "Organizations", "consumers"])
def test_an_application_needs_a_tenant_of_its_own(tenant):
    assert "'tenant_id' must be the tenant's GUID or domain" in the_line(
        {**APP, "tenant_id": tenant}
    )
    assert told({**USER, "tenant_id": tenant}) == []


def test_all_that_is_wrong_is_told_at_once_and_without_a_secret():
    config = {
        "client_secret": [SECRETS["client_secret"]],
        "refresh_token": SECRETS["refresh_token"],
        "auth_method": "service_principal",
        "clientsecret": SECRETS["client_secret"],
        "concurrency": SECRETS["client_secret"],
        "graph_url": f"https://x:{SECRETS['client_secret']}@graph.microsoft.com",
        "start_date": SECRETS["refresh_token"],
        "cloud": SECRETS["client_secret"],
    }
    with pytest.raises(SettingsError) as caught:
        Settings.from_config(config)
    lines = str(caught.value).splitlines()
    assert len(lines) == 9
    assert all(re.match(r"'\w+' \(env TAP_MSTEAMS_\w+\) must|auth_m|there is", it) for it in lines)
    assert not any(secret in str(caught.value) for secret in ("hunter2", "hunter3"))


def test_settings_show_nothing_of_what_they_hold():
    assert "hunter" not in repr(Settings.from_config(APP))
    assert "hunter" not in str(Settings.from_config(USER))
