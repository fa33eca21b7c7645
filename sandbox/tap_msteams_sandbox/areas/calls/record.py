"""A call record with its participants, sessions and segments."""

from __future__ import annotations

import uuid
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.calls.media import client, media, service
from tap_msteams_sandbox.instants import MINUTE, SECOND, iso

if TYPE_CHECKING:
    from tap_msteams_sandbox.areas.meetings.attendance import Attendee
    from tap_msteams_sandbox.company.company import Company

IDENTITIES = (
    "acsUser", "spoolUser", "phone", "guest", "encrypted", "onPremises", "application", "device",
    "applicationInstance", "assertedIdentity", "azureCommunicationServicesUser", "user",
)  # fmt: skip
"""What a participant can be; the first two are not declared by Graph, and come all the same."""

FAILURES = (
    ("callSetup", "The call was declined by the callee."),
    ("midcall", "ICE connectivity was lost."),
    ("unknown", "UnknownReason"),
)


@dataclass
class CallRecord:
    """The record of one call."""

    id: str
    start: int
    end: int
    people: list[Attendee]
    join_url: str | None = None
    version: int = 1
    modified: int = 0
    rebuilt: int = 0
    """How often it was made again since the sandbox started."""

    @property
    def place(self) -> int:
        """The record's place in the list, which does not depend on time."""
        return zlib.crc32(self.id.encode())

    @property
    def group(self) -> bool:
        """Whether it was a meeting, not a call between two people."""
        return self.join_url is not None

    @property
    def modalities(self) -> list[str]:
        """The kinds of media that were used."""
        kinds = ("audio", "video", "screenSharing", "videoBasedScreenSharing")
        return list(kinds[: 1 + self.place % 8 // 3])

    def rebuild(self, instant: int) -> None:
        """Rebuild the record with data that arrived late, under the next version."""
        self.rebuilt += 1
        self.version, self.modified = self.version + 1, max(instant, self.modified + 1)

    def describe(self, tenant: Company) -> dict[str, Any]:
        """Return the record with its organizer."""
        organizer = self.people[0]
        # https://learn.microsoft.com/en-us/graph/api/resources/callrecords-callrecord
        context = (
            f"https://graph.microsoft.com/v1.0/$metadata#communications/callRecords('{self.id}')"
        )
        return {
            "id": self.id,
            "version": self.version,
            "type": "groupCall" if self.group else "peerToPeer",
            "modalities": self.modalities,
            "lastModifiedDateTime": iso(self.modified),
            "startDateTime": iso(self.start),
            "endDateTime": iso(self.end),
            "joinWebUrl": self.join_url,
            # Nothing since 2026-06-30.
            # https://learn.microsoft.com/en-us/graph/api/resources/callrecords-callrecord
            "organizer": None,
            "participants": [],
            "organizer_v2@odata.context": f"{context}/organizer_v2/$entity",
            "organizer_v2": participant(tenant, organizer),
            "participants_v2@odata.context": f"{context}/participants_v2",
        }

    def participants(self, tenant: Company) -> list[dict[str, Any]]:
        """Return the participants."""
        return [participant(tenant, person) for person in self.people]

    def legs(self) -> int:
        """Return the number of sessions: one, or in a meeting one for each participant."""
        return len(self.people) if self.group else 1

    def session(self, tenant: Company, number: int) -> dict[str, Any]:
        """Return one session without its segments."""
        random = tenant.random("session", self.id, str(number))
        caller, start, end = self._leg(number)
        return {
            "id": self._session_id(number),
            "modalities": self.modalities,
            "startDateTime": iso(start),
            "endDateTime": iso(end),
            "isTest": False,
            "failureInfo": self._failure(number),
            "caller": client(random, tenant, caller),
            "callee": service(random) if self.group else client(random, tenant, self.people[-1]),
        }

    def segments(self, tenant: Company, number: int) -> list[dict[str, Any]]:
        """Return the segments of one session; the first has the session's id."""
        random = tenant.random("segments", self.id, str(number))
        caller, start, end = self._leg(number)
        session, rows = self._session_id(number), []
        count = 1 + number % 2 + self.rebuilt
        for n in range(count):
            begun = start + n * (end - start) // count
            ended = start + (n + 1) * (end - start) // count
            key = session if n == 0 else str(uuid.uuid5(uuid.NAMESPACE_OID, f"{session}/{n}"))
            rows.append(
                {
                    "id": key,
                    "startDateTime": iso(begun),
                    "endDateTime": iso(ended),
                    "failureInfo": self._failure(number) if n == count - 1 else None,
                    "caller": client(random, tenant, caller),
                    "callee": service(random)
                    if self.group
                    else client(random, tenant, self.people[-1]),
                    "media": media(random, self.modalities, begun, ended),
                }
            )
        return rows

    def _failure(self, number: int) -> dict[str, str] | None:
        """Return how the last segment of a session failed, if it did."""
        stage, reason = FAILURES[number % len(FAILURES)]
        return {"stage": stage, "reason": reason} if (self.place + number) % 10 == 0 else None

    def _leg(self, number: int) -> tuple[Attendee, int, int]:
        """Return the participant of a session with its start and end."""
        caller = self.people[number]
        start, end = caller.stays[0][0], caller.stays[-1][1]
        return caller, start, max(end, start + SECOND)

    def _session_id(self, number: int) -> str:
        """Return the id of a session; where there is only one, it is the call's."""
        if not self.group:
            return self.id
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.id}/{number}"))


def participant(tenant: Company, attendee: Attendee) -> dict[str, Any]:
    """Return a participant or an organizer."""
    person = attendee.person
    identity: dict[str, Any] = dict.fromkeys(IDENTITIES)
    identity["endpointType"] = "default"
    if person is not None:
        identity["user"] = {
            "@odata.type": "#microsoft.graph.callRecords.userIdentity",
            "id": person.id,
            "displayName": person.display_name,
            "tenantId": tenant.id,
            "userPrincipalName": person.principal_name,
        }
    else:
        kind = "phone" if attendee.phone else "guest"
        name = None if attendee.phone else attendee.name
        key = attendee.name if attendee.phone else f"{attendee.id}"
        identity[kind] = {"id": key, "displayName": name, "tenantId": None}
    units = [{"id": str(uuid.uuid5(uuid.NAMESPACE_DNS, person.department))}] if person else []
    return {"id": _key(attendee), "identity": identity, "administrativeUnitInfos": units}


def _key(attendee: Attendee) -> str:
    """Return the id of a participant; a telephone's is its number."""
    return attendee.name if attendee.phone else attendee.id


LATE = 20 * MINUTE
"""How long after a call its record is there."""
