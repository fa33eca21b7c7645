from __future__ import annotations

import hashlib
import json
import os
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import msal
import pytest
import requests

from tap_msteams_sandbox import Sandbox, Tenant
from tap_msteams_sandbox.cli import LOOPBACK

FOREIGN = ("AZURE_", "IDENTITY_", "MSI_", "IMDS_")


@pytest.fixture
def sandbox(monkeypatch):
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    with Sandbox(tenant=Tenant(seed=7, teams=1, users=9)) as sandbox:
        yield sandbox


@pytest.fixture
def session(sandbox):
    with requests.Session() as session:
        session.trust_env, session.verify = False, sandbox.ca_bundle
        yield session


@pytest.fixture
def ask(sandbox, session):
    """Ask a host as its documentation says; what is named here differently."""

    def asked(kind, headers=(), **query):
        variables = sandbox.machine(kind)
        url, version, header = {
            "vm": (
                f"{sandbox.imds_url}/metadata/identity/oauth2/token",
                "2018-02-01",
                {"Metadata": "true"},
            ),
            "app_service": (
                variables.get("IDENTITY_ENDPOINT"),
                "2019-08-01",
                {"X-IDENTITY-HEADER": variables.get("IDENTITY_HEADER")},
            ),
            "azure_ml": (
                variables.get("MSI_ENDPOINT"),
                "2017-09-01",
                {"secret": variables.get("MSI_SECRET")},
            ),
            "arc": (variables.get("IDENTITY_ENDPOINT"), "2020-06-01", {"Metadata": "true"}),
            "service_fabric": (
                variables.get("IDENTITY_ENDPOINT"),
                "2019-07-01-preview",
                {"Secret": variables.get("IDENTITY_HEADER")},
            ),
        }[kind]
        query = {"api-version": version, "resource": sandbox.graph_url, **query}
        headers = {key: it for key, it in {**header, **dict(headers)}.items() if it is not None}
        return session.get(url, params=query, headers=headers)

    return asked


@pytest.fixture
def arc(ask):
    """Ask the agent, and show what it left in a file."""

    def asked(**query):
        challenge = ask("arc", **query)
        assert challenge.status_code == 401
        path = Path(challenge.headers["WWW-Authenticate"].removeprefix("Basic realm="))
        assert path.suffix == ".key"
        assert path.stat().st_mode & 0o077 == 0
        return ask("arc", {"Authorization": f"Basic {path.read_text()}"}, **query)

    return asked


def appid(sandbox, answer):
    return sandbox.entra.claims(answer["access_token"])["appid"]


@pytest.mark.parametrize("kind", ["vm", "app_service", "azure_ml", "service_fabric"])
def test_msal_finds_the_machines_token(sandbox, session, monkeypatch, kind):
    for name, value in sandbox.machine(kind).items():
        monkeypatch.setenv(name, value)
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=session)
    answer = client.acquire_token_for_client(resource=sandbox.graph_url)
    assert appid(sandbox, answer) == sandbox.identity.confidential.client_id


@pytest.mark.parametrize(
    ("kind", "way"),
    [
        *(
            (kind, way)
            for kind in ("vm", "app_service")
            for way in ("client", "object", "resource")
        ),
        ("azure_ml", "client"),
    ],
)
def test_msal_finds_the_token_of_an_assigned_identity(sandbox, session, monkeypatch, kind, way):
    for name, value in sandbox.machine(kind).items():
        monkeypatch.setenv(name, value)
    assigned = sandbox.identity.assigned
    names = {
        "client": {"client_id": assigned.client_id},
        "object": {"object_id": assigned.object_id},
        "resource": {"resource_id": assigned.resource_id.upper()},
    }
    identity = msal.UserAssignedManagedIdentity(**names[way])
    client = msal.ManagedIdentityClient(identity, http_client=session)
    answer = client.acquire_token_for_client(resource=sandbox.graph_url)
    assert appid(sandbox, answer) == assigned.client_id


def test_arc_wants_to_see_what_only_an_administrator_can_read(sandbox, ask, arc):
    assert appid(sandbox, arc().json()) == sandbox.identity.confidential.client_id
    assert ask("arc", {"Authorization": "Basic guess"}).status_code == 401
    assert ask("arc", {"Metadata": None}).status_code == 400


def test_arc_says_which_identity_it_took(sandbox, arc):
    assigned = sandbox.identity.assigned
    answer = arc(client_id=assigned.client_id).json()
    assert answer["client_id"] == appid(sandbox, answer) == assigned.client_id
    assert arc(object_id=assigned.object_id).json()["object_id"] == assigned.object_id
    assert arc(client_id="nobody").status_code == 400
    sandbox.identity.arc.legacy = True
    answer = arc(client_id=assigned.client_id).json()
    assert "client_id" not in answer
    assert appid(sandbox, answer) == sandbox.identity.confidential.client_id


def test_what_arc_left_in_a_file_is_good_once(ask):
    challenge = ask("arc")
    path = Path(challenge.headers["WWW-Authenticate"].removeprefix("Basic realm="))
    header = {"Authorization": f"Basic {path.read_text()}"}
    assert ask("arc", header).status_code == 200
    assert ask("arc", header).status_code == 401


@pytest.mark.parametrize(
    ("kind", "headers", "query", "status"),
    [
        ("app_service", {"X-IDENTITY-HEADER": "guess"}, {}, 401),
        ("app_service", {}, {"api-version": "2001"}, 400),
        ("app_service", {}, {"resource": ""}, 400),
        ("app_service", {}, {"client_id": "nobody"}, 400),
        ("azure_ml", {"secret": "guess"}, {}, 401),
        ("azure_ml", {}, {"clientid": "nobody"}, 400),
    ],
)
def test_app_service_refuses_with_a_status_in_the_body(ask, kind, headers, query, status):
    found = ask(kind, headers, **query)
    assert (found.status_code, found.json()["statusCode"]) == (status, status)


@pytest.mark.parametrize(
    ("headers", "query", "code"),
    [
        ({"Secret": "guess"}, {}, "SecretHeaderNotFound"),
        ({}, {"api-version": "2001"}, "InvalidApiVersion"),
        ({}, {"resource": ""}, "ArgumentNullOrEmpty"),
    ],
)
def test_service_fabric_refuses_with_a_code(ask, headers, query, code):
    assert ask("service_fabric", headers, **query).json()["error"]["code"] == code


def test_service_fabric_without_an_identity_says_so(sandbox, ask):
    sandbox.imds.system_assigned, sandbox.imds.user_assigned = None, []
    found = ask("service_fabric")
    assert found.status_code == 404
    assert found.json()["error"]["code"] == "ManagedIdentityNotFound"


def test_service_fabric_replaces_a_token_that_graph_has_rejected(ask):
    first = ask("service_fabric").json()["access_token"]
    assert ask("service_fabric").json()["access_token"] == first
    rejected = hashlib.sha256(first.encode()).hexdigest()
    again = ask("service_fabric", token_sha256_to_refresh=rejected, xms_cc="cp1").json()
    assert again["access_token"] != first


def test_every_host_is_counted_and_can_be_out_of_order(sandbox, ask, arc):
    for kind in ("vm", "app_service", "azure_ml", "service_fabric"):
        ask(kind)
    arc()
    assert sandbox.entra.requests == 5
    sandbox.entra.outage = 503
    assert ask("app_service").status_code == arc().status_code == 503


def test_the_servers_certificate_is_known_by_its_fingerprints(sandbox):
    address = urlsplit(sandbox.graph_url)
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((address.hostname, address.port)))
    assert sandbox.fingerprint == hashlib.sha256(der).hexdigest()
    thumbprint = sandbox.machine("service_fabric")["IDENTITY_SERVER_THUMBPRINT"]
    assert thumbprint.lower() == hashlib.sha1(der).hexdigest()


# Nango


@pytest.fixture
def nango(sandbox, session):
    """Ask the broker with its key and for its connection, unless named differently."""
    kept = sandbox.identity.nango

    def asked(path=None, key=kept.secret_key, headers=(), **query):
        path = path or f"/connections/{kept.connection_id}"
        query = {"provider_config_key": kept.integration_id, **query}
        headers = {"Authorization": f"Bearer {key}", **dict(headers)}
        return session.get(kept_host(sandbox) + path, params=query, headers=headers)

    return asked


def kept_host(sandbox):
    return sandbox.facts().nango_host


def test_nango_hands_out_the_connections_token(sandbox, nango):
    credentials = nango().json()["credentials"]
    assert credentials["type"] == "OAUTH2"
    claims = sandbox.entra.claims(credentials["access_token"])
    assert claims["oid"] == sandbox.identity.me.oid
    assert nango().json()["credentials"] == credentials
    renewed = nango(force_refresh="true").json()["credentials"]
    assert renewed["access_token"] != credentials["access_token"]
    sandbox.identity.nango.client_credentials = True
    token = nango(force_refresh="true").json()["credentials"]["token"]
    assert sandbox.entra.claims(token)["idtyp"] == "app"


def test_nango_refuses_what_it_does_not_know(sandbox, nango):
    assert nango(key="guess").status_code == 401
    assert nango(headers={"Authorization": ""}).status_code == 401
    assert nango("/connections/other").status_code == 404
    assert nango(provider_config_key="other").status_code == 404
    assert nango(provider_config_key="").status_code == 400
    sandbox.identity.nango.exhausted = True
    assert nango().json()["error"]["code"] == "invalid_credentials"
    assert nango().status_code == 424


@pytest.fixture
def through(sandbox, session):
    """Ask Graph by way of the broker."""
    kept = sandbox.identity.nango

    def asked(path, **headers):
        default = {
            "Authorization": f"Bearer {kept.secret_key}",
            "Connection-Id": kept.connection_id,
            "Provider-Config-Key": kept.integration_id,
        }
        headers = {key.replace("_", "-"): value for key, value in headers.items()}
        url = f"{kept_host(sandbox)}/proxy{path}"
        return session.get(url, headers={**default, **headers})

    return asked


def test_nango_calls_graph_with_the_connections_token(sandbox, through):
    path = "/v1.0/me/joinedTeams?$select=id&$filter=a%2Fb"
    through(path)
    [entry] = sandbox.requests
    assert entry.path == path
    assert through(path, Connection_Id="other").status_code == 404
    assert through(path, Authorization="Bearer guess").status_code == 401
    assert len(sandbox.requests) == 1
    assert through("/v1.0/me/joinedTeams").json()["value"]


def test_nango_passes_on_what_is_marked_for_graph(through):
    marked = through("/v1.0/nowhere", nango_proxy_client_request_id="mine")
    plain = through("/v1.0/nowhere", client_request_id="mine")
    ids = [it.json()["error"]["innerError"]["client-request-id"] for it in (marked, plain)]
    assert ids[0] == "mine" != ids[1]
    assert "request-id" not in marked.headers


@pytest.mark.parametrize("passes", [False, True])
def test_nango_may_keep_to_itself_when_to_come_back(session, passes):
    with Sandbox(tenant=Tenant(teams=1, users=9), faults=["429:retry_after=7"]) as sandbox:
        kept = sandbox.identity.nango
        kept.passes_retry_after = passes
        headers = {
            "Authorization": f"Bearer {kept.secret_key}",
            "Connection-Id": kept.connection_id,
            "Provider-Config-Key": kept.integration_id,
        }
        url = f"{kept_host(sandbox)}/proxy/v1.0/teams"
        found = session.get(url, headers=headers, verify=sandbox.ca_bundle)
    assert found.status_code == 429
    assert ("Retry-After" in found.headers) is passes


# Facts


def test_a_ready_token_opens_graph(sandbox, session):
    headers = {"Authorization": f"Bearer {sandbox.facts().access_token}"}
    url = f"{sandbox.graph_url}/v1.0/me/joinedTeams"
    assert session.get(url, headers=headers).status_code == 200


@pytest.fixture
def az(sandbox):
    def run(*arguments):
        environment = {**os.environ, **sandbox.machine("azure_cli"), "NO_PROXY": LOOPBACK}
        return subprocess.run(
            ["az", *arguments], env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_the_azure_cli_gives_its_users_token(sandbox, az):
    command = ("account", "get-access-token", "--output", "json", "--resource", sandbox.graph_url)
    done = az(*command)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    claims = sandbox.entra.claims(answer["accessToken"])
    assert claims["exp"] == answer["expires_on"]
    assert az(*command, "--tenant", "elsewhere").returncode == 1
    sandbox.identity.azure_cli.signed_in = False
    done = az(*command)
    assert (done.returncode, "az login" in done.stderr) == (1, True)
