"""JSON batching: up to twenty requests in one.

https://learn.microsoft.com/en-us/graph/json-batching
"""

from __future__ import annotations

import base64
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from tap_msteams_sandbox.endpoints import Call
    from tap_msteams_sandbox.replies import Reply

MOST = 20

WRITING = frozenset({"POST", "PATCH", "PUT"})

AREA = Area("Batches")


class Item(msgspec.Struct, rename="camel"):
    """One request of a batch."""

    id: str
    method: str
    url: str
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: msgspec.Raw = msgspec.Raw(b"")
    depends_on: list[str] = msgspec.field(default_factory=list)


class Envelope(msgspec.Struct):
    """The body of a batch."""

    requests: list[Item]


@AREA.endpoint("POST /$batch", "../json-batching", application=(), delegated=())
def batch(call: Call) -> bytes:
    """POST /$batch; the answers come in another order than the requests."""
    try:
        items = msgspec.json.decode(call.body, type=Envelope).requests
    except msgspec.DecodeError as error:
        msg = "Unable to read JSON request payload."
        raise GraphError.bad_request(msg) from error
    if not 1 <= len(items) <= MOST:
        msg = f"Number of batch request steps exceeds the maximum value of {MOST}."
        raise GraphError.bad_request(msg)
    if len({item.id.casefold() for item in items}) < len(items):
        msg = "Request step id is not unique."
        raise GraphError.bad_request(msg)
    answers: dict[str, dict[str, Any]] = {}
    earlier: set[str] = set()
    for item in items:
        _check(item, earlier)
        earlier.add(item.id)
    for item in items:
        answers[item.id] = _answer(call, item, answers)
    return msgspec.json.encode({"responses": [*reversed(answers.values())]})


def _check(item: Item, earlier: set[str]) -> None:
    """Refuse the whole batch for an item that is not well formed."""
    for name in item.depends_on:
        if name not in earlier:
            msg = f"Invalid dependency '{name}' for request id : {item.id}."
            raise GraphError.bad_request(msg)
    if item.method.upper() not in WRITING:
        return
    if not item.body:
        msg = f"Write request id : {item.id} does not contain Content-Type header or body."
        raise GraphError.bad_request(msg)
    if "content-type" not in {name.lower() for name in item.headers}:
        msg = f"Write request with id '{item.id}' does not contain a Content-Type header."
        raise GraphError.bad_request(msg)


def _answer(call: Call, item: Item, earlier: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the answer to one item."""
    statuses = (earlier[name]["status"] for name in item.depends_on if name in earlier)
    if any(status >= HTTPStatus.BAD_REQUEST for status in statuses):
        status = int(HTTPStatus.FAILED_DEPENDENCY)
        return {"id": item.id, "status": status, "headers": {}, "body": None}
    if item.url.lstrip("/").startswith("$batch"):
        msg = "Nested batch requests are not supported."
        raise GraphError.bad_request(msg)
    headers = {name.title(): value for name, value in item.headers.items()}
    headers = {"Authorization": call.headers.get("Authorization", ""), **headers}
    reply = call.again(item.method.upper(), item.url, headers, bytes(item.body))
    shown = {"Content-Type": "application/json", **reply.headers}
    return {"id": item.id, "status": reply.status, "headers": shown, "body": _body(reply)}


def _body(reply: Reply) -> object:
    """Return the body, in base64 if it is not JSON."""
    try:
        msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return base64.b64encode(reply.body).decode()
    return msgspec.Raw(reply.body)
