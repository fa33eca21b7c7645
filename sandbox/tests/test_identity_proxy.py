from __future__ import annotations

import gc
import socket

import pytest
import requests

from tap_msteams_sandbox.proxy import Proxy


def ask(sandbox, proxy_url, path="/sandbox/requests"):
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": proxy_url, "https": proxy_url}
        session.verify = sandbox.ca_bundle
        url = path if "://" in path else sandbox.graph_url + path
        return session.get(url)


@pytest.fixture
def guarded():
    with Proxy("DOMAIN\\me", "p@ss:wörd/") as proxy:
        yield proxy


def test_a_tunnel_leads_to_the_host_asked_for_and_is_noted(shared_sandbox):
    with Proxy() as proxy:
        assert ask(shared_sandbox, proxy.url).status_code == 200
        assert proxy.hosts == [shared_sandbox.graph_url.removeprefix("https://")]


def test_plain_requests_pass_too(shared_sandbox):
    with Proxy() as proxy:
        url = f"{shared_sandbox.imds_url}/metadata/identity/oauth2/token"
        assert ask(shared_sandbox, proxy.url, url).json()["error"] == "invalid_request"
        assert proxy.hosts == [shared_sandbox.imds_url.removeprefix("http://")]


def test_credentials_open_the_way(shared_sandbox, guarded):
    pytest.importorskip("socks")
    for url in (guarded.url_with_credentials, guarded.socks_url_with_credentials):
        assert ask(shared_sandbox, url).status_code == 200
    assert len(guarded.hosts) == 2
    assert guarded.refused == 0


def test_nobody_passes_without_credentials(shared_sandbox, guarded):
    pytest.importorskip("socks")
    wrong = guarded.url_with_credentials.replace("p%40ss", "guess")
    for url in (guarded.url, guarded.socks_url, wrong, wrong.replace("http", "socks5")):
        with pytest.raises(requests.ConnectionError):
            ask(shared_sandbox, url)
    assert guarded.hosts == []
    assert guarded.refused == 4


def test_socks_leads_to_a_name_or_an_address(shared_sandbox):
    pytest.importorskip("socks")
    with Proxy() as proxy:
        assert ask(shared_sandbox, proxy.socks_url).status_code == 200
        assert ask(shared_sandbox, proxy.socks_url.replace("5h", "5")).status_code == 200
        port = shared_sandbox.graph_url.rpartition(":")[2]
        assert proxy.hosts[0] == f"localhost:{port}"
        assert proxy.hosts[1] in {f"127.0.0.1:{port}", f"::1:{port}"}


def test_an_unreachable_host_is_the_proxys_refusal(shared_sandbox):
    with Proxy() as proxy:
        gone = Proxy()
        with gone:
            pass
        assert ask(shared_sandbox, proxy.url, gone.url).status_code == 502


def test_a_proxy_that_closes_while_a_client_connects_leaves_no_connection_open():
    for _ in range(20):
        with Proxy() as proxy:
            client = socket.create_connection(("127.0.0.1", proxy.port))
        client.close()

    gc.collect()  # pytest fails where it finds an open socket
