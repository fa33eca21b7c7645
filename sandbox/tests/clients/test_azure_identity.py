"""azure-identity signs in in every way it has, and each token reads teams."""

from __future__ import annotations

import pytest
import requests

pytest.importorskip("azure.identity", reason="azure-identity comes with `make clients`")

import msal
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    AuthorizationCodeCredential,
    AzureCliCredential,
    CertificateCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    DeviceCodeCredential,
    EnvironmentCredential,
    ManagedIdentityCredential,
    OnBehalfOfCredential,
    WorkloadIdentityCredential,
)

from sandbox.tests.answers import said_by

SCOPE = "https://graph.microsoft.com/.default"
AUTHORITY = ("authority", "disable_instance_discovery")


@pytest.fixture
def here(facts):
    """What each credential is told of the authority."""
    return {"authority": facts.authority_host, "disable_instance_discovery": True}


@pytest.fixture
def set_up(sandbox, monkeypatch):
    """Sets the environment of a way of signing in."""

    def done(auth):
        for name, value in sandbox.environment(auth).items():
            monkeypatch.setenv(name, value)

    return done


def reads(facts, credential, path="/teams", scope=SCOPE):
    token = credential.get_token(scope).token
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{facts.graph_url}/v1.0{path}", headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return said_by(token)


def test_a_secret(facts, here):
    credential = ClientSecretCredential(
        facts.tenant_id, facts.client_id, facts.client_secret, **here
    )
    assert reads(facts, credential)["appidacr"] == "1"


def test_instance_discovery_finds_the_authority(facts):
    credential = ClientSecretCredential(
        facts.tenant_id, facts.client_id, facts.client_secret, authority=facts.authority_host,
        disable_instance_discovery=True,
    )  # fmt: skip
    assert reads(facts, credential)["tid"] == facts.tenant_id


def test_a_wrong_secret_is_refused_in_entras_words(facts, here):
    credential = ClientSecretCredential(facts.tenant_id, facts.client_id, "wrong", **here)
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential.get_token(SCOPE)


@pytest.mark.parametrize("chain", [False, True])
def test_a_certificate(facts, here, chain):
    path = facts.subject_certificate_path if chain else facts.client_certificate_path
    credential = CertificateCredential(
        facts.tenant_id, facts.client_id, path, send_certificate_chain=chain, **here
    )
    assert reads(facts, credential)["appidacr"] == "2"


def test_a_workload(facts, here):
    credential = WorkloadIdentityCredential(
        tenant_id=facts.tenant_id,
        client_id=facts.client_id,
        token_file_path=facts.federated_token_file,
        **here,
    )
    assert reads(facts, credential)["idtyp"] == "app"


@pytest.mark.parametrize("kind", ["vm", "app_service", "azure_ml"])
def test_a_managed_identity(sandbox, facts, monkeypatch, kind):
    for name, value in sandbox.machine(kind).items():
        monkeypatch.setenv(name, value)
    client_id = facts.managed_identity_client_id
    claims = reads(facts, ManagedIdentityCredential(client_id=client_id))
    assert claims["appid"] == client_id


def test_a_device_code(sandbox, facts, here):
    sandbox.entra.devices.interval = 1

    def approve(_, code, __):
        sandbox.entra.devices.approve(code)

    credential = DeviceCodeCredential(
        facts.public_client_id, tenant_id=facts.tenant_id, prompt_callback=approve, **here
    )
    scope = "https://graph.microsoft.com/Team.ReadBasic.All"
    assert reads(facts, credential, "/me/joinedTeams", scope)["oid"] == facts.user_id


def test_an_authorization_code(facts, here):
    session = requests.Session()
    authority = f"{facts.authority_host}/{facts.tenant_id}"
    form = {
        "client_id": facts.client_id,
        "redirect_uri": "http://localhost",
        "response_type": "code",
        "scope": SCOPE,
    }
    page = session.get(f"{authority}/oauth2/v2.0/authorize", params=form, timeout=30).text
    fields = {"ctx": page.partition('name="ctx" value="')[2].partition('"')[0]}
    fields["account"] = facts.user_principal_name
    answer = session.post(f"{authority}/login", fields, allow_redirects=False, timeout=30)
    code = answer.headers["Location"].partition("code=")[2].partition("&")[0]
    credential = AuthorizationCodeCredential(
        facts.tenant_id, facts.client_id, code, "http://localhost",
        client_secret=facts.client_secret, **here,
    )  # fmt: skip
    assert reads(facts, credential, "/me")["oid"] == facts.user_id


def test_on_behalf_of_a_user(facts, here):
    desktop = msal.PublicClientApplication(
        facts.public_client_id,
        authority=f"{facts.authority_host}/{facts.tenant_id}",
        instance_discovery=False,
    )
    mine = desktop.acquire_token_by_refresh_token(
        facts.refresh_token, [f"api://{facts.client_id}/access_as_user"]
    )
    credential = OnBehalfOfCredential(
        facts.tenant_id,
        facts.client_id,
        client_secret=facts.client_secret,
        user_assertion=mine["access_token"],
        **here,
    )
    assert reads(facts, credential, "/me/joinedTeams")["oid"] == facts.user_id


def test_the_azure_cli(facts, set_up):
    set_up("azure_cli")
    assert reads(facts, AzureCliCredential(), "/me")["oid"] == facts.user_id


@pytest.mark.parametrize("auth", ["service_principal", "certificate", "subject_name"])
def test_the_environment_alone(facts, set_up, auth):
    set_up(auth)
    assert reads(facts, EnvironmentCredential(disable_instance_discovery=True))["idtyp"] == "app"


@pytest.mark.parametrize("auth", ["service_principal", "workload_identity", "managed_identity"])
def test_the_default_chain(facts, set_up, auth):
    set_up(auth)
    assert reads(facts, DefaultAzureCredential(disable_instance_discovery=True))["idtyp"] == "app"
