from __future__ import annotations

import os
import re
import socket
import ssl
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tap_msteams import transport
from tap_msteams.errors import SettingsError
from tap_msteams.sandbox import certificate
from tap_msteams.settings import Settings


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    for name in os.environ:
        if name.upper().endswith(("_PROXY", "_CA_BUNDLE")) or name.startswith("SSL_CERT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="session")
def issued(tmp_path_factory):
    return certificate.issue(tmp_path_factory.mktemp("ca"))


class Handler(BaseHTTPRequestHandler):
    """Answers as the server was told, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        status, headers = (200, {}) if self.path == "/elsewhere" else self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.do_GET()

    def do_CONNECT(self):
        self.do_GET()

    def log_message(self, *_):
        pass


@contextmanager
def serving(context=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.seen, server.answer = [], (200, {})
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    server.url = f"http{'s' if context else ''}://localhost:{server.server_port}"
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def server(issued):
    with serving(issued.context) as running:
        yield running


@pytest.fixture
def plain():
    with serving() as running:
        yield running


@pytest.fixture
def settings(issued):
    def made(**changes):
        config = {"auth_method": "managed_identity", "ca_bundle": str(issued.ca_path), **changes}
        return Settings.from_config(config)

    return made


@pytest.fixture
def session(settings):
    with transport.session(settings()) as opened:
        yield opened


def test_the_setting_decides_whom_to_trust_before_the_environment(
    server, settings, monkeypatch, tmp_path
):
    other = certificate.issue(tmp_path).ca_path
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(other))
    with transport.session(settings()) as session:
        assert session.get(server.url).ok


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_environment_decides_whom_to_trust_without_a_setting(
    server, settings, issued, monkeypatch, name
):
    monkeypatch.setenv(name, str(issued.ca_path))
    with transport.session(settings(ca_bundle=None)) as session:
        assert session.get(server.url).ok


def test_a_folder_of_certificates_can_be_trusted(settings, tmp_path):
    with transport.session(settings(ca_bundle=str(tmp_path))) as session:
        assert session


def test_public_authorities_alone_are_trusted_otherwise(server, settings):
    with (
        transport.session(settings(ca_bundle=None)) as session,
        pytest.raises(requests.exceptions.SSLError),
    ):
        session.get(server.url)


def test_verification_cannot_be_switched_off(server, settings):
    with transport.session(settings(ca_bundle=None)) as session:
        session.verify = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(server.url, verify=False)
    assert server.seen == []


@pytest.mark.parametrize("content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nx"])
def test_an_unusable_bundle_is_told_by_its_setting(settings, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=r"'ca_bundle' \(env TAP_MSTEAMS_CA_BUNDLE\)") as caught:
        transport.session(settings(ca_bundle=str(path)))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unusable_bundle_of_the_environment_is_told_by_its_variable(settings, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with pytest.raises(SettingsError, match="REQUESTS_CA_BUNDLE: there is no file"):
        transport.session(settings(ca_bundle=None))


@pytest.mark.parametrize("opened", [transport.session, transport.identity_session])
def test_the_environments_proxy_is_used_and_its_exceptions_honoured(
    server, plain, settings, monkeypatch, opened
):
    plain.answer = (407, {})
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:p%40ss@127.0.0.1:{plain.server_port}")
    monkeypatch.setenv("NO_PROXY", "localhost")
    with opened(settings()) as session:
        assert session.get(server.url).ok
        with pytest.raises(requests.exceptions.ProxyError):
            session.get(server.url.replace("localhost", "127.0.0.1"))
    [(path, headers)] = plain.seen
    assert path == f"127.0.0.1:{server.server_port}"
    assert headers["Proxy-Authorization"] == "Basic dXNlcjpwQHNz"


def test_no_proxy_sees_the_machines_identity(plain, settings, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with transport.machine_session(settings()) as session:
        assert session.get(plain.url).ok


def test_a_netrc_never_replaces_the_token(server, session, tmp_path):
    (tmp_path / ".netrc").write_text("machine localhost login somebody password else\n")
    session.get(server.url, headers={"Authorization": "Bearer token"})
    assert server.seen[0][1]["Authorization"] == "Bearer token"


@pytest.mark.parametrize("elsewhere", ["another scheme and port", "another host"])
def test_a_redirect_elsewhere_never_carries_the_token(server, plain, session, elsewhere):
    target = plain.url if "port" in elsewhere else server.url.replace("localhost", "127.0.0.1")
    server.answer = (302, {"Location": f"{target}/elsewhere"})
    assert session.get(server.url, headers={"Authorization": "Bearer token"}).ok
    (_, asked), (path, carried) = server.seen + plain.seen
    assert "Authorization" in asked
    assert path == "/elsewhere"
    assert "Authorization" not in carried


def test_no_cookie_is_kept(server, session):
    server.answer = (200, {"Set-Cookie": "a=b"})
    for _ in range(2):
        session.get(server.url)
    assert not any("Cookie" in headers for _, headers in server.seen)


def test_the_tap_says_who_it_is_and_who_runs_it(server, settings):
    with transport.session(settings(user_agent="data@contoso.example")) as session:
        session.get(server.url)
    assert re.fullmatch(
        r"tap-msteams/\S+ \(singer-sdk/\d\S+; python/\d\S+\) data@contoso\.example",
        server.seen[0][1]["User-Agent"],
    )


def test_a_tap_that_is_not_installed_has_a_name_all_the_same():
    assert transport._version("no-such-package") == "0"


def test_graph_is_not_asked_again_by_the_session(server, session):
    server.answer = (503, {"Retry-After": "0"})
    assert session.get(server.url).status_code == 503
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_entra_is_asked_again_after_a_failure_that_passes(server, settings, status):
    server.answer = (status, {})
    with transport.identity_session(settings(), backoff=0) as session:
        assert session.post(server.url).status_code == status
    assert len(server.seen) == 4


def test_entra_is_not_asked_again_after_a_refusal(server, settings):
    server.answer = (400, {})
    with transport.identity_session(settings(), backoff=0) as session:
        session.post(server.url)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [404, 410, 429, 500])
def test_the_machine_is_asked_again_while_its_endpoint_is_updated(plain, settings, status):
    plain.answer = (status, {})
    with transport.machine_session(settings(), backoff=0) as session:
        assert session.get(plain.url).status_code == status
    assert len(plain.seen) == 4


@pytest.mark.parametrize(
    ("opened", "timeouts"),
    [
        (transport.session, transport.GRAPH_TIMEOUTS),
        (transport.identity_session, transport.IDENTITY_TIMEOUTS),
        (transport.machine_session, transport.MACHINE_TIMEOUTS),
    ],
)
def test_every_session_gives_up_waiting(settings, opened, timeouts):
    with opened(settings()) as session:
        for scheme in ("http://x", "https://x"):
            assert session.get_adapter(scheme)._timeouts == timeouts


def test_who_never_answers_is_given_up(issued):
    with socket.socket() as silent, requests.Session() as session:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        tls = ssl.create_default_context(cafile=str(issued.ca_path))
        session.mount("http://", transport.Transport(tls, (1.0, 0.05)))
        with pytest.raises(requests.exceptions.ReadTimeout):
            session.get(f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_the_pool_holds_a_connection_for_every_request_in_flight(settings):
    with transport.session(settings(concurrency=7)) as session:
        assert session.get_adapter("https://x")._pool_maxsize == 7
