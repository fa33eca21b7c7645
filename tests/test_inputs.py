"""What the tap says to bad input: one line, which names the setting or the file and the remedy."""

from __future__ import annotations

import io
import json
import re
from contextlib import ExitStack, redirect_stdout

import pytest
from singer_sdk.exceptions import MappingError

from tap_msteams.errors import SettingsError, StateError, TapError
from tap_msteams.sdk import parse_environment_config
from tap_msteams.settings import Settings, env_name, rules
from tap_msteams.tap import TapMSTeams
from tap_msteams.tap.inputs import parse_object
from tests.target import HastyTap

SECRET = "Qx8Q~hunter2"
MACHINE = {"auth_method": "managed_identity"}


def written(path, content):
    """The file, after it was written."""
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


@pytest.fixture
def nowhere(closed_port):
    """An address where nobody listens."""
    return f"https://localhost:{closed_port}"


def refused(folder, *, config=None, **files):
    """What the tap says to a configuration and other files, each given as JSON or as bytes."""
    path = folder / "config.json"
    if config is not None:
        written(path, config)
    captured = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(captured), ExitStack() as stack:
        given = {
            name: stack.enter_context(written(folder / name, content).open())
            for name, content in files.items()
        }
        with pytest.raises((TapError, MappingError)) as caught:
            HastyTap.invoke(config=HastyTap.cb_config(None, None, (str(path),)), **given)
    out, said = captured.buffer.getvalue().decode(), str(caught.value)
    messages = [json.loads(line) for line in out.splitlines()]
    assert {message.get("stream") for message in messages if message["type"] == "RECORD"} <= {
        "sync_issues",
        "sync_runs",
    }
    assert SECRET not in out + said
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (None, r"config file '.*config.json' cannot be read: No such file"),
        (
            f'{{"client_secret": "{SECRET}",'.encode(),
            r"config file '.*config.json' is no JSON: .* line 1 column \d+",
        ),
        (b'{"x": "\xff"}', r"config file '.*config.json' is no UTF-8 text"),
        ([SECRET], r"config file '.*config.json' must be a JSON object"),
        ({}, r"'auth_method' \(env TAP_MSTEAMS_AUTH_METHOD\) is missing"),
        (
            {**MACHINE, "conurrency": SECRET},
            r"there is no setting 'conurrency': did you mean 'concurrency'\?",
        ),
        (
            {**MACHINE, "client_secret": SECRET},
            r"auth_method 'managed_identity' does not use 'client_secret': remove it or change",
        ),
        (
            {**MACHINE, "flattening_enabled": "yes"},
            r"'flattening_enabled' \(env TAP_MSTEAMS_FLATTENING_ENABLED\) needs type .*boolean",
        ),
        (
            {**MACHINE, "batch_config": {"encoding": {"format": SECRET}, "storage": {}}},
            r"'batch_config.encoding.format' \(env TAP_MSTEAMS_BATCH_CONFIG\) needs enum",
        ),
        (
            {**MACHINE, "batch_config": {"encoding": {"format": "jsonl"}}},
            r"'batch_config' \(env TAP_MSTEAMS_BATCH_CONFIG\) is not what .*'storage'",
        ),
        (
            {**MACHINE, "stream_maps": "teams"},
            r"'stream_maps' \(env TAP_MSTEAMS_STREAM_MAPS\) needs type",
        ),
        ({**MACHINE, "stream_maps": {"teams": {"title": "a b +"}}}, r"expression a b \+"),
    ],
)
def test_a_bad_configuration_is_told_in_one_line(tmp_path, config, said):
    assert re.search(said, refused(tmp_path, config=config))


UNKNOWN = {
    "tap_stream_id": "chanels",
    "stream": "chanels",
    "schema": {"type": "object", "properties": {}},
    "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}],
}


@pytest.mark.parametrize(
    ("catalog", "said"),
    [
        (b'{"streams": [', r"the catalog is no JSON: .* line 1 column \d+"),
        (b"\xff\xfe", r"the catalog is no UTF-8 text"),
        ([], r"the catalog must be a JSON object"),
        ({}, r"the catalog is no Singer catalog .*: write it with --discover"),
        ({"streams": "teams"}, r"the catalog is no Singer catalog .*: write it with --discover"),
        (
            {"streams": [{"stream": "teams"}]},
            r"the catalog is no Singer catalog .*: write it with --discover",
        ),
        (
            {"streams": [{**UNKNOWN, "tap_stream_id": "teams"}]},
            r"the catalog calls the stream 'teams' also 'chanels'",
        ),
        (
            {"streams": [{**UNKNOWN, "tap_stream_id": 5, "stream": 5}]},
            r"the catalog calls the stream '5' also 5",
        ),
        (
            {"streams": [UNKNOWN]},
            r"the catalog selects a stream 'chanels' .*: did you mean 'channels'\?",
        ),
    ],
)
def test_a_bad_catalog_is_told_in_one_line(shared_sandbox, tmp_path, catalog, said):
    config = shared_sandbox.config()
    assert re.search(said, refused(tmp_path, config=config, catalog=catalog))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (b"{", r"the state is no JSON: .* line 1 column \d+"),
        (b"\xff\xfe", r"the state is no UTF-8 text"),
        ([1], r"the state must be a JSON object"),
        ({"bookmarks": {"messages": {"teams": ["\ud83d"]}}}, r"the state has half a letter"),
        ({"bookmarks": []}, r"the state is no Singer state: .* `bookmarks` that map streams"),
        ({"bookmarks": {"messages": 5}}, r"the state is no Singer state: .* `bookmarks` that map"),
        ({"value": {"bookmarks": {}}}, r"it must be the `value` of a STATE message"),
        (
            {"bookmarks": {"messages": {"version": 9}}},
            r"state of 'messages' is of version 9, .* remove \"messages\" from the state",
        ),
        *(
            (
                {"bookmarks": {"messages": {"version": 1, "teams": {since: ["x"]}}}},
                rf"state of 'messages' is damaged \('?{since}",
            )
            for since in ("2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00Z")
        ),
        (
            {"bookmarks": {"messages": {"version": 1, "teams": 5}}},
            r"state of 'messages' is damaged .* remove \"messages\" from the state",
        ),
    ],
)
def test_a_bad_state_is_told_in_one_line(shared_sandbox, tmp_path, state, said):
    assert re.search(said, refused(tmp_path, config=shared_sandbox.config(), state=state))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_secret": SECRET}, r"wrong: set 'client_secret' .*7000215"),
        ({"tenant_id": "nowhere"}, r"no such tenant .*'tenant_id' .*90002"),
        ({"client_id": "nobody"}, r"not know .*'client_id' .*700016"),
        ({"ca_bundle": None}, r"not trusted .*: set 'ca_bundle'"),
        ({"ca_bundle": "no.pem"}, r"'ca_bundle' .*: there is no file no.pem"),
        ({"authority_host": "closed"}, r"be reached: .*'authority_host'"),
        ({"authority_host": "graph"}, r"else answers .*'authority_host'"),
    ],
)
def test_an_application_that_cannot_sign_in_is_told_why_in_one_line(
    shared_sandbox, tmp_path, nowhere, changes, said
):
    addresses = {"closed": nowhere, "graph": shared_sandbox.graph_url}
    given = {key: addresses.get(str(value), value) for key, value in changes.items()}
    assert re.search(said, refused(tmp_path, config=shared_sandbox.config() | given))


def test_a_user_who_cannot_sign_in_is_told_why_in_one_line(open_sandbox, tmp_path):
    config = open_sandbox(auth="refresh_token").config() | {"refresh_token": SECRET}
    assert re.search("'refresh_token' .*AADSTS9002313", refused(tmp_path, config=config))


def test_a_machine_that_cannot_sign_in_is_told_why_in_one_line(tmp_path, nowhere, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", nowhere.replace("https", "http"))
    line = refused(tmp_path, config=MACHINE)
    assert re.search("No managed identity endpoint answers .*'auth_method'", line)


def test_a_graph_out_of_reach_is_told_in_one_line(open_sandbox, tmp_path, nowhere):
    sandbox = open_sandbox()
    sandbox.entra.resource = nowhere
    line = refused(tmp_path, config=sandbox.config() | {"graph_url": nowhere})
    assert re.match(f"Graph at {nowhere} cannot be reached: .*check 'graph_url' ", line)


# The environment


@pytest.fixture
def from_environment(monkeypatch):
    def read(**values):
        for key, value in values.items():
            monkeypatch.setenv(env_name(key), value)
        return TapMSTeams._env_var_config

    return read


@pytest.mark.parametrize("name", ["TAP_MSTEAMS_MESAGE_CONTENT", "TAP_MSTEAMS_TEAM"])
def test_a_variable_that_is_no_setting_stops_the_run(from_environment, monkeypatch, name):
    monkeypatch.setenv(name, "drop")
    with pytest.raises(SettingsError, match=rf"there is no setting .*{name}\): did you mean"):
        from_environment()


@pytest.mark.parametrize("name", ["TAP_MSTEAMS__SELECT", "TAP_MSTEAMS_LOGLEVEL"])
def test_what_meltano_and_the_sdk_put_beside_the_settings_is_none_of_them(
    from_environment, monkeypatch, name
):
    monkeypatch.setenv(name, "[]")
    from_environment()


def test_a_setting_of_nothing_is_not_set(from_environment):
    assert "teams" not in from_environment(teams="")
    assert "archived_teams" not in from_environment(archived_teams="")


def test_a_flag_that_is_neither_true_nor_false_is_told(from_environment):
    with pytest.raises(SettingsError, match=r"'body_text' .*must be true or false"):
        from_environment(body_text="maybe")


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("tenant_id", "0042", "0042"),
        ("client_secret", "a,b=c#'\"", "a,b=c#'\""),
        ("concurrency", "8", 8),
        ("lookback_minutes", "0", 0),
        ("rate_limit_share", "0.25", 0.25),
        ("emit_activate_version_messages", "true", True),
        ("emit_activate_version_messages", "FALSE", False),
        ("scopes", '["Chat.Read", "User.Read"]', ["Chat.Read", "User.Read"]),
    ],
)
def test_the_environment_can_give_every_type(from_environment, key, text, value):
    found = from_environment(**{key: text})
    assert found == {key: value if key != "rate_limit_share" else text}
    needed = {"client_id": "6f1c2f0a", "refresh_token": "1.AX", "tenant_id": "contoso.example"}
    assert getattr(Settings.from_config({**needed, **found}), key) == value


@pytest.mark.parametrize("key", ["concurrency", "lookback_minutes", "stream_maps"])
def test_a_variable_that_cannot_be_read_is_told_by_its_name(from_environment, key):
    with pytest.raises(SettingsError) as caught:
        from_environment(**{key: "hunter2"})
    assert str(caught.value).startswith(f"'{key}' (env TAP_MSTEAMS_{key.upper()}) cannot be read")
    assert "hunter2" not in str(caught.value)


def test_the_environment_says_to_this_tap_what_it_says_to_any_tap(from_environment):
    public = [rule.name for rule in rules(Settings).values() if not rule.secret]
    values = dict.fromkeys(public, "1") | {"stream_maps": json.dumps({"teams": {}})}
    found = from_environment(**values)
    assert found == parse_environment_config(TapMSTeams.config_jsonschema, "TAP_MSTEAMS_")
    assert found["stream_maps"] == {"teams": {}}
    assert set(found) == set(values)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_levels_that_nobody_counts_are_one_line(text):
    with pytest.raises(StateError, match="the state has too many levels"):
        parse_object("the state", text, StateError)
