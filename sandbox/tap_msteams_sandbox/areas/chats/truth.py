"""What is in the chats, as Graph would show it in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.chats.answers import contents
from tap_msteams_sandbox.areas.chats.chats import Chats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_msteams_sandbox.areas.chats.chat import Chat
    from tap_msteams_sandbox.tenant import Tenant

    Rows = Iterator[dict[str, Any]]


def _below(rows: Callable[[Chat], Iterable[dict[str, Any]]]) -> Callable[[Tenant], Rows]:
    """Return what yields the rows of all chats, with the id of the chat."""

    def found(tenant: Tenant) -> Rows:
        for chat in tenant.part(Chats).all.values():
            for row in rows(chat):
                yield {**row, "chatId": chat.id}

    return found


def _pinned(chat: Chat) -> Rows:
    for number in chat.pinned:
        yield {"id": str(number), "message": chat.messages[number].read()}


def _tabs(chat: Chat) -> Rows:
    for app in chat.apps:
        if tab := app.tab():
            yield {**tab, "teamsApp": app.teams_app()}


def _apps(chat: Chat) -> Rows:
    for app in chat.apps:
        more = {"teamsApp": app.teams_app(), "teamsAppDefinition": app.definition()}
        yield {**app.describe(), **more}


def _contents(chat: Chat) -> Rows:
    for message in chat.visible():
        for key in contents(message):
            row = {"id": key, "contentBytes": None, "contentType": None}
            yield {**row, "messageId": str(message.id)}


TRUTH: dict[str, Callable[[Tenant], Rows]] = {
    "chats": lambda tenant: (it.describe() for it in tenant.part(Chats).all.values()),
    "chat_members": _below(lambda chat: [] if _elsewhere(chat) else chat.members()),
    "chat_messages": lambda tenant: tenant.part(Chats).rows(),
    "pinned_messages": _below(lambda chat: [] if chat.foreign else _pinned(chat)),
    "chat_tabs": _below(_tabs),
    "chat_installed_apps": _below(_apps),
    "chat_permission_grants": _below(
        lambda chat: [row for app in chat.apps for row in app.grants()]
    ),
    "chat_hosted_contents": _below(_contents),
}
"""All rows of each stream; what belongs to another tenant's group is not shown to applications."""


def _elsewhere(chat: Chat) -> bool:
    return chat.foreign and chat.kind != "oneOnOne"
