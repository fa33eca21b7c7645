from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from time import time

import msal
import pytest
import requests

from sandbox.tests.clock import Clock
from tap_msteams_sandbox import Sandbox, Tenant
from tap_msteams_sandbox.identity import keys
from tap_msteams_sandbox.identity.directory import AUTHORITY, KEY, SUBJECT
from tap_msteams_sandbox.identity.federation import GITHUB, KUBERNETES
from tap_msteams_sandbox.identity.issuer import b64
from tap_msteams_sandbox.identity.registration import FederatedCredential

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Client:
    """An application that signs in as MSAL would have it, or in ways of its own."""

    def __init__(self, sandbox, session):
        self.sandbox, self.session = sandbox, session
        self.client_id = sandbox.identity.confidential.client_id
        self.authority = f"{sandbox.authority_host}/{sandbox.tenant.id}"
        self.scope = f"{sandbox.graph_url}/.default"

    def msal(self, credential):
        app = msal.ConfidentialClientApplication(
            self.client_id,
            authority=self.authority,
            client_credential=credential,
            instance_discovery=False,
            http_client=self.session,
        )
        return app.acquire_token_for_client([self.scope])

    def present(self, assertion, **form):
        form = {
            "client_assertion": assertion,
            "client_assertion_type": JWT_BEARER,
            "client_id": self.client_id,
            "grant_type": "client_credentials",
            "scope": self.scope,
            **form,
        }
        url = f"{self.authority}/oauth2/v2.0/token"
        return self.session.post(url, data=form).json()

    def own(self, key=KEY, header=None, **changes):
        """An assertion by certificate, with whatever is wrong about it."""
        now = int(self.sandbox.entra.clock())
        claims = {
            "aud": f"{self.authority}/oauth2/v2.0/token",
            "exp": now + 600,
            "iss": self.client_id,
            "jti": "1",
            "nbf": now,
            "sub": self.client_id,
            **changes,
        }
        return keys.sign(claims, keys.key(key), **(header or {"x5t#S256": self.thumbprint}))

    @property
    def thumbprint(self):
        [certificate] = self.sandbox.identity.confidential.certificates
        return next(it for it in keys.thumbprints(certificate) if len(it) > 40)


@pytest.fixture
def client():
    with (
        Sandbox(tenant=Tenant(seed=7, teams=1, users=9), clock=Clock(time())) as sandbox,
        requests.Session() as session,
    ):
        session.trust_env, session.verify = False, sandbox.ca_bundle
        sandbox.facts()
        yield Client(sandbox, session)


@pytest.fixture
def application(client):
    return client.sandbox.identity.confidential


PRIVATE = keys.pem(keys.key(KEY))


@pytest.mark.parametrize("legacy", [False, True])
def test_a_registered_certificate_signs_in(client, application, legacy):
    [certificate] = application.certificates
    credential = {"private_key": PRIVATE, "public_certificate": keys.pem(certificate)}
    if legacy:
        thumbprint = certificate.fingerprint(keys.hashes.SHA1()).hex()
        credential = {"private_key": PRIVATE, "thumbprint": thumbprint}
    token = client.msal(credential)["access_token"]
    assert client.sandbox.entra.claims(token)["appid"] == application.client_id


def test_a_pfx_signs_in(client, application, tmp_path):
    path = tmp_path / "app.pfx"
    key = keys.key(KEY)
    path.write_bytes(keys.pfx(application.certificates[0], key, password="p"))
    found = client.msal({"private_key_pfx_path": str(path), "passphrase": "p"})
    assert "access_token" in found


def test_any_certificate_of_a_trusted_name_and_authority_signs_in(client):
    authority = keys.certificate(AUTHORITY), keys.key(AUTHORITY)
    leaf = keys.certificate(SUBJECT, KEY, issuer=authority)
    credential = {"private_key": PRIVATE, "public_certificate": keys.pem(leaf)}
    assert "access_token" in client.msal(credential)


def test_another_name_or_authority_does_not(client):
    authority = keys.certificate(AUTHORITY), keys.key(AUTHORITY)
    other = keys.certificate("Other CA"), keys.key("Other CA")
    for leaf in (
        keys.certificate("somebody.example", KEY, issuer=authority),
        keys.certificate(SUBJECT, KEY, issuer=other),
    ):
        credential = {"private_key": PRIVATE, "public_certificate": keys.pem(leaf)}
        assert client.msal(credential)["error_codes"] == [700030]


def test_an_unknown_certificate_is_named_by_its_thumbprint(client):
    found = client.present(client.own(header={"x5t": "unknown"}))
    assert found["error_codes"] == [700027]
    assert "The key was not found., Thumbprint of key used by client: 'unknown'" in str(found)


def test_an_expired_certificate_is_refused(client, application):
    end = datetime(2021, 1, 1, tzinfo=UTC)
    application.certificates = [keys.certificate(KEY, end=end)]
    found = client.present(client.own())
    assert found["error_codes"] == [700027]
    assert "The key used is expired." in found["error_description"]


def test_a_signature_by_another_key_is_refused(client):
    found = client.present(client.own("other"))
    assert found["error_codes"] == [700027]
    assert "did not match" in found["error_description"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"aud": "https://elsewhere.example"}, 700023),
        ({"exp": 0}, 700024),
        ({"nbf": 2**33}, 700024),
        ({"nbf": 2**40}, 50027),
        ({"exp": None}, 50027),
        ({"sub": "somebody"}, 700021),
        ({"iss": "somebody"}, 700021),
    ],
)
def test_an_assertion_has_to_say_the_right_things(client, changes, error):
    assert client.present(client.own(**changes))["error_codes"] == [error]


def test_an_assertion_has_to_be_one(client):
    assert client.present("garbled")["error_codes"] == [50027]
    unsigned = client.own().split(".")
    unsigned[0] = b64({"alg": "none", "x5t#S256": client.thumbprint})
    assert client.present(".".join(unsigned))["error_codes"] == [700027]
    found = client.present(client.own(), client_assertion_type="saml")
    assert found["error_codes"] == [900144]


def test_an_assertion_can_be_good_for_one_use(client):
    assertion = client.own()
    assert "access_token" in client.present(assertion)
    assert "access_token" in client.present(assertion)
    client.sandbox.entra.assertions.single_use = True
    assert client.present(assertion)["error_codes"] == [50013]


@pytest.mark.parametrize("issuer", [KUBERNETES, GITHUB])
def test_a_federated_token_signs_in(client, issuer):
    token = client.sandbox.entra.federation.mint(issuer)
    assert "access_token" in client.present(token)


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"iss": "https://elsewhere.example"}, 700211),
        ({"sub": "system:serviceaccount:ingest:other"}, 700213),
        ({"aud": "api://other"}, 700212),
        ({"exp": 1}, 700024),
    ],
)
def test_a_federated_token_has_to_match_its_registration(client, claims, error):
    token = client.sandbox.entra.federation.mint(**claims)
    assert client.present(token)["error_codes"] == [error]


def test_a_federated_token_has_to_be_signed_by_its_issuer(client):
    token = client.sandbox.entra.federation.mint()
    client.sandbox.entra.assertions.issuers[KUBERNETES] = keys.key("other").public_key()
    assert client.present(token)["error_codes"] == [50013]


def test_an_unreachable_issuer_is_not_trusted(client, application):
    application.federated.append(FederatedCredential("https://new.example", "workload"))
    token = client.sandbox.entra.federation.mint("https://new.example")
    assert client.present(token)["error_codes"] == [50013]


def test_a_job_on_github_gets_its_token_for_an_audience(client):
    variables = client.sandbox.machine("github")
    url = variables["ACTIONS_ID_TOKEN_REQUEST_URL"]
    header = f"bearer {variables['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"
    for audience, error in (("api://AzureADTokenExchange", None), (None, [700212])):
        found = client.session.get(
            url, params={"audience": audience}, headers={"Authorization": header}
        )
        assert client.present(found.json()["value"]).get("error_codes") == error
    refused = client.session.get(url, headers={"Authorization": "bearer guess"})
    assert refused.status_code == 401


def test_a_pod_finds_its_token_in_a_file(client):
    file = Path(client.sandbox.machine("aks")["AZURE_FEDERATED_TOKEN_FILE"])
    first = file.read_text()
    assert "access_token" in client.present(first)
    client.sandbox.entra.clock.now += 4000
    assert client.present(first)["error_codes"] == [700024]
    client.sandbox.identity.write_federated_token()
    assert "access_token" in client.present(file.read_text())


def test_a_public_client_has_no_use_for_an_assertion(client, application):
    application.secret = None
    application.certificates, application.federated, application.subjects = [], [], []
    assert client.present("any")["error_codes"] == [700025]


def test_a_disabled_application_gets_nothing(client, application):
    application.enabled = False
    assert client.present(client.sandbox.entra.federation.mint())["error_codes"] == [7000112]


def test_any_refusal_can_be_had(client):
    for number in (53003, 7000229, 65001):
        client.sandbox.entra.refusal = number
        found = client.present("any")
        assert found["error_codes"] == [number]
        assert ("claims" in found) is (number == 53003)


def test_a_busy_directory_says_when_to_come_back(client):
    client.sandbox.entra.outage, client.sandbox.entra.retry_after = 429, "7"
    url = f"{client.authority}/oauth2/v2.0/token"
    found = client.session.post(url, data={})
    assert (found.status_code, found.headers["Retry-After"]) == (429, "7")


def ask_graph(client, token):
    url = f"{client.sandbox.graph_url}/v1.0/teams"
    headers = {"Authorization": f"Bearer {token}"}
    return client.session.get(url, headers=headers)


CP1 = {"access_token": {"xms_cc": {"values": ["CP1"]}}}


def test_a_challenge_is_met_only_by_a_token_asked_for_with_its_claims(client):
    mint = client.sandbox.entra.federation.mint
    plain = client.present(mint())["access_token"]
    capable = client.present(mint(), claims=json.dumps(CP1))["access_token"]
    assert client.sandbox.entra.claims(capable)["xms_cc"] == ["CP1"]
    client.sandbox.entra.challenge()
    assert ask_graph(client, plain).status_code == 200
    response = ask_graph(client, capable)
    assert (response.status_code, response.json()["error"]["code"]) == (
        401,
        "InvalidAuthenticationToken",
    )
    header = response.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in header
    encoded = header.partition('claims="')[2].partition('"')[0]
    asked = json.loads(keys.base64.b64decode(encoded))
    assert asked["access_token"]["nbf"]["essential"]
    asked["access_token"] |= CP1["access_token"]
    again = client.present(mint(), claims=json.dumps(CP1))["access_token"]
    assert ask_graph(client, again).status_code == 401
    better = client.present(mint(), claims=json.dumps(asked))["access_token"]
    assert ask_graph(client, better).status_code == 200


def test_who_can_be_challenged_may_get_tokens_for_a_day(client):
    client.sandbox.entra.long_lived = True
    mint = client.sandbox.entra.federation.mint
    assert client.present(mint())["expires_in"] == 3599
    assert client.present(mint(), claims=json.dumps(CP1))["expires_in"] == 100_800


def test_a_used_refresh_token_ends_its_family_where_that_is_the_rule(client):
    sandbox = client.sandbox
    sandbox.entra.strict = True
    facts = sandbox.facts()
    form = {
        "client_id": facts.client_id,
        "client_secret": facts.client_secret,
        "grant_type": "refresh_token",
        "refresh_token": facts.refresh_token,
        "scope": "Chat.Read offline_access",
    }

    def redeem(token):
        url = f"{client.authority}/oauth2/v2.0/token"
        return client.session.post(url, data=form | {"refresh_token": token}).json()

    second = redeem(form["refresh_token"])["refresh_token"]
    third = redeem(second)["refresh_token"]
    assert redeem(second)["error_codes"] == [50173]
    assert redeem(third)["error_codes"] == [50173]
    me, confidential = sandbox.identity.me, sandbox.identity.confidential
    assert "access_token" in redeem(sandbox.entra.issue_refresh_token(me, confidential))


def test_permissions_can_be_withheld(client):
    client.sandbox.entra.withheld = frozenset({"Chat.Read"})
    facts = client.sandbox.facts()
    url = f"{client.authority}/oauth2/v2.0/token"
    form = {key: getattr(facts, key) for key in ("client_id", "client_secret", "refresh_token")}
    form |= {"grant_type": "refresh_token", "scope": "Chat.Read User.Read"}
    found = client.session.post(url, data=form).json()
    assert found["scope"] == "User.Read"
    assert client.sandbox.entra.claims(found["access_token"])["scp"] == "User.Read"
