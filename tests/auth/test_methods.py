"""Every way to sign in, from the settings to rows, over TLS."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from msal import managed_identity

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.auth.certificates import Certificate
from tap_msteams.errors import AuthenticationError
from tap_msteams.settings import Settings
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.identity import keys
from tap_msteams_sandbox.identity.directory import KEY
from tests.cloud import Sandbox
from tests.conftest import SMALL, run_tap

WAYS = (
    "service_principal",
    "certificate",
    "subject_name",
    "refresh_token",
    "workload_identity",
    "access_token",
    "nango",
)
MACHINES = ("vm", "app_service", "azure_ml", "service_fabric")


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(tenant=Tenant(**SMALL)) as opened:
        yield opened


def read(config):
    """How many teams a run with this configuration reads."""
    found = run_tap(config, streams=["teams"])
    assert found.code == 0
    return len(found.records["teams"])


@pytest.fixture
def at(sandbox, monkeypatch):
    """Puts this process on a machine of some kind."""

    def put(kind):
        for name, value in sandbox.machine(kind).items():
            monkeypatch.setenv(name, value)

    return put


@pytest.mark.parametrize("way", WAYS)
def test_a_way_to_sign_in_reads_rows(sandbox, way):
    assert read(sandbox.config(way))


@pytest.mark.parametrize("way", WAYS)
def test_a_way_to_sign_in_is_found_without_its_name(sandbox, way):
    config = sandbox.config(way)
    named = config.pop("auth_method")
    assert Settings.from_config(config).auth_method == named


@pytest.mark.parametrize(
    ("alias", "way"),
    [
        ("AzureServicePrincipal", "service_principal"),
        ("AzureServicePrincipalCert", "certificate"),
        ("AzureAD", "refresh_token"),
    ],
)
def test_a_way_to_sign_in_works_by_its_other_name(sandbox, alias, way):
    assert read({**sandbox.config(way), "auth_method": alias})


@pytest.mark.parametrize("kind", MACHINES)
def test_a_machine_of_each_kind_reads_rows(sandbox, at, kind):
    at(kind)
    assert read(sandbox.config("managed_identity"))


def test_a_machine_with_azure_arc_reads_rows(sandbox, at, monkeypatch):
    # Where the agent leaves its files is fixed in MSAL for each operating system.
    folders = dict.fromkeys(("linux", "win32"), str(sandbox.identity.arc.directory))
    monkeypatch.setattr(managed_identity, "_supported_arc_platforms_and_their_prefixes", folders)
    at("arc")
    assert read(sandbox.config("managed_identity"))


def test_service_fabric_is_told_which_token_was_rejected(sandbox, at):
    at("service_fabric")
    settings = Settings.from_config(sandbox.config("managed_identity"))
    tokens = GraphAuthenticator.from_settings(settings)._tokens
    first = tokens.get().value
    assert tokens.renew(first).value != first


@pytest.mark.parametrize("kind", ["vm", "app_service"])
@pytest.mark.parametrize("name", ["client_id", "object_id", "resource_id"])
def test_an_assigned_identity_is_asked_for_by_each_of_its_names(sandbox, at, kind, name):
    at(kind)
    key = f"managed_identity_{name}"
    identity = getattr(sandbox.identity.assigned, name)
    assert read({**sandbox.config("managed_identity"), key: identity})


def test_the_client_id_beside_azure_msi_names_the_identity(sandbox, at):
    at("vm")
    config = sandbox.config("managed_identity")
    known = {"auth_method": "AzureMSI", "client_id": sandbox.identity.assigned.client_id}
    assert read({**config, **known})


@pytest.mark.parametrize("kind", ["aks", "github"])
def test_a_workload_needs_no_more_than_its_surroundings(sandbox, at, kind):
    at(kind)
    config = sandbox.config("workload_identity")
    del config["federated_token_file"]
    if kind == "aks":
        del config["client_id"], config["tenant_id"]
    assert read(config)


def test_the_azure_cli_of_a_laptop_reads_rows(sandbox, at):
    at("azure_cli")
    assert read(sandbox.config("azure_cli"))
    assert read({**sandbox.config("azure_cli"), "tenant_id": sandbox.identity.entra.tenant_id})


def of_the_application(sandbox, *, password="", form="pem"):
    """The application's certificate with its key, as some file would have it."""
    sandbox.config("certificate")  # registers it
    [certificate] = sandbox.identity.confidential.certificates
    private = keys.key(KEY)
    if form == "pfx":
        return keys.pfx(certificate, private, password=password)
    if form == "key last":
        return keys.pem(certificate, private, password=password).encode()
    return keys.pem(private, certificate, password=password).encode()


@pytest.mark.parametrize("form", ["pem", "pfx", "key last"])
@pytest.mark.parametrize("password", ["", "pass phrase, ä"])
@pytest.mark.parametrize("place", ["path", "inline", "inline in a line"])
def test_a_certificate_comes_in_every_form(sandbox, tmp_path, form, password, place):
    content = of_the_application(sandbox, password=password, form=form)
    config = sandbox.config("certificate")
    if place == "path":
        file = tmp_path / "certificate"
        file.write_bytes(content)
        config["client_certificate_path"] = str(file)
    else:
        del config["client_certificate_path"]
        text = base64.encodebytes(content).decode() if form == "pfx" else content.decode()
        config["client_certificate"] = text if place == "inline" else text.replace("\n", "\\n")
        if form == "pfx":
            config["client_certificate"] = text if place == "inline" else "".join(text.split())
    if password:
        config["client_certificate_password"] = password
    authenticator = GraphAuthenticator.from_settings(Settings.from_config(config))
    assert "Team.ReadBasic.All" in authenticator.granted


def test_a_user_of_a_confidential_application_may_have_a_certificate(sandbox):
    config = sandbox.config("refresh_token")
    del config["client_secret"]
    path = sandbox.config("certificate")["client_certificate_path"]
    assert read({**config, "client_certificate_path": path})


@pytest.mark.parametrize("sends", [True, False])
def test_a_certificate_is_sent_only_where_that_is_asked_for(sandbox, sends):
    config = {**sandbox.config("certificate"), "send_certificate_chain": sends}
    assertion = Certificate.from_settings(Settings.from_config(config)).assertion("i", "a", 0)
    header = keys.Token.read(assertion).header
    assert header["alg"] == "PS256"
    assert "x5t#S256" in header
    assert ("x5c" in header) is sends


def test_a_subject_name_is_trusted_only_with_the_certificate(sandbox):
    config = {**sandbox.config("subject_name"), "send_certificate_chain": False}
    with pytest.raises(AuthenticationError, match="AADSTS700027"):
        read(config)


def test_a_workloads_token_is_read_anew_for_each_sign_in(sandbox):
    config = sandbox.config("workload_identity")
    assert read(config)
    Path(config["federated_token_file"]).write_text("expired", "ascii")
    with pytest.raises(AuthenticationError):
        read(config)
    sandbox.config("workload_identity")
    assert read(config)


def test_a_broker_sends_the_requests_itself(sandbox):
    sandbox.identity.nango.requests.clear()
    config = {**sandbox.nango(), "nango_mode": "proxy"}
    before = len(sandbox.requests)
    assert read(config)
    asked = sandbox.identity.nango.requests
    assert any(path.startswith("/proxy/v1.0/") for path in asked)
    secret = config["nango_secret_key"]
    seen = json.dumps([str(entry) for entry in sandbox.requests[before:]])
    assert secret not in seen
    assert not any(secret in path for path in asked)


def test_pages_through_a_broker_lead_back_through_it(open_sandbox):
    sandbox = open_sandbox(page_size=5)
    found = run_tap({**sandbox.nango(), "nango_mode": "proxy"}, streams=["users"])
    straight = run_tap(sandbox.nango(), streams=["users"])
    assert found.rows("users") == straight.rows("users")
    paths = [path for path in sandbox.identity.nango.requests if path.startswith("/proxy/")]
    assert len([path for path in paths if "skiptoken" in path]) >= 3
