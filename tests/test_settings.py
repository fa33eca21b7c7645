from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tap_msteams.errors import SettingsError
from tap_msteams.settings import (
    ALIASES,
    CLOUDS,
    METHODS,
    Settings,
    env_name,
    infer_method,
    json_schema,
    parse_moment,
    problems,
    rules,
)
from tap_msteams.tap import TapMSTeams

SECRETS = {
    "client_secret": "Qx8Q~hunter2",
    "client_certificate": "-----BEGIN hunter4-----",
    "client_certificate_password": "hunter5",
    "refresh_token": "1.AX-hunter3",
    "oauth_verifier": "0.AX-hunter6",
    "access_token": "eyJ.hunter7.x",
    "nango_secret_key": "hunter8",
    "token_cache_passphrase": "hunter9",
    "proxy_password": "hunter10",
}
WAYS = {
    "service_principal": {
        "tenant_id": "contoso.example",
        "client_id": "6f1c2f0a",
        "client_secret": SECRETS["client_secret"],
    },
    "refresh_token": {"client_id": "6f1c2f0a", "refresh_token": SECRETS["refresh_token"]},
    "managed_identity": {"auth_method": "managed_identity"},
    "workload_identity": {
        "tenant_id": "contoso.example",
        "client_id": "6f1c2f0a",
        "federated_token_file": "/var/run/token",
    },
    "access_token": {"access_token": SECRETS["access_token"]},
    "azure_cli": {"auth_method": "azure_cli"},
    "nango": {
        "nango_secret_key": SECRETS["nango_secret_key"],
        "nango_connection_id": "6f1c2f0b",
        "nango_integration_id": "microsoft-teams",
    },
}
APP, USER, MACHINE, FEDERATED, TOKEN, _, BROKER = WAYS.values()
NO_ENVIRONMENT = {"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"}


@pytest.fixture(autouse=True)
def _no_workload(monkeypatch):
    for name in (*NO_ENVIRONMENT, "AZURE_AUTHORITY_HOST", "ACTIONS_ID_TOKEN_REQUEST_URL"):
        monkeypatch.delenv(name, raising=False)


every_setting = pytest.mark.parametrize("rule", rules(Settings).values(), ids=lambda it: it.name)


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
def test_every_setting_is_in_the_schema_with_its_description_and_default(rule):
    schema = json_schema()["properties"][rule.name]
    assert schema["description"].startswith(rule.description)
    assert schema.get("default") == rule.default
    assert schema.get("secret", False) is rule.secret


def test_the_schema_has_nothing_else():
    assert set(json_schema()["properties"]) == {*rules(Settings)}


def test_every_setting_of_a_way_to_sign_in_exists():
    named = {key for way in METHODS.values() for key in (*way.settings, *way.marks)}
    assert named <= {*rules(Settings)}


@every_setting
def test_a_setting_may_be_null(rule):
    settings = Settings.from_config({**MACHINE, rule.name: None} | MACHINE)
    default = settings.auth_method if rule.name == "auth_method" else rule.default
    assert rule.name in {"graph_url", "authority_host"} or getattr(settings, rule.name) == default


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_marked_for_every_reader_of_the_schema(secret):
    schema = json_schema()["properties"][secret]
    assert schema["secret"]
    assert schema["writeOnly"]


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("clinet_secret", "client_secret"),
        ("tenent_id", "tenant_id"),
        ("start_dat", "start_date"),
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
        ("rate_limit_share", 10**400, "a number"),
        ("rate_limit_share", float("inf"), "a number"),
        ("emit_activate_version_messages", "true", "true or false"),
        ("emit_activate_version_messages", 1, "true or false"),
    ],
)
def test_a_value_of_another_type_is_told_with_the_right_one(key, value, what):
    config = {**(USER if key == "scopes" else APP), key: value}
    assert the_line(config) == f"'{key}' (env TAP_MSTEAMS_{key.upper()}) must be {what}"


@pytest.mark.parametrize("key", ["token_cache_path", "token_cache_passphrase", "scopes"])
def test_half_a_letter_is_told_by_its_setting(key):
    value = ["\udcfc"] if key == "scopes" else "pass\udcfc"
    [line] = [it for it in problems({**USER, key: value}) if "UTF-8" in it]
    assert line.startswith(f"'{key}' (env TAP_MSTEAMS_{key.upper()})")
    line.encode()


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


@pytest.mark.parametrize("method", sorted({*METHODS} - {"workload_identity"}))
def test_what_a_way_to_sign_in_lacks_is_told_setting_by_setting(method):
    way = METHODS[method]
    lines = [f"auth_method '{method}' needs '{key}' (env {env_name(key)})" for key in way.needs]
    if way.one_of:
        listed = ", ".join(f"'{key}'" for key in way.one_of)
        lines.append(f"auth_method '{method}' needs one of {listed}")
    assert told({"auth_method": method}) == lines


def test_a_workload_is_told_of_the_places_to_look_for_its_identity():
    assert told({"auth_method": "workload_identity"}) == [
        "auth_method 'workload_identity' needs "
        f"'{key}' (env {env_name(key)} or AZURE_{key.upper()})"
        for key in METHODS["workload_identity"].needs
    ]


def test_a_workload_in_kubernetes_knows_its_identity(monkeypatch):
    for name in NO_ENVIRONMENT:
        monkeypatch.setenv(name, name.lower())
    settings = Settings.from_config({"auth_method": "workload_identity", "client_id": "mine"})
    assert settings.tenant_id == "azure_tenant_id"
    assert settings.client_id == "mine"
    assert settings.federated_token_file == "azure_federated_token_file"


@pytest.mark.parametrize(
    ("host", "config", "cloud", "authority"),
    [
        ("https://login.microsoftonline.us/", {}, "usgov", "https://login.microsoftonline.us"),
        (
            "https://login.partner.microsoftonline.cn/",
            {"cloud": "global"},
            "china",
            "https://login.partner.microsoftonline.cn",
        ),
        ("https://entra.example/", {}, "global", "https://entra.example"),
        (
            "https://login.microsoftonline.us/",
            {"cloud": "usgov_dod"},
            "usgov_dod",
            "https://login.microsoftonline.us",
        ),
        (
            "https://x.example",
            {"authority_host": "https://y.example"},
            "global",
            "https://y.example",
        ),
    ],
)
def test_a_workload_in_a_national_cloud_knows_it(monkeypatch, host, config, cloud, authority):
    for name in NO_ENVIRONMENT:
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", host)
    settings = Settings.from_config({"auth_method": "workload_identity", **config})
    assert (settings.cloud, settings.authority_host) == (cloud, authority)
    assert settings.graph_url == CLOUDS[cloud][1]


@pytest.mark.parametrize("host", ["http://login.microsoftonline.us", "login", "https://a@b/"])
def test_an_entra_id_that_kubernetes_names_badly_is_told(monkeypatch, host):
    for name in NO_ENVIRONMENT:
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", host)
    assert "AZURE_AUTHORITY_HOST" in the_line({"auth_method": "workload_identity"})


def test_a_workload_in_github_needs_no_file(monkeypatch):
    config = {"auth_method": "workload_identity", "tenant_id": "x", "client_id": "y"}
    assert told(config) != []
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://vstoken.example/?x=1")
    assert told(config) == []


@pytest.mark.parametrize(
    ("config", "extra"),
    [
        ({**APP, "auth_method": "service_principal"}, "refresh_token"),
        ({**APP, "auth_method": "service_principal"}, "managed_identity_client_id"),
        (USER, "managed_identity_client_id"),
        (MACHINE, "client_secret"),
        (MACHINE, "refresh_token"),
        (APP, "managed_identity_client_id"),
        (APP, "client_certificate_path"),
        (APP, "access_token"),
        (APP, "federated_token_file"),
        (APP, "nango_secret_key"),
        ({**USER, "client_secret": "x"}, "client_certificate"),
        ({"auth_method": "managed_identity", "managed_identity_object_id": "x"}, "refresh_token"),
        (
            {"auth_method": "managed_identity", "managed_identity_object_id": "x"},
            "managed_identity_client_id",
        ),
        (BROKER, "client_secret"),
        (FEDERATED, "client_secret"),
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
        ({"client_certificate_path": "x"}, "service_principal"),
        ({"client_certificate": "x"}, "service_principal"),
        ({"oauth_verifier": "x", "client_certificate": "y"}, "refresh_token"),
        ({"client_id": "x", "initiate_oauth": "GETANDREFRESH"}, "refresh_token"),
        ({"client_id": "x", "initiate_oauth": "REFRESH"}, None),
        ({"managed_identity_resource_id": "x"}, "managed_identity"),
        ({"federated_token_file": "x"}, "workload_identity"),
        ({"access_token": "x"}, "access_token"),
        ({"access_token": "x", "refresh_token": "y"}, "refresh_token"),
        ({"nango_connection_id": "x"}, "nango"),
        ({"auth_method": "AzureAD"}, "refresh_token"),
        ({"auth_method": "azureserviceprincipal"}, "service_principal"),
        ({"auth_method": "AzureServicePrincipalCert"}, "service_principal"),
        ({"auth_method": "AZUREMSI"}, "managed_identity"),
    ],
)
def test_a_way_to_sign_in_is_inferred_where_it_is_the_only_one(config, method):
    assert infer_method(config) == method


@pytest.mark.parametrize("tenant", [{"tenant_id": "contoso.example"}, {}])
def test_an_application_without_a_credential_is_told_which_one_lacks(tenant):
    line = the_line({"client_id": "6f1c2f0a", **tenant})
    assert line.startswith("'client_secret' (env TAP_MSTEAMS_CLIENT_SECRET)")
    assert "'client_certificate_path', 'client_certificate'" in line
    assert "refresh_token" in line
    assert ("'tenant_id'" in line) == (not tenant)


def test_an_access_token_beside_a_refresh_token_is_told_to_be_of_no_use():
    line = the_line({"client_id": "6f1c2f0a", "refresh_token": "x", "access_token": "hunter9"})
    assert line.startswith("'access_token' is not needed beside the refresh token")


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


def test_ways_to_sign_in_that_contradict_each_other_are_named():
    line = the_line({**APP, "nango_secret_key": "hunter8"})
    assert line == (
        "'client_secret', 'nango_secret_key' belong to different ways to sign in: remove all but "
        "one, or set 'auth_method' (env TAP_MSTEAMS_AUTH_METHOD) to one of service_principal, nango"
    )


@pytest.mark.parametrize(("alias", "method"), ALIASES.items())
def test_the_names_of_other_connectors_mean_the_same(alias, method):
    config = {**WAYS[method], "auth_method": alias.upper()}
    assert told(config) == []
    assert Settings.from_config(config).auth_method == method


def test_the_client_id_beside_another_connectors_name_is_the_identitys():
    config = {"auth_method": "AzureMSI", "client_id": "6f1c2f0a"}
    assert Settings.from_config(config).managed_identity_client_id == "6f1c2f0a"
    config["auth_method"] = "managed_identity"
    assert Settings.from_config(config).managed_identity_client_id is None


@pytest.mark.parametrize("method", METHODS)
def test_defaults_that_are_set_change_nothing(method):
    # Meltano hands them on.
    defaults = {
        rule.name: rule.default for rule in rules(Settings).values() if rule.default is not None
    }
    assert told({**defaults, **WAYS[method]}) == []


@pytest.mark.parametrize("everything", [".default", "https://graph.microsoft.com/.default"])
def test_everything_consented_to_is_not_combined_with_single_permissions(everything):
    [line] = told({**USER, "scopes": [everything, "Chat.Read"]})
    assert line.startswith("'scopes' (env TAP_MSTEAMS_SCOPES): '.default' stands for everything")
    assert told({**USER, "scopes": [everything, "offline_access", "openid", "profile"]}) == []


@pytest.mark.parametrize("key", ["scopes", "teams", "users"])
@pytest.mark.parametrize("entry", ["", " "])
def test_an_entry_of_nothing_is_told(key, entry):
    assert the_line({**USER, key: [entry]}).endswith("has an entry of nothing: remove it")


def test_dates_with_nothing_between_them_are_told():
    dates = {"start_date": "2026-02-01", "end_date": "2026-01-31T23:00:00Z"}
    assert "'end_date'" in the_line({**APP, **dates})
    assert told({**APP, "start_date": "2026-01-31", "end_date": "2026-02-01"}) == []


@pytest.mark.parametrize("scope", ["Chat.Read User.Read", " Chat.Read"])
def test_permissions_in_one_text_are_told(scope):
    assert "each permission is an item" in the_line({**USER, "scopes": [scope]})


@pytest.mark.parametrize(
    ("config", "key"),
    [
        (APP, "client_secret"),
        (USER, "refresh_token"),
        (TOKEN, "access_token"),
        (BROKER, "nango_secret_key"),
        ({"auth_method": "refresh_token", "client_id": "x"}, "oauth_verifier"),
    ],
)
@pytest.mark.parametrize("value", ["hunter2\n", " hunter2", "hun ter2", "hünter2", "hunter2\x00"])
def test_a_secret_that_was_copied_badly_is_told_and_not_shown(config, key, value):
    line = the_line({**config, key: value})
    assert f"'{key}' (env {env_name(key)}) must be of plain ASCII letters" in line
    assert "ter2" not in line


@pytest.mark.parametrize(
    "key", sorted({key for way in METHODS.values() for key in (*way.needs, *way.one_of)})
)
def test_an_empty_text_counts_as_missing(key):
    method = next(name for name, way in METHODS.items() if key in (*way.needs, *way.one_of))
    config = {"auth_method": method, **WAYS[method]}
    if key in METHODS[method].one_of:
        config.pop("client_secret", None)
    assert any(f"'{key}'" in line and "needs" in line for line in told({**config, key: ""}))


@pytest.mark.parametrize("key", ["client_certificate_password", "send_certificate_chain"])
def test_what_belongs_to_a_certificate_is_told_without_one(key):
    value = True if key.startswith("send") else "hunter2"
    assert f"'{key}'" in the_line({**APP, key: value})
    with_one = {**APP, "client_certificate_path": "x", key: value}
    assert told({k: v for k, v in with_one.items() if k != "client_secret"}) == []


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("certificate_fingerprint", "ab:" * 31 + "cd", "ab:cd"),
        ("certificate_fingerprint", f"{'a' * 64}, {'B' * 64}", f"{'a' * 64},b"),
        ("proxy_url", "socks5h://proxy.example:1080", "proxy.example:1080"),
        ("proxy_url", "http://us%20er:hunter2@proxy.example:8080", "ftp://hunter2@proxy.example"),
        ("proxy_url", "http://us:p%40ss%2Fhunter2@proxy.example", "http://us:p@ss/hunter2@proxy"),
        ("redirect_uri", "http://localhost:8400/callback", "localhost"),
        ("nango_host", "https://nango.example", "http://nango.example"),
        ("initiate_oauth", "OFF", "NEVER"),
        ("token_cache_encryption", "passphrase", "rot13"),
        ("verbosity", "debug", "loud"),
        ("connect_timeout", 0, -1),
        ("request_timeout", "2.5", "soon"),
    ],
)
def test_a_setting_tells_what_it_has_to_look_like(key, good, bad):
    config = BROKER if key.startswith("nango") else APP
    assert told({**config, key: good}) == []
    line = the_line({**config, key: bad})
    assert line.startswith(f"'{key}' (env {env_name(key)}) must be ")
    assert "hunter2" not in line


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
