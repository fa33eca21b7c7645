"""Requests that a broker sends: where they lead, what they carry, and who sees the key."""

from __future__ import annotations

import threading

import pytest
import requests

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.errors import AuthenticationError, ForeignOriginError
from tap_msteams.settings import Settings
from tap_msteams_sandbox import Tenant
from tests.cloud import Sandbox
from tests.conftest import PATIENCE, SMALL

PATHS = [
    "/v1.0/teams",
    "/v1.0/t?$top=50&$skiptoken=abc%2Bdef%3D%3D&$deltatoken=",
    "/v1.0/t?a=1&flag&b=2",
    "/v1.0/t?$filter=x%20eq%20'a'&b=%7e~",
    "/v1.0/teams/19%3Aabc@thread.tacv2/messages",
]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(tenant=Tenant(**SMALL)) as opened:
        yield opened


@pytest.fixture
def authenticator(sandbox):
    def made(mode="proxy", **changes):
        config = {**sandbox.nango(), "nango_mode": mode, **changes}
        return GraphAuthenticator.from_settings(Settings.from_config(config), backoff=0)

    return made


def prepared(url, **headers):
    request = requests.Request("GET", "https://localhost/", headers=headers).prepare()
    request.url = url
    return request


@pytest.mark.parametrize("path", PATHS)
def test_path_and_query_stay_byte_for_byte(sandbox, authenticator, path):
    request = authenticator()(prepared(sandbox.graph_url + path))
    assert request.url == f"{sandbox.identity.nango_host}/proxy{path}"


def test_other_spellings_of_graphs_origin_lead_there_too(sandbox, authenticator):
    other = sandbox.graph_url.replace("localhost", "LOCALHOST")
    request = authenticator()(prepared(f"{other}/v1.0/teams"))
    assert request.url == f"{sandbox.identity.nango_host}/proxy/v1.0/teams"


def test_headers_for_graph_are_marked_as_such(sandbox, authenticator):
    request = prepared(f"{sandbox.graph_url}/v1.0/teams", Prefer="x", ConsistencyLevel="eventual")
    headers = authenticator()(request).headers
    assert headers["Nango-Proxy-Prefer"] == "x"
    assert headers["Nango-Proxy-ConsistencyLevel"] == "eventual"
    assert headers["Authorization"] == f"Bearer {sandbox.identity.nango.secret_key}"
    assert "Nango-Proxy-Authorization" not in headers
    assert headers["Connection-Id"] == sandbox.identity.nango.connection_id
    assert headers["Provider-Config-Key"] == sandbox.identity.nango.integration_id
    assert headers["Base-Url-Override"] == sandbox.graph_url


def test_the_public_clouds_graph_is_known_to_the_broker(authenticator):
    signed_in = authenticator(graph_url="https://graph.microsoft.com")
    request = signed_in(prepared("https://graph.microsoft.com/v1.0/teams"))
    assert "Base-Url-Override" not in request.headers


def test_signing_twice_is_signing_once(sandbox, authenticator):
    signed_in = authenticator()
    request = signed_in(prepared(f"{sandbox.graph_url}/v1.0/teams"))
    before = request.url, dict(request.headers)
    again = signed_in(request)
    assert (again.url, dict(again.headers)) == before


@pytest.mark.parametrize("mode", ["token", "proxy"])
@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/teams",
        "{nango}/proxy/v1.0/teams",
        "{nango}.evil.example/proxy/v1.0/teams",
        "http://graph.microsoft.com/v1.0/teams",
    ],
)
def test_no_other_origin_gets_the_key_or_the_token(sandbox, authenticator, mode, link):
    request = prepared(link.format(nango=sandbox.identity.nango_host))
    with pytest.raises(ForeignOriginError):
        authenticator(mode)(request)
    assert "Authorization" not in request.headers


def test_the_token_is_lent_to_graph_and_the_key_is_not(sandbox, authenticator):
    request = authenticator("token")(prepared(f"{sandbox.graph_url}/v1.0/teams"))
    assert sandbox.entra.claims(request.headers["Authorization"].removeprefix("Bearer "))
    assert sandbox.identity.nango.secret_key not in str(dict(request.headers))


@pytest.mark.parametrize("mode", ["token", "proxy"])
def test_a_rejected_token_is_renewed_once_for_all(sandbox, authenticator, at_once, mode):
    signed_in = authenticator(mode)
    sandbox.identity.nango.requests.clear()

    def rejected():
        request = signed_in(prepared(f"{sandbox.graph_url}/v1.0/teams"))
        used = signed_in._tokens._token.value
        everybody.wait(PATIENCE)
        signed_in.renew(request.headers["Authorization"])
        return used, signed_in._tokens.get().value

    everybody = threading.Barrier(32)
    found = set(at_once(rejected))
    assert len(found) == 1
    [(before, after)] = found
    assert before != after
    asked = [path for path in sandbox.identity.nango.requests if "/connections/" in path]
    assert len(asked) == 2
    assert [("force_refresh=true" in path) for path in asked] == [False, True]


@pytest.mark.parametrize("mode", ["token", "proxy"])
def test_an_applications_connection_has_its_token_elsewhere(open_sandbox, mode):
    sandbox = open_sandbox()
    sandbox.identity.nango.client_credentials = True
    settings = Settings.from_config({**sandbox.nango(), "nango_mode": mode})
    assert GraphAuthenticator.from_settings(settings).is_application


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"credentials": {}},
        {"credentials": None},
        {"credentials": {"access_token": 5}},
        {"credentials": {"access_token": "hunter", "expires_at": "soon"}},
        [],
    ],
)
def test_an_answer_without_a_token_is_told(identity, authenticator, answer):
    identity.instead = answer
    there = {"nango_host": identity.authority_host, "ca_bundle": identity.ca_bundle}
    signed_in = authenticator("token", **there)
    with pytest.raises(AuthenticationError, match=r"has no token|does not answer|JSON") as caught:
        signed_in(prepared(f"{signed_in._graph_url}/v1.0/teams"))
    assert "hunter" not in str(caught.value)
