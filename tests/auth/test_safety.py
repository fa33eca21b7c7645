from __future__ import annotations

import logging
import traceback

import pytest
import requests

from tap_msteams.errors import AuthenticationError, ForeignOriginError

METHODS = ("service_principal", "refresh_token", "managed_identity")

FOREIGN = [
    "https://graph.microsoft.com.evil.example/v1.0/teams",
    "https://evil.example/v1.0/teams",
    "https://evil.example/https://graph.microsoft.com/",
    "https://graph.microsoft.com@evil.example/v1.0/teams",
    "https://graph.microsoft.com:443@evil.example/",
    "https://user@graph.microsoft.com/v1.0/teams",
    "https://graph.microsoft.com\\@evil.example/",
    "https://evil.example\\@graph.microsoft.com/",
    "https://graph.microsoft.com:8443/v1.0/teams",
    "https://graph.microsoft.com:0/v1.0/teams",
    "https://graph.microsoft.com:99999/v1.0/teams",
    "http://graph.microsoft.com/v1.0/teams",
    "http://graph.microsoft.com:443/v1.0/teams",
    "https://graph.microsoft.us/v1.0/teams",
    "https://graph.microsoft.com./v1.0/teams",
    "https://127.0.0.1/v1.0/teams",
    "https://[::1/v1.0/teams",
    "https:///v1.0/teams",
    "//graph.microsoft.com/v1.0/teams",
    "/v1.0/teams",
    "ftp://graph.microsoft.com/",
    "",
    None,
]

URLS = [
    "https://graph.microsoft.com/v1.0/teams",
    "https://graph.microsoft.com:443/v1.0/teams",
    "https://GRAPH.microsoft.com/v1.0/teams",
    "https://graph.microsoft.com/v1.0/t?$top=50&$skiptoken=abc%2Bdef%3D%3D&$deltatoken=",
    "https://graph.microsoft.com/v1.0/t?a=1&flag&b=2",
    "https://graph.microsoft.com/v1.0/t?$filter=x%20eq%20'a'&b=%7e~",
    "https://graph.microsoft.com/v1.0/teams/19%3Aabc@thread.tacv2/messages",
]


def prepared(url):
    request = requests.Request("GET", "https://graph.microsoft.com/").prepare()
    request.url = url
    return request


@pytest.mark.parametrize("url", FOREIGN)
def test_no_other_origin_gets_the_token(identity, url):
    request = prepared(url)
    with pytest.raises(ForeignOriginError):
        identity.authenticator().authenticate_request(request)
    assert "Authorization" not in request.headers
    assert identity.entra.requests == 0


def test_the_refusal_of_a_link_tells_its_origin_and_the_setting(identity):
    with pytest.raises(ForeignOriginError) as caught:
        identity.authenticator()(prepared("https://evil.example/x?token=secret"))
    assert "https://evil.example:443" in str(caught.value)
    assert "'graph_url'" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_configured_origin_is_the_only_one(identity):
    authenticator = identity.authenticator(graph_url="https://localhost:8443/")
    authenticator(prepared("https://localhost:8443/v1.0/teams"))
    with pytest.raises(ForeignOriginError):
        authenticator(prepared("https://127.0.0.1:8443/v1.0/teams"))


@pytest.mark.parametrize("url", URLS)
def test_signing_leaves_the_url_as_it_is_and_adds_one_header(identity, url):
    request = prepared(url)
    before = dict(request.headers)
    assert identity.authenticator()(request) is request
    assert request.url == url
    assert set(request.headers) - set(before) == {"Authorization"}


def test_signing_twice_is_signing_once(identity):
    authenticator = identity.authenticator()
    request = authenticator(authenticator(prepared(URLS[0])))
    assert request.headers["Authorization"].count("Bearer") == 1


@pytest.mark.parametrize("method", METHODS)
def test_no_secret_and_no_token_is_told_anywhere(identity, sign, caplog, method):
    caplog.set_level(logging.DEBUG)
    authenticator = identity.authenticator(method)
    told = [repr(authenticator), repr(vars(authenticator)), repr(authenticator._tokens.source)]
    sign(authenticator)
    told.append(repr(authenticator._tokens._token))
    identity.clock.forward(3650)
    identity.imds.remembers = False
    authenticator.renew(sign(authenticator))
    identity.clock.forward(3400)
    identity.entra.outage = 503
    sign(authenticator)
    identity.clock.forward(300)
    for outage in (503, 200, None):
        identity.entra.outage = outage
        identity.entra.revoke_all()
        identity.entra.applications.clear()
        with pytest.raises(AuthenticationError) as caught:
            sign(authenticator)
        told += traceback.format_exception(caught.value)
    everything = "\n".join([*told, caplog.text])
    secrets = {
        identity.secret,
        identity.seed,
        *identity.entra._grants,
        *identity.entra.signed,
    }
    assert len(secrets) >= 4
    assert [secret for secret in secrets if secret in everything] == []
    assert "tap_msteams" in caplog.text


@pytest.mark.parametrize("method", METHODS)
def test_nobody_sends_a_credential_elsewhere(identity, sign, method):
    authenticator = identity.authenticator(method)
    identity.elsewhere = "https://localhost:1/token"
    with pytest.raises(AuthenticationError, match="hidden behind something else"):
        sign(authenticator)
