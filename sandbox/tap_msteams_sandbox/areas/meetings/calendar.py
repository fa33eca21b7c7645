"""The calendar: all meetings of a tenant, and the operations on them."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import quote

from tap_msteams_sandbox.areas.chats import Chats
from tap_msteams_sandbox.areas.meetings.area import AREA
from tap_msteams_sandbox.areas.meetings.attendance import attendees
from tap_msteams_sandbox.areas.meetings.meeting import Meeting, Session, sessions
from tap_msteams_sandbox.instants import DAY, HOUR, MINUTE, SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tap_msteams_sandbox.areas.meetings.attendance import Attendee
    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person

DAILY, CROWDED, EXPIRED, WEEKLY = 0, 1, 2, (3, 5, 8)
"""Which meetings are of a kind, by their number modulo CYCLE; the others took place once."""
CYCLE = 9

MANY = 64
"""How often a daily meeting took place: more often than there are reports of it."""

CROWD = 140
"""How many strangers come to the one large meeting: more than a page of participants."""

HOSTING_TEAMS = 40
"""The most teams that meet in a channel."""

SHORT_OF_POLICY = 7
"""One person in so many is covered by no application access policy."""


Transcripts = Literal["off", "text", "speakers"]


class Invitation(NamedTuple):
    """The origin of a meeting: a chat or a channel."""

    url: str
    organizer: Person
    thread: str
    subject: str
    people: list[Person]
    message: str = "0"
    founded: int = 0


class Meetings:
    """The meetings of a tenant by their join addresses."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        self.anchor = max(tenant.until, tenant.now() // DAY * DAY)
        """Up to when meetings have taken place before anything is changed: Graph forgets calls by
        its clock, so that they are no part of the history that ends where the tenant's does."""
        self.without_policy = {
            person.id
            for person in tenant.people
            if person.n % SHORT_OF_POLICY == SHORT_OF_POLICY - 2
        }
        """Whose meetings an application may not see."""
        self.gives_channels = True
        """Whether meetings in channels have transcripts and recordings; once they had none.

        https://learn.microsoft.com/en-us/graph/api/onlinemeeting-list-transcripts
        """
        self.transcripts: Transcripts = "speakers"
        """How much of the transcripts the tenant gives out; of a new tenant of Microsoft's nothing.

        https://learn.microsoft.com/en-us/microsoftteams/meeting-transcript-api-access
        """
        self.held: dict[str, tuple[Meeting, Session]] = {}
        """All calls of meetings by their ids, in the order in which they became known."""
        self._by_url: dict[str, Meeting] = {}
        self._by_id: dict[str, Meeting] = {}
        self._by_number: dict[str, Meeting] = {}
        self.attendees = lru_cache(256)(self._attendees)

    def all(self) -> list[Meeting]:
        """Return all meetings, with those of new chats."""
        for invitation in _invitations(self.tenant):
            if invitation.url not in self._by_url:
                self._add(invitation)
        return list(self._by_url.values())

    def at(self, url: str) -> Meeting | None:
        """Return the meeting that is joined at an address."""
        self.all()
        return self._by_url.get(url)

    def numbered(self, join_meeting_id: str) -> Meeting | None:
        """Return the meeting with a join number."""
        self.all()
        return self._by_number.get(join_meeting_id)

    def get(self, meeting: str) -> Meeting | None:
        """Return a meeting by its id."""
        self.all()
        return self._by_id.get(meeting)

    def of_channel(self, meeting: Meeting) -> list[Meeting]:
        """Return the meetings whose reports are listed with a meeting's own."""
        if not meeting.in_channel:
            return [meeting]
        return [it for it in self.all() if it.in_channel and it.thread == meeting.thread]

    def hold(self, meeting: str, minutes: int = 30) -> Session:
        """Hold a meeting that ends now."""
        with self.tenant.lock:
            found = self._by_id[meeting]
            end = self.tenant.tick()
            random = self.tenant.random("held", meeting, str(end))
            call_id = str(uuid.UUID(int=random.getrandbits(128), version=4))
            session = Session(call_id, end - minutes * MINUTE, end)
            self._held(found, session)
            return session

    def expire(self, meeting: str) -> None:
        """Close a meeting for good."""
        with self.tenant.lock:
            self._by_id[meeting].expired = True

    def rename(self, meeting: str, subject: str) -> None:
        """Give a meeting another subject."""
        with self.tenant.lock:
            self._by_id[meeting].subject = subject

    def visible(self) -> Iterator[Meeting]:
        """Yield the meetings that an application can read."""
        for meeting in self.all():
            if not meeting.expired and meeting.organizer.id not in self.without_policy:
                yield meeting

    def _attendees(self, call_id: str) -> list[Attendee]:
        """Return the attendees of a call."""
        meeting, session = self.held[call_id]
        return attendees(self.tenant, meeting, session)

    def _held(self, meeting: Meeting, session: Session) -> None:
        meeting.sessions.append(session)
        self.held[session.call_id] = (meeting, session)

    def _add(self, invitation: Invitation) -> None:
        """Put a meeting into the calendar, with the calls that are over."""
        tenant, number = self.tenant, len(self._by_url)
        random = tenant.random("calendar", invitation.url)
        kind = number % CYCLE
        days, count, crowd = 7, 1, 0
        ends = self.anchor - random.randint(1, 8) * DAY - random.randint(0, 8) * HOUR
        if invitation.message != "0":
            count = 2
        elif kind == DAILY:
            days, count = 1, MANY if number == DAILY else random.randint(5, 40)
        elif kind == EXPIRED:
            ends -= 100 * DAY
        elif kind in WEEKLY:
            count = random.randint(2, 9)
        elif number == CROWDED:
            crowd = CROWD
        start = ends - (count - 1) * days * DAY
        meeting = Meeting(
            n=number,
            url=invitation.url,
            thread=invitation.thread,
            organizer=invitation.organizer,
            people=invitation.people,
            subject=invitation.subject,
            start=start // (30 * MINUTE) * 30 * MINUTE,
            series=count > 1,
            message=invitation.message,
            expired=kind == EXPIRED and invitation.message == "0",
        )
        self._by_url[meeting.url] = self._by_id[meeting.id] = meeting
        self._by_number[meeting.join_meeting_id] = meeting
        if invitation.founded > tenant.until:
            # It has only just been planned.
            return
        for session in sessions(random, meeting.start, days, count):
            session.crowd = crowd
            self._held(meeting, session)


def _invitations(tenant: Company) -> Iterator[Invitation]:
    """Yield the origins of meetings: chats, and channels that met lately."""
    for url, organizer, chat in tenant.part(Chats).meetings():
        others = [person for person in chat.audience if person is not organizer]
        yield Invitation(url, organizer, chat.id, chat.topic or "", others, founded=chat.created)
    # A team that was founded while the tenant is watched has not met before that.
    old = [team for team in tenant.teams.values() if team.created <= tenant.until]
    hosts = [team for team in old if team.n % 3 == 0 and team.people]
    for team in hosts[:HOSTING_TEAMS]:
        channel = next(iter(team.channels.values()))
        organizer = team.people[0]
        for number in range(2):
            message = str(tenant.until - (number + 2) * DAY + team.n * SECOND)
            url = join_url(tenant, channel.id, organizer, message)
            subject = f"{team.name} #{number + 1}"
            yield Invitation(url, organizer, channel.id, subject, team.people[1:7], message)


def join_url(tenant: Company, thread: str, organizer: Person, message: str = "0") -> str:
    """Return the join address, escaped like Teams' own."""
    context = f'{{"Tid":"{tenant.id}","Oid":"{organizer.id}"}}'
    base = "https://teams.microsoft.com/l/meetup-join/"
    return f"{base}{quote(thread, safe='')}/{message}?context={quote(context, safe='')}"


@AREA.day
def day(tenant: Company, random: Random) -> dict[str, int]:
    """Hold some meetings."""
    meetings = tenant.part(Meetings)
    open_ones = [meeting for meeting in meetings.all() if not meeting.expired]
    chosen = random.sample(open_ones, min(len(open_ones), 4))
    for meeting in chosen:
        meetings.hold(meeting.id, random.randint(5, 55))
    return {"meetings": len(chosen)}
