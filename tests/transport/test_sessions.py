from __future__ import annotations

import re
import socket
import threading

import pytest
import requests

from tap_msteams import transport
from tap_msteams.errors import SettingsError
from tap_msteams.transport import sessions


@pytest.fixture
def silent():
    """An address that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def test_no_proxy_sees_the_machines_identity(plain, settings, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with transport.machine_session(settings(proxy_url="http://127.0.0.1:1")) as session:
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
    assert sessions._version("no-such-package") == "0"


def test_graph_is_not_asked_again_by_the_session(server, session):
    server.answer = (503, {"Retry-After": "0"})
    assert session.get(server.url).status_code == 503
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("opened", [transport.identity_session, transport.broker_session])
def test_who_gives_tokens_is_asked_again_after_a_failure_that_passes(
    server, settings, opened, status
):
    server.answer = (status, {})
    with opened(settings(), backoff=0) as session:
        assert session.post(server.url).status_code == status
    assert len(server.seen) == 9


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
    assert len(plain.seen) == 10


@pytest.mark.parametrize(
    ("changes", "timeouts"),
    [
        ({}, (10, 60)),
        ({"connect_timeout": 3, "request_timeout": 600.5}, (3, 600.5)),
        ({"connect_timeout": 0, "request_timeout": 0}, (None, None)),
    ],
)
@pytest.mark.parametrize(
    "opened", [transport.session, transport.identity_session, transport.broker_session]
)
def test_the_settings_say_how_long_to_wait_and_nought_is_without_end(
    settings, opened, changes, timeouts
):
    with opened(settings(**changes)) as session:
        for scheme in ("http://x", "https://x"):
            assert session.get_adapter(scheme)._timeouts == timeouts


@pytest.mark.parametrize("key", ["connect_timeout", "request_timeout"])
def test_a_wait_longer_than_a_socket_can_is_told(settings, key):
    with pytest.raises(SettingsError, match=f"'{key}' .* must be at most 86400"):
        settings(**{key: 1e300})


def test_a_machine_without_an_identity_is_given_up_soon_whatever_the_settings(settings):
    with transport.machine_session(settings(connect_timeout=0, request_timeout=0)) as session:
        assert session.get_adapter("http://x")._timeouts == transport.MACHINE_TIMEOUTS


def test_who_never_answers_is_given_up_and_the_setting_named(settings, silent):
    with (
        transport.session(settings(request_timeout=0.05)) as session,
        pytest.raises(requests.exceptions.ReadTimeout) as caught,
    ):
        session.get(f"http://{silent}")
    assert str(caught.value) == (
        "no answer in 0.05 seconds: check the network and the proxy, or raise 'request_timeout' "
        "(env TAP_MSTEAMS_REQUEST_TIMEOUT)"
    )


def test_who_is_never_reached_is_given_up_and_the_setting_named(settings, silent):
    # TLS with a server that says nothing belongs to connecting.
    with (
        transport.session(settings(connect_timeout=0.05)) as session,
        pytest.raises(requests.exceptions.RequestException) as caught,
    ):
        session.get(f"https://{silent}")
    assert "'connect_timeout' (env TAP_MSTEAMS_CONNECT_TIMEOUT)" in str(caught.value)


def test_a_name_that_nobody_has_is_told(settings):
    with (
        transport.session(settings()) as session,
        pytest.raises(requests.ConnectionError, match=r"the name of nobody\.invalid cannot be"),
    ):
        session.get("https://nobody.invalid")


def test_a_refused_connection_is_told_without_an_address_in_memory(settings):
    with (
        transport.session(settings()) as session,
        pytest.raises(requests.ConnectionError, match="refused") as caught,
    ):
        session.get("https://127.0.0.1:1")
    assert not re.search(r"[<>\n]|0x", str(caught.value))


def test_a_connection_dropped_while_hands_are_shaken_is_no_matter_of_trust(settings):
    with socket.socket() as listening, transport.session(settings()) as session:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        dropping = threading.Thread(target=lambda: _drop(listening.accept()[0]))
        dropping.start()
        with pytest.raises(requests.ConnectionError) as caught:
            session.get(f"https://127.0.0.1:{listening.getsockname()[1]}")
        dropping.join()
    assert type(caught.value) is requests.ConnectionError


def _drop(client):
    client.recv(1)
    client.shutdown(socket.SHUT_WR)
    while client.recv(4096):
        pass
    client.close()


def test_the_pool_holds_a_connection_for_every_request_in_flight(settings):
    with transport.session(settings(concurrency=7)) as session:
        assert session.get_adapter("https://x")._pool_maxsize == 7
