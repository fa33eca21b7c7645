from __future__ import annotations

import socket
from contextlib import contextmanager

import pytest
import requests

from tap_msteams.auth.receiver import receiving
from tap_msteams.errors import AuthenticationError, SettingsError
from tests.conftest import PATIENCE

STATE = "the-state"
ANSWER = {"code": "the-code", "state": STATE}


@contextmanager
def listening(redirect_uri="http://localhost"):
    with receiving(redirect_uri) as receiver, requests.Session() as browser:
        browser.trust_env = False
        receiver.expect(STATE)
        yield receiver, browser


@pytest.mark.parametrize("path", ["", "/", "/oauth/callback"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_comes_in_either_mode_at_any_path(method, path):
    with listening(f"http://localhost{path}") as (receiver, browser):
        assert receiver.redirect_uri.endswith(path)
        form = {"params" if method == "GET" else "data": ANSWER}
        reply = browser.request(method, receiver.redirect_uri, **form)
        assert reply.status_code == 200
        assert receiver.wait(PATIENCE) == ANSWER
    assert "the-code" not in reply.text
    assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_it_listens_on_this_machine_alone(host):
    with listening(f"http://{host}") as (receiver, browser):
        assert receiver._server.server_address[0] == "127.0.0.1"
        browser.get(receiver.redirect_uri, params=ANSWER)
        assert receiver.wait(PATIENCE) == ANSWER


def test_any_other_path_is_not_found():
    with listening("http://localhost/callback") as (receiver, browser):
        origin = receiver.redirect_uri.removesuffix("/callback")
        for path in ("/", "/favicon.ico", "/callback/", "/callback/x", "/CALLBACK"):
            assert browser.get(origin + path, params=ANSWER).status_code == 404
        assert browser.get(receiver.redirect_uri).status_code == 404
        browser.get(receiver.redirect_uri, params=ANSWER)
        assert receiver.wait(PATIENCE) == ANSWER


def test_a_page_elsewhere_cannot_reach_it_by_another_name():
    with listening() as (receiver, browser):
        headers = {"Host": "attacker.example"}
        reply = browser.get(receiver.redirect_uri, params=ANSWER, headers=headers)
        assert reply.status_code == 404
        assert not receiver._server.answered.is_set()


@pytest.mark.parametrize("state", ["another", "", None])
def test_an_answer_to_another_sign_in_is_refused_and_the_right_one_awaited(state):
    with listening() as (receiver, browser):
        foreign = {"code": "stolen", "state": state}
        assert browser.get(receiver.redirect_uri, params=foreign).status_code == 400
        browser.get(receiver.redirect_uri, params=ANSWER)
        assert receiver.wait(PATIENCE) == ANSWER


def test_only_the_first_answer_counts():
    with listening() as (receiver, browser):
        browser.get(receiver.redirect_uri, params=ANSWER)
        again = browser.get(receiver.redirect_uri, params={**ANSWER, "code": "second"})
        assert again.status_code == 404
        assert receiver.wait(PATIENCE) == ANSWER


def test_a_refusal_is_an_answer_too():
    with listening() as (receiver, browser):
        browser.get(receiver.redirect_uri, params={"error": "access_denied", "state": STATE})
        assert receiver.wait(PATIENCE)["error"] == "access_denied"


def test_connections_that_a_browser_opens_and_does_not_use_hold_nothing_up():
    with listening() as (receiver, browser):
        idle = [socket.create_connection(receiver._server.server_address) for _ in range(3)]
        browser.get(receiver.redirect_uri, params=ANSWER, timeout=PATIENCE)
        assert receiver.wait(PATIENCE) == ANSWER
        for connection in idle:
            connection.close()


@pytest.mark.parametrize("length", ["", "-1", "x", "100000000"])
def test_a_form_of_no_sensible_length_is_not_read(length):
    with listening() as (receiver, browser):
        headers = {"Content-Length": length}
        request = requests.Request("POST", receiver.redirect_uri, headers=headers).prepare()
        request.headers["Content-Length"] = length
        assert browser.send(request, timeout=PATIENCE).status_code == 413


def test_nobody_coming_ends_the_wait():
    with listening() as (receiver, _), pytest.raises(AuthenticationError, match="--timeout"):
        receiver.wait(0.01)


def test_the_port_is_free_again_afterwards():
    with listening() as (receiver, browser):
        redirect_uri = receiver.redirect_uri
        browser.get(redirect_uri, params=ANSWER)
    with listening(redirect_uri) as (receiver, browser):
        assert browser.get(redirect_uri, params=ANSWER).status_code == 200


def test_a_port_in_use_is_named():
    with (
        listening() as (receiver, _),
        pytest.raises(SettingsError, match="redirect_uri") as raised,
        receiving(receiver.redirect_uri),
    ):
        pass
    assert receiver.redirect_uri.rpartition(":")[2] in str(raised.value)


@pytest.mark.parametrize(
    "redirect_uri",
    ["https://localhost", "http://example.com", "http://localhost.example.com", "urn:x", ""],
)
def test_an_address_elsewhere_is_for_url_and_exchange(redirect_uri):
    with pytest.raises(SettingsError, match="tap-msteams url"), receiving(redirect_uri):
        pass


def test_what_comes_in_is_not_logged(caplog, capfd):
    with listening() as (receiver, browser):
        browser.get(receiver.redirect_uri, params=ANSWER)
        receiver.wait(PATIENCE)
    assert not [record for record in caplog.records if not record.name.startswith("urllib3")]
    assert capfd.readouterr() == ("", "")


def test_it_stops_listening_at_the_end():
    with listening() as (receiver, browser):
        browser.get(receiver.redirect_uri, params=ANSWER)
        receiver.wait(PATIENCE)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(receiver._server.server_address)
