"""Microsoft's reports on the use of Teams."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.readers import GraphStream, Report
from tap_msteams.readers.table import OTHER_COLUMNS
from tap_msteams.schema import (
    MailAddress,
    Many,
    PersonId,
    Public,
    counts,
    flags,
    record,
    strings,
    texts,
)

ABOUT = (
    th.Property("reportDate", th.DateType, required=True, description="Day of the activity."),
    th.Property("reportRefreshDate", th.DateType, description="Day of the newest report at Graph."),
    th.Property("lastActivityDate", th.DateType),
    th.Property("reportPeriod", th.StringType, description="Number of days; always 1."),
)

MORE = th.Property(
    OTHER_COLUMNS,
    record(),
    description="Columns that this version does not know, by name.",
)

PERSON = (
    th.Property("userId", PersonId, required=True, description="A hash if names are concealed."),
    th.Property(
        "userPrincipalName",
        MailAddress,
        required=True,
        description="A hash where names are concealed, when all may have the same id.",
    ),
    *flags("isDeleted", "isLicensed"),
    th.Property("deletedDate", th.DateType),
)


class ReportStream(GraphStream):
    """A report for each day."""

    permission = "Reports.Read.All"
    clouds = ("global",)
    replication_key = "reportDate"
    added = ("reportDate", OTHER_COLUMNS)
    has_additional_data = False
    appends = True
    selected_by_default = False
    cost = "1 per day, at first of 26 days, and 1 more; Graph allows 14 in 10 minutes"


class UserActivity(ReportStream):
    """Activity of each user in Teams, day by day.

    Tenants conceal names and ids in usage reports by default, so that rows match no other
    table; the log says so. Graph keeps 28 days.
    """

    name = "user_activity"
    path = "/reports/getTeamsUserActivityUserDetail(date={date})"
    read = Report()
    primary_keys = ("reportDate", "userId", "userPrincipalName")
    properties = th.PropertiesList(
        *ABOUT,
        *PERSON,
        *strings(Public, "tenantDisplayName", "sharedChannelTenantDisplayNames"),
        th.Property("assignedProducts", Many(th.StringType)),
        *counts("teamChatMessageCount", "privateChatMessageCount", "callCount", "meetingCount"),
        *counts("postMessages", "replyMessages", "urgentMessages"),
        *counts("meetingsOrganizedCount", "meetingsAttendedCount"),
        *counts("adHocMeetingsOrganizedCount", "adHocMeetingsAttendedCount"),
        *counts("scheduledOneTimeMeetingsOrganizedCount", "scheduledOneTimeMeetingsAttendedCount"),
        *counts("scheduledRecurringMeetingsOrganizedCount"),
        *counts("scheduledRecurringMeetingsAttendedCount"),
        # Durations as ISO 8601 spells them, and the same in seconds.
        *texts("audioDuration", "videoDuration", "screenShareDuration"),
        *counts("audioDurationInSeconds", "videoDurationInSeconds"),
        *counts("screenShareDurationInSeconds"),
        *flags("hasOtherAction"),
        MORE,
    )


class TeamActivity(ReportStream):
    """Activity in each team, day by day."""

    name = "team_activity"
    path = "/reports/getTeamsTeamActivityDetail(date={date})"
    read = Report()
    primary_keys = ("reportDate", "teamId", "teamName")
    properties = th.PropertiesList(
        *ABOUT,
        th.Property(
            "teamId", th.StringType, required=True, description="A hash if names are concealed."
        ),
        th.Property(
            "teamName",
            th.StringType,
            required=True,
            description="A hash where names are concealed, when all may have the same id.",
        ),
        *texts("teamType"),
        *counts("activeUsers", "activeChannels", "activeSharedChannels", "activeExternalUsers"),
        *counts("guests", "reactions", "mentions", "meetingsOrganized"),
        *counts("postMessages", "replyMessages", "channelMessages", "urgentMessages"),
        MORE,
    )


class DeviceUsage(ReportStream):
    """Devices on which each user used Teams, day by day."""

    name = "device_usage"
    path = "/reports/getTeamsDeviceUsageUserDetail(date={date})"
    read = Report()
    primary_keys = ("reportDate", "userId", "userPrincipalName")
    properties = th.PropertiesList(
        *ABOUT,
        *PERSON,
        *flags("usedWeb", "usedWindows", "usedMac", "usedLinux", "usedChromeOS"),
        *flags("usediOS", "usedAndroidPhone", "usedWindowsPhone"),
        MORE,
    )
