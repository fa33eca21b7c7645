"""Hosted contents: pictures and snippets of code of messages of channels."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.areas.lookup import channel_of
from tap_msteams_sandbox.areas.workspace.area import AREA, IN_CHANNEL, MESSAGE
from tap_msteams_sandbox.company.features import SNIPPET
from tap_msteams_sandbox.odata import entity, page, pick
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.message import Message
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

IN_POST = f"{IN_CHANNEL}/messages/{{id}}/hostedContents"
IN_REPLY = f"{IN_CHANNEL}/messages/{{id}}/replies/{{id}}/hostedContents"

_SOURCE = re.compile(rb"/(?:messages|replies)/\d+/hostedContents/([^/\"\\]+)/\$value")
"""An address in the text; reactions have pictures elsewhere."""


def ids(message: Message) -> tuple[str, ...]:
    """Return the ids of the contents that a message's text or attachment shows."""
    return tuple(dict.fromkeys(it.decode() for it in _SOURCE.findall(message.row)))


@AREA.endpoint(IN_POST, "chatmessage-list-hostedcontents", application=MESSAGE, delegated=MESSAGE)
@AREA.endpoint(IN_REPLY, "chatmessage-list-hostedcontents", application=MESSAGE, delegated=MESSAGE)
def listed(call: Call) -> bytes:
    """GET .../messages/{id}/hostedContents and .../replies/{id}/hostedContents: ids only."""
    rows = [pick(_row(key), None) for key in ids(_message(call))]
    return page(call.context(_address(call)), rows, count=len(rows))


@AREA.endpoint(
    f"{IN_POST}/{{id}}", "chatmessagehostedcontent-get", application=MESSAGE, delegated=MESSAGE
)
@AREA.endpoint(
    f"{IN_REPLY}/{{id}}", "chatmessagehostedcontent-get", application=MESSAGE, delegated=MESSAGE
)
def one(call: Call) -> bytes:
    """GET .../hostedContents/{id}."""
    return entity(call.context(f"{_address(call)}/$entity"), pick(_row(_id(call)), None))


@AREA.endpoint(
    f"{IN_POST}/{{id}}/$value",
    "chatmessagehostedcontent-get",
    application=MESSAGE,
    delegated=MESSAGE,
)
@AREA.endpoint(
    f"{IN_REPLY}/{{id}}/$value",
    "chatmessagehostedcontent-get",
    application=MESSAGE,
    delegated=MESSAGE,
)
def content(call: Call) -> Reply:
    """GET .../hostedContents/{id}/$value: the bytes."""
    body, kind = hosted(_id(call))
    return Reply(body=body, headers={"Content-Type": kind})


def _row(key: str) -> Row:
    """Return a hosted content, whose bytes are write-only here.

    https://learn.microsoft.com/en-us/graph/api/resources/chatmessagehostedcontent#properties
    """
    return {"id": key, "contentBytes": None, "contentType": None}


def _message(call: Call) -> Message:
    """Return the message that the path names by its root and, for a reply, by its own id."""
    channel = channel_of(call)
    root, *rest = call.names[2:4] if "/replies/" in call.endpoint.path else call.names[2:3]
    thread = channel.threads.get(int(root)) if root.isdecimal() else None
    name = rest[0] if rest else root
    found = thread.find(int(name)) if thread is not None and name.isdecimal() else None
    if found is None or (rest and rest[0] == root) or not found.visible(call.tenant.kept_since):
        msg = f"Message {name}"
        raise GraphError.not_found(msg)
    return found


def _id(call: Call) -> str:
    """Return the id of the content that the path names."""
    key = call.names[-1]
    if key not in ids(_message(call)):
        msg = f"Hosted content {key}"
        raise GraphError.not_found(msg)
    return key


def _address(call: Call) -> str:
    team, channel, message = call.names[:3]
    reply = f"/replies('{call.names[3]}')" if "/replies/" in call.endpoint.path else ""
    return f"teams('{team}')/channels('{channel}')/messages('{message}'){reply}/hostedContents"


def hosted(key: str) -> tuple[bytes, str]:
    """Return the bytes of a content and their type."""
    if key.startswith(SNIPPET):
        return f'print("Prüfstand {key[-4:]} bereit")\n'.encode(), "text/plain; charset=utf-8"
    return _picture(key), "image/png"


def _picture(key: str) -> bytes:
    """Return a picture of one pixel with a colour of its own."""
    colour = struct.pack(">I", zlib.crc32(key.encode()))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" + colour)),
        (b"IEND", b""),
    )
    parts = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@AREA.rows("hosted_contents")
def true_pictures(tenant: Company) -> Iterator[Row]:
    """Yield the contents of all messages, with their bytes as base64.

    Of a deleted channel the texts are left, but not what they show.
    """
    everything = (float("-inf"), float("inf"))
    for team in tenant.teams.values():
        for message in team.export(*everything):
            for key in ids(message):
                place = msgspec.json.decode(message.row, type=_Message).place
                there = place["channelId"] in team.channels
                content, kind = hosted(key)
                yield {
                    **place,
                    "messageId": str(message.id),
                    "id": key,
                    "contentBytes": base64.b64encode(content).decode() if there else None,
                    "contentType": kind.partition(";")[0] if there else None,
                }


class _Message(msgspec.Struct):
    place: dict[str, str] = msgspec.field(name="channelIdentity")
