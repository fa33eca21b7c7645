"""Laws of what the sandbox tells its clients about itself."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from tap_msteams_sandbox import Sandbox, Tenant
from tap_msteams_sandbox.environment import GROUP
from tap_msteams_sandbox.facts import AUTH_METHODS, Facts, descriptions

SMALL = {"seed": 7, "teams": 1, "users": 9}

AZURE = {
    "service_principal": {"AZURE_CLIENT_SECRET": "client_secret", "AZURE_CLIENT_ID": "client_id"},
    "certificate": {"AZURE_CLIENT_CERTIFICATE_PATH": "client_certificate_path"},
    "subject_name": {"AZURE_CLIENT_CERTIFICATE_PATH": "subject_certificate_path"},
    "refresh_token": {"AZURE_CLIENT_SECRET": "client_secret", "AZURE_CLIENT_ID": "client_id"},
    "public_client": {"AZURE_CLIENT_ID": "public_client_id"},
    "managed_identity": {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "imds_url"},
    "workload_identity": {"AZURE_FEDERATED_TOKEN_FILE": "federated_token_file"},
    "access_token": {},
    "azure_cli": {},
    "nango": {},
}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Tenant(**SMALL)) as opened:
        yield opened


def steady(facts):
    """The facts less what is new each time."""
    return {**msgspec.to_builtins(facts), "access_token": "", "auth": ""}


@pytest.mark.parametrize("auth", AUTH_METHODS)
def test_every_fact_is_a_variable(sandbox, auth):
    facts, variables = sandbox.facts(auth), sandbox.environment(auth)

    assert facts.auth == variables["MSTEAMS_SANDBOX_AUTH"] == auth
    for name, value in steady(facts).items():
        assert not value or variables[f"MSTEAMS_SANDBOX_{name.upper()}"] == value


@pytest.mark.parametrize("auth", AUTH_METHODS)
def test_azures_libraries_find_their_own_variables(sandbox, auth):
    variables = sandbox.environment(auth)

    expected = {name: getattr(sandbox.facts(auth), fact) for name, fact in AZURE[auth].items()}
    assert expected.items() <= variables.items()
    assert ("AZURE_CLIENT_SECRET" in variables) == ("AZURE_CLIENT_SECRET" in expected)


def test_facts_are_json_at_an_address_of_their_own(sandbox, connect):
    client = connect(sandbox)
    answer = client.session.get(f"{sandbox.graph_url}/sandbox/facts")

    assert steady(msgspec.json.decode(answer.content, type=Facts)) == steady(sandbox.facts())


def test_the_certificate_authority_can_be_asked_for(sandbox, connect):
    answer = connect(sandbox).session.get(f"{sandbox.graph_url}/sandbox/ca.pem")

    assert answer.content == Path(sandbox.ca_bundle).read_bytes()


def test_every_fact_says_what_it_is():
    assert all(text.endswith(".") for text in descriptions().values())
    assert list(descriptions()) == list(Facts.__struct_fields__)


def test_files_are_there_as_long_as_the_sandbox():
    with Sandbox(Tenant(**SMALL)) as opened:
        facts = msgspec.to_builtins(opened.facts())
        names = [name for name in facts if name.endswith(("_path", "_file", "_bundle"))]
        assert all(Path(facts[name]).read_text() for name in names)
    assert names
    assert not any(Path(facts[name]).exists() for name in (*names, "directory"))


def test_an_installed_connector_adds_its_variables(sandbox, tmp_path, monkeypatch):
    module = "def environment(facts):\n    return {'ACME_GRAPH': facts['graph_url']}\n"
    (tmp_path / "acme_connector.py").write_text(module)
    about = tmp_path / "acme_connector-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.4\nName: acme-connector\nVersion: 1.0\n")
    entry = f"[{GROUP}]\nacme = acme_connector:environment\n"
    (about / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(tmp_path)

    assert sandbox.environment()["ACME_GRAPH"] == sandbox.graph_url
    assert "acme_connector" in sys.modules
