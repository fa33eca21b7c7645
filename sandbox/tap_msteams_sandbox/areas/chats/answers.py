"""Answers: what Graph shows of chats."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.areas.chats.chats import Chats
from tap_msteams_sandbox.areas.chats.windows import exports, listed
from tap_msteams_sandbox.conversations import exported
from tap_msteams_sandbox.filters import conditions
from tap_msteams_sandbox.odata import Paging, entity, page
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_msteams_sandbox.areas.chats.chat import Chat
    from tap_msteams_sandbox.endpoints import Call
    from tap_msteams_sandbox.message import Message
    from tap_msteams_sandbox.people import Person

PAGE = Paging(default=20, maximum=50)
"""Chats, and the messages of one of them.

https://learn.microsoft.com/en-us/graph/api/chat-list#optional-query-parameters
https://learn.microsoft.com/en-us/graph/api/chat-list-messages#optional-query-parameters
"""

INLINE_MEMBERS = 25
"""The most members that come with their chat.

https://learn.microsoft.com/en-us/graph/api/chat-list#optional-query-parameters
"""

RECENT = "lastMessagePreview/createdDateTime desc"
"""The one order that a list of chats can be asked for."""

PICTURE = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x04\x00\x00\x00\xb5"
    b"\x1c\x0c\x02\x00\x00\x00\x0bIDATx\xdac\xfc\xff\x1f\x00\x02\xeb\x01\xf5\x8f\xcfO\xd6\x00\x00"
    b"\x00\x00IEND\xaeB`\x82"
)

_CONTENT = re.compile(r"/hostedContents/([^/\"]+)/\$value")
_EXPANDED = frozenset({"members", "lastMessagePreview"})


def chats_of_user(call: Call) -> bytes:
    """GET /users/{id}/chats."""
    person = _user(call)
    if call.caller.user is not None and call.caller.user != person.id:
        raise GraphError.not_a_member()
    return _chats(call, person, f"users('{call.names[0]}')/chats")


def my_chats(call: Call) -> bytes:
    """GET /me/chats and GET /chats: not for applications, which have no chats."""
    if call.caller.user is None:
        msg = "Requested API is not supported in application-only context"
        raise GraphError(412, "PreconditionFailed", msg)
    return _chats(call, _licensed(call.tenant.users[call.caller.user]), "chats")


def _chats(call: Call, person: Person, what: str) -> bytes:
    """Return a page of someone's chats."""
    expanded = _expanded(call)
    tests = conditions(call.query.get("$filter"), equal=("chatType", "topic"))
    found = call.tenant.part(Chats).of(person.id)
    rows = [(chat, chat.describe(call.caller.user)) for chat in found]
    rows = [(chat, row) for chat, row in rows if all(test(row) for test in tests)]
    order = call.query.get("$orderby")
    if order not in (None, RECENT):
        msg = f"The query specified in the URI is not valid: cannot order by '{order}'."
        raise GraphError.bad_request(msg)
    places = [(_activity(chat) if order else 0, -chat.n) for chat, _ in rows]
    ranked = sorted(zip(places, rows, strict=True), key=lambda it: it[0], reverse=True)
    after = call.query.pair()
    left = [(place, it) for place, it in ranked if after is None or place < after]
    shown = left[: call.size]
    more = call.next_link(shown[-1][0]) if len(shown) < len(left) else None
    encoded = [msgspec.json.encode(_with(call, *it, expanded)) for _, it in shown]
    return page(call.context(what), encoded, count=len(shown), next_link=more)


def _activity(chat: Chat) -> int:
    """Return when the last message was written."""
    return max((message.id for message in chat.visible()), default=0)


def chat(call: Call) -> bytes:
    """GET /chats/{id}."""
    found = chat_of(call)
    row = found.describe(call.caller.user)
    names = call.query.selected(row)
    shown = _with(call, found, {k: row[k] for k in names or row}, _expanded(call))
    return entity(call.context("chats/$entity"), msgspec.json.encode(shown))


def _expanded(call: Call) -> frozenset[str]:
    """Return what shall come with the chats."""
    return expansion(call, _EXPANDED)


def expansion(call: Call, known: frozenset[str]) -> frozenset[str]:
    """Return what shall come along, or refuse what cannot."""
    asked = call.query.get("$expand")
    names = frozenset(name.strip() for name in asked.split(",")) if asked else frozenset()
    for name in names - known:
        msg = f"Parsing OData Select and Expand failed: '{name}' cannot be expanded."
        raise GraphError.bad_request(msg)
    return names


def _with(
    call: Call, chat: Chat, row: Mapping[str, Any], expanded: frozenset[str]
) -> dict[str, Any]:
    """Return a chat with what was asked to come with it."""
    shown = dict(row)
    if "members" in expanded:
        shown["members@odata.context"] = call.context(f"chats('{chat.id}')/members")
        shown["members"] = list(chat.members())[:INLINE_MEMBERS]
    if "lastMessagePreview" in expanded:
        shown["lastMessagePreview"] = chat.preview()
    return shown


def chat_of(call: Call, *, own: bool = False) -> Chat:
    """Return the chat that the path names; some of it only its own tenant's applications see."""
    chat = call.tenant.part(Chats).all.get(call.names[0])
    if chat is None:
        msg = f"Chat {call.names[0]}"
        raise GraphError.not_found(msg)
    if call.caller.user is not None and not chat.has(call.caller.user):
        raise GraphError.not_a_member()
    if own and chat.foreign and call.caller.user is None:
        msg = "Forbidden"
        raise GraphError(403, "Forbidden", msg)
    return chat


def _user(call: Call) -> Person:
    """Return the person that the path names by id or by principal name."""
    name = call.names[0]
    people = call.tenant.users
    person = people.get(name) or next(
        (it for it in people.values() if it.principal_name == name), None
    )
    if person is None:
        msg = f"User {name}"
        raise GraphError.not_found(msg)
    return _licensed(person)


def _licensed(person: Person) -> Person:
    """Return the person, unless Teams knows no license of theirs.

    https://learn.microsoft.com/en-us/answers/questions/1179331
    """
    if not person.licensed:
        msg = "Failed to get license information for the user. "
        msg += "Ensure user has a valid Office365 license assigned to them."
        raise GraphError(403, "Forbidden", msg)
    return person


def members(call: Call) -> bytes:
    """GET /chats/{id}/members: all at once, and of a group only where the group is at home."""
    found = chat_of(call)
    if found.kind != "oneOnOne":
        chat_of(call, own=True)
    rows = [msgspec.json.encode(row) for row in found.members()]
    return page(call.context(f"chats('{found.id}')/members"), rows, count=len(rows))


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


def export(call: Call) -> bytes:
    """GET /users/{id}/chats/getAllMessages: of all chats at once, in no order of time."""
    person = _user(call)
    low, high, tests = exports(call.query.get("$filter"))
    found = call.tenant.part(Chats).export(person.id, low, high)
    return exported(call, [it for it in found if all(test(it.read()) for test in tests)])


def contents(message: Message) -> list[str]:
    """Return the ids of a message's hosted contents."""
    return _CONTENT.findall(str(message.read()["body"]["content"]))


def hosted_contents(call: Call) -> bytes:
    """GET /chats/{id}/messages/{id}/hostedContents: ids, without what they hold."""
    chat = chat_of(call, own=True)
    rows = [
        msgspec.json.encode({"id": key, "contentBytes": None, "contentType": None})
        for key in contents(_message(call, chat))
    ]
    what = f"chats('{chat.id}')/messages('{call.names[1]}')/hostedContents"
    return page(call.context(what), rows, count=len(rows))


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
    return _all(call, found, "pinnedMessages", rows)


def _all(call: Call, chat: Chat, what: str, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return all rows below a chat at once."""
    encoded = [msgspec.json.encode(row) for row in rows]
    return page(call.context(f"chats('{chat.id}')/{what}"), encoded, count=len(encoded))


def tabs(call: Call) -> bytes:
    """GET /chats/{id}/tabs."""
    found = chat_of(call)
    expanded = expansion(call, frozenset({"teamsApp"}))
    tests = conditions(call.query.get("$filter"), equal=("displayName",))
    names = call.query.selected(("id", "displayName", "webUrl", "configuration"))
    rows = []
    for app in found.apps:
        row = app.tab()
        if row is not None and all(test(row) for test in tests):
            more = {"teamsApp": app.teams_app()} if expanded else {}
            rows.append({k: row[k] for k in names or row} | more)
    return _all(call, found, "tabs", rows)


def installed_apps(call: Call) -> bytes:
    """GET /chats/{id}/installedApps."""
    found = chat_of(call)
    expanded = expansion(call, frozenset({"teamsApp", "teamsAppDefinition"}))
    equal = tuple(f"teamsApp/{name}" for name in ("id", "externalId", "distributionMethod"))
    tests = conditions(call.query.get("$filter"), equal=equal)
    names = call.query.selected(("id", "consentedPermissionSet"))
    rows = []
    for app in found.apps:
        if all(test(app.teams_app()) for test in tests):
            row = app.describe()
            more = {"teamsApp": app.teams_app(), "teamsAppDefinition": app.definition()}
            shown = {k: row[k] for k in names or row}
            rows.append(shown | {k: more[k] for k in more if k in expanded})
    return _all(call, found, "installedApps", rows)


def permission_grants(call: Call) -> bytes:
    """GET /chats/{id}/permissionGrants."""
    found = chat_of(call)
    return _all(
        call, found, "permissionGrants", (row for app in found.apps for row in app.grants())
    )
