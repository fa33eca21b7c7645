from __future__ import annotations

import json

import msal
import pytest

from sandbox.tests.answers import said_by
from sandbox.tests.person import (
    CALLBACK,
    SCOPE,
    VERIFIER,
    Page,
    colleague,
    number,
    person,
    public,
)

__all__ = ["colleague", "person", "public"]


def test_a_user_chooses_an_account_and_the_application_gets_tokens(person):
    me = person.sandbox.identity.me
    person.authorize().press("account-0")
    assert person.at.headers["Location"].startswith("http://localhost:33333/?")
    assert person.answer["state"] == "mine"
    tokens = person.redeem(client_info="1")
    claims = person.sandbox.entra.claims(tokens["access_token"])
    assert (claims["oid"], claims["scp"]) == (me.oid, "Chat.Read")
    assert said_by(tokens["id_token"])["nonce"] == "once"
    assert tokens["client_info"]
    assert person.token("refresh_token", refresh_token=tokens["refresh_token"], scope=SCOPE)


@pytest.fixture
def app(person, public):
    return msal.PublicClientApplication(
        public.client_id,
        authority=f"{person.sandbox.authority_host}/organizations",
        client_capabilities=["CP1"],
        http_client=person.session,
        instance_discovery=False,
    )


def test_msal_signs_a_user_in_and_remembers_the_account(person, app):
    flow = app.initiate_auth_code_flow(["Chat.Read"], CALLBACK, response_mode="form_post")
    person.open(flow["auth_uri"].removeprefix(person.sandbox.authority_host)).press("account-0")
    first = app.acquire_token_by_auth_code_flow(flow, Page(person.at.text).fields)
    claims = person.sandbox.entra.claims(first["access_token"])
    assert (claims["oid"], claims["xms_cc"]) == (person.sandbox.identity.me.oid, ["CP1"])
    [account] = app.get_accounts()
    assert account["username"] == person.sandbox.identity.me.user_principal_name
    again = app.acquire_token_silent(["Chat.Read"], account, force_refresh=True)
    assert person.sandbox.entra.claims(again["access_token"])["oid"] == claims["oid"]


def test_msal_signs_a_device_in(person, app):
    person.sandbox.entra.devices.interval = 0
    flow = app.initiate_device_flow(["Chat.Read"])
    person.sandbox.entra.devices.approve(flow["user_code"])
    assert "access_token" in app.acquire_token_by_device_flow(flow)
    assert len(app.get_accounts()) == 1


def test_without_offline_access_there_is_no_refresh_token(person):
    person.authorize(scope="Chat.Read").press("account-0")
    assert not {"refresh_token", "id_token"} & set(person.redeem())


def test_consent_is_asked_for_once(person, public):
    public.scopes = frozenset()
    person.authorize().press("account-0")
    assert "Chat.Read" in person.at.text
    assert "code" in person.press("accept").answer
    assert "code" in person.authorize().answer
    assert person.sandbox.identity.colleague.consented(public) == frozenset()


def test_declined_consent_is_an_error_for_the_application(person, public):
    public.scopes = frozenset()
    answer = person.authorize().press("account-0").press("cancel").answer
    assert (answer["error"], answer["state"]) == ("access_denied", "mine")
    assert number(answer["error_description"]) == 65004


def test_only_an_administrator_may_consent_to_some_permissions(person, public):
    public.scopes = frozenset()
    person.authorize(scope="ChannelMessage.Read.All").press("account-1")
    assert "Need admin approval" in person.at.text
    answer = person.press("cancel").answer
    assert (answer["error"], number(answer["error_description"])) == ("access_denied", 90094)
    person.authorize(scope="ChannelMessage.Read.All", prompt="login").press("account-0")
    assert "code" in person.press("accept").answer


def test_a_browser_remembers_its_user_unless_told_not_to(person):
    person.authorize().press("account-0")
    assert "code" in person.authorize().answer
    assert "code" in person.authorize(prompt="none").answer
    for prompt in ("login", "select_account"):
        assert "Pick an account" in person.authorize(prompt=prompt).at.text
    assert "Permissions requested" in person.authorize(prompt="consent").at.text


def test_a_hint_names_the_account(person, colleague):
    person.authorize(login_hint=colleague.user_principal_name)
    assert list(Page(person.at.text).buttons) == ["account-0"]
    person.press("account-0")
    me = person.sandbox.identity.me.user_principal_name
    assert "Pick an account" in person.authorize(login_hint=me).at.text


def test_without_a_session_nobody_signs_in_silently(person):
    answer = person.authorize(prompt="none").answer
    assert (answer["error"], number(answer["error_description"])) == ("login_required", 50058)


def test_the_answer_can_be_posted(person):
    person.authorize(response_mode="form_post").press("account-0")
    page = Page(person.at.text)
    assert (page.action, page.fields["state"]) == (CALLBACK, "mine")
    tokens = person.token(
        "authorization_code",
        code=page.fields["code"],
        code_verifier=VERIFIER,
        redirect_uri=CALLBACK,
    )
    assert tokens["access_token"]


@pytest.mark.parametrize(
    ("uri", "allowed"),
    [
        ("http://localhost", True),
        ("http://localhost:1", True),
        ("http://localhost/", True),
        ("http://localhost:1/callback", False),
        ("http://127.0.0.1:1", False),
        ("https://localhost", False),
        ("https://app.example/auth", True),
        ("https://app.example:444/auth", False),
        ("https://app.example/auth/", False),
        ("https://app.example/Auth", False),
    ],
)
def test_a_redirect_uri_matches_but_for_the_port_of_localhost(person, public, uri, allowed):
    public.redirect_uris |= {"https://app.example/auth"}
    person.authorize(redirect_uri=uri)
    assert person.at.status_code == (200 if allowed else 400)
    assert allowed or number(person.at.text) == 50011


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"response_type": "token"}, 700054),
        ({"scope": None}, 900144),
        ({"scope": "https://graph.microsoft.com/.default Chat.Read"}, 70011),
        ({"code_challenge": "short"}, 50147),
        ({"code_challenge_method": "S512"}, 50147),
        ({"prompt": "always"}, 90014),
        ({"response_mode": "pigeon"}, 90014),
        ({"claims": "[]"}, 9002313),
    ],
)
def test_the_application_is_told_of_a_wrong_wish(person, query, error):
    answer = person.authorize(**query).answer
    assert (number(answer["error_description"]), answer["state"]) == (error, "mine")


@pytest.mark.parametrize(
    ("query", "error"),
    [({"client_id": "nobody"}, 700016), ({"client_id": None}, 900144)],
)
def test_the_person_is_told_when_the_application_cannot_be(person, query, error):
    assert number(person.authorize(**query).at.text) == error
    assert number(person.open("/elsewhere/oauth2/v2.0/authorize").at.text) == 90002


def test_a_code_is_good_once(person):
    person.authorize().press("account-0")
    assert "access_token" in person.redeem()
    assert person.redeem()["error_codes"] == [54005]


def test_a_code_does_not_last(person):
    person.authorize().press("account-0")
    person.sandbox.entra.clock.now += 600
    assert person.redeem()["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"code_verifier": "w" * 50}, 501481),
        ({"code_verifier": None}, 50148),
        ({"redirect_uri": "http://localhost:1"}, 500112),
        ({"redirect_uri": None}, 900144),
        ({"code": "1.AXother"}, 70000),
        ({"code": "garbled"}, 9002313),
        ({"client_secret": "x"}, 700025),
    ],
)
def test_a_code_is_refused_to_others_and_stays_good(person, form, error):
    person.authorize().press("account-0")
    assert person.redeem(**form)["error_codes"] == [error]
    assert "access_token" in person.redeem()


def test_a_code_belongs_to_its_application(person):
    identity = person.sandbox.identity
    secret = {
        "client_id": identity.confidential.client_id,
        "client_secret": identity.confidential.secret,
    }
    person.authorize().press("account-0")
    assert person.redeem(**secret)["error_codes"] == [70000]
    person.authorize(client_id=identity.confidential.client_id)
    assert person.redeem(client_id=identity.confidential.client_id)["error_codes"] == [7000218]
    assert "access_token" in person.redeem(**secret)


def test_a_code_can_do_without_proof_if_the_sign_in_did(person):
    person.authorize(code_challenge=None, code_challenge_method=None).press("account-0")
    assert "access_token" in person.redeem(code_verifier=None)


def test_a_disabled_user_does_not_get_in(person, colleague):
    colleague.enabled = False
    assert number(person.authorize().press("account-1").at.text) == 50057


def test_signing_in_on_a_page_gives_the_second_factor(person):
    me = person.sandbox.identity.me
    me.mfa_required = True
    facts = person.sandbox.facts()
    form = {key: getattr(facts, key) for key in ("client_id", "client_secret", "refresh_token")}
    refused = person.token("refresh_token", scope=SCOPE, **form)
    assert (refused["error"], refused["error_codes"]) == ("interaction_required", [50076])
    assert json.loads(refused["claims"])["access_token"]
    person.authorize().press("account-0")
    again = person.token(
        "refresh_token", scope=SCOPE, refresh_token=person.redeem()["refresh_token"]
    )
    assert "access_token" in again


def test_an_administrator_consents_for_everybody(person):
    application = person.sandbox.identity.confidential
    application.roles = application.scopes = frozenset()
    application.asks_roles = frozenset({"Team.ReadBasic.All"})
    application.asks_scopes = frozenset({"Chat.Read"})
    path = f"/{person.sandbox.tenant.id}/v2.0/adminconsent"
    query = {
        "client_id": application.client_id,
        "redirect_uri": CALLBACK,
        "scope": "https://graph.microsoft.com/.default",
        "state": "s",
    }
    person.open(path, **query).press("account-1")
    assert "Need admin approval" in person.at.text
    person.open(path, **query).press("account-0")
    assert "Team.ReadBasic.All" in person.at.text
    refused = person.press("cancel").answer
    assert (refused["error"], refused["admin_consent"]) == ("access_denied", "True")
    answer = person.open(path, **query).press("account-0").press("accept").answer
    assert answer == {
        "admin_consent": "True",
        "scope": query["scope"],
        "state": "s",
        "tenant": person.sandbox.tenant.id,
    }
    assert (application.roles, application.scopes) == ({"Team.ReadBasic.All"}, {"Chat.Read"})
