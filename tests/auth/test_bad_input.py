"""What a user can get wrong about a credential: told in a line, with what to do, and no secret."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.errors import TapError
from tap_msteams.settings import Settings
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.identity import keys
from tap_msteams_sandbox.identity.directory import KEY
from tests.cloud import Sandbox
from tests.conftest import SMALL

PASSWORD = "hunter2 of the certificate"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(tenant=Tenant(**SMALL)) as opened:
        yield opened


@pytest.fixture
def told():
    """The one line that a configuration ends with, without any of its secrets."""

    def signed_in(config):
        settings = Settings.from_config(config)
        return GraphAuthenticator.from_settings(settings, backoff=0).is_application

    def tell(config):
        with pytest.raises(TapError) as caught:
            signed_in(config)
        line = str(caught.value)
        assert len(line.splitlines()) == 1
        assert "hunter" not in line
        for key in ("client_certificate", "access_token", "nango_secret_key", "client_secret"):
            assert not (value := config.get(key)) or value not in line
        return line

    return tell


@pytest.fixture
def certified(sandbox, tmp_path):
    """Settings with a certificate file of some content."""

    def made(content, **changes):
        path = tmp_path / "certificate"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        config = {**sandbox.config("certificate"), "client_certificate_path": str(path)}
        return config | changes

    return made


def own():
    return keys.certificate("bad input"), keys.key("bad input")


def elliptic():
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        .decode()
    )


CONTENTS = {
    "nothing": ("", "neither a PEM nor a PFX file"),
    "a text": ("hunter", "neither a PEM nor a PFX file"),
    "no key": (lambda: keys.pem(own()[0]), "has no private key"),
    "no certificate": (lambda: keys.pem(own()[1]), "has no certificate: put"),
    "another's certificate": (
        lambda: keys.pem(own()[1], keys.certificate("somebody else")),
        "has no certificate for its private key",
    ),
    "a garbled key": (
        lambda: (
            keys.pem(own()[0]) + "-----BEGIN PRIVATE KEY-----\nhunter\n-----END PRIVATE KEY-----\n"
        ),
        "has a private key that is garbled",
    ),
    "a garbled certificate": (
        lambda: (
            keys.pem(own()[1]) + "-----BEGIN CERTIFICATE-----\nhunter\n-----END CERTIFICATE-----\n"
        ),
        "has a certificate that is garbled",
    ),
    "another kind of key": (lambda: elliptic() + keys.pem(own()[0]), "not RSA"),
    "an encrypted key": (
        lambda: keys.pem(*own()[::-1], password=PASSWORD),
        "set 'client_certificate_password'",
    ),
    "an encrypted PFX": (
        lambda: keys.pfx(*own(), password=PASSWORD),
        "set 'client_certificate_password'",
    ),
    "half a PFX": (lambda: keys.pfx(*own())[:500], "or garbled"),
    "one that has ended": (
        lambda: keys.pem(
            own()[1], keys.certificate("x", "bad input", end=datetime(2024, 5, 6, tzinfo=UTC))
        ),
        "ended on 2024-05-06",
    ),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_certificate_that_is_of_no_use_is_told(certified, told, name):
    content, what = CONTENTS[name]
    line = told(certified(content if isinstance(content, str) else content()))
    assert line.startswith("'client_certificate_path' (env TAP_MSTEAMS_CLIENT_CERTIFICATE_PATH)")
    assert what in line


@pytest.mark.parametrize("form", ["pem", "pfx"])
def test_a_wrong_password_of_a_certificate_is_told(certified, told, form):
    certificate, private = own()
    content = (
        keys.pem(private, certificate, password=PASSWORD)
        if form == "pem"
        else keys.pfx(certificate, private, password=PASSWORD)
    )
    line = told(certified(content, client_certificate_password="hunter3"))
    assert "does not open with 'client_certificate_password'" in line


def test_a_password_that_is_not_needed_does_no_harm(certified, told):
    certificate, private = own()
    line = told(certified(keys.pem(private, certificate), client_certificate_password="hunter3"))
    assert "AADSTS700027" in line  # it got as far as Entra ID, which does not know it


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("hunter!", "neither the text of a PEM file nor a PFX file in base64"),
        ("hünter", "neither the text of a PEM file nor a PFX file in base64"),
        (base64.b64encode(b"hunter").decode(), "neither a PEM nor a PFX file"),
        ("-----BEGIN PRIVATE KEY-----", "has no private key"),
    ],
)
def test_an_inline_certificate_that_is_none_is_told(sandbox, told, text, what):
    config = sandbox.config("certificate")
    del config["client_certificate_path"]
    line = told({**config, "client_certificate": text})
    assert line.startswith("'client_certificate' (env TAP_MSTEAMS_CLIENT_CERTIFICATE)")
    assert what in line


def test_a_certificate_file_that_is_not_there_is_told(sandbox, told, tmp_path):
    config = sandbox.config("certificate")
    nowhere = tmp_path / "nowhere.pem"
    line = told({**config, "client_certificate_path": str(nowhere)})
    assert f"the file {nowhere} cannot be read" in line


@pytest.mark.parametrize("place", ["/dev/zero", "."])
def test_a_certificate_path_that_is_no_file_is_told(sandbox, told, place):
    line = told({**sandbox.config("certificate"), "client_certificate_path": place})
    assert line.endswith(f"{place} is no file")


def test_a_certificate_that_ends_soon_is_warned_of_once(sandbox, caplog, tmp_path):
    # The month before its end, and no day earlier.
    for days, warned in ((29, 1), (31, 0)):
        caplog.clear()
        end = datetime.now(UTC) + timedelta(days=days, hours=1)
        certificate = keys.certificate("soon", KEY, end=end)
        path = tmp_path / f"{days}.pem"
        path.write_text(keys.pem(keys.key(KEY), certificate), "ascii")
        sandbox.identity.confidential.certificates.append(certificate)
        config = {**sandbox.config("certificate"), "client_certificate_path": str(path)}
        authenticator = GraphAuthenticator.from_settings(Settings.from_config(config))
        for _ in range(3):
            authenticator.renew(f"Bearer {authenticator._tokens.get().value}")
        lines = [it for it in caplog.messages if "The certificate in" in it]
        assert len(lines) == warned
        assert all(f"ends on {end:%Y-%m-%d}, in 29 days" in line for line in lines)


def token(**claims):
    content = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"hunter.{content}.hunter"


def test_a_token_that_has_ended_is_told_with_its_end(sandbox, told):
    config = {**sandbox.config("access_token"), "access_token": token(exp=1_700_000_000)}
    line = told(config)
    assert "'access_token' (env TAP_MSTEAMS_ACCESS_TOKEN) ended at 2023-11-14 22:13 UTC" in line


@pytest.mark.parametrize("given", ["hunter", token(exp=4_000_000_000), token(exp="soon")])
def test_a_token_that_graph_does_not_take_is_told(sandbox, given):
    config = {**sandbox.config("access_token"), "access_token": given}
    authenticator = GraphAuthenticator.from_settings(Settings.from_config(config))
    with pytest.raises(TapError, match="Graph rejected the 'access_token'") as caught:
        authenticator.renew(f"Bearer {given}")
    assert "hunter" not in str(caught.value)


def test_a_token_near_its_end_is_warned_of_once(sandbox, caplog):
    now = 1_800_000_000
    config = {**sandbox.config("access_token"), "access_token": token(exp=now + 3600)}
    clock = iter(range(now, now + 7200, 30))
    tokens = GraphAuthenticator.from_settings(
        Settings.from_config(config), clock=lambda: next(clock)
    )._tokens
    with pytest.raises(TapError, match="ended at"):
        [tokens.get() for _ in range(240)]
    assert len([it for it in caplog.messages if "cannot be renewed" in it]) == 1


@pytest.mark.parametrize(
    ("content", "what"),
    [(None, "cannot be read"), ("", "holds no token"), ("a b", "holds no token")],
)
def test_a_workloads_file_without_a_token_is_told(sandbox, told, tmp_path, content, what):
    path = tmp_path / "token"
    if content is not None:
        path.write_text(content)
    line = told({**sandbox.config("workload_identity"), "federated_token_file": str(path)})
    assert f"the file {path} {what}" in line


def test_a_workloads_file_of_bytes_is_told(sandbox, told, tmp_path):
    path = tmp_path / "token"
    path.write_bytes(b"\xff\xfehunter")
    config = {**sandbox.config("workload_identity"), "federated_token_file": str(path)}
    assert "holds no token" in told(config)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"ACTIONS_ID_TOKEN_REQUEST_TOKEN": None}, "id-token: write"),
        ({"ACTIONS_ID_TOKEN_REQUEST_URL": "http://localhost/?x"}, "id-token: write"),
        ({"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hunter"}, "GitHub Actions"),
    ],
)
def test_a_job_that_may_have_no_token_is_told(sandbox, told, monkeypatch, change, what):
    for name, value in {**sandbox.machine("github"), **change}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    config = sandbox.config("workload_identity")
    del config["federated_token_file"]
    assert what in told(config)


@pytest.mark.parametrize(
    ("minted", "number", "setting"),
    [
        ({"issuer": "https://elsewhere.example"}, 700211, "issuer"),
        ({"sub": "hunted"}, 700213, "subject"),
        ({"audience": "api://other"}, 700212, "audience"),
        ({"exp": 1_000_000_000}, 700024, "federated_token_file"),
    ],
)
def test_a_workload_that_is_not_trusted_is_told_why(sandbox, told, minted, number, setting):
    config = sandbox.config("workload_identity")
    federation = sandbox.identity.entra.federation
    path = sandbox.identity.write_federated_token(federation.mint(**minted))
    line = told({**config, "federated_token_file": path})
    assert f"AADSTS{number}" in line
    assert setting in line


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"nango_secret_key": "hunter2"}, "'nango_secret_key'"),
        ({"nango_connection_id": "elsewhere/../x?y"}, "'nango_connection_id'"),
        ({"nango_integration_id": "other"}, "'nango_integration_id'"),
        ({"nango_host": "https://localhost:1"}, "'nango_host'"),
    ],
)
@pytest.mark.parametrize("mode", ["token", "proxy"])
def test_a_broker_that_gives_nothing_is_told(sandbox, told, change, what, mode):
    assert what in told({**sandbox.nango(), "nango_mode": mode, **change})


def test_a_broker_that_cannot_renew_is_told(sandbox, told, monkeypatch):
    monkeypatch.setattr(sandbox.identity.nango, "exhausted", True)
    assert "connect again in Nango" in told(sandbox.nango())


@pytest.fixture
def az(monkeypatch, tmp_path):
    """Puts a program `az` on the path that says something and ends."""

    def put(said, code=0):
        script = tmp_path / "az"
        stream = 2 if code else 1
        script.write_text(f"#!/bin/sh\ncat >&{stream} <<'END'\n{said}\nEND\nexit {code}\n")
        script.chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    return put


posix = pytest.mark.skipif(os.name != "posix", reason="the stand-in for `az` is a shell script")


def test_an_azure_cli_that_is_not_there_is_told(sandbox, told, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "is not installed" in told(sandbox.config("azure_cli"))


@posix
@pytest.mark.parametrize(
    "case",
    [
        ("ERROR: Please run 'az login' to setup account.", 1, "run `az login`"),
        ("ERROR: AADSTS700082: expired.", 1, "AADSTS700082"),
        ("Traceback\nERROR: no such thing", 1, "ERROR: no such thing"),
        ("", 1, "gives no reason"),
        ("hunter", 0, "run `az upgrade`"),
        ('{"accessToken": "hunter"}', 0, "run `az upgrade`"),
        (r'{"accessToken": "hunter\ud800", "expires_on": 4e9}', 0, "run `az upgrade`"),
        ("[]", 0, "run `az upgrade`"),
    ],
)
def test_an_azure_cli_that_gives_nothing_is_told(sandbox, told, az, case):
    said, code, what = case
    az(said, code)
    assert what in told(sandbox.config("azure_cli"))


@posix
def test_an_azure_cli_of_an_older_version_tells_its_local_time(sandbox, az):
    az(json.dumps({"accessToken": "x", "expiresOn": "2040-01-01 00:00:00.000000"}))
    settings = Settings.from_config(sandbox.config("azure_cli"))
    found = GraphAuthenticator.from_settings(settings)._tokens.get()
    assert found.expires_at > datetime(2039, 12, 1, tzinfo=UTC).timestamp()


def test_azure_cloud_shell_is_told_of_the_ways_that_it_has(sandbox, told, monkeypatch):
    monkeypatch.setenv("MSI_ENDPOINT", "http://localhost:50342/oauth2/token")
    line = told(sandbox.config("managed_identity"))
    assert "azure_cli" in line
    assert "tap-msteams login" in line


@pytest.mark.parametrize("kind", ["vm", "app_service", "azure_ml"])
def test_an_identity_that_a_machine_does_not_have_is_told(sandbox, told, monkeypatch, kind):
    for name, value in sandbox.machine(kind).items():
        monkeypatch.setenv(name, value)
    config = {**sandbox.config("managed_identity"), "managed_identity_client_id": "elsewhere"}
    assert "'managed_identity_client_id'" in told(config)


def test_service_fabric_chooses_the_identity_itself(sandbox, told, monkeypatch):
    for name, value in sandbox.machine("service_fabric").items():
        monkeypatch.setenv(name, value)
    config = {**sandbox.config("managed_identity"), "managed_identity_object_id": "x"}
    assert "remove 'managed_identity_object_id'" in told(config)
    del config["managed_identity_object_id"]
    monkeypatch.setenv("IDENTITY_SERVER_THUMBPRINT", "0" * 40)
    assert "managed identity" in told(config)


def test_the_program_ends_with_one_line_and_exit_code_1(sandbox, executable, tmp_path):
    config = tmp_path / "config.json"
    given = {**sandbox.nango(), "nango_secret_key": "hunter2"}
    config.write_text(json.dumps(given))
    done = subprocess.run(
        [*executable, "--config", str(config)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert len(lines) == 1
    assert "'nango_secret_key'" in lines[0]
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
