"""All rows of chats, complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.chats.area import AREA
from tap_msteams_sandbox.areas.chats.chats import Chats
from tap_msteams_sandbox.areas.chats.messages import contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tap_msteams_sandbox.areas.chats.chat import Chat
    from tap_msteams_sandbox.company.company import Company

    Rows = Iterator[dict[str, Any]]


def _below(rows: Callable[[Chat], Iterable[dict[str, Any]]]) -> Callable[[Company], Rows]:
    """Return a function that yields rows of all chats, each with its chat's id."""

    def found(tenant: Company) -> Rows:
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


def _elsewhere(chat: Chat) -> bool:
    return chat.foreign and chat.kind != "oneOnOne"


# What belongs to another tenant's group is not shown to applications.
AREA.rows("chats")(lambda tenant: (it.describe() for it in tenant.part(Chats).all.values()))
AREA.rows("chat_members")(_below(lambda chat: [] if _elsewhere(chat) else chat.members()))
AREA.rows("chat_messages")(lambda tenant: tenant.part(Chats).rows())
AREA.rows("pinned_messages")(_below(lambda chat: [] if chat.foreign else _pinned(chat)))
AREA.rows("chat_tabs")(_below(_tabs))
AREA.rows("chat_installed_apps")(_below(_apps))
AREA.rows("chat_permission_grants")(
    _below(lambda chat: [row for app in chat.apps for row in app.grants()])
)
AREA.rows("chat_hosted_contents")(_below(_contents))
