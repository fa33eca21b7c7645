"""Webinars and town halls, with their sessions, presenters, registrations and attendance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import Delegated, Details, Query
from tap_msteams.readers import GraphStream
from tap_msteams.schema import (
    DateTimeTimeZone,
    FreeText,
    Identity,
    ItemBody,
    MailAddress,
    Many,
    PersonalDetail,
    PersonalUrl,
    PersonalValue,
    PersonId,
    PersonName,
    counts,
    flags,
    moments,
    record,
    strings,
    texts,
)
from tap_msteams.streams.calls import CommunicationsIdentitySet
from tap_msteams.streams.meetings import MEETING, RECORD, REPORT, id_of

if TYPE_CHECKING:
    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids

EVENTS = "/solutions/virtualEvents"

MINE = "getByUserRole(role='organizer')"
"""The list for a user: https://learn.microsoft.com/graph/api/virtualeventwebinar-getbyuserrole"""

EVENT = (
    th.Property("id", th.StringType, required=True),
    *strings(FreeText, "displayName"),
    th.Property("description", ItemBody),
    th.Property("status", th.StringType, description="draft, published or canceled."),
    th.Property("audience", th.StringType, description="everyone or organization."),
    th.Property("startDateTime", DateTimeTimeZone),
    th.Property("endDateTime", DateTimeTimeZone),
    *flags("isRegistrationRequired"),
    th.Property("createdBy", CommunicationsIdentitySet, description="The organizer."),
    th.Property(
        "coOrganizers",
        Many(
            record(
                *strings(PersonId, "id"), *strings(PersonName, "displayName"), *texts("tenantId")
            )
        ),
    ),
    th.Property("settings", record(*flags("isAttendeeEmailNotificationEnabled"))),
    th.Property(
        "externalEventInformation", Many(record(*texts("applicationId", "externalEventId")))
    ),
)


class EventStream(GraphStream):
    """Virtual events, or what belongs to one.

    Graph gives an application the events of organizers under an application access policy only.
    """

    query = Query(select=False)
    permission = "VirtualEvent.Read.All"
    product = "webinars and town halls"
    # https://learn.microsoft.com/graph/api/virtualeventsroot-list-webinars
    clouds = ("global",)
    selected_by_default = False


class Webinars(EventStream):
    """Webinars whose organizers have an application access policy; a user's own ones."""

    name = "webinars"
    path = f"{EVENTS}/webinars"
    delegated = Delegated(path=f"{EVENTS}/webinars/{MINE}", permission="VirtualEvent.Read")
    entity = "virtualEventWebinar"
    fills = "eventId"
    properties = th.PropertiesList(*EVENT)

    @classmethod
    @override
    def ids_of(cls, parent: Ids, row: Row) -> Ids | None:
        return {"events": "webinars", "eventId": row["id"]}


class Townhalls(EventStream):
    """Town halls whose organizers have an application access policy; a user's own ones."""

    name = "townhalls"
    path = f"{EVENTS}/townhalls"
    delegated = Delegated(path=f"{EVENTS}/townhalls/{MINE}", permission="VirtualEvent.Read")
    entity = "virtualEventTownhall"
    fills = "eventId"
    properties = th.PropertiesList(
        *EVENT,
        *flags("isInviteOnly"),
        *counts("capacity"),
        th.Property("invitedAttendees", Many(Identity)),
    )

    @classmethod
    @override
    def ids_of(cls, parent: Ids, row: Row) -> Ids | None:
        return {"events": "townhalls", "eventId": row["id"]}


class VirtualEventSessions(EventStream):
    """Sessions of webinars and town halls.

    The list has names, times and addresses alone: for more, each session takes a request.
    """

    name = "virtual_event_sessions"
    path = f"{EVENTS}/{{events}}/{{eventId}}/sessions"
    parents = (Webinars, Townhalls)
    delegated = Delegated(permission="VirtualEvent.Read")
    details = Details(
        path=f"{path}/{{sessionId}}",
        # https://learn.microsoft.com/graph/api/virtualevent-list-sessions#response
        lists=("id", "subject", "startDateTime", "endDateTime", "joinWebUrl"),
    )
    entity = "virtualEventSession"
    primary_keys = ("eventId", "id")
    fills = "sessionId"
    cost = "1 per webinar and town hall, and 1 per session for more than names and times"
    properties = th.PropertiesList(
        th.Property("eventId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        th.Property("startDateTime", DateTimeTimeZone),
        th.Property("endDateTime", DateTimeTimeZone),
        *MEETING,
        *counts("capacity"),
        *strings(PersonalUrl, "videoOnDemandWebUrl"),
    )


class VirtualEventPresenters(EventStream):
    """Presenters of webinars and town halls, guests from outside included."""

    name = "virtual_event_presenters"
    path = f"{EVENTS}/{{events}}/{{eventId}}/presenters"
    parents = (Webinars, Townhalls)
    delegated = Delegated(permission="VirtualEvent.Read")
    entity = "virtualEventPresenter"
    primary_keys = ("eventId", "id")
    properties = th.PropertiesList(
        th.Property("eventId", th.StringType, required=True),
        th.Property("id", PersonId, required=True),
        th.Property("identity", Identity),
        *strings(MailAddress, "email"),
        th.Property(
            "presenterDetails",
            record(
                th.Property(
                    "bio", record(*strings(PersonalDetail, "content"), *texts("contentType"))
                ),
                *texts("company", "jobTitle"),
                *strings(PersonalUrl, "linkedInProfileWebUrl", "personalSiteWebUrl"),
                *strings(PersonalUrl, "twitterProfileWebUrl", "photo"),
            ),
        ),
    )


class WebinarRegistrations(EventStream):
    """People who registered for a webinar, with their answers."""

    name = "webinar_registrations"
    path = f"{EVENTS}/webinars/{{eventId}}/registrations"
    parents = (Webinars,)
    delegated = Delegated(permission="VirtualEvent.Read")
    entity = "virtualEventRegistration"
    primary_keys = ("eventId", "id")
    properties = th.PropertiesList(
        th.Property("eventId", th.StringType, required=True, description="The webinar."),
        th.Property("id", th.StringType, required=True),
        th.Property("userId", PersonId, description="Null for people from outside."),
        *strings(PersonName, "firstName", "lastName"),
        *strings(MailAddress, "email"),
        th.Property("status", th.StringType, description="registered, canceled, waitlisted, ..."),
        *moments("registrationDateTime", "cancelationDateTime"),
        *texts("preferredLanguage", "preferredTimezone"),
        th.Property(
            "registrationQuestionAnswers",
            Many(
                record(
                    *texts("questionId"),
                    *strings(FreeText, "displayName", "value"),
                    *flags("booleanValue"),
                    th.Property("multiChoiceValues", Many(FreeText)),
                )
            ),
        ),
        th.Property(
            "externalRegistrationInformation",
            record(*strings(PersonalValue, "referrer"), *texts("registrationId")),
        ),
    )


class EventAttendanceReports(EventStream):
    """Attendance reports of a session of a webinar or a town hall."""

    name = "event_attendance_reports"
    path = f"{VirtualEventSessions.path}/{{sessionId}}/attendanceReports"
    parents = (VirtualEventSessions,)
    permission = "OnlineMeetingArtifact.Read.All"
    entity = "meetingAttendanceReport"
    primary_keys = ("eventId", "sessionId", "id")
    fills = "reportId"
    appends = True
    properties = th.PropertiesList(
        th.Property("eventId", th.StringType, required=True),
        th.Property("sessionId", th.StringType, required=True),
        *REPORT,
    )


class EventAttendanceRecords(EventStream):
    """Attendance of each participant of a session, with times."""

    name = "event_attendance_records"
    path = f"{EventAttendanceReports.path}/{{reportId}}/attendanceRecords"
    parents = (EventAttendanceReports,)
    permission = "OnlineMeetingArtifact.Read.All"
    entity = "attendanceRecord"
    primary_keys = ("eventId", "sessionId", "reportId", "id")
    appends = True
    facts = ("identity", "emailAddress")
    computed = {"id": id_of}
    properties = th.PropertiesList(
        th.Property("eventId", th.StringType, required=True),
        th.Property("sessionId", th.StringType, required=True),
        th.Property("reportId", th.StringType, required=True),
        *RECORD,
    )
