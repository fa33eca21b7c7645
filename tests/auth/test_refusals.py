from __future__ import annotations

import base64
import json
import re

import pytest

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.auth.refusals import machine_refusal, refusal
from tap_msteams.auth.remedies import REMEDIES, SIGN_IN_LOG, words
from tap_msteams.errors import AuthenticationError
from tap_msteams.logs import redact
from tap_msteams.settings import Settings


@pytest.fixture
def told(sign):
    """The one line that a user is told instead of a token."""

    def tell(authenticator):
        with pytest.raises(AuthenticationError) as caught:
            sign(authenticator)
        line = str(caught.value)
        assert "\n" not in line
        return line

    return tell


def expired_secret(identity):
    identity.entra.applications[identity.confidential].secret_expires = 0


def no_consent(identity):
    identity.entra.applications[identity.public].scopes = frozenset()


def idle(identity):
    identity.clock.forward(91 * 86_400)


def revoked(identity):
    identity.entra.revoke_all()


def other_graph(identity):
    identity.entra.resource = "https://graph.microsoft.us"


def nothing(_):
    pass


CONFIDENTIAL = {"client_id": "the one with a secret"}
APP, USER = "service_principal", "refresh_token"
REFUSED = [
    (APP, {"tenant_id": "nowhere.example"}, nothing, 90002, "tenant_id"),
    (APP, {"client_id": "6f1c2f0a"}, nothing, 700016, "client_id"),
    (APP, {"client_secret": "wrong"}, nothing, 7000215, "client_secret"),
    (APP, {}, expired_secret, 7000222, "client_secret"),
    (APP, {}, other_graph, 500011, "graph_url"),
    (USER, {"client_id": "6f1c2f0a"}, nothing, 700016, "client_id"),
    (USER, {"tenant_id": "nowhere.example"}, nothing, 90002, "tenant_id"),
    (USER, {"refresh_token": "garbled"}, nothing, 9002313, "refresh_token"),
    (USER, {"refresh_token": "1.AXsomebody-else's"}, nothing, 70000, "refresh_token"),
    (USER, {"client_secret": "none-needed"}, nothing, 700025, "client_secret"),
    (USER, CONFIDENTIAL, nothing, 7000218, "client_secret"),
    (USER, {}, idle, 700082, "refresh_token"),
    (USER, {}, revoked, 50173, "refresh_token"),
    (USER, {}, no_consent, 65001, "scopes"),
    (USER, {"scopes": ["Mail.Read"]}, nothing, 65001, "scopes"),
]


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_names_the_setting_and_the_evidence(identity, told, case):
    method, changes, happened, number, setting = case
    if changes == CONFIDENTIAL:
        changes = {"client_id": identity.confidential}
    authenticator = identity.authenticator(method, **changes)
    happened(identity)
    line = told(authenticator)
    assert f"'{setting}'" in line
    assert f"AADSTS{number}, correlation id" in line
    assert re.search(r"correlation id [0-9a-f-]{36}\)$", line)


def refused(number, method="refresh_token", **more):
    """The line on a number."""
    body = {
        "error": "invalid_grant",
        "error_description": f"AADSTS{number}: Reason.\r\nTrace ID: t\r\nTimestamp: now",
        "correlation_id": "c",
    }
    return str(refusal(body, method, **more))


@pytest.mark.parametrize("method", SIGN_IN_LOG)
@pytest.mark.parametrize("number", REMEDIES)
def test_every_number_has_one_line(number, method):
    remedy = REMEDIES[number].format(**words(method))
    assert refused(number, method) == (
        f"Entra ID gave no token: {remedy} (AADSTS{number}, correlation id c)"
    )
    assert not set("{}\n") & set(remedy)


@pytest.mark.parametrize(
    "number",
    [
        50134, 50197, 50199, 65002, 90099, 500014, 500200, 530036, 700222, 900941,
        5000225, 7000216, 9002331, 9002332, 9002346,
    ],
)  # fmt: skip
def test_what_people_meet_has_a_remedy(number):
    assert "Reason." not in refused(number)


@pytest.mark.parametrize("number", [50076, 50173, 53003, 70043, 700082])
def test_a_remedy_is_one_for_the_way_to_sign_in(number):
    assert "`tap-msteams login`" in refused(number, "refresh_token")
    cli = refused(number, "azure_cli", tenant="contoso.example")
    assert "`az login --tenant contoso.example`" in cli
    assert "tap-msteams" not in cli
    for method in ("service_principal", "workload_identity", "managed_identity"):
        line = refused(number, method)
        assert "policy for workload identities" in line
        assert "login" not in line


@pytest.mark.parametrize("method", [it for it in SIGN_IN_LOG if it != "refresh_token"])
def test_no_remedy_names_a_command_of_another_way_to_sign_in(method):
    lines = [refused(number, method) for number in REMEDIES]
    assert [it for it in lines if re.search("tap-msteams (login|url|exchange)|--prompt", it)] == []


def test_consent_is_given_where_the_way_to_sign_in_has_it():
    assert "login --prompt consent" in refused(65001, "refresh_token")
    assert "login" not in refused(65001, "service_principal")
    assert "admin-consent-url" in refused(65001, "service_principal")
    assert "assign Graph's permissions" in refused(65001, "managed_identity")
    assert "app registration of your own" in refused(65001, "azure_cli")


def test_what_a_machines_endpoint_says_of_entra_has_the_same_remedy():
    said = {"error": "invalid_resource", "error_description": "AADSTS500011: Not found."}
    assert "check 'graph_url' and 'cloud'" in str(machine_refusal(said, None))


SAID = {
    "error": "interaction_required",
    "error_description": "AADSTS53003: Blocked. Trace ID: trace-1 Correlation ID: c Timestamp: now",
    "error_codes": [53003],
    "suberror": "message_only",
    "trace_id": "trace-1",
    "correlation_id": "c",
    "timestamp": "2026-11-26 20:00:00Z",
    "claims": '{"access_token": {"capolids": {"values": ["policy-1"]}}}',
    "refresh_token": "1.AXnever-told" + "x" * 60,
}


def test_at_debug_the_log_has_all_that_entra_said_but_secrets(caplog):
    with caplog.at_level("DEBUG"):
        refusal(SAID)
    [said] = [redact(it) for it in caplog.messages if "refused:" in it]
    for key, value in SAID.items():
        if key != "refresh_token":
            assert json.dumps(value) in said
    assert "never-told" not in said
    caplog.clear()
    with caplog.at_level("INFO"):
        refusal(SAID)
    assert not caplog.messages


def test_a_long_or_odd_refusal_is_one_line():
    line = str(refusal({"error": "x" * 10_000, "error_description": 5, "correlation_id": {}}))
    assert len(line) < 2000
    line = str(refusal({"error": "x", "error_description": "AADSTS1: " + "y\n" * 10_000}))
    assert len(line) < 2000
    assert "\n" not in line


def test_an_unknown_number_is_told_in_microsofts_words():
    error = refusal(
        {"error": "x", "error_description": "AADSTS12345: No\r\nreason. Trace ID: t Timestamp: n"}
    )
    assert str(error) == "Entra ID gave no token: No reason. (AADSTS12345)"


def test_a_refusal_without_a_number_is_told_by_its_name():
    assert str(refusal({"error": "access_denied"})) == (
        "Entra ID gave no token: the sign-in was cancelled or declined: sign in again and accept "
        "(access_denied)"
    )
    assert str(refusal({"error": "invalid_thing"})) == (
        "Entra ID gave no token: invalid_thing (invalid_thing)"
    )


def test_an_unknown_number_of_a_known_kind_is_told_with_both():
    line = str(refusal({"error": "interaction_required", "error_description": "AADSTS1: Why not."}))
    assert "sign in again" in line
    assert "it says: Why not. (AADSTS1)" in line


def test_a_machine_without_identity_is_told_where_to_get_one(identity, told):
    identity.imds.system_assigned = None
    identity.imds.user_assigned = []
    assert "no system-assigned managed identity" in told(identity.authenticator("managed_identity"))


def test_an_identity_of_another_machine_is_told_by_its_client_id(identity, told):
    line = told(identity.authenticator("managed_identity", managed_identity_client_id="elsewhere"))
    assert "'managed_identity_client_id' elsewhere" in line
    assert "'managed_identity_client_id'" in line


def test_one_of_several_identities_has_to_be_chosen(identity, told):
    identity.imds.system_assigned = None
    identity.imds.user_assigned *= 2
    line = told(identity.authenticator("managed_identity"))
    assert "several managed identities: set 'managed_identity_client_id'" in line


def test_another_trouble_of_the_machine_is_told_in_its_words():
    assert "(slow down)" in str(machine_refusal({"error": "slow down"}, None))


@pytest.mark.parametrize("method", ["service_principal", "refresh_token", "managed_identity"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_outage_is_said_to_pass(identity, told, method, status):
    identity.entra.outage = status
    line = told(identity.authenticator(method))
    assert f"not available (HTTP {status}): try again later" in line


def test_an_answer_that_is_no_entras_is_said_to_be_so(identity, told):
    identity.entra.outage = 200
    assert "no JSON: check the address and the proxy" in told(identity.authenticator())


NESTED = "[" * 10_000 + "]" * 10_000


@pytest.mark.parametrize("method", ["service_principal", "refresh_token", "managed_identity"])
@pytest.mark.parametrize(
    "answer",
    [
        NESTED,
        f'{{"error": {NESTED}}}',
        f'{{"access_token": {NESTED}, "expires_in": 1}}',
        '{"error": 5}',
        '{"error": {}, "error_description": []}',
        '{"error": "x", "error_description": 5, "correlation_id": [1]}',
        '{"access_token": "x", "expires_in": 3600, "id_token": 5}',
        '{"access_token": "x", "expires_in": 3600, "refresh_token": {}}',
        '{"access_token": "x", "expires_in": 3600, "scope": ["y"], "refresh_in": "z"}',
    ],
    ids=range(9),
)
def test_an_answer_of_other_types_is_one_line(identity, sign, told, method, answer):
    authenticator = identity.authenticator(method)
    sign(authenticator)
    identity.clock.forward(4000)
    identity.instead = answer
    assert len(told(authenticator)) < 1000


@pytest.mark.parametrize(
    "answer",
    [
        {"credentials": []},
        {"credentials": 5},
        {"credentials": {"access_token": 5}},
        {"credentials": {"access_token": "x", "expires_at": 5}},
        {"credentials": {"access_token": "half a letter \ud800"}},
        {"credentials": {"access_token": "x\r\nX-Header: y"}},
        '{"credentials": {"access_token": "x.eyJleHAiOiAxZTk5OX0.y"}}',
        {"error": ["x"]},
        NESTED,
    ],
    ids=range(9),
)
def test_a_brokers_answer_of_other_types_is_one_line(identity, told, answer):
    identity.instead = answer
    config = {
        "auth_method": "nango",
        "ca_bundle": identity.ca_bundle,
        "nango_host": identity.authority_host,
        "nango_secret_key": "key",
        "nango_connection_id": "connection",
        "nango_integration_id": "integration",
    }
    settings = Settings.from_config(config)
    line = told(GraphAuthenticator.from_settings(settings, clock=identity.clock, backoff=0))
    assert len(line) < 1000


@pytest.mark.parametrize("part", ["x", "W10", base64.urlsafe_b64encode(NESTED.encode()).decode()])
def test_a_token_that_cannot_be_read_serves_all_the_same(identity, sign, part):
    identity.instead = {"access_token": f"x.{part}.y", "expires_in": 3600}
    authenticator = identity.authenticator("managed_identity")
    assert sign(authenticator) == f"Bearer x.{part}.y"
    assert authenticator.granted == frozenset()
    assert authenticator.tenant_id is None


@pytest.mark.parametrize(
    "claims", [{"roles": None, "tid": 5}, {"roles": [5], "scp": 5}, {"roles": {"x": 1}}]
)
def test_claims_of_other_types_grant_nothing(identity, sign, claims):
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    identity.instead = {"access_token": f"x.{body}.y", "expires_in": 3600}
    authenticator = identity.authenticator("managed_identity")
    sign(authenticator)
    assert authenticator.granted == frozenset()
    assert authenticator.tenant_id is None


@pytest.mark.parametrize(
    "answer", [{}, {"token_endpoint": "elsewhere"}, [], {"token_endpoint": 5, "issuer": []}, NESTED]
)
def test_a_configuration_that_is_no_entras_is_said_to_be_so(identity, told, answer):
    identity.instead = answer
    line = told(identity.authenticator())
    assert "does not answer as Entra ID does" in line or "no JSON" in line


@pytest.mark.parametrize("method", ["service_principal", "refresh_token", "managed_identity"])
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"access_token": None, "expires_in": 1},
        {"x": "t"},
        {"access_token": 12345, "expires_in": 3600},
        '{"access_token": "x", "expires_in": 1e999}',
        {"access_token": "x", "expires_in": "soon"},
        {"access_token": "x", "expires_in": [3600]},
        {"access_token": "x", "expires_in": -5},
        {"access_token": "half a letter \ud800", "expires_in": 3600},
        {"access_token": "x\r\nX-Header: y", "expires_in": 3600},
        {"access_token": "x", "expires_in": 3600, "refresh_token": "\ud800"},
    ],
)
def test_an_answer_without_a_token_is_said_to_be_so(identity, sign, told, method, answer):
    authenticator = identity.authenticator(method)
    sign(authenticator)
    identity.clock.forward(4000)
    identity.instead = answer
    line = told(authenticator)
    assert "managed identity" in line or "has no token" in line


def test_an_entra_out_of_reach_is_told_by_its_setting(identity, told, closed_port):
    line = told(identity.authenticator(authority_host=f"https://localhost:{closed_port}"))
    assert f"https://localhost:{closed_port} cannot be reached" in line
    assert "'authority_host'" in line


def test_a_proxy_out_of_reach_is_told_without_its_password(
    identity, told, closed_port, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{closed_port}")
    line = told(identity.authenticator())
    assert "HTTPS_PROXY" in line
    assert "hunter2" not in line


def test_a_certificate_that_is_not_trusted_is_told_by_its_setting(identity, told):
    assert "set 'ca_bundle'" in told(identity.authenticator(ca_bundle=None))


def test_a_machine_without_endpoint_is_told(identity, told, closed_port, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://127.0.0.1:{closed_port}")
    line = told(identity.authenticator("managed_identity"))
    assert f"No managed identity endpoint answers at http://127.0.0.1:{closed_port}" in line
    assert "'auth_method'" in line


def test_an_app_service_without_identity_is_told_in_its_words(identity, told, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{identity.imds_url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "h")
    identity.instead = {"statusCode": 400, "message": "No MSI found"}
    assert "No MSI found" in told(identity.authenticator("managed_identity"))


def test_an_identity_that_msal_cannot_use_is_told(identity, told, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", "https://localhost:1")
    monkeypatch.setenv("IDENTITY_HEADER", "h")
    monkeypatch.setenv("IDENTITY_SERVER_THUMBPRINT", "not hexadecimal")
    assert "managed identity" in told(identity.authenticator("managed_identity"))
