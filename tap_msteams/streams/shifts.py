"""Shifts: schedules of teams, with shifts, time cards and requests.

Every stream is read whole: Graph cannot be asked for changes, and what is deleted vanishes.
"""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.declaration import Query
from tap_msteams.readers import Collection, GraphStream
from tap_msteams.schema import (
    FreeText,
    IdentitySet,
    ItemBody,
    Many,
    PersonId,
    Public,
    counts,
    flags,
    moments,
    numbers,
    record,
    strings,
    texts,
)
from tap_msteams.streams.teams import Teams

CLOUDS = ("global",)
"""Where Microsoft has Shifts: https://learn.microsoft.com/graph/api/schedule-get."""

TEAM_ID = th.Property("teamId", th.StringType, required=True)

KEYS = (TEAM_ID, th.Property("id", th.StringType, required=True))

TRACKED = (
    *moments("createdDateTime", "lastModifiedDateTime"),
    th.Property("createdBy", IdentitySet),
    th.Property("lastModifiedBy", IdentitySet),
)

STAGED = th.Property(
    "isStagedForDeletion",
    th.BooleanType,
    description="Whether the next publication of the schedule deletes it.",
)

GROUP_ID = th.Property("schedulingGroupId", th.StringType, description="Id in `scheduling_groups`.")

REASON_ID = th.Property("timeOffReasonId", th.StringType, description="Id in `time_off_reasons`.")

USER_ID = th.Property("userId", PersonId, description="Person who has the shift.")

SHIFT = (
    *moments("startDateTime", "endDateTime"),
    *strings(FreeText, "displayName", "notes"),
    *texts("theme"),
    th.Property(
        "activities",
        Many(
            record(
                *moments("startDateTime", "endDateTime"),
                *strings(FreeText, "displayName"),
                *texts("code", "theme"),
                *flags("isPaid"),
            )
        ),
    ),
)

ShiftItem = record(*SHIFT)

OpenShiftItem = record(*SHIFT, *counts("openSlotCount"))

TimeOffItem = record(*moments("startDateTime", "endDateTime"), *texts("theme"), REASON_ID)

TimeCardEvent = record(
    *moments("dateTime"), *flags("isAtApprovedLocation"), th.Property("notes", ItemBody)
)

CARD = (
    th.Property("clockInEvent", TimeCardEvent),
    th.Property("clockOutEvent", TimeCardEvent),
    th.Property(
        "breaks",
        Many(
            record(
                *texts("breakId"),
                th.Property("start", TimeCardEvent),
                th.Property("end", TimeCardEvent),
                th.Property("notes", ItemBody),
            )
        ),
    ),
)

REQUEST = (
    *KEYS,
    *TRACKED,
    th.Property("state", th.StringType, description="pending, approved or declined."),
    th.Property(
        "assignedTo",
        th.StringType,
        description="Person who decides next: manager, recipient and so on.",
    ),
    *strings(PersonId, "senderUserId", "managerUserId"),
    *strings(FreeText, "senderMessage", "managerActionMessage"),
    *moments("senderDateTime", "managerActionDateTime"),
)

OFFER = (
    th.Property("senderShiftId", th.StringType, description="Id in `shifts`."),
    *strings(PersonId, "recipientUserId"),
    *strings(FreeText, "recipientActionMessage"),
    *moments("recipientActionDateTime"),
)


class Schedules(GraphStream):
    """Schedules: one for each team that has set up Shifts."""

    name = "schedules"
    path = "/teams/{teamId}/schedule"
    query = Query(select=False)
    parents = (Teams,)
    read = Collection(single=True, absent=True)
    permission = "Schedule.Read.All"
    clouds = CLOUDS
    acts_as = True
    entity = "schedule"
    primary_keys = ("teamId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        TEAM_ID,
        th.Property(
            "id", th.StringType, required=True, description="The same as the id of the team."
        ),
        *flags("enabled"),
        th.Property("timeZone", th.StringType, description="Name in the tz database."),
        *texts("provisionStatus", "provisionStatusCode", "startDayOfWeek"),
        *flags(
            "timeClockEnabled",
            "openShiftsEnabled",
            "swapShiftsRequestsEnabled",
            "offerShiftRequestsEnabled",
            "timeOffRequestsEnabled",
            "isActivitiesIncludedWhenCopyingShiftsEnabled",
        ),
        th.Property(
            "timeClockSettings",
            record(
                th.Property(
                    "approvedLocation",
                    record(*numbers("altitude", "latitude", "longitude")),
                )
            ),
        ),
        th.Property("workforceIntegrationIds", Many(th.StringType)),
    )


class InSchedule(GraphStream):
    """The base of all streams below a schedule."""

    query = Query(select=False)
    parents = (Schedules,)
    permission = "Schedule.Read.All"
    clouds = CLOUDS
    acts_as = True
    primary_keys = ("teamId", "id")
    selected_by_default = False


class Shifts(InSchedule):
    """Shifts of people: published, drafts, or both."""

    name = "shifts"
    path = "/teams/{teamId}/schedule/shifts"
    entity = "shift"
    properties = th.PropertiesList(
        *KEYS,
        *TRACKED,
        USER_ID,
        GROUP_ID,
        th.Property("sharedShift", ShiftItem, description="Published version."),
        th.Property("draftShift", ShiftItem, description="Draft, which only managers see."),
        STAGED,
    )


class OpenShifts(InSchedule):
    """Shifts that everybody in the team may take."""

    name = "open_shifts"
    path = "/teams/{teamId}/schedule/openShifts"
    entity = "openShift"
    properties = th.PropertiesList(
        *KEYS,
        *TRACKED,
        GROUP_ID,
        th.Property("sharedOpenShift", OpenShiftItem, description="Published version."),
        th.Property("draftOpenShift", OpenShiftItem, description="Draft, which only managers see."),
        STAGED,
    )


class TimesOff(InSchedule):
    """Times for which people are off."""

    name = "times_off"
    path = "/teams/{teamId}/schedule/timesOff"
    entity = "timeOff"
    properties = th.PropertiesList(
        *KEYS,
        *TRACKED,
        USER_ID,
        th.Property("sharedTimeOff", TimeOffItem, description="Published version."),
        th.Property("draftTimeOff", TimeOffItem, description="Draft, which only managers see."),
        STAGED,
    )


class TimeOffReasons(InSchedule):
    """Reasons for being off; a deleted one stays and is not active any more."""

    name = "time_off_reasons"
    path = "/teams/{teamId}/schedule/timeOffReasons"
    entity = "timeOffReason"
    properties = th.PropertiesList(
        *KEYS,
        *TRACKED,
        *strings(Public, "displayName"),
        *texts("code", "iconType"),
        *flags("isActive"),
    )


class SchedulingGroups(InSchedule):
    """Groups of people in a schedule; a deleted one stays and is not active any more."""

    name = "scheduling_groups"
    path = "/teams/{teamId}/schedule/schedulingGroups"
    entity = "schedulingGroup"
    properties = th.PropertiesList(
        *KEYS,
        *TRACKED,
        *strings(Public, "displayName"),
        *texts("code"),
        *flags("isActive"),
        th.Property("userIds", Many(PersonId)),
    )


class TimeCards(InSchedule):
    """Time cards: when people clocked in and out and had breaks."""

    name = "time_cards"
    path = "/teams/{teamId}/schedule/timeCards"
    entity = "timeCard"
    properties = th.PropertiesList(
        *KEYS,
        *TRACKED,
        USER_ID,
        th.Property("state", th.StringType, description="clockedIn, onBreak or clockedOut."),
        th.Property("confirmedBy", th.StringType, description="none, user or manager."),
        th.Property("notes", ItemBody),
        *CARD,
        th.Property(
            "originalEntry", record(*CARD), description="Original entry, before any change."
        ),
    )


class DayNotes(InSchedule):
    """Notes for everybody on a day."""

    name = "day_notes"
    path = "/teams/{teamId}/schedule/dayNotes"
    entity = "dayNote"
    properties = th.PropertiesList(
        *KEYS,
        *TRACKED,
        th.Property("dayNoteDate", th.DateType),
        th.Property("sharedDayNote", ItemBody, description="Published version."),
        th.Property("draftDayNote", ItemBody, description="Draft, which only managers see."),
    )


class TimeOffRequests(InSchedule):
    """Requests to be off."""

    name = "time_off_requests"
    path = "/teams/{teamId}/schedule/timeOffRequests"
    entity = "timeOffRequest"
    properties = th.PropertiesList(*REQUEST, *moments("startDateTime", "endDateTime"), REASON_ID)


class SwapShiftRequests(InSchedule):
    """Requests to swap two shifts."""

    name = "swap_shift_requests"
    path = "/teams/{teamId}/schedule/swapShiftsChangeRequests"
    entity = "swapShiftsChangeRequest"
    properties = th.PropertiesList(
        *REQUEST,
        *OFFER,
        th.Property("recipientShiftId", th.StringType, description="Id in `shifts`."),
    )


class OpenShiftRequests(InSchedule):
    """Requests to take an open shift."""

    name = "open_shift_requests"
    path = "/teams/{teamId}/schedule/openShiftChangeRequests"
    entity = "openShiftChangeRequest"
    properties = th.PropertiesList(
        *REQUEST,
        th.Property("openShiftId", th.StringType, description="Id in `open_shifts`."),
    )


class OfferShiftRequests(InSchedule):
    """Requests to hand a shift to another person."""

    name = "offer_shift_requests"
    path = "/teams/{teamId}/schedule/offerShiftRequests"
    permission = "Schedule.ReadWrite.All"
    entity = "offerShiftRequest"
    properties = th.PropertiesList(*REQUEST, *OFFER)
