from __future__ import annotations

import jwt
import pytest

from sandbox.tests.answers import said_by
from tap_msteams_sandbox.identity.scopes import GRAPH

# https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
REQUIRED = {
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
}
IDENTITY = "openid profile offline_access"


class Entra:
    """What a client library reads and asks of an authority."""

    def __init__(self, client):
        self.session, self.facts = client.session, client.sandbox.facts()
        self.sandbox = client.sandbox
        self.authority = f"{self.facts.authority_host}/{self.facts.tenant_id}"

    def get(self, path):
        return self.session.get(f"{self.facts.authority_host}{path}")

    @property
    def metadata(self):
        return self.session.get(f"{self.authority}/v2.0/.well-known/openid-configuration").json()

    def token(self, auth=None, **form):
        url = f"{self.authority}/oauth2/v2.0/token"
        return self.session.post(url, data=form, auth=auth).json()

    def application(self, **form):
        facts = self.facts
        known = {"client_id": facts.client_id, "client_secret": facts.client_secret}
        grant = {"grant_type": "client_credentials", "scope": f"{GRAPH}/.default"}
        return self.token(**{**known, **grant, **form})

    def user(self, **form):
        grant = {"grant_type": "refresh_token", "refresh_token": self.facts.refresh_token}
        return self.token(**{"client_id": self.facts.public_client_id, **grant, **form})

    def checked(self, token, audience):
        """The claims of a token, by the published keys alone."""
        metadata = self.metadata
        keys = self.session.get(metadata["jwks_uri"]).json()
        named = jwt.get_unverified_header(token)["kid"]
        key = jwt.PyJWKSet.from_dict(keys)[named]
        return jwt.decode(token, key, ["RS256"], audience=audience, issuer=metadata["issuer"])


@pytest.fixture(scope="module")
def entra(quiet):
    return Entra(quiet)


def graph_answers(entra, token, path="/v1.0/teams"):
    url = f"{entra.facts.graph_url}{path}"
    headers = {"Authorization": f"Bearer {token}"}
    return entra.session.get(url, headers=headers).status_code == 200


def test_the_metadata_is_complete_and_its_addresses_are_here(entra):
    metadata = entra.metadata
    assert set(metadata) >= REQUIRED
    for name, value in metadata.items():
        if name.endswith(("_endpoint", "_uri", "issuer")):
            assert value.startswith((entra.facts.authority_host, entra.facts.graph_url)), name


def test_an_id_token_is_signed_with_a_published_key_by_the_issuer_of_the_metadata(entra):
    answer = entra.user(scope=f"{GRAPH}/User.Read {IDENTITY}")
    claims = entra.checked(answer["id_token"], entra.facts.public_client_id)
    assert claims["oid"] == entra.facts.user_id
    assert claims["sub"] == said_by(answer["access_token"])["sub"] != claims["oid"]


def test_the_user_is_told_where_the_metadata_says_so(entra):
    answer = entra.user(scope=f"User.Read {IDENTITY}")
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    found = entra.session.get(entra.metadata["userinfo_endpoint"], headers=headers).json()
    assert found["sub"] == said_by(answer["id_token"])["sub"]
    assert found["name"] == entra.sandbox.tenant.me.display_name


def test_a_changed_token_does_not_fit_its_signature(entra):
    head, _, signature = entra.user(scope=f"User.Read {IDENTITY}")["id_token"].split(".")
    _, claims, _ = entra.user(scope=f"User.Read {IDENTITY}")["id_token"].split(".")
    with pytest.raises(jwt.InvalidSignatureError):
        entra.checked(f"{head}.{claims[:-4]}AAAA.{signature}", entra.facts.public_client_id)


def test_a_token_says_how_the_application_proved_its_identity(entra):
    found = said_by(entra.application()["access_token"])
    assert (found["appidacr"], found["idtyp"]) == ("1", "app")
    assert found["sub"] == found["oid"]
    assert found["idp"] == found["iss"] == f"https://sts.windows.net/{entra.facts.tenant_id}/"
    assert said_by(entra.user(scope="User.Read")["access_token"])["appidacr"] == "0"


@pytest.mark.parametrize("name", [GRAPH, f"{GRAPH}/", "00000003-0000-0000-c000-000000000000"])
def test_graph_is_known_by_its_own_names_too(entra, name):
    answer = entra.application(scope=f"{name}/.default")
    assert said_by(answer["access_token"])["aud"] == name
    assert graph_answers(entra, answer["access_token"])


def test_a_scope_may_name_graph(entra):
    answer = entra.user(scope=f"{GRAPH}/Team.ReadBasic.All")
    assert answer["scope"] == f"{GRAPH}/Team.ReadBasic.All"
    assert graph_answers(entra, answer["access_token"], "/v1.0/me/joinedTeams")


def test_a_machine_has_tokens_for_graph_by_its_own_name(entra):
    query = f"api-version=2018-02-01&resource={GRAPH}"
    url = f"{entra.facts.imds_url}/metadata/identity/oauth2/token?{query}"
    token = entra.session.get(url, headers={"Metadata": "true"}).json()["access_token"]
    assert graph_answers(entra, token)


def test_a_refresh_token_without_a_scope_is_good_for_what_was_asked_before(entra):
    first = entra.user(scope=f"Team.ReadBasic.All {IDENTITY}")
    again = entra.user(refresh_token=first["refresh_token"])
    assert said_by(again["access_token"])["scp"] == "Team.ReadBasic.All"
    everything = said_by(entra.user()["access_token"])["scp"].split()
    assert set(everything) == entra.sandbox.identity.public.scopes


def test_credentials_may_stand_in_the_header(entra):
    pair = (entra.facts.client_id, entra.facts.client_secret)
    grant = {"grant_type": "client_credentials", "scope": f"{GRAPH}/.default"}
    assert graph_answers(entra, entra.token(auth=pair, **grant)["access_token"])
    refused = entra.token(auth=(pair[0], "wrong"), **grant)
    assert refused["error_codes"] == [7000215]


@pytest.mark.parametrize("scope", ["Chat.Read.All", "Foo.Bar", f"{GRAPH}/Foo.Bar"])
def test_a_scope_that_graph_does_not_have_is_refused(entra, scope):
    refused = entra.user(scope=scope)
    assert refused["error_codes"] == [650053]
    assert f"'{scope.rpartition('/')[2]}'" in refused["error_description"]


def test_roles_of_applications_and_scopes_of_users_are_two_lists(entra):
    roles = set(said_by(entra.application()["access_token"])["roles"])
    scopes = set(said_by(entra.user(scope=".default")["access_token"])["scp"].split())
    assert "Chat.Read.All" in roles - scopes
    assert {
        "Chat.Read",
        "OnlineMeetings.Read",
        "TeamsAppInstallation.ReadForUser",
    } <= scopes - roles


def test_msal_may_ask_which_names_the_authority_has(entra):
    asked = f"{entra.authority}/oauth2/v2.0/authorize"
    path = "/common/discovery/instance?api-version=1.1&authorization_endpoint="
    found = entra.get(path + asked).json()
    assert entra.session.get(found["tenant_discovery_endpoint"]).json() == entra.metadata
    assert found["metadata"][0]["aliases"] == [entra.facts.authority_host.partition("//")[2]]
    assert entra.get(f"{path}https://elsewhere.example/x").json()["error"] == "invalid_instance"


def test_an_api_calls_graph_on_behalf_of_the_user_who_calls_it(entra):
    facts = entra.facts
    mine = entra.user(scope=f"api://{facts.client_id}/access_as_user")["access_token"]
    assert not graph_answers(entra, mine, "/v1.0/me/joinedTeams")
    grant = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "requested_token_use": "on_behalf_of",
        "scope": f"{GRAPH}/.default",
    }
    answer = entra.application(assertion=mine, **grant)
    assert said_by(answer["access_token"])["oid"] == facts.user_id
    assert graph_answers(entra, answer["access_token"], "/v1.0/me/joinedTeams")
    for_graph = entra.application(assertion=answer["access_token"], **grant)
    assert for_graph["error_codes"] == [500131]
    assert entra.application(assertion="x.y.z", **grant)["error_codes"] == [50013]
