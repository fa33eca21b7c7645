"""Transcripts and recordings of meetings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import Content, Delegated, Query
from tap_msteams.errors import NotEntitledError, RejectedError, recast
from tap_msteams.readers import GraphStream
from tap_msteams.schema import (
    IdentitySet,
    PersonalUrl,
    PersonalValue,
    PersonId,
    WebVtt,
    moments,
)
from tap_msteams.streams.meetings import OnlineMeetings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams.declaration import Ids
    from tap_msteams.errors import GraphError

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
