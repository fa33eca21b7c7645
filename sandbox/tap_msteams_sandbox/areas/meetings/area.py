"""Permissions, limits and consent of meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.limits import PRESENCE, Limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams_sandbox.endpoints import Call
    from tap_msteams_sandbox.replies import Reply

A = TypeVar("A", bound="Callable[[Call], bytes | Reply]")

MEETING = ("OnlineMeetings.Read.All", "OnlineMeetings.ReadWrite.All")
OWN_MEETING = ("OnlineMeetings.Read", "OnlineMeetings.ReadWrite")
ATTENDANCE = ("OnlineMeetingArtifact.Read.All",)
TRANSCRIPT = ("OnlineMeetingTranscript.Read.All",)
RECORDING = ("OnlineMeetingRecording.Read.All",)
INSIGHT = ("OnlineMeetingAiInsight.Read.All",)
QUESTION = ("EngagementMeetingConversation.Read.All",)

MONTH = 30 * 24 * 3600

AREA = Area(
    "Meetings",
    roles=(MEETING[0], OWN_MEETING[0], *ATTENDANCE, *TRANSCRIPT, *RECORDING, *INSIGHT, *QUESTION),
    limits=(Limit("meetings", r"GET /users/\{id\}/onlineMeetings", 2000, MONTH, PRESENCE, "user"),),
)


def below_a_user(
    path: str,
    page: str,
    *options: str,
    application: tuple[str, ...],
    delegated: tuple[str, ...],
) -> Callable[[A], A]:
    """Declare an endpoint below a user, and the same for whoever is signed in."""

    def declare(answer: A) -> A:
        for owner, allowed in (("/users/{id}", application), ("/me", None)):
            pattern = f"GET {owner}/onlineMeetings{path}"
            AREA.endpoint(pattern, page, application=allowed, delegated=delegated, options=options)(
                answer
            )
        return answer

    return declare
