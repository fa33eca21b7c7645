"""What the documents say of signing in is what the tap does."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest
import yaml
from cryptography import x509

from tap_msteams.cli.program import Program
from tap_msteams.readers import GraphStream
from tap_msteams.settings import CLOUDS, Settings, env_name, rules
from tap_msteams.settings.methods import ALIASES, ENVIRONMENT, METHODS
from tap_msteams.streams import STREAMS
from tap_msteams.tap import TapMSTeams
from tap_msteams_sandbox import Tenant
from tests.cloud import Sandbox
from tests.conftest import SMALL, run_tap
from tests.documents import (
    ROOT,
    WAYS,
    blocks,
    code,
    example,
    filled,
    page,
    sections,
    sign_in,
    started,
    tables,
)

SIGN_IN, NETWORK = page("sign-in"), page("network")
SETTINGS = rules(Settings)
CHOICES = {choice for rule in SETTINGS.values() for choice in rule.choices}
PROGRAM = Program.beside(TapMSTeams.get_singer_command())
OPTIONS = {
    option for command in PROGRAM.commands.values() for it in command.params for option in it.opts
}
[EXTRACTOR] = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["extractors"]
LINES = [
    line.replace("\\\n", " ")
    for text in (SIGN_IN, NETWORK)
    for block in blocks(text, "sh")
    for line in block.splitlines()
]

ELSEWHERE = (
    *("AuthScheme", "InitiateOAuth", "OAuthClientId", "OAuthClientSecret", "CallbackURL"),
    *("OAuthAccessToken", "OAuthRefreshToken", "OAuthVerifier", "OAuthSettingsLocation"),
    *("Tenant", "OrganizationUrl", "AuthMode", "Verifier", "Permissions", "SSLServerCert"),
    *("ProxyAutoDetect", "ProxyServer", "ProxyPort", "ProxyAuthScheme", "ProxyUser"),
    *("ProxyPassword", "FirewallType", "FirewallServer", "FirewallPort", "FirewallUser"),
    *("FirewallPassword", "Logfile", "Verbosity", "Timeout", "Prompt"),
    *("GetOAuthAuthorizationURL", "GetOAuthAccessToken", "RefreshOAuthAccessToken"),
)
"""What users of other connectors look for."""


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(tenant=Tenant(**SMALL)) as opened:
        opened.entra.devices.interval = 0
        yield opened


# Examples


def test_each_way_to_sign_in_has_an_example():
    titled = {title for title, text in sections(SIGN_IN).items() if blocks(text, "json")}
    methods = {Settings.from_config(example(title)[0]).auth_method for title in titled}

    assert titled == {*WAYS}
    assert methods == {*METHODS}


@pytest.mark.parametrize("title", WAYS)
def test_the_examples_of_a_way_say_the_same(title):
    config, extractor, secrets = example(title)
    hidden = {env_name(key): key for key in config if SETTINGS[key].secret}
    plain = {key: value for key, value in config.items() if key not in hidden.values()}

    assert secrets == {name: config[key] for name, key in hidden.items()}
    assert {**extractor, **plain} == extractor
    assert {*extractor} - {*plain} <= {"auth_method"}


@pytest.mark.parametrize("title", WAYS)
def test_an_example_reads_rows(sandbox, title, monkeypatch):
    for name, value in {**sandbox.machine("vm"), **sandbox.machine("azure_cli")}.items():
        monkeypatch.setenv(name, value)
    if title == "A user":
        sign_in(sandbox, started(sandbox, "login", "--device-code"))
    output = run_tap(filled(sandbox, title, example(title)[0]), streams=["teams"])

    assert output.code == 0
    assert output.rows("teams")


@pytest.mark.parametrize("text", blocks(NETWORK, "json"))
def test_the_examples_for_networks_are_accepted(text):
    config, _, _ = example("Client secret")

    assert Settings.from_config({**config, **json.loads(text)})


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl on this machine")
def test_the_certificate_that_openssl_makes_signs_in(sandbox, tmp_path):
    [script] = blocks(sections(SIGN_IN)["Certificate"], "sh")
    subprocess.run(["sh", "-e"], input=script.encode(), cwd=tmp_path, check=True, stderr=-1)
    config = filled(sandbox, "Certificate", example("Certificate")[0])
    config["client_certificate_path"] = str(tmp_path / "tap-msteams.pem")
    uploaded = (tmp_path / "certificate.pem").read_bytes()
    known = sandbox.identity.confidential.certificates
    known.append(x509.load_pem_x509_certificate(uploaded))
    rows = run_tap(config, streams=["teams"]).rows("teams")
    known.pop()

    assert rows


# Commands


def parsed(words):
    """Have a command's own parser read its arguments."""
    command = PROGRAM.commands[words[0]]
    context = command.context_class(command, info_name=words[0])
    command.make_parser(context).parse_args(words[1:])


def test_every_command_is_in_the_table_of_commands():
    [table] = tables(sections(SIGN_IN)["Commands"])
    lines = [code(row[0])[0].split() for row in table]

    assert {words[0] for words in lines} == {*PROGRAM.commands} - {"estimate", "merge-states"}
    for words in lines:
        parsed(words)


def test_the_commands_in_the_documents_are_understood():
    lines = {line for line in LINES if line.startswith("tap-msteams ")}

    assert len(lines) > 4
    for line in lines:
        parsed(shlex.split(line)[1:])


def test_the_commands_of_meltano_are_understood():
    named = {found for line in LINES for found in re.findall(r"tap-msteams:([a-z-]+)", line)}
    direct = [line for line in LINES if line.startswith("meltano invoke tap-msteams ")]

    assert named
    assert named <= {*EXTRACTOR["commands"]}
    assert direct
    for line in direct:
        parsed(line.split()[3:])
    for name, command in EXTRACTOR["commands"].items():
        config, *words = command["args"].split()
        assert (config, words[0]) == ("--config=ENV", name)
        parsed(words)


@pytest.mark.parametrize("text", [SIGN_IN, NETWORK], ids=["sign-in", "network"])
def test_the_scripts_are_those_of_a_shell(text):
    for block in blocks(text, "sh"):
        done = subprocess.run(["sh", "-n"], input=block.encode(), check=False)
        assert done.returncode == 0, block


# Names


def test_whatever_looks_like_a_setting_is_one():
    others = {"offline_access", "expires_in"}
    known = {*SETTINGS, *CHOICES, *others, *(stream.name for stream in STREAMS)}
    named = {word for text in (SIGN_IN, NETWORK) for word in code(text)}
    alike = {word for word in named if re.fullmatch(r"[a-z]+(_[a-z]+)+", word)}

    assert alike <= known


def test_every_setting_of_a_sign_in_is_explained():
    order = list(SETTINGS)
    expected = {*order[order.index("auth_method") : order.index("user_agent")]}
    told = {word for text in (SIGN_IN, NETWORK) for words in code(text) for word in words.split()}

    assert {key for way in METHODS.values() for key in way.settings} <= expected
    assert expected <= told
    assert {word.lower() for word in told} >= {*ALIASES}


def test_what_is_here_for_users_of_other_connectors_exists():
    values = {"HTTPS_PROXY", "NO_PROXY", "http", "https", "socks5", "socks5h", "expires_in"}
    streams = {stream.name for stream in STREAMS}
    known = {*SETTINGS, *CHOICES, *PROGRAM.commands, *OPTIONS, *CLOUDS, *values, *streams}
    names, *others = tables(sections(SIGN_IN)["Coming from another connector"])
    words = {word for row in names for text in code(row[1]) for word in text.split()}

    assert words <= known
    assert {name for row in names for name in code(row[0])} >= {*ELSEWHERE}
    assert all(code(row[1]) or row[1].startswith("nothing") for row in names)
    assert [len(rows) >= 10 for rows in others] == [True] * 3
    assert all(row[1] for rows in others for row in rows)


def test_the_permissions_are_those_of_what_is_read_by_default():
    needed = {
        stream.needs(application=True)
        for stream in STREAMS
        if stream.selected_by_default and issubclass(stream, GraphStream)
    }
    pattern = r"[A-Z][A-Za-z]+\.Read[A-Za-z]*\.All"
    [script] = blocks(sections(SIGN_IN)["Managed identity"], "sh")

    assert {*re.findall(pattern, sections(SIGN_IN)["Permissions"])} == needed
    assert {*re.findall(pattern, script)} == needed


def test_the_clouds_are_those_of_the_tap():
    [_, rows] = tables(NETWORK)[:2]
    found = {code(row[0])[0]: (code(row[2])[0], code(row[3])[0]) for row in rows}

    assert found == {name: tuple(urlsplit(url).netloc for url in it) for name, it in CLOUDS.items()}


def test_the_variables_of_kubernetes_need_no_configuration():
    config, _, _ = example("Workload identity federation")

    assert {*config} == {"auth_method", *ENVIRONMENT}
