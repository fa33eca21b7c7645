"""Transcripts and recordings of meetings and calls."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import Content, Delegated, Query, fill
from tap_msteams.errors import NotEntitledError, RejectedError, recast
from tap_msteams.readers import GraphStream, Window
from tap_msteams.schema import (
    IdentitySet,
    PersonalUrl,
    PersonalValue,
    PersonId,
    WebVtt,
    moments,
)
from tap_msteams.streams.directory import Users, unless_guest
from tap_msteams.streams.meetings import OnlineMeetings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids
    from tap_msteams.errors import GraphError

BOUNDS = "userId='{userId}',startDateTime={since},endDateTime={until}"

CHANNEL = "@thread.tacv2"
"""The ending of channel ids, which ids of other threads do not have."""


class MeetingArtifacts(GraphStream):
    """Transcripts or recordings of the calls of a meeting."""

    query = Query(select=False)
    parents = (OnlineMeetings,)
    parent_facts = ("chatInfo",)
    clouds = ("global", "usgov", "usgov_dod")
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
        delegated_path=f"{delegated.path}/{{transcriptId}}/content",
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
        th.Property("userId", PersonId, required=True, description="The organizer."),
        th.Property("meetingId", PersonalValue, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("callId", th.StringType, description="The id of the call record."),
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
        th.Property("userId", PersonId, required=True, description="The organizer."),
        th.Property("meetingId", PersonalValue, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("callId", th.StringType, description="The id of the call record."),
        th.Property(
            "contentCorrelationId", th.StringType, description="The same value in the transcript."
        ),
        *moments("createdDateTime"),
        th.Property(
            "endDateTime", th.DateTimeType, description="Null while the meeting is transcribed."
        ),
        th.Property("meetingOrganizer", IdentitySet),
        th.Property("recordingContentUrl", PersonalUrl, description="Address of the video."),
    )


class CallArtifacts(GraphStream):
    """Transcripts or recordings of calls that a user started and no meeting leads to."""

    parents = (Users,)
    # https://learn.microsoft.com/graph/api/adhoccall-getalltranscripts: by the time of their start,
    # but they show up later.
    read = Window(reread=timedelta(days=1))
    query = Query(select=False)
    sign_in = "application"
    clouds = ("global",)
    primary_keys = ("userId", "id")
    replication_key = "createdDateTime"
    parent_facts = ("userType",)
    appends = True
    selected_by_default = False

    @classmethod
    @override
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:
        return unless_guest(ids, row)


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
    """Transcripts of calls of two, of groups and by telephone."""

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

    @classmethod
    @override
    def content_path(cls, ids: Ids, row: Row, *, application: bool) -> str:
        return fill(cls.content.path, {**ids, "callId": row["callId"]})


class CallRecordings(CallArtifacts):
    """Recordings of calls of two, of groups and by telephone, with their addresses."""

    name = "call_recordings"
    path = f"/users/{{userId}}/adhocCalls/getAllRecordings({BOUNDS})"
    permission = "CallRecordings.Read.All"
    entity = "callRecording"
    properties = th.PropertiesList(
        *CALL_ARTIFACT,
        th.Property("recordingContentUrl", PersonalUrl, description="Address of the video."),
    )
