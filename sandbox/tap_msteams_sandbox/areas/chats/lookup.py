"""Lookups: the chat and the person that a path names, and the relations to expand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams_sandbox.areas.chats.chats import Chats
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from tap_msteams_sandbox.areas.chats.chat import Chat
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call


def chat_of(call: Call, *, own: bool = False) -> Chat:
    """Return the chat that the path names; with `own` it must belong to this tenant."""
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


def user_of(call: Call) -> Person:
    """Return the person that the path names by id or by principal name."""
    name = call.names[0]
    people = call.tenant.users
    person = people.get(name) or next(
        (it for it in people.values() if it.principal_name == name), None
    )
    if person is None:
        msg = f"User {name}"
        raise GraphError.not_found(msg)
    return licensed(person)


def licensed(person: Person) -> Person:
    """Return the person, or refuse one without a Teams license.

    https://learn.microsoft.com/en-us/answers/questions/1179331
    """
    if not person.licensed:
        msg = "Failed to get license information for the user. "
        msg += "Ensure user has a valid Office365 license assigned to them."
        raise GraphError(403, "Forbidden", msg)
    return person


def expansion(call: Call, known: frozenset[str]) -> frozenset[str]:
    """Return the relations to expand, or refuse an unknown one."""
    asked = call.query.get("$expand")
    names = frozenset(name.strip() for name in asked.split(",")) if asked else frozenset()
    for name in names - known:
        msg = f"Parsing OData Select and Expand failed: '{name}' cannot be expanded."
        raise GraphError.bad_request(msg)
    return names
