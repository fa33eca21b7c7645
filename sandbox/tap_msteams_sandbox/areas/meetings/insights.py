"""Insights: what Copilot has made of the transcripts of meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.meetings import artifacts
from tap_msteams_sandbox.areas.meetings.answers import scheduled, transcribed
from tap_msteams_sandbox.areas.meetings.area import AREA, INSIGHT
from tap_msteams_sandbox.areas.meetings.calendar import Meetings
from tap_msteams_sandbox.areas.organization import with_link
from tap_msteams_sandbox.areas.products import COPILOT, require
from tap_msteams_sandbox.odata import PAGED, Paging, entity, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.areas.meetings.meeting import Meeting, Session
    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

PAGE = (
    "../../microsoft-365-copilot/extensibility/api/ai-services/meeting-insights/"
    "onlinemeeting-list-aiinsights"
)

LISTED = ("id", "callId", "contentCorrelationId", "createdDateTime", "endDateTime")
"""The properties in a list; a single set of insights has all."""

PATH = "GET /copilot/users/{id}/onlineMeetings/{id}/aiInsights"


@AREA.endpoint(
    PATH, PAGE, application=INSIGHT, delegated=INSIGHT,
    options={"$select", *PAGED} - {"$top"}, paging=Paging(20, 20),
)  # fmt: skip
def insights(call: Call) -> bytes:
    """GET /copilot/users/{id}/onlineMeetings/{id}/aiInsights: 20 at once."""
    require(call, COPILOT)
    meeting = _meeting(call)
    rows = [insight(call.tenant, meeting, it) for it in transcribed(meeting)]
    shown = [{name: row[name] for name in LISTED} for row in rows]
    return with_link(call, _place(call), shown, names=rows[0] if rows else ())


@AREA.endpoint(
    f"{PATH}/{{id}}", PAGE.replace("onlinemeeting-list-aiinsights", "callaiinsight-get"),
    application=INSIGHT, delegated=INSIGHT, options={"$select"},
)  # fmt: skip
def single(call: Call) -> bytes:
    """GET /copilot/users/{id}/onlineMeetings/{id}/aiInsights/{id}."""
    require(call, COPILOT)
    meeting = _meeting(call)
    for session in transcribed(meeting):
        row = insight(call.tenant, meeting, session)
        if row["id"] == call.names[2]:
            context = call.context(f"{_place(call)}/$entity")
            return entity(context, pick(row, call.query.selected(row)))
    msg = f"AI insight {call.names[2]}"
    raise GraphError.not_found(msg)


def _place(call: Call) -> str:
    user, meeting = call.names[:2]
    return f"copilot/users('{user}')/onlineMeetings('{meeting}')/aiInsights"


def _meeting(call: Call) -> Meeting:
    """Return the meeting of the path; Copilot knows nothing of meetings in channels.

    https://learn.microsoft.com/en-us/microsoftteams/platform/graph-api/meeting-transcripts/meeting-insights
    """
    meeting = scheduled(call)
    if meeting.in_channel:
        msg = "AI insights are not supported for channel meetings."
        raise GraphError.bad_request(msg)
    return meeting


def insight(tenant: Company, meeting: Meeting, session: Session) -> Row:
    """Return what Copilot has made of the transcript of a call."""
    made_of = artifacts.transcript(tenant, meeting, session)
    organizer = meeting.organizer
    return {
        "id": artifacts.artifact_id(session, "insights"),
        **{name: made_of[name] for name in LISTED[1:]},
        "meetingNotes": [
            {
                "title": meeting.subject or "What was said",
                "text": "The next steps are agreed.",
                "subpoints": [{"title": "Next steps", "text": "Two people take one each."}],
            }
        ],
        "actionItems": [
            {
                "title": "Write it down",
                "text": "Send the plan to everybody.",
                "ownerDisplayName": organizer.display_name,
            }
        ],
        "viewpoint": {
            "mentionEvents": [
                {
                    "speaker": made_of["meetingOrganizer"],
                    # Microsoft's example has no time zone.
                    "eventDateTime": made_of["createdDateTime"][:19],
                    "transcriptUtterance": "Could you send it by Friday?",
                }
            ]
        },
    }


@AREA.rows("meeting_insights")
def all_insights(tenant: Company) -> Iterator[Row]:
    """Yield the insights of all meetings that are not in channels."""
    for meeting in tenant.part(Meetings).visible():
        if not meeting.in_channel:
            for session in transcribed(meeting):
                row = insight(tenant, meeting, session)
                yield {"userId": meeting.organizer.id, "meetingId": meeting.id, **row}
