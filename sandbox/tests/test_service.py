from __future__ import annotations

import gc
import logging
import socket
import threading
from contextlib import suppress

import pytest
import requests

from tap_msteams_sandbox import Fault, Sandbox, Tenant


def batch(client, *requests, **extra):
    body = {"requests": [*requests], **extra}
    return client.send("POST", "/$batch", json=body)


def item(number, url, **extra):
    return {"id": str(number), "method": "GET", "url": url, **extra}


def answers(response):
    return {answer["id"]: answer for answer in response.json()["responses"]}


def test_requests_are_written_down_and_counted_by_endpoint(open_client):
    client = open_client()
    team = next(iter(client.sandbox.tenant.teams))
    client.get(f"/teams/{team}/channels?$select=id")
    client.get("/nothing")

    last = client.sandbox.requests[-2]
    assert last.method == "GET"
    assert last.path == f"/v1.0/teams/{team}/channels?$select=id"
    assert last.status == 200
    assert last.user_agent.startswith("python-requests")
    assert client.sandbox.count() == {"GET /teams/{id}/channels": 1, "GET elsewhere": 1}


def test_requests_are_in_no_log_of_the_process(open_client, caplog):
    caplog.set_level(logging.DEBUG)
    client = open_client()
    client.get("/teams")

    assert client.sandbox.count() == {"GET /teams": 1}
    assert "aiohttp.access" not in {record.name for record in caplog.records}


def test_the_control_plane_needs_no_token_and_counts_nothing(open_client):
    client = open_client()
    client.get("/teams")
    client.get("/nothing")
    del client.session.headers["Authorization"]
    url = f"{client.sandbox.graph_url}/sandbox"

    done = client.session.post(f"{url}/change").json()
    seen = client.session.get(f"{url}/requests").json()

    assert done["posts"] > 0
    assert seen == {
        "requests": 2,
        "endpoints": {"GET /teams": 1, "GET elsewhere": 1},
        "statuses": {"200": 1, "400": 1},
        "violations": {},
    }


def test_a_change_can_be_seeded_and_a_wrong_wish_is_refused(open_client):
    one, other = open_client(), open_client()

    def change(client, content):
        url = f"{client.sandbox.graph_url}/sandbox/change"
        return client.session.post(url, data=content)

    assert change(one, b'{"seed": 5}').json() == change(other, b'{"seed": 5}').json()
    assert change(one, b'{"sed": 5}').status_code == 400
    assert change(one, b"{").status_code == 400
    url = f"{one.sandbox.graph_url}/sandbox/nothing"
    assert one.session.get(url).status_code == 404


def test_the_certificate_is_not_trusted_by_anyone_else(quiet):
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(quiet.root)


def test_items_of_a_batch_are_answered_each_for_itself_and_counted(open_client):
    client = open_client()
    team = next(iter(client.sandbox.tenant.teams))
    person = client.sandbox.tenant.me.id

    response = batch(
        client,
        item(1, "/teams?$top=1"),
        item(2, "/nothing"),
        item(3, f"teams/{team}"),
        {
            "id": "4",
            "method": "POST",
            "url": "/communications/getPresencesByUserId",
            "body": {"ids": [person]},
            "headers": {"Content-Type": "application/json"},
        },
    )

    found = answers(response)
    assert {number: it["status"] for number, it in found.items()} == {
        "1": 200, "2": 400, "3": 200, "4": 200,
    }  # fmt: skip
    assert len(client.rows(found["1"]["body"]["@odata.nextLink"])) == 2
    assert found["3"]["body"]["id"] == team
    assert found["4"]["body"]["value"][0]["id"] == person
    assert [it["id"] for it in response.json()["responses"]] != ["1", "2", "3", "4"]
    assert client.sandbox.count()["GET /teams/{id}"] == 1
    assert client.sandbox.count()["POST /$batch"] == 1
    assert [it.batched for it in client.sandbox.requests[:5]] == [True] * 4 + [False]


def test_items_after_a_failed_one_that_they_depend_on_are_not_tried(open_client):
    client = open_client()

    found = answers(
        batch(
            client, item("a", "/nothing"), item("b", "/teams", dependsOn=["a"]), item("c", "/teams")
        )
    )

    assert [found[name]["status"] for name in "abc"] == [400, 424, 200]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [item(number, "/teams") for number in range(21)],
        [item("a", "/teams"), item("A", "/teams")],
        [item(1, "/$batch")],
        [{"id": "1"}],
    ],
    ids=["none", "too many", "same id", "nested", "malformed"],
)
def test_a_batch_that_is_not_well_formed_is_a_bad_request(quiet, items):
    assert batch(quiet, *items).status_code == 400


def test_preferences_are_each_items_own(quiet):
    team = next(
        team.id
        for team in quiet.sandbox.tenant.teams.values()
        if any(channel.kind == "shared" for channel in team.channels.values())
    )
    path = f"/teams/{team}/channels"
    prefer = {"Prefer": "include-unknown-enum-members"}

    found = answers(batch(quiet, item(1, path), item(2, path, headers=prefer)))

    kinds = [{it["membershipType"] for it in found[n]["body"]["value"]} for n in "12"]
    assert "shared" not in kinds[0]
    assert "shared" in kinds[1]


def test_a_throttled_item_leaves_the_others_alone(open_client):
    client = open_client(faults=[Fault("429", batched=True, options={"retry_after": "7"})])

    found = answers(batch(client, item(1, "/teams"), item(2, "/teams")))

    assert sorted(it["status"] for it in found.values()) == [200, 429]
    throttled = next(it for it in found.values() if it["status"] == 429)
    assert throttled["headers"]["Retry-After"] == "7"
    assert throttled["body"]["error"]["code"] == "TooManyRequests"


def test_latency_is_waited_for_by_each_request_alone(open_client):
    client = open_client(latency=0.05)

    assert client.get("/teams").elapsed.total_seconds() >= 0.05


def test_a_sandbox_closes_at_once_with_clients_still_connected(connect):
    with Sandbox(Tenant(seed=1, teams=1, channels=1, messages=1, users=2)) as sandbox:
        client = connect(sandbox)
        assert client.get("/teams").status_code == 200
        port = int(sandbox.graph_url.rpartition(":")[2])

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_sandbox_that_closes_while_clients_connect_leaves_no_connection_open():
    closed = threading.Event()

    def connect_for_ever(port):
        while not closed.is_set():
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                pass

    with Sandbox(Tenant(seed=1, teams=1, channels=1, messages=1, users=2)) as sandbox:
        port = int(sandbox.graph_url.rpartition(":")[2])
        clients = [
            threading.Thread(target=connect_for_ever, args=(port,), daemon=True) for _ in range(6)
        ]
        for client in clients:
            client.start()
    closed.set()
    for client in clients:
        client.join()

    gc.collect()  # pytest fails where it finds an open socket


@pytest.mark.parametrize("fault", ["header-line", "drip:seconds=0"])
def test_a_sandbox_that_closes_before_clients_read_leaves_no_connection_open(connect, fault):
    answers = []
    with Sandbox(Tenant(seed=1, teams=1, channels=1, messages=1, users=2)) as sandbox:
        client = connect(sandbox)
        sandbox.faults.add(fault)
        with suppress(requests.RequestException):
            answers.append(client.get("/teams", stream=True))

    gc.collect()  # pytest fails where it finds an open socket


def test_a_sandbox_that_was_never_open_changes_no_tenant_and_closes():
    tenant = Tenant(seed=1, teams=1, channels=1, messages=1, users=2)
    clock = tenant.clock
    sandbox = Sandbox(tenant)
    sandbox.close()

    assert tenant.clock is clock
    with pytest.raises(RuntimeError, match="not open"):
        sandbox.facts()
