"""A meeting and its calls."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tap_msteams_sandbox.instants import DAY, HOUR, MINUTE, iso

if TYPE_CHECKING:
    from random import Random

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person

GRAPH = "https://graph.microsoft.com/v1.0"

LIFETIME = 60 * DAY
"""How long after its end a meeting that takes place once is open.

https://learn.microsoft.com/en-us/microsoftteams/limits-specifications-teams#meeting-expiration
"""

OPTIONS = (
    "allowAttendeeToEnableCamera", "allowAttendeeToEnableMic", "allowBreakoutRooms",
    "allowCopyingAndSharingMeetingContent", "allowParticipantsToChangeName",
    "allowPowerPointSharing", "allowRecording", "allowTeamworkReactions", "allowTranscription",
    "allowWhiteboard", "isEndToEndEncryptionEnabled", "isEntryExitAnnounced",
    "recordAutomatically",
)  # fmt: skip
"""What an organizer switches on or off."""

CHOICES = {
    "allowedLobbyAdmitters": ("organizerAndCoOrganizersAndPresenters", "organizerAndCoOrganizers"),
    "allowedPresenters": ("everyone", "organization", "roleIsPresenter", "organizer"),
    "allowLiveShare": ("enabled", "disabled"),
    "allowMeetingChat": ("enabled", "limited", "disabled"),
    "shareMeetingChatHistoryDefault": ("all", "none"),
}


@dataclass
class Session:
    """One call of a meeting."""

    call_id: str
    start: int
    end: int
    crowd: int = 0
    """How many strangers come on top of those who are invited."""


@dataclass
class Meeting:
    """An online meeting of the tenant."""

    n: int
    url: str
    """Where it is joined."""
    thread: str
    """The chat or the channel that it belongs to."""
    organizer: Person
    people: list[Person]
    """Who is invited, the organizer left out."""
    subject: str
    start: int
    series: bool = False
    message: str = "0"
    """The post in a channel that it belongs to; 0: it is not of a channel."""
    expired: bool = False
    sessions: list[Session] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The id, made of the organizer and the thread as Graph does."""
        key = f"1*{self.organizer.id}*{self.message}**{self.thread}"
        return base64.b64encode(key.encode()).decode()

    @property
    def in_channel(self) -> bool:
        """Whether it takes place in a channel."""
        return self.message != "0"

    @property
    def coorganizer(self) -> Person | None:
        """The co-organizer, if there is one."""
        return self.people[0] if self.people and self.n % 4 == 1 else None

    @property
    def join_meeting_id(self) -> str:
        """The number to join without the address."""
        return str(210_000_000_000 + uuid.uuid5(uuid.NAMESPACE_URL, self.url).int % 89_999_999_999)

    @property
    def broadcast(self) -> bool:
        """Whether it is a live event."""
        return not self.in_channel and self.n % 13 == 4  # noqa: PLR2004 (a rare kind)

    def knows(self, user: str) -> bool:
        """Whether a user organizes it or is invited."""
        return user == self.organizer.id or any(person.id == user for person in self.people)

    def hosted_by(self, user: str) -> bool:
        """Whether a user is its organizer or co-organizer."""
        return user in {person.id for person in (self.organizer, self.coorganizer) if person}

    def describe(self, tenant: Company) -> dict[str, Any]:
        """Return the meeting as Graph shows it."""
        random = tenant.random("meeting", self.url)
        end = self.start + (30 + 30 * (self.n % 2)) * MINUTE
        kind = "recurring" if self.series else "scheduled"
        return {
            "id": self.id,
            "creationDateTime": iso(self.start - 3 * DAY + self.n),
            "startDateTime": iso(self.start),
            "endDateTime": iso(end),
            "joinWebUrl": self.url,
            "subject": self.subject or None,
            "meetingType": "broadcast" if self.broadcast else kind,
            "isBroadcast": self.broadcast,
            "externalId": f"plan-{self.n}" if self.n % 5 == 3 else None,  # noqa: PLR2004 (some)
            "expiryDateTime": iso(end + LIFETIME),
            "meetingOptionsWebUrl": f"https://teams.microsoft.com/meetingOptions/?organizerId="
            f"{self.organizer.id}&tenantId={tenant.id}&threadId={quote(self.thread, safe='')}",
            "meetingSpokenLanguageTag": self.organizer.country.language,
            "meetingTemplateId": str(uuid.UUID(int=random.getrandbits(128), version=4))
            if self.n % 3 == 0
            else None,
            "participants": self._participants(),
            "chatInfo": {
                "threadId": self.thread,
                "messageId": self.message,
                "replyChainMessageId": self.message if self.in_channel else None,
            },
            "lobbyBypassSettings": {"scope": "organization", "isDialInBypassEnabled": False},
            **self._extras(tenant, random),
            **{name: random.random() < 0.7 for name in OPTIONS},  # noqa: PLR2004 (mostly on)
            **{name: random.choice(values) for name, values in CHOICES.items()},
        }

    def _participants(self) -> dict[str, Any]:
        """Return the invited people with their roles."""

        def part(person: Person, role: str) -> dict[str, Any]:
            user = {
                "id": person.id,
                "displayName": person.display_name,
                "tenantId": person.tenant_id,
                "identityProvider": "AAD",
            }
            identity = {"application": None, "device": None, "user": user}
            return {"identity": identity, "upn": person.principal_name, "role": role}

        coorganizer = self.coorganizer
        roles = ["coorganizer" if it is coorganizer else "attendee" for it in self.people]
        return {
            "organizer": part(self.organizer, "presenter"),
            "attendees": [part(*it) for it in zip(self.people, roles, strict=True)],
        }

    def _extras(self, tenant: Company, random: Random) -> dict[str, Any]:
        """Return the properties that only some meetings have."""
        phone = self.n % 3 == 0
        numbers = [f"{self.organizer.country.phone}{random.randint(1000, 9999)}" for _ in range(2)]
        conference = str(random.randint(100_000_000, 999_999_999))
        video = str(1_180_000_000 + self.n) if self.n % 4 == 2 else None  # noqa: PLR2004 (some)
        page = f"{self.subject} {self.url}".strip()
        return {
            "videoTeleconferenceId": video,
            "cloudVideoInteropInfo": {
                "moreInfoWebUrl": f"https://dialin.rooms.example/teams/?conf={video}",
                "tenantKey": f"{tenant.id[:8]}@t.rooms.example",
                "videoTeleconferenceId": video,
            }
            if video
            else None,
            "audioConferencing": {
                "conferenceId": conference,
                "dialinUrl": f"https://dialin.teams.microsoft.com/{tenant.id}?id={conference}",
                "tollFreeNumber": numbers[1],
                "tollFreeNumbers": numbers[1:],
                "tollNumber": numbers[0],
                "tollNumbers": numbers[:1],
            }
            if phone
            else None,
            "joinInformation": {
                "content": "data:text/html," + quote(f"<div>{page}</div>"),
                "contentType": "html",
            },
            "joinMeetingIdSettings": {
                "isPasscodeRequired": True,
                "joinMeetingId": self.join_meeting_id,
                "passcode": f"{random.getrandbits(24):06x}",
            },
            "chatRestrictions": {"allowTextOnly": False} if self.n % 2 else None,
            "sensitivityLabelAssignment": {"sensitivityLabelId": tenant.id} if phone else None,
            "watermarkProtection": {
                "isEnabledForContentSharing": phone,
                "isEnabledForVideo": False,
            },
            "attendeeReport": f"{GRAPH}/users/{self.organizer.id}/onlineMeetings/{self.id}"
            "/attendeeReport"
            if self.broadcast
            else None,
            "broadcastSettings": {
                "allowedAudience": "organization",
                "isAttendeeReportEnabled": True,
                "isQuestionAndAnswerEnabled": False,
                "isRecordingEnabled": True,
                "isVideoOnDemandEnabled": False,
                "captions": {
                    "isCaptionEnabled": True,
                    "spokenLanguage": self.organizer.country.language,
                    "translationLanguages": ["en-us", "pl-pl"],
                },
            }
            if self.broadcast
            else None,
        }


def sessions(random: Random, start: int, days: int, count: int) -> list[Session]:
    """Return the calls of a meeting that took place every so many days, oldest first."""
    found = []
    for number in range(count):
        begun = start + number * days * DAY + random.randint(-120, 240) * 1_000
        ended = begun + random.randint(15, 58) * MINUTE + random.randint(0, 59_999)
        call_id = str(uuid.UUID(int=random.getrandbits(128), version=4))
        found.append(Session(call_id, begun, min(ended, begun + HOUR)))
    return found
