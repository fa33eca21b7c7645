"""All chats of a tenant, and the operations on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tap_msteams_sandbox.areas.chats import talk
from tap_msteams_sandbox.areas.chats.chat import Chat
from tap_msteams_sandbox.areas.chats.founding import found
from tap_msteams_sandbox.company.message import Message, reaction
from tap_msteams_sandbox.instants import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person

EXPORTS = 64
"""How many windows of exports are kept at hand."""


class Meeting(NamedTuple):
    """A meeting as its chat knows it."""

    join_url: str
    organizer: Person
    chat: Chat


class Chats:
    """The chats of a tenant; people, chats and messages are named by their ids."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        self.all = {chat.id: chat for chat in found(tenant)}
        self._next = len(self.all)
        self._of: dict[str, list[Chat]] | None = None
        self._exports: dict[tuple[str, float, float], list[Message]] = {}
        self.retention = False
        """Whether the tenant has a retention policy for the messages of chats.

        https://learn.microsoft.com/en-us/graph/api/chat-getallretainedmessages
        """

    def of(self, user: str) -> list[Chat]:
        """Return the chats of a person."""
        if self._of is None:
            self._of = {}
            for chat in self.all.values():
                for person in chat.people:
                    self._of.setdefault(person.id, []).append(chat)
        return self._of.get(user, [])

    def meetings(self) -> Iterator[Meeting]:
        """Yield the meetings that have a chat."""
        for chat in self.all.values():
            if chat.organizer is not None and chat.join_url is not None:
                yield Meeting(chat.join_url, chat.organizer, chat)

    def export(self, user: str, low: float, high: float) -> list[Message]:
        """Return what changed in someone's chats between two instants, both excluded."""
        key = (user, low, high)
        if key not in self._exports:
            if len(self._exports) == EXPORTS:
                self._exports.clear()
            found = (message for chat in self.of(user) for message in chat.visible())
            rows = [message for message in found if low < message.modified < high]
            self._exports[key] = sorted(rows, key=lambda message: message.place)
        return self._exports[key]

    def retained(self, user: str, low: float, high: float) -> list[Message]:
        """Return the messages of someone's chats that changed in between, deleted ones too."""
        found = (message for chat in self.of(user) for message in chat.messages.values())
        rows = [message for message in found if low < message.modified < high]
        return sorted(rows, key=lambda message: message.place) if self.retention else []

    def open(self, people: list[str], topic: str | None = None, kind: str = "group") -> str:
        """Open a chat of some people in the name of the first; return its id."""
        with self.tenant.lock:
            members = [self.tenant.users[person] for person in people]
            chat = Chat(self.tenant, self._next, kind, [*members], self.tenant.tick(), topic)
            self._next += 1
            self.all[chat.id] = chat
            self._touch()
            return chat.id

    def close(self, chat: str) -> None:
        """Delete a chat with all that was written in it."""
        with self.tenant.lock:
            del self.all[chat]
            self._touch()

    def rename(self, chat: str, topic: str) -> None:
        """Rename a chat, which adds a system message."""
        with self.tenant.lock:
            where = self.all[chat]
            where.topic = topic
            self._announce(where, "chatRenamed")

    def add_member(self, chat: str, person: str, *, history: bool = False) -> None:
        """Add a member to a chat, with or without its history."""
        with self.tenant.lock:
            where = self.all[chat]
            # What was written before was written by those who were there.
            _ = where.messages
            if not where.has(person):
                where.people.append(self.tenant.users[person])
                if not history:
                    where.since[person] = self.tenant.tick()
                self._announce(where, "membersAdded")

    def remove_member(self, chat: str, person: str) -> None:
        """Remove a member from a chat."""
        with self.tenant.lock:
            where = self.all[chat]
            _ = where.messages
            where.people = [it for it in where.people if it.id != person]
            self._announce(where, "membersDeleted")

    def post(self, chat: str, text: str = "Hello", author: str = "") -> str:
        """Write a message; return its id."""
        with self.tenant.lock:
            where = self.all[chat]
            instant = self.tenant.tick()
            row = talk.draft(where, instant, self._person(where, author), text)
            where.messages[instant] = Message(where, row, instant)
            self._touch()
            return str(instant)

    def edit(self, chat: str, message: str, text: str = "Edited") -> None:
        """Change the text of a message."""
        with self.tenant.lock:
            found, instant = self.all[chat].messages[int(message)], self.tenant.tick()
            row = found.read()
            row["body"]["content"] = f"<p>{text}</p>"
            row["lastEditedDateTime"] = iso(instant)
            found.keep(row, instant)
            self._touch()

    def react(self, chat: str, message: str, kind: str = "like", person: str = "") -> None:
        """React to a message."""
        with self.tenant.lock:
            where, instant = self.all[chat], self.tenant.tick()
            found = where.messages[int(message)]
            row = found.read()
            given = reaction(self._person(where, person), kind, instant)
            row["reactions"].append(given)
            row["messageHistory"].append(
                {"modifiedDateTime": iso(instant), "actions": "reactionAdded", "reaction": given}
            )
            found.keep(row, instant)
            self._touch()

    def delete(self, chat: str, message: str) -> None:
        """Delete a message, as its author can."""
        with self.tenant.lock:
            where = self.all[chat]
            found = where.messages[int(message)]
            where.pinned = [it for it in where.pinned if it != found.id]
            found.delete(found.read(), self.tenant.tick())
            self._touch()

    def pin(self, chat: str, message: str, *, pinned: bool = True) -> None:
        """Pin a message to its chat, or unpin it."""
        with self.tenant.lock:
            where, number = self.all[chat], int(message)
            where.pinned = [it for it in where.pinned if it != number] + [number] * pinned
            self._announce(where, "messagePinned" if pinned else "messageUnpinned")

    def uninstall(self, chat: str, app: str) -> None:
        """Remove an app from a chat, and with it its tab and what it was granted."""
        with self.tenant.lock:
            where = self.all[chat]
            where.apps = [it for it in where.apps if it.app.id != app]
            self._announce(where, "teamsAppRemoved")

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield all messages as the export shows them."""
        for chat in self.all.values():
            for message in chat.visible():
                yield msgspec.json.decode(message.exported)

    def _person(self, chat: Chat, person: str) -> Person:
        return self.tenant.users[person] if person else chat.audience[0]

    def _announce(self, chat: Chat, kind: str) -> None:
        """Add a system message about a change of the chat."""
        instant = self.tenant.tick()
        random = self.tenant.random("event", str(instant))
        chat.messages[instant] = talk.event(chat, kind, instant, random)
        if kind in {"chatRenamed", "membersAdded", "membersDeleted"}:
            chat.updated = instant
        self._touch()

    def _touch(self) -> None:
        """Drop cached exports after a change."""
        self._exports.clear()
        self._of = None
