"""Virtual events: what webinars and town halls are, and who took part."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.instants import DAY, HOUR, MINUTE, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person

    Row = dict[str, Any]

WEBINARS, TOWNHALLS = KINDS = ("webinars", "townhalls")


def _hosts(tenant: Company) -> list[Person]:
    """The people who hold events, whoever signs in among them."""
    return [tenant.me, *(it for it in tenant.people if it.licensed and it is not tenant.me)][:3]


def events(tenant: Company, kind: str) -> Iterator[tuple[Row, Person]]:
    """Yield the events of a kind, each with its organizer: a day of work adds one."""
    hosts = _hosts(tenant)
    for n, host in enumerate(hosts + hosts[:1] * tenant.days):
        random = tenant.random(kind, host.id, *([str(n)] if n >= len(hosts) else []))
        start = tenant.until - (n + 2) * 7 * DAY
        others = [it for it in _hosts(tenant) if it is not host]
        row: Row = {
            "id": f"{guid(random)}@{tenant.id}",
            "status": ("published", "canceled" if tenant.days else "published", "canceled")[n]
            if n < len(hosts)
            else "published",
            "displayName": f"{'Webinar' if kind == WEBINARS else 'Town hall'} on Q{n + 1} 🎤",
            "description": {"contentType": "html", "content": f"<p>All about Q{n + 1}.</p>"},
            "startDateTime": _zoned(start),
            "endDateTime": _zoned(start + 2 * HOUR),
            "isRegistrationRequired": kind == WEBINARS,
            "createdBy": {"application": None, "device": None, "user": _user(host)},
            "audience": "everyone" if n % 2 else "organization",
            "coOrganizers": [_user(it, typed=False) for it in others],
            "settings": {"isAttendeeEmailNotificationEnabled": n % 2 == 0},
            "externalEventInformation": [
                {"applicationId": guid(random), "externalEventId": f"event-{n}"}
            ],
        }
        if kind == TOWNHALLS:
            row |= {
                "capacity": 10_000,
                "isInviteOnly": n == 1,
                "invitedAttendees": [_user(it) for it in others],
            }
        yield row, host


def _zoned(instant: int) -> Row:
    return {"dateTime": iso(instant).rstrip("Z"), "timeZone": "UTC"}


def _user(person: Person, *, typed: bool = True) -> Row:
    kind = {"@odata.type": "#microsoft.graph.communicationsUserIdentity"} if typed else {}
    return {
        **kind,
        "id": person.id,
        "displayName": person.display_name,
        "tenantId": person.tenant_id,
    }


def sessions(tenant: Company, event: Row) -> Iterator[Row]:
    """Yield the sessions of an event, in full."""
    for n in range(2):
        random = tenant.random("session", event["id"], str(n))
        thread = f"19:meeting_{random.getrandbits(96):x}@thread.v2"
        url = f"https://teams.microsoft.com/l/meetup-join/{thread}/{n}"
        yield {
            "@odata.type": "#microsoft.graph.virtualEventSession",
            "id": guid(random),
            "subject": f"Session {n + 1}",
            "startDateTime": event["startDateTime"],
            "endDateTime": event["endDateTime"],
            "joinWebUrl": url,
            "videoOnDemandWebUrl": f"{url}/video",
            "capacity": 1000,
            "allowAttendeeToEnableCamera": False,
            "allowAttendeeToEnableMic": True,
            "allowBreakoutRooms": False,
            "allowCopyingAndSharingMeetingContent": True,
            "allowedLobbyAdmitters": "organizerAndCoOrganizers",
            "allowedPresenters": "roleIsPresenter",
            "allowLiveShare": "enabled",
            "allowMeetingChat": "limited",
            "allowParticipantsToChangeName": False,
            "allowPowerPointSharing": True,
            "allowRecording": True,
            "allowTeamworkReactions": True,
            "allowTranscription": True,
            "allowWhiteboard": False,
            "audioConferencing": {
                "conferenceId": "2425999",
                "dialinUrl": "https://dialin.teams.microsoft.com/",
                "tollFreeNumber": None,
                "tollFreeNumbers": [],
                "tollNumber": "+353215550199",
                "tollNumbers": ["+353215550199"],
            },
            "chatInfo": {"messageId": "0", "replyChainMessageId": None, "threadId": thread},
            "chatRestrictions": {"allowTextOnly": False},
            "cloudVideoInteropInfo": {
                "moreInfoWebUrl": "https://halyard.example/rooms",
                "tenantKey": "halyard",
                "videoTeleconferenceId": "11",
            },
            "expiryDateTime": iso(tenant.until + 60 * DAY),
            "isEndToEndEncryptionEnabled": False,
            "isEntryExitAnnounced": False,
            "joinInformation": {"contentType": "html", "content": "data:text/html,Join"},
            "joinMeetingIdSettings": {
                "isPasscodeRequired": True,
                "joinMeetingId": "352123456789",
                "passcode": "a1b2c3",
            },
            "lobbyBypassSettings": {"isDialInBypassEnabled": False, "scope": "organization"},
            "meetingOptionsWebUrl": f"{url}/options",
            "meetingSpokenLanguageTag": "en-us",
            "meetingType": "scheduled",
            "recordAutomatically": False,
            "sensitivityLabelAssignment": {"sensitivityLabelId": guid(random)},
            "shareMeetingChatHistoryDefault": "none",
            "videoTeleconferenceId": "11",
            "watermarkProtection": {
                "isEnabledForContentSharing": False,
                "isEnabledForVideo": True,
            },
        }


def presenters(tenant: Company, event: Row) -> Iterator[Row]:
    """Yield the presenters of an event: one of the company, and one from outside.

    On the first day of work the guest of a canceled event withdraws.
    """
    host = next(it for row, it in all_events(tenant) if row["id"] == event["id"])
    yield {
        "id": host.id,
        "identity": _user(host),
        "email": host.mail,
        "presenterDetails": {
            "bio": {"contentType": "text", "content": f"{host.display_name} knows."},
            "company": "Halyard",
            "jobTitle": host.job_title,
            "linkedInProfileWebUrl": "https://www.linkedin.com/in/somebody",
            "personalSiteWebUrl": "https://somebody.example",
            "twitterProfileWebUrl": "https://x.com/somebody",
        },
    }
    if tenant.days and event["status"] == "canceled":
        return
    guest = guid(tenant.random("presenter", event["id"]))
    yield {
        "id": guest,
        "identity": {
            "@odata.type": "#microsoft.graph.communicationsGuestIdentity",
            "id": guest,
            "displayName": "Ada Visitor",
            "email": "ada@partner.example",
        },
        "email": "ada@partner.example",
        "presenterDetails": None,
    }


def registrations(tenant: Company, event: Row) -> Iterator[Row]:
    """Yield who has registered for a webinar: each day brings somebody, and somebody cancels."""
    later = tenant.people[4 : 4 + tenant.days]
    for n, person in enumerate([*tenant.people[:4], None, *later]):
        random = tenant.random("registration", event["id"], str(n))
        key = guid(random)
        registered = tenant.until - 30 * DAY + n * HOUR
        canceled = 1 <= n <= 1 + tenant.days
        yield {
            "id": key,
            "userId": person.id if person else None,
            "firstName": person.given_name if person else "Ada",
            "lastName": person.surname if person else "Visitor",
            "email": person.mail if person else "ada@partner.example",
            "status": "canceled" if canceled else "registered",
            "registrationDateTime": iso(registered),
            "cancelationDateTime": iso(registered + DAY) if canceled else None,
            "preferredLanguage": "en-ie",
            "preferredTimezone": "GMT Standard Time",
            "registrationQuestionAnswers": [
                {
                    "questionId": guid(random),
                    "displayName": "Which city?",
                    "value": None,
                    "booleanValue": None,
                    "multiChoiceValues": ["Cork"],
                }
            ],
            "externalRegistrationInformation": {"referrer": "mail", "registrationId": key[:8]},
        }


def report(event: Row, session: Row) -> Row:
    """Return the attendance report of a session."""
    return {
        "id": f"{session['id'][:8]}-report",
        "totalParticipantCount": 3,
        "meetingStartDateTime": event["startDateTime"]["dateTime"] + "Z",
        "meetingEndDateTime": event["endDateTime"]["dateTime"] + "Z",
        "externalEventInformation": event["externalEventInformation"],
    }


def attendance(tenant: Company, event: Row) -> Iterator[Row]:
    """Yield who came to a session."""
    start = event["startDateTime"]["dateTime"] + "Z"
    end = event["endDateTime"]["dateTime"] + "Z"
    registered = {it["userId"]: it["id"] for it in registrations(tenant, event)}
    for person in tenant.people[:3]:
        registration = registered[person.id] if event["isRegistrationRequired"] else None
        yield {
            "id": guid(tenant.random("attendance", event["id"], person.id)),
            "emailAddress": person.mail,
            "totalAttendanceInSeconds": 120 * MINUTE // 1000,
            "role": "Attendee",
            "registrationId": registration,
            "identity": _user(person),
            "attendanceIntervals": [
                {
                    "joinDateTime": start,
                    "leaveDateTime": end,
                    "durationInSeconds": 120 * MINUTE // 1000,
                }
            ],
            "externalRegistrationInformation": {
                "referrer": "mail",
                "registrationId": person.id[:8],
            },
        }


def all_events(tenant: Company) -> Iterator[tuple[Row, Person]]:
    """Yield all events, each with its organizer."""
    return itertools.chain.from_iterable(events(tenant, kind) for kind in KINDS)
