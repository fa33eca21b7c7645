from __future__ import annotations

import base64
import json

import pytest
import requests

GRAPH = "https://graph.microsoft.com"
CAPABLE = {"access_token": {"xms_cc": {"values": ["CP1"]}}}
METHODS = ("service_principal", "refresh_token", "managed_identity")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_signs_a_request_with_a_token_for_graph(identity, sign, method):
    header = sign(identity.authenticator(method))
    claims = identity.entra.claims(header.removeprefix("Bearer "))
    assert header.startswith("Bearer ")
    assert claims["aud"] == GRAPH


@pytest.mark.parametrize("method", METHODS)
def test_no_token_is_asked_for_before_the_first_request(identity, method):
    identity.authenticator(method)
    assert identity.entra.requests == 0


def test_a_confidential_application_redeems_its_refresh_token_with_its_secret(identity, sign):
    sign(
        identity.authenticator(
            "refresh_token", client_id=identity.confidential, client_secret=identity.secret
        )
    )
    assert identity.asked[0]["client_secret"] == identity.secret


def test_the_tenant_of_a_user_need_not_be_known(identity, sign):
    assert sign(identity.authenticator("refresh_token", tenant_id=None))


def test_a_user_assigned_identity_is_asked_for_by_its_client_id(identity):
    authenticator = identity.authenticator(
        "managed_identity", managed_identity_client_id=identity.assigned
    )
    assert authenticator.granted == {"User.Read.All"}


def test_an_application_may_what_its_roles_say(identity):
    authenticator = identity.authenticator()
    assert authenticator.is_application
    assert authenticator.granted == identity.roles


def test_a_user_may_what_was_consented_to(identity):
    authenticator = identity.authenticator("refresh_token")
    assert not authenticator.is_application
    assert authenticator.granted == identity.scopes


def opaque(sign):
    """Signs what is for Graph so that nobody else can read it."""
    return lambda content: "opaque" if content["aud"] == GRAPH else sign(content)


@pytest.mark.parametrize(
    ("method", "application"), [*zip(METHODS, (True, False, True), strict=True)]
)
def test_an_unreadable_token_is_taken_for_what_its_method_gives(
    identity, monkeypatch, method, application
):
    monkeypatch.setattr(identity.entra, "sign", opaque(identity.entra.sign))
    authenticator = identity.authenticator(method)
    assert authenticator.is_application is application
    assert authenticator.granted == frozenset()


def test_an_application_without_roles_is_still_an_application(identity):
    identity.entra.applications[identity.confidential].roles = frozenset()
    authenticator = identity.authenticator()
    assert authenticator.is_application
    assert authenticator.granted == frozenset()


def unmarked(content):
    content.pop("idtyp", None)
    return f"x.{base64.urlsafe_b64encode(json.dumps(content).encode()).decode()}.x"


@pytest.mark.parametrize(
    ("method", "application"), [*zip(METHODS, (True, False, True), strict=True)]
)
def test_a_token_that_names_no_type_is_told_by_its_permissions(
    identity, monkeypatch, method, application
):
    monkeypatch.setattr(
        identity.entra, "sign", lambda content: unmarked({"idtyp": None, **content})
    )
    assert identity.authenticator(method).is_application is application


def test_scopes_are_asked_for_as_they_were_given(identity):
    authenticator = identity.authenticator("refresh_token", scopes=["Chat.Read"])
    assert authenticator.granted == {"Chat.Read"}


def test_scopes_that_always_come_along_may_be_listed(identity, sign):
    sign(
        identity.authenticator(
            "refresh_token", scopes=["Chat.Read", "offline_access", "OpenID", "profile"]
        )
    )
    assert sorted(identity.asked[0]["scope"].split()) == [
        "Chat.Read",
        "offline_access",
        "openid",
        "profile",
    ]


def test_a_rotated_refresh_token_is_the_one_used_next(identity, sign):
    authenticator = identity.authenticator("refresh_token")
    for _ in range(3):
        sign(authenticator)
        identity.clock.forward(4000)
    used = [form["refresh_token"] for form in identity.asked]
    assert used[0] == identity.seed
    assert len(set(used)) == 3


def test_the_claims_that_a_policy_demands_are_asked_for(identity, sign):
    for method in ("service_principal", "refresh_token"):
        authenticator = identity.authenticator(method)
        demanded = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}'
        encoded = base64.b64encode(demanded.encode()).decode()
        authenticator.renew(
            sign(authenticator),
            f'Bearer realm="", error="insufficient_claims", claims="{encoded}"',
        )
        assert json.loads(identity.asked[-1]["claims"]) == {
            "access_token": {
                "nbf": {"essential": True, "value": "1604106651"},
                "xms_cc": {"values": ["CP1"]},
            }
        }


@pytest.mark.parametrize("challenge", ["", "Bearer", 'Bearer claims="%%"', 'Bearer claims="bm8="'])
def test_a_challenge_without_claims_just_gets_a_new_token(identity, sign, challenge):
    authenticator = identity.authenticator()
    first = sign(authenticator)
    authenticator.renew(first, challenge)
    assert sign(authenticator) != first
    assert json.loads(identity.asked[-1]["claims"]) == CAPABLE


@pytest.mark.parametrize("method", ["service_principal", "refresh_token"])
def test_every_request_says_that_challenges_are_answered(identity, sign, method):
    sign(identity.authenticator(method))
    assert json.loads(identity.asked[0]["claims"]) == CAPABLE


def test_entra_is_asked_for_its_configuration_and_tokens_only(identity, sign):
    seen = []
    authenticator = identity.authenticator()
    authenticator._tokens.source._session.hooks["response"].append(
        lambda response, **_: seen.append(requests.utils.urlparse(response.url).path)
    )
    sign(authenticator)
    assert seen == [
        f"/{identity.tenant}/v2.0/.well-known/openid-configuration",
        f"/{identity.tenant}/oauth2/v2.0/token",
    ]
