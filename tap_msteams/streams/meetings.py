"""Online meetings: their attendance."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import Delegated, Query
from tap_msteams.errors import ForbiddenError, NotEntitledError, NotGrantedError, recast
from tap_msteams.readers import GraphStream, Owned
from tap_msteams.schema import (
    ChatId,
    FreeText,
    Identity,
    IdentitySet,
    ItemBody,
    MailAddress,
    Many,
    PersonalDetail,
    PersonalUrl,
    PersonalValue,
    PersonId,
    Public,
    counts,
    flags,
    moments,
    record,
    strings,
    texts,
)
from tap_msteams.settings.clouds import OUTSIDE_CHINA
from tap_msteams.streams.calls import CallRecords
from tap_msteams.streams.chats import Chats
from tap_msteams.streams.directory import Users

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids
    from tap_msteams.errors import GraphError

MeetingParticipant = record(
    *texts("role"), *strings(MailAddress, "upn"), th.Property("identity", IdentitySet)
)


MEETING = (
    th.Property("meetingType", th.StringType, description="scheduled, recurring, meetnow, ..."),
    *strings(PersonalUrl, "joinWebUrl", "meetingOptionsWebUrl"),
    *texts("videoTeleconferenceId", "meetingSpokenLanguageTag"),
    *strings(FreeText, "subject"),
    *moments("expiryDateTime"),
    th.Property(
        "chatInfo",
        record(*strings(ChatId, "threadId"), *texts("messageId", "replyChainMessageId")),
    ),
    th.Property("joinInformation", ItemBody),
    th.Property(
        "joinMeetingIdSettings",
        record(*flags("isPasscodeRequired"), *strings(PersonalValue, "joinMeetingId", "passcode")),
    ),
    th.Property("lobbyBypassSettings", record(*texts("scope"), *flags("isDialInBypassEnabled"))),
    th.Property(
        "audioConferencing",
        record(
            *texts("conferenceId", "dialinUrl"),
            *strings(Public, "tollFreeNumber", "tollNumber"),
            th.Property("tollFreeNumbers", Many(Public)),
            th.Property("tollNumbers", Many(Public)),
        ),
    ),
    th.Property(
        "cloudVideoInteropInfo",
        record(*texts("moreInfoWebUrl", "tenantKey", "videoTeleconferenceId")),
    ),
    *texts("allowedLobbyAdmitters", "allowedPresenters", "allowLiveShare", "allowMeetingChat"),
    *texts("shareMeetingChatHistoryDefault"),
    *flags("allowAttendeeToEnableCamera", "allowAttendeeToEnableMic", "allowBreakoutRooms"),
    *flags("allowCopyingAndSharingMeetingContent", "allowParticipantsToChangeName"),
    *flags("allowPowerPointSharing", "allowRecording", "allowTeamworkReactions"),
    *flags("allowTranscription", "allowWhiteboard", "isEndToEndEncryptionEnabled"),
    *flags("isEntryExitAnnounced", "recordAutomatically"),
    th.Property("chatRestrictions", record(*flags("allowTextOnly"))),
    th.Property("sensitivityLabelAssignment", record(*texts("sensitivityLabelId"))),
    th.Property(
        "watermarkProtection",
        record(*flags("isEnabledForContentSharing", "isEnabledForVideo")),
    ),
)
"""Properties of meetings and of sessions of virtual events."""


def hosted_by_others(error: GraphError) -> GraphError:
    """The error of a refusal for a user: only the organizer may read the attendance."""
    if not isinstance(error, ForbiddenError) or isinstance(error, NotGrantedError):
        return error
    return recast(NotEntitledError, error)


class OnlineMeetings(GraphStream):
    """Online meetings found by chats and call records, since Graph does not list them.

    Graph gives the meetings of a person to an application only under an application access
    policy; a person without one is a notice in `sync_issues`.
    """

    name = "online_meetings"
    path = "/users/{userId}/onlineMeetings"
    query = Query(select=False, filter="JoinWebUrl eq '{address}'")
    parents = (Chats, CallRecords)
    # Graph finds neither expired meetings nor those of other tenants' organizers.
    read = Owned(by=Users, absent=True)
    distinct_parents = True
    parent_facts = ("onlineMeetingInfo", "joinWebUrl", "organizer_v2")
    permission = "OnlineMeetings.Read.All"
    delegated = Delegated(path="/me/onlineMeetings", permission="OnlineMeetings.Read")
    clouds = OUTSIDE_CHINA
    entity = "onlineMeeting"
    fills = "meetingId"
    # The call records that lead to some are kept for 30 days.
    appends = True
    selected_by_default = False
    cost = "1 per meeting"
    properties = th.PropertiesList(
        th.Property("id", PersonalValue, required=True),
        th.Property("userId", PersonId, description="Organizer of the meeting."),
        *moments("creationDateTime", "startDateTime", "endDateTime"),
        *MEETING,
        *texts("externalId", "meetingTemplateId"),
        th.Property(
            "participants",
            record(
                th.Property("organizer", MeetingParticipant),
                th.Property("attendees", Many(MeetingParticipant)),
            ),
            description="Invited people; `attendance_records` has those who came.",
        ),
        th.Property("isBroadcast", th.BooleanType, description="Whether it is a live event."),
        th.Property("attendeeReport", PersonalUrl, description="For live events; deprecated."),
        th.Property(
            "broadcastSettings",
            record(
                *texts("allowedAudience"),
                *flags("isAttendeeReportEnabled", "isQuestionAndAnswerEnabled"),
                *flags("isRecordingEnabled", "isVideoOnDemandEnabled"),
                th.Property(
                    "captions",
                    record(
                        *flags("isCaptionEnabled"),
                        *texts("spokenLanguage"),
                        th.Property("translationLanguages", Many(th.StringType)),
                    ),
                ),
            ),
        ),
    )

    @classmethod
    @override
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:
        info = row.get("onlineMeetingInfo") or {}
        address = info.get("joinWebUrl") or row.get("joinWebUrl")
        identity = (row.get("organizer_v2") or {}).get("identity") or {}
        organizer = (info.get("organizer") or identity.get("user") or {}).get("id")
        # The address lets everybody in who has it, so that it must not be logged.
        return ({"userId": organizer, "address": address},) if address and organizer else ()

    @classmethod
    @override
    def ids_of(cls, parent: Ids, row: Row) -> Ids | None:
        return {"userId": parent["userId"], "meetingId": row["id"]}


REPORT = (
    th.Property("id", th.StringType, required=True),
    *counts("totalParticipantCount"),
    *moments("meetingStartDateTime", "meetingEndDateTime"),
    th.Property(
        "externalEventInformation", Many(record(*texts("applicationId", "externalEventId")))
    ),
)


class AttendanceReports(GraphStream):
    """Attendance reports of a meeting: one for each time that it took place, the newest 50."""

    name = "attendance_reports"
    path = "/users/{userId}/onlineMeetings/{meetingId}/attendanceReports"
    query = Query(select=False)
    delegated = Delegated(path="/me/onlineMeetings/{meetingId}/attendanceReports")
    parents = (OnlineMeetings,)
    permission = "OnlineMeetingArtifact.Read.All"
    clouds = OUTSIDE_CHINA
    entity = "meetingAttendanceReport"
    primary_keys = ("userId", "meetingId", "id")
    fills = "reportId"
    appends = True
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("userId", PersonId, required=True, description="The organizer."),
        th.Property("meetingId", PersonalValue, required=True),
        *REPORT,
    )

    @classmethod
    @override
    def meaning(
        cls, error: GraphError, ids: Ids, facts: Mapping[str, Any], *, application: bool
    ) -> GraphError:
        return error if application else hosted_by_others(error)


RECORD = (
    th.Property(
        "id",
        PersonalValue,
        required=True,
        description="Graph's id; if there is none, it is derived from the identity.",
    ),
    th.Property("identity", Identity),
    th.Property("emailAddress", MailAddress),
    th.Property("role", th.StringType, description="Organizer, Presenter or Attendee."),
    *counts("totalAttendanceInSeconds"),
    th.Property(
        "attendanceIntervals",
        Many(record(*moments("joinDateTime", "leaveDateTime"), *counts("durationInSeconds"))),
    ),
    *texts("registrationId"),
    th.Property(
        "externalRegistrationInformation",
        record(*strings(PersonalDetail, "referrer"), *texts("registrationId")),
    ),
)


def id_of(_: Ids, record: Row) -> str:
    """The id of an attendance record: Graph's, or the participant's, or a hash of all it says."""
    values = record.values
    given = values.get("id")
    given = msgspec.json.decode(given) if isinstance(given, msgspec.Raw) else given
    who = (record.get("identity") or {}).get("id") or record.get("emailAddress")
    if id_ := given or who:
        return str(id_)
    text = msgspec.json.encode({name: values[name] for name in sorted(values)})
    return hashlib.blake2b(text, digest_size=16).hexdigest()


class AttendanceRecords(GraphStream):
    """Attendance of each participant of a meeting, with times."""

    name = "attendance_records"
    path = f"{AttendanceReports.path}/{{reportId}}/attendanceRecords"
    query = Query(select=False)
    delegated = Delegated(path=f"{AttendanceReports.delegated.path}/{{reportId}}/attendanceRecords")
    parents = (AttendanceReports,)
    permission = "OnlineMeetingArtifact.Read.All"
    clouds = OUTSIDE_CHINA
    entity = "attendanceRecord"
    primary_keys = ("userId", "meetingId", "reportId", "id")
    appends = True
    facts = ("identity", "emailAddress")
    # https://learn.microsoft.com/graph/api/attendancerecord-list shows records without an id.
    computed = {"id": id_of}
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("userId", PersonId, required=True, description="The organizer."),
        th.Property("meetingId", PersonalValue, required=True),
        th.Property("reportId", th.StringType, required=True),
        *RECORD,
    )
