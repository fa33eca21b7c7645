from __future__ import annotations

import re
import socket

import pytest

from tap_msteams.auth.refusals import machine_refusal, refusal
from tap_msteams.auth.remedies import REMEDIES
from tap_msteams.errors import AuthenticationError


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
    identity.clock.advance(91 * 86_400)


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


@pytest.mark.parametrize("number", REMEDIES)
def test_every_number_has_one_line(number):
    error = refusal(
        {
            "error": "invalid_grant",
            "error_description": f"AADSTS{number}: Reason.\r\nTrace ID: t\r\nTimestamp: now",
            "correlation_id": "c",
        }
    )
    assert str(error) == (
        f"Entra ID gave no token: {REMEDIES[number]} (AADSTS{number}, correlation id c)"
    )


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


@pytest.mark.parametrize("answer", [{}, {"token_endpoint": "elsewhere"}, []])
def test_a_configuration_that_is_no_entras_is_said_to_be_so(identity, told, answer):
    identity.instead = answer
    line = told(identity.authenticator())
    assert "does not answer as Entra ID does" in line or "no JSON" in line


@pytest.mark.parametrize("method", ["service_principal", "refresh_token", "managed_identity"])
@pytest.mark.parametrize("answer", [{}, {"access_token": None, "expires_in": 1}, {"x": "t"}])
def test_an_answer_without_a_token_is_said_to_be_so(identity, sign, told, method, answer):
    authenticator = identity.authenticator(method)
    sign(authenticator)
    identity.clock.advance(4000)
    identity.instead = answer
    line = told(authenticator)
    assert "managed identity" in line or "has no token" in line


@pytest.fixture
def closed_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


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
