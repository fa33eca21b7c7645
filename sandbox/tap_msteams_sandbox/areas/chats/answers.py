"""Answers: what Graph shows of chats, their members, tabs and apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.areas.chats.area import (
    APP,
    AREA,
    BASIC,
    GRANT,
    MEMBER,
    MY_APP,
    MY_BASIC,
    MY_MEMBER,
    MY_TAB,
    TAB,
)
from tap_msteams_sandbox.areas.chats.chats import Chats
from tap_msteams_sandbox.areas.chats.lookup import chat_of, expansion, licensed, user_of
from tap_msteams_sandbox.filters import conditions
from tap_msteams_sandbox.odata import PAGED, Paging, entity, page
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_msteams_sandbox.areas.chats.chat import Chat
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

PAGE = Paging(default=20, maximum=50)
"""https://learn.microsoft.com/en-us/graph/api/chat-list#optional-query-parameters"""

INLINE_MEMBERS = 25
"""The most members that come with their chat.

https://learn.microsoft.com/en-us/graph/api/chat-list#optional-query-parameters
"""

RECENT = "lastMessagePreview/createdDateTime desc"
"""The one order that a list of chats can be asked for."""

_EXPANDED = frozenset({"members", "lastMessagePreview"})
_LISTED = PAGED | {"$expand", "$filter", "$orderby"}
_SHAPED = frozenset({"$expand", "$filter", "$select"})


@AREA.endpoint(
    "GET /users/{id}/chats",
    "chat-list",
    application=BASIC,
    delegated=MY_BASIC,
    options=_LISTED,
    paging=PAGE,
)
def chats_of_user(call: Call) -> bytes:
    """GET /users/{id}/chats."""
    person = user_of(call)
    if call.caller.user is not None and call.caller.user != person.id:
        raise GraphError.not_a_member()
    return _chats(call, person, f"users('{call.names[0]}')/chats")


@AREA.endpoint(
    "GET /me/chats", "chat-list", application=(), delegated=MY_BASIC, options=_LISTED, paging=PAGE
)
@AREA.endpoint(
    "GET /chats", "chat-list", application=(), delegated=MY_BASIC, options=_LISTED, paging=PAGE
)
def my_chats(call: Call) -> bytes:
    """GET /me/chats and GET /chats: not for applications, which have no chats."""
    if call.caller.user is None:
        msg = "Requested API is not supported in application-only context"
        raise GraphError(412, "PreconditionFailed", msg)
    return _chats(call, licensed(call.tenant.users[call.caller.user]), "chats")


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


@AREA.endpoint(
    "GET /chats/{id}",
    "chat-get",
    application=BASIC,
    delegated=MY_BASIC,
    options={"$expand", "$select"},
)
def chat(call: Call) -> bytes:
    """GET /chats/{id}."""
    found = chat_of(call)
    row = found.describe(call.caller.user)
    names = call.query.selected(row)
    shown = _with(call, found, {k: row[k] for k in names or row}, _expanded(call))
    return entity(call.context("chats/$entity"), msgspec.json.encode(shown))


def _expanded(call: Call) -> frozenset[str]:
    """Return the relations to expand with each chat."""
    return expansion(call, _EXPANDED)


def _with(
    call: Call, chat: Chat, row: Mapping[str, Any], expanded: frozenset[str]
) -> dict[str, Any]:
    """Return a chat with its expanded relations."""
    shown = dict(row)
    if "members" in expanded:
        shown["members@odata.context"] = call.context(f"chats('{chat.id}')/members")
        shown["members"] = list(chat.members())[:INLINE_MEMBERS]
    if "lastMessagePreview" in expanded:
        shown["lastMessagePreview"] = chat.preview()
    return shown


@AREA.endpoint(
    "GET /chats/{id}/members", "chat-list-members", application=MEMBER, delegated=MY_MEMBER
)
def members(call: Call) -> bytes:
    """GET /chats/{id}/members: all on one page; groups of other tenants are refused."""
    found = chat_of(call)
    if found.kind != "oneOnOne":
        chat_of(call, own=True)
    rows = [msgspec.json.encode(row) for row in found.members()]
    return page(call.context(f"chats('{found.id}')/members"), rows, count=len(rows))


def _all(call: Call, chat: Chat, what: str, rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return all rows below a chat at once."""
    encoded = [msgspec.json.encode(row) for row in rows]
    return page(call.context(f"chats('{chat.id}')/{what}"), encoded, count=len(encoded))


@AREA.endpoint(
    "GET /chats/{id}/tabs", "chat-list-tabs", application=TAB, delegated=MY_TAB, options=_SHAPED
)
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


@AREA.endpoint(
    "GET /chats/{id}/installedApps",
    "chat-list-installedapps",
    application=APP,
    delegated=MY_APP,
    options=_SHAPED,
)
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


@AREA.endpoint(
    "GET /chats/{id}/permissionGrants",
    "chat-list-permissiongrants",
    application=GRANT,
    delegated=(*MY_APP, "ResourceSpecificPermissionGrant.ReadForChat"),
)
def permission_grants(call: Call) -> bytes:
    """GET /chats/{id}/permissionGrants."""
    found = chat_of(call)
    return _all(
        call, found, "permissionGrants", (row for app in found.apps for row in app.grants())
    )
