"""Chats: one conversation among people, written when first asked for."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from tap_msteams_sandbox.areas.chats import talk
from tap_msteams_sandbox.areas.chats.apps import Installation, installed
from tap_msteams_sandbox.areas.chats.strangers import KEYS, Participant, Stranger
from tap_msteams_sandbox.company.people import Person
from tap_msteams_sandbox.company.team import NEVER, PARTNER_TENANT
from tap_msteams_sandbox.instants import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.message import Message


@dataclass(eq=False)
class Chat:
    """A chat: oneOnOne, group or meeting."""

    tenant: Company
    n: int
    kind: str
    people: list[Participant]
    """All members; the first one opened the chat, or organises the meeting."""
    created: int
    topic: str | None = None
    foreign: bool = False
    """Whether another tenant owns the chat."""
    updated: int = 0
    """When the topic or the members last changed; messages do not count."""
    since: dict[str, int] = field(default_factory=dict)
    """From which instant on late members see the messages."""

    def __post_init__(self) -> None:
        self.key = f"chat/{self.n}"
        self.updated = self.updated or self.created
        random = self.tenant.random(self.key)
        self.id = f"19:{self._thread(random.getrandbits(128))}"
        self.salt = zlib.crc32(self.id.encode())

    def _thread(self, number: int) -> str:
        """Return the part of the id that shows the kind."""
        if self.kind == "oneOnOne":
            pair = "_".join(sorted(person.id for person in self.people))
            return f"{pair}@{'fed.' if self._federated else ''}unq.gbl.spaces"
        if self.kind == "meeting":
            code = base64.urlsafe_b64encode(f"{number:032x}".encode()).decode()
            return f"meeting_{code.rstrip('=')}@thread.v2"
        return f"{number:032x}@thread.v2"

    @property
    def _federated(self) -> bool:
        return any(isinstance(person, Stranger) for person in self.people)

    @property
    def organizer(self) -> Person | None:
        """The organizer, if the chat is a meeting's."""
        first = self.people[0] if self.people else None
        return first if self.kind == "meeting" and isinstance(first, Person) else None

    @property
    def audience(self) -> list[Person]:
        """The members who have an account here."""
        return [person for person in self.people if isinstance(person, Person)]

    def has(self, user: str) -> bool:
        """Whether a user is a member."""
        return any(person.id == user for person in self.people)

    @cached_property
    def messages(self) -> dict[int, Message]:
        """The messages by id, oldest first."""
        return {message.id: message for message in talk.history(self)}

    @cached_property
    def pinned(self) -> list[int]:
        """The messages at the head of the chat."""
        messages = [it.id for it in self.messages.values() if not it.deleted]
        return [] if self.n % 3 else messages[1:3]

    @cached_property
    def apps(self) -> list[Installation]:
        """The apps that were added to the chat."""
        return list(installed(self))

    def visible(self) -> Iterator[Message]:
        """Yield the messages that Graph shows, deleted ones for as long as Teams keeps them."""
        kept_since = self.tenant.kept_since
        return (message for message in self.messages.values() if message.visible(kept_since))

    @cached_property
    def join_url(self) -> str | None:
        """The address at which the meeting is joined."""
        if self.organizer is None:
            return None
        context = {"Tid": self.tenant.id, "Oid": self.organizer.id}
        asked = quote(msgspec.json.encode(context).decode(), safe="")
        path = f"l/meetup-join/{quote(self.id, safe='')}/0"
        return f"https://teams.microsoft.com/{path}?context={asked}"

    def describe(self, reader: str | None = None) -> dict[str, Any]:
        """Return the chat as Graph shows it to an application, or to one of its members."""
        migrated = self.n % 10 == 0
        owner = PARTNER_TENANT if self.foreign else self.tenant.id
        path = f"https://teams.microsoft.com/l/chat/{quote(self.id, safe='')}/0"
        return {
            "id": self.id,
            "topic": self.topic,
            "createdDateTime": iso(self.created),
            "lastUpdatedDateTime": iso(self.updated),
            "chatType": self.kind,
            "webUrl": f"{path}?tenantId={owner}",
            "tenantId": owner,
            "isHiddenForAllMembers": (self.n + 7) % 13 == 0,
            "migrationMode": "completed" if migrated else None,
            "originalCreatedDateTime": iso(self.created - 700 * DAY) if migrated else None,
            "onlineMeetingInfo": self._meeting(),
            "viewpoint": self._viewpoint() if reader else None,
        }

    def _meeting(self) -> dict[str, Any] | None:
        """Return the meeting of a meeting chat."""
        if self.organizer is None:
            return None
        user = {"id": self.organizer.id, "displayName": None, "userIdentityType": "aadUser"}
        # A meeting that was started on the spot stands in no calendar.
        event = base64.b64encode(f"{self.id}/event".encode()).decode() if self.n % 4 else None
        return {"calendarEventId": event, "joinWebUrl": self.join_url, "organizer": user}

    def _viewpoint(self) -> dict[str, Any]:
        """Return the signed-in user's view of the chat."""
        read = max((message.id for message in self.visible()), default=None)
        return {
            "isHidden": (self.n + 1) % 7 == 0,
            "lastMessageReadDateTime": iso(read) if read and self.n % 3 else NEVER,
        }

    def members(self) -> Iterator[dict[str, Any]]:
        """Yield the members as Graph lists them."""
        for person in self.people:
            since = self.since.get(person.id)
            if isinstance(person, Stranger):
                kind, name, own = person.kind, person.name, person.member(KEYS[person.kind])
                guest = kind == "anonymousGuest"
            else:
                kind, name, guest = "aadUser", person.display_name, person.guest
                own = {"userId": person.id, "email": person.mail, "tenantId": person.tenant_id}
            yield {
                "@odata.type": f"#microsoft.graph.{kind}ConversationMember",
                "id": self._member_id(person.id),
                "roles": ["guest"] if guest else ["owner"],
                "displayName": name,
                "visibleHistoryStartDateTime": iso(since) if since else NEVER,
                **own,
            }

    def _member_id(self, person: str) -> str:
        """Return an opaque membership id."""
        return base64.b64encode(f"MCMjMCMj{self.tenant.id}##{self.id}##{person}".encode()).decode()

    def preview(self) -> dict[str, Any] | None:
        """Return the last message as the list of chats shows it.

        https://learn.microsoft.com/en-us/graph/api/resources/chatmessageinfo
        """
        last = max(self.visible(), key=lambda message: message.id, default=None)
        if last is None:
            return None
        row = last.read()
        names = ("id", "createdDateTime", "messageType", "eventDetail", "body", "from")
        return {**{name: row[name] for name in names}, "isDeleted": bool(last.deleted)}
