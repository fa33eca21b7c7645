from __future__ import annotations

import asyncio
import base64
import json
import re

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sandbox.tests.answers import said_by
from sandbox.tests.clock import Clock
from tap_msteams_sandbox.identity.entra import Application, Entra, User
from tap_msteams_sandbox.identity.imds import Imds

TENANT = "6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a001"
GRAPH = "https://graph.microsoft.com"
APP = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret"}
DEFAULT = f"{GRAPH}/.default"
USER = {"grant_type": "refresh_token", "client_id": "public", "refresh_token": "1.AXseed"}
SCOPE = "Chat.Read offline_access openid profile"
NAMED = {
    "grant_type": "password",
    "client_id": "public",
    "username": "Adele.Vance@contoso.example",
    "password": "open sesame",
    "scope": SCOPE,
}


@pytest.fixture
def entra():
    applications = [
        Application("app", "secret", frozenset({"Team.ReadBasic.All"}), frozenset({"Chat.Read"})),
        Application("public", scopes=frozenset({"Chat.Read", "User.Read"})),
        Application("other", scopes=frozenset({"Chat.Read"})),
    ]
    users = [
        User("somebody", "1.AXseed", password="open sesame"),
        User("nobody", "1.AXnone", user_principal_name="no.password@contoso.example"),
    ]
    return Entra(TENANT, applications, users, clock=Clock())


@pytest.fixture
def imds(entra):
    return Imds(entra, "app", ["public"])


@pytest.fixture
def ask(entra, imds):
    """Send one request; its status and its JSON."""

    def asked(method, path, **options):
        async def send():
            app = web.Application()
            app.add_routes([*entra.routes(), *imds.routes()])
            async with TestClient(TestServer(app)) as client:
                response = await client.request(method, path, **options)
                return response.status, await response.json(content_type=None)

        return asyncio.run(send())

    return asked


@pytest.fixture
def token(ask):
    def asked(form, tenant=TENANT, **options):
        return ask("POST", f"/{tenant}/oauth2/v2.0/token", data=form, **options)

    return asked


@pytest.fixture
def machine(ask):
    def asked(headers=(("Metadata", "true"),), **query):
        query = {"api-version": "2018-02-01", "resource": GRAPH, **query}
        query = {key: value for key, value in query.items() if value}
        path = "/metadata/identity/oauth2/token"
        return ask("GET", path, params=query, headers=dict(headers))

    return asked


@pytest.mark.parametrize("tenant", [TENANT, "contoso.onmicrosoft.com", "organizations", "common"])
def test_the_configuration_names_the_endpoints_of_the_tenant(ask, tenant):
    status, found = ask("GET", f"/{tenant}/v2.0/.well-known/openid-configuration")
    shared = tenant in {"organizations", "common"}
    assert status == 200
    assert found["token_endpoint"].endswith(f"/{tenant if shared else TENANT}/oauth2/v2.0/token")
    assert found["issuer"].endswith(f"/{TENANT}/v2.0")


def test_an_application_gets_a_token_with_its_roles(entra, token):
    status, answer = token({**APP, "scope": DEFAULT})
    assert status == 200
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    claims = entra.claims(answer["access_token"])
    assert claims == said_by(answer["access_token"])
    assert claims["aud"] == GRAPH
    assert claims["roles"] == ["Team.ReadBasic.All"]
    assert (claims["appid"], claims["tid"], claims["idtyp"]) == ("app", TENANT, "app")
    assert claims["exp"] - claims["iat"] == 3599


def test_an_application_without_roles_gets_a_token_all_the_same(entra, token):
    entra.applications["app"].roles = frozenset()
    _, answer = token({**APP, "scope": DEFAULT})
    assert "roles" not in entra.claims(answer["access_token"])


def test_a_user_gets_a_token_with_the_scopes_asked_for(entra, token):
    _, answer = token({**USER, "scope": SCOPE, "client_info": "1"})
    claims = entra.claims(answer["access_token"])
    assert (claims["scp"], claims["oid"]) == ("Chat.Read", "somebody")
    assert answer["scope"] == "Chat.Read"
    assert said_by(answer["id_token"])["aud"] == "public"
    info = json.loads(base64.urlsafe_b64decode(answer["client_info"] + "=="))
    assert info == {"uid": "somebody", "utid": TENANT}


def test_the_default_scope_is_everything_consented_to(entra, token):
    _, answer = token({**USER, "scope": DEFAULT})
    assert entra.claims(answer["access_token"])["scp"] == "Chat.Read User.Read"


def test_what_was_not_asked_for_does_not_come_along(token):
    _, answer = token({**USER, "scope": "Chat.Read"})
    assert not {"refresh_token", "id_token", "client_info"} & set(answer)


def test_each_answer_brings_a_new_refresh_token_and_the_old_one_stays_valid(token):
    _, first = token({**USER, "scope": SCOPE})
    _, second = token({**USER, "scope": SCOPE})
    tokens = {"1.AXseed", first["refresh_token"], second["refresh_token"]}
    assert len(tokens) == 3
    for refresh_token in tokens:
        status, _ = token({**USER, "scope": SCOPE, "refresh_token": refresh_token})
        assert status == 200


@pytest.mark.parametrize("tenant", [TENANT, "organizations"])
def test_a_user_is_known_by_name_and_password_but_not_to_those_who_want_more(entra, token, tenant):
    status, answer = token(NAMED, tenant)
    assert (status, {*answer} >= {"refresh_token", "id_token"}) == (200, True)
    assert said_by(answer["access_token"])["oid"] == "somebody"

    entra.users["somebody"].mfa_required = True
    assert token(NAMED, tenant)[1]["error_codes"] == [50076]


def test_a_refresh_token_belongs_to_its_application(token):
    _, answer = token({**USER, "scope": SCOPE})
    form = {**USER, "scope": SCOPE, "refresh_token": answer["refresh_token"], "client_id": "other"}
    _, refused = token(form)
    assert refused["error_codes"] == [70000]


WITHOUT = {"grant_type": "client_credentials", "client_id": "app"}
REFUSED = [
    (90002, 400, {**APP, "scope": DEFAULT}, "nowhere"),
    (900023, 400, {**APP, "scope": DEFAULT}, "common"),
    (900144, 400, {}, TENANT),
    (900144, 400, {"grant_type": "refresh_token"}, TENANT),
    (900144, 400, APP, TENANT),
    (70003, 400, {**APP, "grant_type": "implicit"}, TENANT),
    (900144, 400, {**APP, "grant_type": "password"}, TENANT),
    (50034, 400, {**NAMED, "username": "x@contoso.example"}, TENANT),
    (50126, 400, {**NAMED, "password": "x"}, TENANT),
    (50126, 400, {**NAMED, "username": "no.password@contoso.example"}, TENANT),
    (9001023, 400, NAMED, "common"),
    (7000218, 401, {**NAMED, "client_id": "app"}, TENANT),
    (700016, 400, {**APP, "client_id": "unknown"}, TENANT),
    (1002012, 400, {**APP, "scope": "Chat.Read"}, TENANT),
    (1002012, 400, {**APP, "scope": f"{DEFAULT} Chat.Read"}, TENANT),
    (7000215, 401, {**APP, "client_secret": "x", "scope": DEFAULT}, TENANT),
    (7000218, 401, {**WITHOUT, "scope": DEFAULT}, TENANT),
    (7000218, 401, {**WITHOUT, "client_id": "public", "scope": DEFAULT}, TENANT),
    (7000218, 401, {**USER, "client_id": "app", "scope": SCOPE}, TENANT),
    (700025, 401, {**USER, "client_secret": "x", "scope": SCOPE}, TENANT),
    (9002313, 400, {**USER, "refresh_token": "x", "scope": SCOPE}, TENANT),
    (70000, 400, {**USER, "refresh_token": "1.AXother", "scope": SCOPE}, TENANT),
    (70011, 400, {**USER, "scope": f"{DEFAULT} Chat.Read"}, TENANT),
    (65001, 400, {**USER, "scope": "Mail.Read"}, TENANT),
    (65001, 400, {**USER, "scope": "openid"}, TENANT),
]


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_has_microsofts_number_and_shape(token, case):
    number, expected, form, tenant = case
    status, body = token(form, tenant, headers={"client-request-id": "mine"})
    assert status == expected
    assert body["error_codes"] == [number]
    assert body["correlation_id"] == "mine"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", body["timestamp"])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert body["error_description"].endswith(
        f" Trace ID: {body['trace_id']} Correlation ID: mine Timestamp: {body['timestamp']}"
    )
    assert "{" not in body["error_description"]


def test_an_unknown_tenant_has_no_configuration(ask):
    status, body = ask("GET", "/nowhere/v2.0/.well-known/openid-configuration")
    assert (status, body["error_codes"]) == (400, [90002])


def test_a_secret_expires(entra, token):
    entra.applications["app"].secret_expires = entra.clock()
    status, body = token({**APP, "scope": DEFAULT})
    assert (status, body["error_codes"]) == (401, [7000222])


def test_a_refresh_token_expires_after_90_days(entra, token):
    entra.clock.now += 90 * 86_400 - 1
    assert token({**USER, "scope": SCOPE})[0] == 200
    entra.clock.now += 1
    assert token({**USER, "scope": SCOPE})[1]["error_codes"] == [700082]


def test_revoking_all_ends_sessions_and_tokens(entra, token):
    _, answer = token({**USER, "scope": SCOPE})
    entra.revoke_all()
    assert entra.claims(answer["access_token"]) is None
    assert token({**USER, "scope": SCOPE})[1]["error_codes"] == [50173]


def test_an_access_token_ends_with_its_lifetime(entra, token):
    entra.lifetime = 100
    _, answer = token({**APP, "scope": DEFAULT})
    entra.clock.now += 99
    assert entra.claims(answer["access_token"])
    entra.clock.now += 1
    assert entra.claims(answer["access_token"]) is None


def test_tokens_are_for_the_one_graph_that_is_there(entra, token):
    _, answer = token({**APP, "scope": DEFAULT})
    entra.resource = "https://localhost:8443"
    assert entra.claims(answer["access_token"]) is None
    assert token({**APP, "scope": DEFAULT})[1]["error_codes"] == [500011]
    _, answer = token({**USER, "scope": "Chat.Read"})
    assert entra.claims(answer["access_token"])["aud"] == "https://localhost:8443"


def test_a_token_nobody_issued_says_nothing(entra):
    assert entra.claims("eyJhbGciOiJub25lIn0.e30.") is None


def test_a_long_lived_token_says_when_to_replace_it(entra, token):
    entra.lifetime = 86_400
    assert token({**APP, "scope": DEFAULT})[1]["refresh_in"] == 43_200


def test_every_request_for_a_token_is_counted(entra, token, machine):
    token({})
    token({**APP, "scope": DEFAULT})
    machine()
    assert entra.requests == 3


def test_an_outage_is_no_json(entra, token):
    entra.outage = 503
    with pytest.raises(json.JSONDecodeError):
        token({**APP, "scope": DEFAULT})


def test_the_machine_has_a_token_for_its_own_identity(entra, machine):
    status, answer = machine()
    assert status == 200
    assert entra.claims(answer["access_token"])["appid"] == "app"
    assert answer["expires_in"] == "3599"
    assert answer["expires_on"] == str(int(entra.clock()) + 3599)
    assert answer["resource"] == GRAPH


def test_the_machine_has_a_token_for_an_assigned_identity(entra, machine):
    _, answer = machine(client_id="public")
    assert entra.claims(answer["access_token"])["appid"] == "public"


def test_the_only_assigned_identity_need_not_be_named(imds, machine):
    imds.system_assigned = None
    assert machine()[1]["client_id"] == "public"


def test_the_machine_hands_out_a_token_again_until_it_expires(entra, machine):
    _, first = machine()
    entra.clock.now += 599
    entra.revoke_all()
    _, again = machine()
    assert again["access_token"] == first["access_token"]
    assert again["expires_in"] == "3000"
    entra.clock.now += 3000
    assert machine()[1]["access_token"] != first["access_token"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"headers": ()}, "metadata header"),
        ({"headers": {"Metadata": "true", "X-Forwarded-For": "1"}}, "X-Forwarded-For"),
        ({"api-version": "2001"}, "api-version"),
        ({"resource": None}, "'resource' is missing"),
        ({"client_id": "other"}, "Identity not found"),
    ],
)
def test_the_machine_refuses_in_microsofts_words(machine, options, said):
    status, body = machine(**options)
    assert (status, body["error"]) == (400, "invalid_request")
    assert said in body["error_description"]


def test_the_machine_wants_one_of_several_identities_named(imds, machine):
    imds.system_assigned = None
    imds.user_assigned = ["public", "other"]
    assert "Multiple user assigned identities" in machine()[1]["error_description"]


def test_the_machine_can_be_out_of_order(entra, machine):
    entra.outage = 503
    with pytest.raises(json.JSONDecodeError):
        machine()
