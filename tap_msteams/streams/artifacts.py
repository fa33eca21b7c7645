"""Transcripts and recordings: what is left of the calls of a meeting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.base import GraphStream
from tap_msteams.base.declaration import fill
from tap_msteams.errors import NotEntitledError, RejectedError, taken_for
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
    from collections.abc import Iterable

    from tap_msteams.base import Run
    from tap_msteams.base.stream import Ids
    from tap_msteams.errors import GraphError
    from tap_msteams.graph import Record
    from tap_msteams.sweep import Lane

CHANNEL = "@thread.tacv2"
"""How ids of channels end, and those of no other threads."""


class MeetingArtifacts(GraphStream):
    """What is left of the calls of a meeting."""

    parent = OnlineMeetings
    reads = ("chatInfo",)
    clouds = ("global", "usgov", "usgov_dod")
    primary_keys = ("userId", "meetingId", "id")
    appends = True
    selects = False

    @override
    def begin(self, run: Run, *, emits: bool) -> Lane:
        self._in_channels: set[str] = set()
        return super().begin(run, emits=emits)

    @override
    def found_in(self, ids: Ids, record: Record) -> Iterable[Ids]:
        thread = (record.get("chatInfo") or {}).get("threadId") or ""
        if thread.endswith(CHANNEL):
            self._in_channels.add(ids["meetingId"])
        return (ids,)

    @override
    def failed(self, subject: Ids, error: GraphError) -> None:
        # https://learn.microsoft.com/graph/api/onlinemeeting-list-transcripts: not every cloud and
        # not every channel gives them.
        if isinstance(error, RejectedError) and subject.get("meetingId") in self._in_channels:
            error = taken_for(NotEntitledError, error)
        super().failed(subject, error)


class Transcripts(MeetingArtifacts):
    """Transcripts of meetings; what was said comes when `content` is selected."""

    name = "transcripts"
    path = "/users/{userId}/onlineMeetings/{meetingId}/transcripts"
    delegated_path = "/me/onlineMeetings/{meetingId}/transcripts"
    content_path = "/{transcriptId}/content?$format=text/vtt"
    content = "content"
    content_is_text = True
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
            "contentCorrelationId", th.StringType, description="The same in its recording."
        ),
        *moments("createdDateTime"),
        th.Property("endDateTime", th.DateTimeType, description="Null while it is being made."),
        th.Property("meetingOrganizer", IdentitySet),
        th.Property("transcriptContentUrl", PersonalUrl, description="Where its text is."),
        th.Property(
            "content",
            WebVtt,
            description="What was said and by whom, as WebVTT: one request each.",
        ),
    )

    @override
    def content_url(self, keys: Ids, record: Record) -> str:
        return fill(self.route(application=self.application) + self.content_path, keys)


class Recordings(MeetingArtifacts):
    """Recordings of meetings: when they were made and where they are."""

    name = "recordings"
    path = "/users/{userId}/onlineMeetings/{meetingId}/recordings"
    delegated_path = "/me/onlineMeetings/{meetingId}/recordings"
    permission = "OnlineMeetingRecording.Read.All"
    entity = "callRecording"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("userId", PersonId, required=True, description="The organizer."),
        th.Property("meetingId", PersonalValue, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("callId", th.StringType, description="The id of the call record."),
        th.Property(
            "contentCorrelationId", th.StringType, description="The same in its transcript."
        ),
        *moments("createdDateTime"),
        th.Property("endDateTime", th.DateTimeType, description="Null while it is being made."),
        th.Property("meetingOrganizer", IdentitySet),
        th.Property("recordingContentUrl", PersonalUrl, description="Where the film is."),
    )
