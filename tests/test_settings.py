from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tap_msteams.errors import SettingsError
from tap_msteams.settings import CLOUDS, Settings, env_name, json_schema, problems, rules
from tap_msteams.settings.forms import parse_moment
from tap_msteams.settings.methods import METHODS
from tap_msteams.tap import TapMSTeams
from tap_msteams.throttle.limits import SCOPED_LIMITS, TENANT_LIMITS
from tests.ways import APP, BROKER, MACHINE, SECRETS, TOKEN, USER, WAYS, the_line, told

every_setting = pytest.mark.parametrize("rule", rules(Settings).values(), ids=lambda it: it.name)


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


@pytest.mark.parametrize(
    "shares", [["files"], ["files=half"], ["mail=1"], ["files=0"], ["files=-1"], ["files=inf"]]
)
def test_shares_that_say_nothing_are_told(shares):
    assert "must be a list of shares above 0" in the_line({**APP, "rate_limit_shares": shares})


def test_services_of_shares_are_those_of_the_limits():
    services = sorted({it.service for it in (*TENANT_LIMITS, *SCOPED_LIMITS)} - {""})
    shares = [f"{service} = 0.5" for service in services]
    given = Settings.from_config({**APP, "rate_limit_shares": shares})

    assert given.shares == dict.fromkeys(services, 0.5)
    assert all(f"`{it}`" in rules(Settings)["rate_limit_shares"].description for it in services)


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
