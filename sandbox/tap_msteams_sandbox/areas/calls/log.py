"""The log: the call records that Graph keeps, of meetings and of calls between two people."""

from __future__ import annotations

import uuid
from itertools import islice
from typing import TYPE_CHECKING

from tap_msteams_sandbox.areas.calls.area import AREA
from tap_msteams_sandbox.areas.calls.record import LATE, CallRecord
from tap_msteams_sandbox.areas.calls.telephony import Telephony
from tap_msteams_sandbox.areas.meetings import Meetings
from tap_msteams_sandbox.areas.meetings.attendance import Attendee
from tap_msteams_sandbox.instants import DAY, MINUTE, SECOND

if TYPE_CHECKING:
    from random import Random

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person

KEPT = 30 * DAY
"""How long a record is there.

https://learn.microsoft.com/en-us/graph/api/callrecords-cloudcommunications-list-callrecords
"""

MOST = 1000
"""The most calls between two people at the start."""


OLD = 12
"""One of so many calls was longer ago."""


class Calls:
    """The call records of a tenant."""

    def __init__(self, tenant: Company) -> None:
        self._tenant = tenant
        self._records: dict[str, CallRecord] = {}
        self._meetings_seen = 0
        self._begin = tenant.part(Meetings).anchor - KEPT + DAY
        """Since when meetings had records at the start: none is about to go within the day."""
        random = tenant.random("calls")
        for number in range(min(MOST, len(tenant.people))):
            start = self._begin + random.randrange(KEPT - 2 * DAY)
            if number % OLD == OLD - 1:
                start -= KEPT
            self._between(random, start, start + random.randint(3, 3000) * SECOND)

    @property
    def gone_before(self) -> int:
        """The instant before which calls are gone."""
        return self._tenant.now() - KEPT

    def all(self) -> list[CallRecord]:
        """Return the records that are still kept, in an arbitrary order."""
        self._look_at_meetings()
        gone_before = self.gone_before
        return sorted(
            (it for it in self._records.values() if it.start >= gone_before),
            key=lambda it: it.place,
        )

    def get(self, call: str) -> CallRecord | None:
        """Return a record by its id, if it is still kept."""
        self._look_at_meetings()
        found = self._records.get(call)
        return found if found and found.start >= self.gone_before else None

    def call(self, minutes: int = 5) -> str:
        """Add a call between two people that has just ended; return its id."""
        with self._tenant.lock:
            end = self._tenant.tick()
            random = self._tenant.random("call", str(end))
            return self._between(random, end - minutes * MINUTE, end)

    def rebuild(self, call: str) -> None:
        """Rebuild a record, as Teams does when more data arrives."""
        with self._tenant.lock:
            self._records[call].rebuild(self._tenant.tick())

    def _between(self, random: Random, start: int, end: int) -> str:
        """Add a call between two people; return its id."""
        people = self._tenant.people
        pair = random.sample(people, min(2, len(people)))
        call_id = str(uuid.UUID(int=random.getrandbits(128), version=4))
        stays = ((start, end),)
        sides = [_side(person, stays) for person in pair]
        self._records[call_id] = CallRecord(call_id, start, end, sides, modified=end + LATE)
        return call_id

    def _look_at_meetings(self) -> None:
        """Add the calls of meetings that are new."""
        meetings = self._tenant.part(Meetings)
        meetings.all()
        for meeting, session in islice(meetings.held.values(), self._meetings_seen, None):
            self._meetings_seen += 1
            if session.start >= self._begin:
                self._records[session.call_id] = CallRecord(
                    session.call_id,
                    session.start,
                    session.end,
                    meetings.attendees(session.call_id),
                    meeting.url,
                    1 + meeting.n % 3,
                    session.end + LATE,
                )


def _side(person: Person, stays: tuple[tuple[int, int], ...]) -> Attendee:
    return Attendee(person.id, person.display_name, "Attendee", stays, person)


@AREA.day
def day(tenant: Company, random: Random) -> dict[str, int]:
    """Add calls between some people, and rebuild some records."""
    calls = tenant.part(Calls)
    recent = sorted(calls.all(), key=lambda it: it.start)[-8:]
    for _ in range(3):
        calls.call(random.randint(1, 40))
        tenant.part(Telephony).call(random.choice(tenant.people).id)
    rebuilt = random.sample(recent, min(len(recent), 2))
    for record in rebuilt:
        calls.rebuild(record.id)
    return {"calls": 3, "rebuilt": len(rebuilt)}
