"""Transcripts, recordings and insights of meetings, and of calls."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import Content, Delegated, Details, Query
from tap_msteams.errors import DamagedError, NotEntitledError, RejectedError, recast
from tap_msteams.readers import GraphStream, Window
from tap_msteams.schema import (
    FreeText,
    IdentitySet,
    Many,
    PersonalUrl,
    PersonalValue,
    PersonId,
    PersonName,
    WebVtt,
    moments,
    record,
    strings,
)
from tap_msteams.settings.clouds import OUTSIDE_CHINA
from tap_msteams.streams.directory import Users, unless_guest
from tap_msteams.streams.meetings import OnlineMeetings, hosted_by_others

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids
    from tap_msteams.errors import GraphError

BOUNDS = "userId='{userId}',startDateTime={since},endDateTime={until}"
ORGANIZED = "meetingOrganizerUserId='{userId}',startDateTime={since},endDateTime={until}"

REREAD = timedelta(days=2)
"""How long after its start, by which Graph is asked for it, an artifact may still show up or get
its end: a meeting lasts up to 30 hours."""

CHANNEL = "@thread.tacv2"
"""The ending of channel ids, which ids of other threads do not have."""


IDS = (
    th.Property("userId", PersonId, required=True, description="The organizer."),
    th.Property("meetingId", PersonalValue, required=True),
    th.Property("id", th.StringType, required=True),
    th.Property("callId", th.StringType, description="The id of the call record."),
)
"""The ids of what was made of a meeting."""


class MeetingArtifacts(GraphStream):
    """Transcripts or recordings of the calls of a meeting."""

    query = Query(select=False)
    parents = (OnlineMeetings,)
    parent_facts = ("chatInfo",)
    clouds: ClassVar[Sequence[str]] = OUTSIDE_CHINA
    primary_keys = ("userId", "meetingId", "id")
    appends = True

    @classmethod
    @override
    def meaning(
        cls, error: GraphError, ids: Ids, facts: Mapping[str, Any], *, application: bool
    ) -> GraphError:
        # https://learn.microsoft.com/graph/api/onlinemeeting-list-transcripts: not every cloud and
        # not every channel gives them.
        thread = (facts.get("chatInfo") or {}).get("threadId") or ""
        if isinstance(error, RejectedError) and thread.endswith(CHANNEL):
            return recast(NotEntitledError, error)
        return error


class Transcripts(MeetingArtifacts):
    """Transcripts of meetings; the text is read when `content` is selected.

    A tenant gives its transcripts to no application unless a Teams administrator has
    switched that on, and names the speakers only with another switch: see the page on
    permissions.
    """

    name = "transcripts"
    path = "/users/{userId}/onlineMeetings/{meetingId}/transcripts"
    delegated = Delegated(path="/me/onlineMeetings/{meetingId}/transcripts")
    content = Content(
        name="content",
        path=f"{path}/{{transcriptId}}/content",
        is_text=True,
        # https://learn.microsoft.com/graph/api/calltranscript-get: with the speakers, and without.
        formats=("text/vtt", "application/vnd.microsoft.graph.transcript+text"),
    )
    permission = "OnlineMeetingTranscript.Read.All"
    entity = "callTranscript"
    fills = "transcriptId"
    on_request = ("content",)
    selected_by_default = False
    properties = th.PropertiesList(
        *IDS,
        th.Property(
            "contentCorrelationId", th.StringType, description="The same value in the recording."
        ),
        *moments("createdDateTime"),
        th.Property(
            "endDateTime", th.DateTimeType, description="Null while the meeting is transcribed."
        ),
        th.Property("meetingOrganizer", IdentitySet),
        th.Property("transcriptContentUrl", PersonalUrl, description="Address of the text."),
        th.Property(
            "content",
            WebVtt,
            description="What was said, as WebVTT: one request each. By whom only where the tenant "
            "includes the speakers, which it does not by default.",
        ),
    )


class Recordings(MeetingArtifacts):
    """Recordings of meetings, with their times and addresses."""

    name = "recordings"
    path = "/users/{userId}/onlineMeetings/{meetingId}/recordings"
    delegated = Delegated(path="/me/onlineMeetings/{meetingId}/recordings")
    permission = "OnlineMeetingRecording.Read.All"
    entity = "callRecording"
    selected_by_default = False
    properties = th.PropertiesList(
        *IDS,
        th.Property(
            "contentCorrelationId", th.StringType, description="The same value in the transcript."
        ),
        *moments("createdDateTime"),
        th.Property(
            "endDateTime", th.DateTimeType, description="Null while the meeting is recorded."
        ),
        th.Property("meetingOrganizer", IdentitySet),
        th.Property("recordingContentUrl", PersonalUrl, description="Address of the video."),
    )


class MeetingInsights(MeetingArtifacts):
    """Notes, tasks and mentions that Microsoft 365 Copilot has made of a meeting's transcript.

    Graph lists what there is; the insights themselves take one request each. A user reads
    those of meetings that the user organized.
    """

    name = "meeting_insights"
    path = "/copilot/users/{userId}/onlineMeetings/{meetingId}/aiInsights"
    query = Query()
    product = "Microsoft 365 Copilot"
    # https://learn.microsoft.com/microsoft-365-copilot/extensibility/api/ai-services/meeting-insights/onlinemeeting-list-aiinsights
    details = Details(
        path=f"{path}/{{insightId}}", only=("actionItems", "meetingNotes", "viewpoint")
    )
    permission = "OnlineMeetingAiInsight.Read.All"
    clouds = ("global",)
    entity = "callAiInsight"
    fills = "insightId"
    selected_by_default = False
    cost = "1 per online meeting, and 1 per row for more than its times"
    properties = th.PropertiesList(
        *IDS,
        th.Property(
            "contentCorrelationId", th.StringType, description="The same value in the transcript."
        ),
        th.Property("createdDateTime", th.DateTimeType, description="That of the transcript."),
        *moments("endDateTime"),
        th.Property(
            "meetingNotes",
            Many(
                record(
                    *strings(FreeText, "title", "text"),
                    th.Property("subpoints", Many(record(*strings(FreeText, "title", "text")))),
                )
            ),
        ),
        th.Property(
            "actionItems",
            Many(
                record(
                    *strings(FreeText, "title", "text"), *strings(PersonName, "ownerDisplayName")
                )
            ),
        ),
        th.Property(
            "viewpoint",
            record(
                th.Property(
                    "mentionEvents",
                    Many(
                        record(
                            th.Property("speaker", IdentitySet),
                            *moments("eventDateTime"),
                            *strings(FreeText, "transcriptUtterance"),
                        )
                    ),
                )
            ),
            description="Where the user was mentioned.",
        ),
    )

    @classmethod
    @override
    def meaning(
        cls, error: GraphError, ids: Ids, facts: Mapping[str, Any], *, application: bool
    ) -> GraphError:
        found = super().meaning(error, ids, facts, application=application)
        return found if application else hosted_by_others(found)


class UserArtifacts(GraphStream):
    """Transcripts or recordings of a user, of which an application asks for a span of time."""

    parents = (Users,)
    read = Window(replication_key="createdDateTime", reread=REREAD)
    query = Query(select=False)
    sign_in = "application"
    clouds = ("global",)
    parent_facts = ("userType",)
    appends = True
    selected_by_default = False

    @classmethod
    @override
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:
        return unless_guest(ids, row)

    @classmethod
    @override
    def content_path(cls, ids: Ids, row: Row, *, application: bool) -> str:
        of = {name: row.get(name) for name in cls.facts}
        for name, known in of.items():
            if not known:
                message = f"it does not say its {name}, by which its text is asked for"
                raise DamagedError(cls.path, message=message)
        return super().content_path({**ids, **of}, row, application=application)


class OrganizerArtifacts(UserArtifacts):
    """Transcripts or recordings of all scheduled meetings that a user organizes."""

    # https://learn.microsoft.com/graph/changelog: answers of several pages may repeat rows.
    read = Window(replication_key="createdDateTime", reread=REREAD, repeats=True)
    primary_keys = ("userId", "meetingId", "id")
    facts = ("meetingId",)


class OrganizerTranscripts(OrganizerArtifacts):
    """Transcripts of all scheduled meetings of each organizer, without finding the meetings.

    An application reads them by the time of their start. Graph leaves out meetings in
    channels: `transcripts` has those, meeting by meeting, with the same keys.
    """

    name = "organizer_transcripts"
    path = f"/users/{{userId}}/onlineMeetings/getAllTranscripts({ORGANIZED})"
    content = Transcripts.content
    permission = Transcripts.permission
    entity = "callTranscript"
    fills = "transcriptId"
    on_request = ("content",)
    properties = Transcripts.properties


class OrganizerRecordings(OrganizerArtifacts):
    """Recordings of all scheduled meetings of each organizer, without finding the meetings.

    Graph leaves out meetings in channels: `recordings` has those, with the same keys.
    """

    name = "organizer_recordings"
    path = f"/users/{{userId}}/onlineMeetings/getAllRecordings({ORGANIZED})"
    permission = Recordings.permission
    entity = "callRecording"
    properties = Recordings.properties


class CallArtifacts(UserArtifacts):
    """Transcripts or recordings of calls that a user started and no meeting leads to."""

    primary_keys = ("userId", "id")


CALL_ARTIFACT = (
    th.Property("userId", PersonId, required=True, description="The user who started the call."),
    th.Property("id", th.StringType, required=True),
    th.Property("callId", th.StringType, description="The id of the call."),
    th.Property("meetingId", PersonalValue, description="Null: there is no meeting."),
    th.Property("contentCorrelationId", th.StringType, description="Joins both artifacts."),
    *moments("createdDateTime"),
    th.Property("endDateTime", th.DateTimeType, description="Null while it is being made."),
    th.Property("meetingOrganizer", IdentitySet),
)


class CallTranscripts(CallArtifacts):
    """Transcripts of one-on-one, group and telephone calls."""

    name = "call_transcripts"
    path = f"/users/{{userId}}/adhocCalls/getAllTranscripts({BOUNDS})"
    content = Content(
        name="content",
        path="/users/{userId}/adhocCalls/{callId}/transcripts/{transcriptId}/content",
        is_text=True,
        formats=Transcripts.content.formats,
    )
    permission = "CallTranscripts.Read.All"
    entity = "callTranscript"
    fills = "transcriptId"
    facts = ("callId",)
    on_request = ("content",)
    properties = th.PropertiesList(
        *CALL_ARTIFACT,
        th.Property("transcriptContentUrl", PersonalUrl, description="Address of the text."),
        th.Property("content", WebVtt, description="What was said, as WebVTT: one request each."),
    )


class CallRecordings(CallArtifacts):
    """Recordings of one-on-one, group and telephone calls, with their addresses."""

    name = "call_recordings"
    path = f"/users/{{userId}}/adhocCalls/getAllRecordings({BOUNDS})"
    permission = "CallRecordings.Read.All"
    entity = "callRecording"
    properties = th.PropertiesList(
        *CALL_ARTIFACT,
        th.Property("recordingContentUrl", PersonalUrl, description="Address of the video."),
    )
