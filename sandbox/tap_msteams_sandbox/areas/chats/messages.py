"""Messages of chats: lists, the export, hosted contents and pins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.areas.chats.area import AREA, MY_READ, READ
from tap_msteams_sandbox.areas.chats.chats import Chats
from tap_msteams_sandbox.areas.chats.lookup import chat_of, expansion, user_of
from tap_msteams_sandbox.areas.chats.windows import exports, listed
from tap_msteams_sandbox.areas.messages import EXPORT, exported
from tap_msteams_sandbox.company.message import EXPORT_TYPE
from tap_msteams_sandbox.filters import window
from tap_msteams_sandbox.odata import PAGED, Paging, entity, page
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from tap_msteams_sandbox.areas.chats.chat import Chat
    from tap_msteams_sandbox.company.message import Message
    from tap_msteams_sandbox.endpoints import Call

PAGE = Paging(default=20, maximum=50)
"""https://learn.microsoft.com/en-us/graph/api/chat-list-messages#optional-query-parameters"""

PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x04\x00\x00\x00\xb5"
    b"\x1c\x0c\x02\x00\x00\x00\x0bIDATx\xdac\xfc\xff\x1f\x00\x02\xeb\x01\xf5\x8f\xcfO\xd6\x00\x00"
    b"\x00\x00IEND\xaeB`\x82"
)

PATH = "GET /chats/{id}/messages"

_CONTENT = re.compile(r"/hostedContents/([^/\"]+)/\$value")


@AREA.endpoint(
    PATH,
    "chat-list-messages",
    application=READ,
    delegated=MY_READ,
    options=PAGED | {"$filter", "$orderby"},
    paging=PAGE,
)
def messages(call: Call) -> bytes:
    """GET /chats/{id}/messages: the newest first."""
    found = chat_of(call, own=True)
    rank, test = listed(call)
    ranked = sorted((m for m in found.visible() if test(m)), key=rank, reverse=True)
    after = call.query.pair()
    left = [message for message in ranked if after is None or rank(message) < after]
    shown = left[: call.size]
    more = call.next_link(rank(shown[-1])) if len(shown) < len(left) else None
    what = f"chats('{found.id}')/messages"
    return page(call.context(what), [it.row for it in shown], count=len(shown), next_link=more)


@AREA.endpoint(f"{PATH}/{{id}}", "chatmessage-get", application=READ, delegated=MY_READ)
def message(call: Call) -> bytes:
    """GET /chats/{id}/messages/{id}."""
    found = chat_of(call, own=True)
    return entity(call.context(f"chats('{found.id}')/messages/$entity"), _message(call, found).row)


def _message(call: Call, chat: Chat) -> Message:
    """Return the message that the path names."""
    name = call.names[1]
    found = chat.messages.get(int(name)) if name.isdecimal() else None
    if found is None or not found.visible(call.tenant.kept_since):
        msg = f"Message {name}"
        raise GraphError.not_found(msg)
    return found


@AREA.endpoint(
    "GET /users/{id}/chats/getAllMessages",
    "chats-getallmessages",
    application=READ,
    delegated=None,
    options=PAGED | {"$filter"},
    paging=EXPORT,
)
def export(call: Call) -> bytes:
    """GET /users/{id}/chats/getAllMessages: of all chats at once, in no order of time."""
    person = user_of(call)
    low, high, tests = exports(call.query.get("$filter"))
    found = call.tenant.part(Chats).export(person.id, low, high)
    return exported(call, [it for it in found if all(test(it.read()) for test in tests)])


@AREA.endpoint(
    "GET /users/{id}/chats/getAllRetainedMessages",
    "chat-getallretainedmessages",
    application=READ,
    delegated=None,
    options=PAGED | {"$filter"},
    paging=EXPORT,
)
def retained(call: Call) -> bytes:
    """GET /users/{id}/chats/getAllRetainedMessages."""
    person = user_of(call)
    found = call.tenant.part(Chats).retained(person.id, *window(call.query.get("$filter")))
    return exported(
        call, found, lambda message: EXPORT_TYPE + (message.retained or message.row)[1:]
    )


def contents(message: Message) -> list[str]:
    """Return the ids of a message's hosted contents."""
    return _CONTENT.findall(str(message.read()["body"]["content"]))


@AREA.endpoint(
    f"{PATH}/{{id}}/hostedContents",
    "chatmessage-list-hostedcontents",
    application=READ,
    delegated=MY_READ,
)
def hosted_contents(call: Call) -> bytes:
    """GET /chats/{id}/messages/{id}/hostedContents: ids, without what they hold."""
    chat = chat_of(call, own=True)
    rows = [
        msgspec.json.encode({"id": key, "contentBytes": None, "contentType": None})
        for key in contents(_message(call, chat))
    ]
    what = f"chats('{chat.id}')/messages('{call.names[1]}')/hostedContents"
    return page(call.context(what), rows, count=len(rows))


@AREA.endpoint(
    f"{PATH}/{{id}}/hostedContents/{{id}}/$value",
    "chatmessagehostedcontent-get",
    application=READ,
    delegated=MY_READ,
)
def hosted_content(call: Call) -> Reply:
    """GET /chats/{id}/messages/{id}/hostedContents/{id}/$value."""
    chat = chat_of(call, own=True)
    if call.names[2] not in contents(_message(call, chat)):
        msg = "Hosted content"
        raise GraphError.not_found(msg)
    return Reply(body=picture(call.names[2]), headers={"Content-Type": "image/png"})


def picture(content: str) -> bytes:
    """Return the bytes of a hosted content."""
    return PICTURE + content.encode()


@AREA.endpoint(
    "GET /chats/{id}/pinnedMessages",
    "chat-list-pinnedmessages",
    application=(*READ, "ChatMessage.Read.All"),
    delegated=MY_READ,
    options={"$expand"},
)
def pinned(call: Call) -> bytes:
    """GET /chats/{id}/pinnedMessages."""
    found = chat_of(call, own=True)
    expanded = expansion(call, frozenset({"message"}))
    rows: list[dict[str, Any]] = []
    for number in found.pinned:
        row: dict[str, Any] = {"id": str(number)}
        if "message" in expanded:
            row["message"] = msgspec.Raw(found.messages[number].row)
        rows.append(row)
    encoded = [msgspec.json.encode(row) for row in rows]
    context = call.context(f"chats('{found.id}')/pinnedMessages")
    return page(context, encoded, count=len(encoded))
