"""Laws of change notifications: a listener is asked first, and then told of what changes."""

from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.tests.answers import error
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.instants import HOUR, MINUTE, iso


class Listener(BaseHTTPRequestHandler):
    """Takes notifications, as a web application would."""

    def do_POST(self):
        token = parse_qs(urlsplit(self.path).query).get("validationToken")
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not token:
            self.server.told.put(json.loads(body))  # before the answer, after which the next comes
        if self.path.startswith("/willing"):
            self.send_response(200 if token else 202)
        else:
            self.send_response(403)
        content = token[0].encode() if token else b""
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Log nothing."""


@pytest.fixture(scope="module")
def listener():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    server.told = queue.Queue()
    server.url = f"http://localhost:{server.server_address[1]}/willing"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def client(open_client):
    return open_client(Tenant(seed=3, teams=2, channels=2, messages=4, users=8))


@pytest.fixture
def asked(client, listener):
    def body(**changed):
        return {
            "changeType": "created,updated,deleted",
            "notificationUrl": listener.url,
            "resource": "/teams/getAllMessages",
            "expirationDateTime": iso(client.sandbox.tenant.now() + HOUR - MINUTE),
            "clientState": "mine",
        } | changed

    return body


def test_whoever_subscribes_is_told_of_every_change_until_they_no_longer_want_it(
    client, listener, asked
):
    tenant = client.sandbox.tenant
    made = client.send("POST", "/subscriptions", json=asked())
    assert made.status_code == 201, made.text
    row = made.json()
    assert row["applicationId"] == client.sandbox.facts().client_id
    assert [it["id"] for it in client.get("/subscriptions").json()["value"]] == [row["id"]]

    team = next(iter(tenant.teams.values()))
    place = (team.id, next(iter(team.channels)))
    post = tenant.post(*place)
    answer = tenant.reply(*place, post)
    tenant.edit(*place, post)
    tenant.delete(*place, answer)
    told = [listener.told.get(timeout=60)["value"][0] for _ in range(4)]
    assert [(it["changeType"], it["resourceData"]["id"]) for it in told] == [
        ("created", post),
        ("created", answer),
        ("updated", post),
        ("deleted", answer),
    ]
    assert {it["clientState"] for it in told} == {"mine"}
    assert client.get("/" + told[0]["resource"]).json()["id"] == post

    path = f"/subscriptions/{row['id']}"
    later = iso(tenant.now() + HOUR // 2)
    renewed = client.send("PATCH", path, json={"expirationDateTime": later}).json()
    assert client.get(path).json()["expirationDateTime"] == renewed["expirationDateTime"] == later
    assert client.send("DELETE", path).status_code == 204
    assert error(client.get(path)) == (404, "ResourceNotFound")
    tenant.post(*place)
    assert listener.told.empty()


def test_a_channel_is_watched_alone(client, listener, asked):
    first, second = client.teams
    channel = next(iter(first.channels))
    resource = f"teams/{first.id}/channels/{channel}/messages"
    assert client.send("POST", "/subscriptions", json=asked(resource=resource)).status_code == 201
    client.sandbox.tenant.post(second.id, next(iter(second.channels)))
    post = client.sandbox.tenant.post(first.id, channel)
    assert listener.told.get(timeout=60)["value"][0]["resourceData"]["id"] == post


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"changeType": "moved"}, "InvalidRequest", "Unsupported change type"),
        ({"resource": "/me/events"}, "InvalidRequest", "only messages of channels"),
        ({"notificationUrl": "http://bot.example/"}, "InvalidRequest", "must use HTTPS"),
        ({"expirationDateTime": "2020-01-01T00:00:00Z"}, "InvalidRequest", "in the future"),
        ({"expirationDateTime": "2090-01-01T00:00:00Z"}, "InvalidRequest", "4320 minutes"),
        ({"includeResourceData": True}, "InvalidRequest", "resource data"),
        ({"unknown": 1}, "BadRequest", "unknown"),
    ],
)
def test_what_graph_would_not_take_is_refused(quiet, listener, changed, code, said):
    body = {
        "changeType": "created",
        "notificationUrl": listener.url,
        "resource": "/teams/getAllMessages",
        "expirationDateTime": iso(quiet.sandbox.tenant.now() + MINUTE),
    }
    refused = quiet.send("POST", "/subscriptions", json=body | changed)
    assert error(refused) == (400, code)
    assert said in refused.json()["error"]["message"]


def test_a_listener_that_does_not_answer_the_token_gets_no_subscription(client, listener, asked):
    refused = client.send(
        "POST", "/subscriptions", json=asked(notificationUrl=listener.url[:-8] + "/unwilling")
    )
    assert error(refused) == (400, "ValidationError")
    assert "must respond with 200 OK" in refused.json()["error"]["message"]
    assert client.get("/subscriptions").json()["value"] == []
    assert client.sandbox.service.journal.summary()["statuses"]["400"] == 1


def test_a_longer_subscription_needs_an_address_for_its_life(client, asked):
    longer = asked(expirationDateTime=iso(client.sandbox.tenant.now() + 2 * HOUR))
    assert error(client.send("POST", "/subscriptions", json=longer)) == (400, "InvalidRequest")
    longer["lifecycleNotificationUrl"] = longer["notificationUrl"]
    assert client.send("POST", "/subscriptions", json=longer).status_code == 201
