"""Events: the system messages of Teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.instants import DAY, iso

if TYPE_CHECKING:
    from random import Random

    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.places import ChannelLike

KINDS = (
    "channelAdded", "membersAdded", "callEnded", "membersDeleted", "channelRenamed",
    "callRecording", "teamsAppInstalled", "conversationMemberRoleUpdated", "callStarted",
    "channelDescriptionUpdated", "teamRenamed", "tabUpdated", "messagePinned", "callTranscript",
    "teamDescriptionUpdated", "teamsAppRemoved", "channelDeleted", "membersJoined", "membersLeft",
)  # fmt: skip
"""Kinds of eventDetail that a channel can show, in the order in which a channel shows them.

https://learn.microsoft.com/en-us/graph/system-messages
"""


def detail(random: Random, channel: ChannelLike, kind: str, instant: int) -> dict[str, Any]:
    """Return the eventDetail of a system message of a channel."""
    people = channel.audience or channel.team.tenant.people
    about = _about_place(channel, kind)
    if kind == "membersAdded":
        since = max(instant - 30 * DAY, channel.created)
        about["visibleHistoryStartDateTime"] = iso(since)
    return event(random, people, kind, instant, about)


def event(
    random: Random, people: list[Person], kind: str, instant: int, about: dict[str, Any]
) -> dict[str, Any]:
    """Return the eventDetail of an event among people; `about` has its other properties."""
    person, other = random.choice(people), random.choice(people)
    properties = {
        **about,
        **_about_people(kind, other),
        **_about_call(random, kind, person, other),
        **_about_apps(random, kind, instant),
    }
    silent = kind == "callTranscript"
    return {
        "@odata.type": f"#microsoft.graph.{kind}EventMessageDetail",
        **properties,
        **({} if silent else {"initiator": person.identity_set}),
    }


def _about_place(channel: ChannelLike, kind: str) -> dict[str, Any]:
    """Return the properties of events of a team or a channel."""
    if kind.startswith("channel"):
        what = {
            "channelAdded": {"channelDisplayName": channel.name},
            "channelDeleted": {"channelDisplayName": f"Old {channel.name}"},
            "channelRenamed": {"channelDisplayName": channel.name},
            "channelDescriptionUpdated": {"channelDescription": channel.description},
        }
        return {"channelId": channel.id, **what[kind]}
    if kind == "teamRenamed":
        return {"teamId": channel.team.id, "teamDisplayName": channel.team.name}
    if kind == "teamDescriptionUpdated":
        return {"teamId": channel.team.id, "teamDescription": channel.team.description}
    return {}


def _about_people(kind: str, other: Person) -> dict[str, Any]:
    """Return the properties of events of membership."""
    if kind.startswith("members"):
        return {"members": [other.identity]}
    if kind == "conversationMemberRoleUpdated":
        return {"conversationMemberRoles": ["owner"], "conversationMemberUser": other.identity}
    return {}


def _about_call(random: Random, kind: str, person: Person, other: Person) -> dict[str, Any]:
    """Return the properties of events of a meeting in the channel."""
    if not kind.startswith("call"):
        return {}
    call = guid(random)
    minutes = random.randint(12, 55)
    what: dict[str, dict[str, Any]] = {
        "callStarted": {"callEventType": "meeting"},
        "callEnded": {
            "callEventType": "meeting",
            "callDuration": f"PT{minutes}M{random.randint(1, 59)}S",
            "callParticipants": [
                {"participant": person.identity_set},
                {"participant": other.identity_set},
            ],
        },
        "callRecording": {
            "callRecordingDisplayName": "Weekly-20261012_100312-Meeting Recording.mp4",
            "callRecordingUrl": "https://halyard.sharepoint.com/sites/r/Recordings/weekly.mp4",
            "callRecordingDuration": f"PT{minutes}M4.07S",
            "callRecordingStatus": "success",
            "meetingOrganizer": other.identity_set,
        },
        "callTranscript": {
            "callTranscriptICalUid": f"040000008200E00074C5B7101A82E008{random.getrandbits(64):X}",
            "meetingOrganizer": person.identity_set,
        },
    }
    return {"callId": call, **what[kind]}


def _about_apps(random: Random, kind: str, instant: int) -> dict[str, Any]:
    """Return the properties of events of apps, tabs and pins."""
    if kind.startswith("teamsApp"):
        return {"teamsAppId": guid(random), "teamsAppDisplayName": "Dispatch"}
    if kind == "tabUpdated":
        return {"tabId": f"tab::{guid(random)}"}
    if kind == "messagePinned":
        return {"eventDateTime": iso(instant)}
    return {}
