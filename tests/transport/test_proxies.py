from __future__ import annotations

import pytest
import requests

from tap_msteams import transport
from tap_msteams.errors import SettingsError
from tap_msteams.transport.proxies import excepted
from tap_msteams_sandbox.proxy import Proxy

ProxyError = requests.exceptions.ProxyError
SESSIONS = [transport.session, transport.identity_session, transport.broker_session]
PASSWORD = "p@ss:w/rd #%40?&Ключ"
USERNAME = "CONTOSO\\jörg"


@pytest.fixture
def proxy():
    with Proxy() as running:
        yield running


@pytest.fixture
def guarded():
    with Proxy(username=USERNAME, password=PASSWORD) as running:
        yield running


def refusal(settings, url, error=ProxyError):
    """The line that tells why a server was not reached."""
    with transport.session(settings) as session, pytest.raises(error) as caught:
        session.get(url)
    assert type(caught.value) is error
    line = str(caught.value)
    assert "\n" not in line
    assert not any(secret in line for secret in (PASSWORD, "hunter2"))
    return line


@pytest.mark.parametrize("opened", SESSIONS)
@pytest.mark.parametrize("kind", ["url", "socks_url"])
def test_every_service_is_reached_through_the_proxy_of_the_setting(
    server, settings, proxy, opened, kind
):
    with opened(settings(proxy_url=getattr(proxy, kind))) as session:
        assert session.get(server.url).ok
    assert proxy.hosts == [f"localhost:{server.server_port}"]


@pytest.mark.parametrize("kind", ["url", "socks_url"])
@pytest.mark.parametrize("place", ["settings", "url", "settings before url"])
def test_credentials_with_any_letters_come_from_the_settings_or_the_url(
    server, settings, guarded, kind, place
):
    own = {"proxy_username": USERNAME, "proxy_password": PASSWORD}
    changes = {
        "settings": {"proxy_url": getattr(guarded, kind), **own},
        "url": {"proxy_url": getattr(guarded, f"{kind}_with_credentials")},
        "settings before url": {
            "proxy_url": getattr(guarded, kind).replace("://", "://somebody:hunter2@"),
            **own,
        },
    }[place]
    with transport.session(settings(**changes)) as session:
        assert session.get(server.url).ok
    assert guarded.refused == 0


@pytest.mark.parametrize("kind", ["url", "socks_url"])
@pytest.mark.parametrize("given", [{}, {"proxy_username": USERNAME, "proxy_password": "hunter2"}])
def test_a_proxy_that_refuses_the_user_is_told_with_the_settings_to_change(
    server, settings, guarded, kind, given
):
    url = getattr(guarded, kind)
    line = refusal(settings(proxy_url=url, **given), server.url)
    assert line.startswith(f"the proxy {url} does not take this user: check 'proxy_username'")
    assert "TAP_MSTEAMS_PROXY_PASSWORD" in line
    assert server.seen == []


def test_a_proxy_of_the_environment_that_refuses_is_told_by_its_variable(
    server, settings, guarded, monkeypatch
):
    monkeypatch.setenv("HTTPS_PROXY", guarded.url.replace("://", "://somebody:hunter2@"))
    line = refusal(settings(), server.url)
    assert f"the proxy {guarded.url} does not take this user" in line
    assert "HTTPS_PROXY" in line


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
def test_a_proxy_that_is_not_there_is_told_with_the_setting_to_change(server, settings, scheme):
    line = refusal(settings(proxy_url=f"{scheme}://u:hunter2@127.0.0.1:1"), server.url)
    assert line.startswith(f"the proxy {scheme}://127.0.0.1:1 cannot be reached (")
    assert line.endswith("check 'proxy_url' (env TAP_MSTEAMS_PROXY_URL)")


def test_a_proxy_that_bars_the_way_is_told_with_what_to_ask_for(server, plain, settings):
    plain.answer = (403, {})
    line = refusal(settings(proxy_url=plain.url), server.url)
    assert f"does not let this tap through to localhost:{server.server_port} (403 " in line
    assert "'no_proxy' (env TAP_MSTEAMS_NO_PROXY)" in line


@pytest.mark.parametrize("kind", ["url", "socks_url"])
def test_a_server_that_the_proxy_cannot_reach_may_be_there_later(settings, proxy, kind):
    url = getattr(proxy, kind)
    line = refusal(settings(proxy_url=url), "https://127.0.0.1:1", requests.ConnectionError)
    assert line.startswith(f"the proxy {url} cannot reach 127.0.0.1:1 (")


@pytest.mark.parametrize("scheme", ["https", "socks5h"])
def test_a_proxy_of_another_kind_is_told_with_the_setting_to_change(
    server, plain, settings, scheme
):
    url = f"{scheme}://127.0.0.1:{plain.server_port}"
    line = refusal(settings(proxy_url=url, connect_timeout=0.2), server.url)
    assert f"the proxy {url} cannot be reached (" in line
    assert "'proxy_url'" in line


def test_a_proxy_with_tls_is_verified_as_any_server_is(server, serve, settings, issued):
    proxy = serve(issued.context)
    proxy.answer = (407, {})
    assert "does not take this user" in refusal(settings(proxy_url=proxy.url), server.url)
    line = refusal(settings(proxy_url=proxy.url, ca_bundle=None), server.url)
    assert f"the certificate of the proxy {proxy.url} is not trusted" in line
    # The pin is the server's.
    pinned = settings(proxy_url=proxy.url, certificate_fingerprint="0" * 64)
    assert "does not take this user" in refusal(pinned, server.url)


@pytest.mark.parametrize("opened", SESSIONS)
def test_the_environments_proxy_is_used_and_its_exceptions_honoured(
    server, settings, monkeypatch, guarded, opened
):
    monkeypatch.setenv("HTTPS_PROXY", guarded.url_with_credentials)
    monkeypatch.setenv("NO_PROXY", "localhost")
    with opened(settings()) as session:
        assert session.get(server.url).ok
        assert guarded.hosts == []
        assert session.get(server.url.replace("localhost", "127.0.0.1")).ok
    assert guarded.hosts == [f"127.0.0.1:{server.server_port}"]


def test_socks_is_taken_from_the_environment_too(server, settings, monkeypatch, guarded):
    monkeypatch.setenv("ALL_PROXY", guarded.socks_url_with_credentials)
    with transport.session(settings()) as session:
        assert session.get(server.url).ok
    assert guarded.hosts == [f"localhost:{server.server_port}"]


def test_the_settings_proxy_comes_before_the_environments(server, settings, monkeypatch, proxy):
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with transport.session(settings(proxy_url=proxy.url)) as session:
        assert session.get(server.url).ok
    assert len(proxy.hosts) == 1


@pytest.mark.parametrize("place", ["setting", "environment"])
def test_exceptions_hold_for_the_settings_proxy_wherever_they_are_set(
    server, settings, monkeypatch, proxy, place
):
    changes = {"no_proxy": "localhost"} if place == "setting" else {}
    monkeypatch.setenv("NO_PROXY", "127.0.0.1" if place == "setting" else "localhost")
    with transport.session(settings(proxy_url=proxy.url, **changes)) as session:
        assert session.get(server.url).ok
        assert proxy.hosts == []
        if place == "setting":  # which comes before the environment
            assert session.get(server.url.replace("localhost", "127.0.0.1")).ok
            assert len(proxy.hosts) == 1


def test_exceptions_of_the_setting_hold_for_the_environments_proxy(
    server, settings, monkeypatch, proxy
):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "*")
    with transport.session(settings(no_proxy="localhost")) as session:
        assert session.get(server.url).ok
        assert proxy.hosts == []
        assert session.get(server.url.replace("localhost", "127.0.0.1")).ok
    assert len(proxy.hosts) == 1


@pytest.mark.parametrize(
    ("exceptions", "host", "answer"),
    [
        ("*", "graph.microsoft.com", True),
        ("microsoft.com", "graph.microsoft.com", True),
        (".microsoft.com", "graph.microsoft.com", True),
        ("*.microsoft.com", "GRAPH.microsoft.com", True),
        ("a.example, graph.microsoft.com", "graph.microsoft.com", True),
        ("a.example graph.microsoft.com", "graph.microsoft.com", True),
        ("soft.com", "graph.microsoft.com", False),
        ("graph.microsoft.com", "microsoft.com", False),
        ("graph.microsoft.com:443", "graph.microsoft.com", True),
        ("graph.microsoft.com:8443", "graph.microsoft.com", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.0/8", "graph.microsoft.com", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("::1", "[::1]", True),
        ("", "graph.microsoft.com", False),
        (",", "graph.microsoft.com", False),
    ],
)
def test_an_exception_is_a_host_a_domain_an_address_or_a_network(exceptions, host, answer):
    assert excepted(f"https://{host}/v1.0", exceptions) is answer


@pytest.mark.parametrize(
    "value",
    [
        "http://",
        "http://u:hunter2#@proxy.example:8080",
        "http://u:hunter2/@proxy.example:8080",
        "ftp://u:hunter2@proxy.example",
        "socks://u:hunter2@proxy.example",
        "http://proxy.example:99999",
    ],
)
def test_an_unusable_proxy_of_the_environment_is_told_without_its_value(
    server, settings, monkeypatch, value
):
    monkeypatch.setenv("HTTPS_PROXY", value)
    line = refusal(settings(), server.url, SettingsError)
    assert "HTTPS_PROXY" in line


def test_a_proxy_of_the_environment_needs_no_scheme(server, settings, monkeypatch, proxy):
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.removeprefix("http://"))
    with transport.session(settings()) as session:
        assert session.get(server.url).ok


@pytest.mark.parametrize("key", ["proxy_username", "proxy_password"])
def test_credentials_of_no_proxy_are_told(settings, key):
    with pytest.raises(SettingsError, match=f"'{key}' .* needs 'proxy_url'"):
        transport.session(settings(**{key: "hunter2"}))


@pytest.mark.parametrize("proxy_url", ["http://p.example", "http://:hunter2@p.example"])
def test_a_password_of_no_user_is_told(settings, proxy_url):
    with pytest.raises(SettingsError, match="has a password and no user") as caught:
        transport.session(settings(proxy_url=proxy_url, proxy_password="hunter2"))
    assert "hunter2" not in str(caught.value)
