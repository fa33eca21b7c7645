"""How long whoever gives tokens is waited for."""

from __future__ import annotations

import itertools
import logging
import socket
import threading
import time
from contextlib import suppress

import pytest
import requests
from urllib3 import HTTPResponse
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, ReadTimeoutError, SSLError

from tap_msteams import transport
from tap_msteams.transport.failures import reason
from tap_msteams.transport.retries import TokenRetry

TOKENS = (transport.identity_session, transport.broker_session, transport.machine_session)


def waits(session, status, **headers):
    """The waits until a service that always answers so is given up."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = HTTPResponse(b"", names, status)
    retries = session.get_adapter("https://x").max_retries
    found = []
    while True:
        assert retries.is_retry("POST", status)
        try:
            retries = retries.increment("POST", "/token", answer)
        except MaxRetryError:
            return found
        found.append(retries.get_retry_after(answer))


A_MINUTE = [0, 1, 2, 4, 8, 15, 15, 15]


@pytest.mark.parametrize("opened", TOKENS)
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_who_gives_tokens_is_waited_for_for_a_minute(settings, opened, status):
    found = waits(opened(settings()), status)
    assert found[:8] == A_MINUTE
    assert sum(found) < 90


@pytest.mark.parametrize("status", [404, 410])
def test_a_metadata_service_that_is_updated_is_waited_for_as_long_as_microsoft_asks(
    settings, status
):
    assert waits(transport.machine_session(settings()), status) == [*A_MINUTE, 15]


@pytest.mark.parametrize("status", [200, 400, 401, 404])
def test_an_answer_is_not_asked_for_again(settings, status):
    retries = transport.identity_session(settings()).get_adapter("https://x").max_retries
    assert not retries.is_retry("POST", status, has_retry_after=True)
    assert not retries.raise_on_status  # the answer is told, not that it was the last one


@pytest.mark.parametrize(
    ("error", "times"),
    [(ConnectTimeoutError(), 2), (ReadTimeoutError(None, None, None), 1), (SSLError(), 0)],
)
def test_a_service_that_does_not_answer_is_asked_again_once_or_twice(settings, error, times):
    retries = transport.identity_session(settings()).get_adapter("https://x").max_retries
    for _ in range(times):
        retries = retries.increment("POST", "/token", error=error)
    with pytest.raises(MaxRetryError):
        retries.increment("POST", "/token", error=error)


class Sleepless(TokenRetry):
    """Notes for what it would sleep."""

    slept = ()

    def sleep_for_retry(self, response):
        self.slept += (self.get_retry_after(response),)
        return True


def test_who_is_waited_for_is_told(caplog):
    caplog.set_level(logging.INFO)
    retries, answer = Sleepless.with_service("Entra ID", 0.5), HTTPResponse(b"", {}, 503)
    for _ in range(2):
        retries = retries.increment("POST", "/token", answer)
        retries.sleep(answer)
    assert retries.slept == (1,)
    assert caplog.messages == ["Entra ID is not available (HTTP 503): trying again in 1 s"]


@pytest.mark.parametrize("asked", ["0", "0.2", "-5", "soon", "nan"])
def test_no_server_makes_a_wait_shorter(settings, asked):
    session = transport.identity_session(settings())
    pairs = zip(waits(session, 503, retry_after=asked), waits(session, 503), strict=True)
    assert all(wait >= least for wait, least in pairs)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("30", 30), ("86400", 60), ("1e300", 60), ("Wed, 21 Oct 2026 07:28:40 GMT", 40)],
)
def test_a_server_makes_a_wait_longer_up_to_a_minute(settings, asked, waited):
    session, now = transport.identity_session(settings()), "Wed, 21 Oct 2026 07:28:00 GMT"
    assert set(waits(session, 429, retry_after=asked, date=now)) == {waited}


def drip(listening, start):
    """Answer with a beginning, and then with a byte now and then for as long as anybody reads."""
    client, _ = listening.accept()
    with client:
        client.recv(65536)
        client.sendall(start)
        try:
            while True:
                client.sendall(b"x")
                time.sleep(0.01)
        except OSError:
            pass


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"],
    ids=["header", "body"],
)
def test_an_answer_that_drips_ends_in_time_although_each_piece_does(settings, start):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        for _ in range(2):  # a header is waited for once more
            threading.Thread(target=drip, args=(listening, start), daemon=True).start()
        session = transport.identity_session(settings(request_timeout=1), backoff=0)
        with session, pytest.raises(requests.RequestException) as caught:
            session.post(f"http://127.0.0.1:{listening.getsockname()[1]}/token")
    assert "had not ended after 2 seconds" in reason(caught.value)


def flood(listening, start):
    """Answer with a beginning, and then with as much as anybody reads."""
    client, _ = listening.accept()
    with client, suppress(OSError):
        client.recv(65536)
        client.sendall(start)
        while True:
            client.sendall(bytes(65536))


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "is longer than 1,000,000 bytes"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "is compressed"),
    ],
)
@pytest.mark.parametrize("service", TOKENS)
def test_an_answer_with_a_token_has_an_end(settings, service, start, told):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        for _ in range(4):
            threading.Thread(target=flood, args=(listening, start), daemon=True).start()
        session = service(settings(request_timeout=0), backoff=0)
        with session, pytest.raises(requests.RequestException) as caught:
            session.post(f"http://127.0.0.1:{listening.getsockname()[1]}/token")
    assert told in reason(caught.value)


def test_an_answer_in_time_is_whole_and_its_connection_is_used_again(server, settings):
    server.answer = (200, {})
    with transport.identity_session(settings()) as session:
        for _ in itertools.repeat(None, 3):
            assert session.post(server.url).status_code == 200
        [pool] = session.get_adapter(server.url).poolmanager.pools._container.values()
    assert (len(server.seen), pool.num_connections) == (3, 1)
