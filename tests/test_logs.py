from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from urllib.parse import quote

import pytest
from singer_sdk.logging import ConsoleFormatter, StructuredFormatter
from urllib3.exceptions import InsecureRequestWarning

from tap_msteams import logs
from tap_msteams.settings import Settings, rules
from tap_msteams_sandbox.proxy import Proxy
from tests.target import UNPACED

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"
CODE = "1.AXoAq" + "Zx9-_" * 12 + ".AgABAAIAAAD"
ODD = "p@ss 'w/rd\" \\n#%40?&é"
FULL = Path("/dev/full")

NAMES = (None, "msal", "singer_sdk.metrics", "urllib3")

LOGGER = logging.getLogger("tap_msteams.test")


@pytest.fixture(autouse=True)
def _own_logging(monkeypatch):
    """A process's logging at its start; puts it back to where it was, with all secrets."""
    monkeypatch.setattr(logs, "_SECRETS", type(logs._SECRETS)())
    loggers = [logging.getLogger(name) for name in NAMES]
    levels = [it.level for it in loggers]
    handlers = list(logging.root.handlers)
    formatters = [it.formatter for it in handlers]
    for it in loggers[1:]:
        it.setLevel(logging.NOTSET)  # as in a new process
    yield
    logs.configure({})
    logging.root.handlers = handlers
    for it, formatter in zip(handlers, formatters, strict=True):
        it.setFormatter(formatter)
    for it, level in zip(loggers, levels, strict=True):
        it.setLevel(level)


@pytest.fixture
def console():
    """What a console shows, in the SDK's format."""
    return _console(ConsoleFormatter())


def _console(formatter):
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(formatter)
    logging.root.addHandler(handler)
    return handler.stream


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        (f"Authorization: Bearer {JWT}", JWT),
        (
            "'Authorization': 'Bearer EwBIA8l6BAAU7p9QDpiaGnHIs32Wb'",
            "EwBIA8l6BAAU7p9QDpiaGnHIs32Wb",
        ),
        ("Proxy-Authorization: Basic dTpw", "dTpw"),
        ("sent Basic dXNlcjpodW50ZXIyaHVudGVy to it", "dXNlcjpodW50ZXIyaHVudGVy"),
        (f"a token {JWT} alone", JWT),
        (f"encrypted {JWT}.e30.e30", f"{JWT}.e30.e30"),
        (f"http://localhost:8400/?code={CODE}&state=x", CODE),
        (f"redeeming {CODE}", CODE),
        ("grant_type=x&refresh_token=0.secret&client_id=y", "0.secret"),
        ("client_secret=a~b.c-d&x=1", "a~b.c-d"),
        ("code_verifier=tiny", "tiny"),
        ("GET /data/v1.0/download?token=abcdefgh-12345678 HTTP", "abcdefgh-12345678"),
        (json.dumps({"access_token": "opaque-thing"}), "opaque-thing"),
        (json.dumps(json.dumps({"refresh_token": "opaque-thing"})), "opaque-thing"),
        (repr({"client_assertion": "opaque-thing"}), "opaque-thing"),
        ("proxy http://user:hunter2@proxy.example:8080 is", "hunter2"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
        ("'-----BEGIN PRIVATE KEY-----\\nMIIE' (cut off)", "MIIE"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(line, secret):
    assert secret not in logs.redact(line)
    assert logs.HIDDEN in logs.redact(line)


@pytest.mark.parametrize(
    "line",
    [
        "The bearer token is about to end, Basic authentication is not taken",
        "leaving with exit code=1, error_code=invalid_grant",
        '{"error": {"code": "InvalidAuthenticationToken", "message": "x"}}',
        "/v1.0/teams/getAllMessages?$skiptoken=MSZVMVFUQU1Ea3ZNREF3TUM5RlJERTNNakU%3d",
        "https://graph.microsoft.com:443/v1.0/users/adele@contoso.example/chats",
        "AADSTS7000215: Invalid client secret. Trace ID: 4a1b2c3d-0000-0000-0000-000000000000",
        "'client_secret' (env TAP_MSTEAMS_CLIENT_SECRET) is missing",
        "password: see the documentation",
    ],
)
def test_what_is_no_secret_stays(line):
    assert logs.redact(line) == line


@pytest.mark.parametrize("key", [it.name for it in rules(Settings).values() if it.secret])
def test_every_secret_setting_is_hidden_however_it_is_spelt(console, key):
    secret = f"{key} {ODD}"
    logs.configure({key: secret})
    forms = [secret, quote(secret), quote(secret, safe=""), json.dumps(secret), repr(secret)]
    for form in forms:
        LOGGER.warning("here it is: %s!", form)
    told = console.getvalue()
    assert told.count("here it is: ") == len(forms)
    assert not any(form.strip("\"'") in told for form in forms)
    assert key not in told


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("proxy_url", "http://user:hunter%402@proxy.example:8080", "hunter@2"),
        ("proxy_url", "http://user:hunter%402@proxy.example:8080", "hunter%402"),
        ("oauth_verifier", "http://localhost/?code=short&state=s", "short"),
    ],
)
def test_secrets_within_settings_are_hidden_too(console, key, value, secret):
    logs.configure({key: value})
    LOGGER.warning("here it is: %s", secret)
    assert secret not in console.getvalue()


def test_a_secret_of_the_run_is_hidden_once_it_is_known(console):
    logs.guard()
    logs.hide("M.C5_opaque.0.U.token", None, "")
    LOGGER.warning("got %s", "M.C5_opaque.0.U.token")
    assert "got ***" in console.getvalue()


@pytest.mark.parametrize("formatter", [ConsoleFormatter, StructuredFormatter, lambda: None])
def test_tracebacks_hold_no_secret_in_any_format(formatter):
    stream = _console(formatter())
    logs.configure({"client_secret": ODD})
    try:
        _fail()
    except RuntimeError:
        LOGGER.exception("failed")
    told = stream.getvalue()
    assert "ValueError" in told
    assert "RuntimeError" in told
    assert not any(form in told for form in (ODD, json.dumps(ODD)[1:-1], repr(ODD)[1:-1], JWT))


def _fail():
    try:
        int(ODD)
    except ValueError as error:
        msg = f"Bearer {JWT}"
        raise RuntimeError(msg) from error


def test_guarding_twice_is_guarding_once(console):
    for _ in range(3):
        logs.guard()
    [handler] = [it for it in logging.root.handlers if getattr(it, "stream", None) is console]
    assert isinstance(handler.formatter._inner, ConsoleFormatter)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"verbosity": "warning"}, ["warning"]),
        ({"verbosity": "info"}, ["info", "warning"]),
        ({"verbosity": "debug"}, ["debug", "info", "warning"]),
        ({}, ["info", "warning"]),
        ({"verbosity": "loud"}, ["info", "warning"]),
    ],
)
def test_verbosity_says_how_much_is_told(console, config, told):
    metrics = logging.getLogger("singer_sdk.metrics")
    for it in (logging.root, metrics):
        it.setLevel(logging.INFO)  # as the SDK does
    logs.configure(config)
    for it in (LOGGER, metrics):
        for level in ("debug", "info", "warning"):
            getattr(it, level)("%s!", level)
    lines = [line.rpartition("| ")[2] for line in console.getvalue().splitlines()]
    measured = told if "debug" in told else ["warning"]
    assert lines == [f"{level}!" for level in (*told, *measured)]


def test_metrics_are_for_whoever_sets_the_log_up(console, monkeypatch):
    metrics = logging.getLogger("singer_sdk.metrics")
    monkeypatch.setenv("SINGER_SDK_LOG_CONFIG", "logging.yml")
    metrics.setLevel(logging.INFO)
    logs.configure({"verbosity": "info"})
    metrics.info("a figure")

    assert "a figure" in console.getvalue()


def test_msal_is_never_asked_for_its_details(console):
    logs.configure({"verbosity": "debug"})
    logging.getLogger("msal.oauth2cli").debug("code and verifier")
    logging.getLogger("msal.application").info("going well")
    assert "verifier" not in console.getvalue()
    assert "going well" in console.getvalue()


@pytest.mark.parametrize("verbosity", ["info", "debug"])
def test_only_at_debug_each_connection_tried_again_is_told(console, verbosity):
    logs.configure({"verbosity": verbosity})
    logging.getLogger("urllib3.connectionpool").warning("Retrying")
    assert ("Retrying" in console.getvalue()) == (verbosity == "debug")


@pytest.mark.parametrize("people", ["keep", "hash"])
def test_addresses_with_ids_of_people_are_told_only_where_people_are_kept(console, people):
    logs.configure({"verbosity": "debug", "people": people})
    logging.getLogger("urllib3.connectionpool").debug("GET /v1.0/users/anna")
    assert ("anna" in console.getvalue()) == (people == "keep")


def test_only_the_tap_itself_warns_of_servers_that_nobody_checks():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        logs.configure({})
        warnings.warn("Unverified HTTPS request", InsecureRequestWarning, stacklevel=1)


def test_the_log_goes_to_the_file_too_and_is_added_to_it(console, tmp_path):
    path = tmp_path / "tap.log"
    path.write_text("an older run\n")
    # Whatever else listens could not hand this text on.
    own = [it for it in logging.root.handlers if getattr(it, "stream", None) is console]
    logging.root.handlers = own
    logs.configure({"log_file": str(path), "verbosity": "info", "client_secret": ODD})
    LOGGER.info("with %s and \udc80", ODD)
    written = path.read_text()
    assert written.startswith("an older run\n")
    assert "with *** and" in written
    assert "with *** and" in console.getvalue()


def test_configuring_twice_leaves_one_file(tmp_path):
    for name in ("a", "b"):
        logs.configure({"log_file": str(tmp_path / name)})
    LOGGER.warning("once")
    assert (tmp_path / "a").read_text() == ""
    assert (tmp_path / "b").read_text().count("once") == 1


@pytest.mark.parametrize("place", ["nowhere/tap.log", "."])
def test_a_file_that_cannot_be_opened_is_one_warning(console, tmp_path, place):
    path = tmp_path / place
    logs.configure({"log_file": str(path)})
    for _ in range(3):
        LOGGER.warning("going on")
    told = console.getvalue()
    assert told.count("going on") == 3
    assert told.count(f"The log cannot be written to {path} (") == 1
    assert "'log_file' (env TAP_MSTEAMS_LOG_FILE)" in told


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_is_one_warning(console, capsys):
    logs.configure({"log_file": str(FULL)})
    for _ in range(3):
        LOGGER.warning("going on")
    told = console.getvalue()
    assert told.count("going on") == 3
    assert told.count("(No space left on device)") == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [5, "", None, ["x"]])
def test_a_setting_of_another_type_is_left_to_the_check_of_the_settings(wrong):
    before = logging.root.level
    logs.configure({"log_file": wrong, "verbosity": wrong, "client_secret": wrong})
    assert logging.root.level == before


@pytest.mark.parametrize("thread", [True, False])
def test_what_nobody_caught_is_told_without_secrets(thread):
    code = f"""
import logging, threading
from tap_msteams import logs
logging.basicConfig()
logs.install()
logs.hide("hunter2")
def fail():
    raise ValueError("hunter2")
if {thread}:
    it = threading.Thread(target=fail)
    it.start()
    it.join()
else:
    fail()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert "ValueError: ***" in done.stderr
    assert "hunter2" not in done.stderr
    assert done.returncode == (0 if thread else 1)


def test_a_run_at_debug_writes_one_log_to_console_and_file_and_no_secret(
    shared_sandbox, executable, tmp_path
):
    with Proxy(username="user", password="hunter2hunter2") as proxy:
        config = {
            **UNPACED,
            **shared_sandbox.config(),
            "proxy_url": proxy.url_with_credentials,
            "no_proxy": "",
            "verbosity": "debug",
            "log_file": str(tmp_path / "tap.log"),
        }
        path = tmp_path / "config.json"
        path.write_text(json.dumps(config))
        done = subprocess.run(
            [*executable, "--config", str(path), "--test"],
            capture_output=True,
            check=False,
            env={**os.environ, "NO_PROXY": ""},
            text=True,
        )
        assert proxy.hosts
    written = (tmp_path / "tap.log").read_text()
    assert "DEBUG" in written
    assert written.splitlines()[-1] in done.stderr
    secrets = [
        config[it.name] for it in rules(Settings).values() if it.secret and config.get(it.name)
    ]
    assert secrets
    for secret in [*secrets, "hunter2", "eyJ"]:
        assert secret not in done.stderr
        assert secret not in written
