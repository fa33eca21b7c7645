"""Microsoft's reports on the use of Teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from singer_sdk import typing as th

from tap_msteams.readers import Distribution, GraphStream, History, Report
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_msteams.readers.kind import Kind

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


TEAM_COUNTS = (
    *counts("activeUsers", "activeChannels", "activeSharedChannels", "activeExternalUsers"),
    *counts("guests", "reactions", "mentions", "meetingsOrganized"),
    *counts("postMessages", "replyMessages", "channelMessages", "urgentMessages"),
)


class ReportStream(GraphStream):
    """A report for each day."""

    read: ClassVar[Kind] = Report()
    permission = "Reports.Read.All"
    clouds = ("global",)
    added: ClassVar[Sequence[str]] = ("reportDate", OTHER_COLUMNS)
    appends = True
    selected_by_default = False
    cost = "1 per day, at first of 26 days, and 1 more; Graph allows 14 in 10 minutes"


class PeriodStream(ReportStream):
    """Counts of the whole tenant, day by day."""

    read: ClassVar[Kind] = History()
    primary_keys: Sequence[str] = ("reportDate",)
    added = (OTHER_COLUMNS,)
    cost = "1, at first 2; Graph allows 14 in 10 minutes"


class UserActivity(ReportStream):
    """Activity of each user in Teams, day by day.

    Tenants conceal names and ids in usage reports by default, so that rows match no other
    table; the log says so. Graph keeps 28 days.
    """

    name = "user_activity"
    path = "/reports/getTeamsUserActivityUserDetail(date={date})"
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
        *TEAM_COUNTS,
        MORE,
    )


class DeviceUsage(ReportStream):
    """Devices on which each user used Teams, day by day."""

    name = "device_usage"
    path = "/reports/getTeamsDeviceUsageUserDetail(date={date})"
    primary_keys = ("reportDate", "userId", "userPrincipalName")
    properties = th.PropertiesList(
        *ABOUT,
        *PERSON,
        *flags("usedWeb", "usedWindows", "usedMac", "usedLinux", "usedChromeOS"),
        *flags("usediOS", "usedAndroidPhone", "usedWindowsPhone"),
        MORE,
    )


DAY = (
    th.Property("reportDate", th.DateType, required=True, description="Day that is counted."),
    th.Property("reportRefreshDate", th.DateType, description="Day of the newest report at Graph."),
)

LENGTH = th.Property(
    "reportPeriod", th.StringType, description="Days in the report that the row was read in."
)

PERIOD = (
    th.Property(
        "reportRefreshDate", th.DateType, required=True, description="Last day of the period."
    ),
    th.Property(
        "reportPeriod", th.StringType, required=True, description="Its days: 7, 30, 90 or 180."
    ),
)

DEVICES = (
    *counts("web", "windows", "mac", "linux", "chromeOS", "ios", "androidPhone"),
    th.Property("windowsPhone", th.IntegerType, description="Deprecated, and always 0."),
)


class UserActivityCounts(PeriodStream):
    """Messages, calls and meetings of all users together, day by day for half a year."""

    name = "user_activity_counts"
    path = "/reports/getTeamsUserActivityCounts(period='{period}')"
    properties = th.PropertiesList(
        *DAY,
        LENGTH,
        *counts("teamChatMessages", "postMessages", "replyMessages", "privateChatMessages"),
        *counts("calls", "meetings", "meetingsOrganized", "meetingsAttended"),
        # As ISO 8601 spells durations.
        *texts("audioDuration", "videoDuration", "screenShareDuration"),
        MORE,
    )


class UserActivityUserCounts(PeriodStream):
    """Users with each kind of activity, day by day for half a year."""

    name = "user_activity_user_counts"
    path = "/reports/getTeamsUserActivityUserCounts(period='{period}')"
    properties = th.PropertiesList(
        *DAY,
        LENGTH,
        *counts("teamChatMessages", "privateChatMessages", "calls", "meetings", "otherActions"),
        MORE,
    )


class TeamActivityCounts(PeriodStream):
    """Activity of all teams together, day by day for half a year."""

    name = "team_activity_counts"
    path = "/reports/getTeamsTeamActivityCounts(period='{period}')"
    properties = th.PropertiesList(*DAY, LENGTH, *TEAM_COUNTS, MORE)


class TeamCounts(PeriodStream):
    """Public and private teams, and how many of them are active, day by day for half a year."""

    name = "team_counts"
    path = "/reports/getTeamsTeamCounts(period='{period}')"
    properties = th.PropertiesList(
        *DAY,
        *counts("publicTeams", "activePublicTeams", "privateTeams", "activePrivateTeams"),
        MORE,
    )


class DeviceUsageUserCounts(PeriodStream):
    """Users of Teams on each kind of device, day by day for half a year."""

    name = "device_usage_user_counts"
    path = "/reports/getTeamsDeviceUsageUserCounts(period='{period}')"
    properties = th.PropertiesList(*DAY, LENGTH, *DEVICES, MORE)


class DistributionStream(PeriodStream):
    """A row for each period that ends at the newest day."""

    read = Distribution()
    primary_keys = ("reportRefreshDate", "reportPeriod")
    cost = "4; Graph allows 14 in 10 minutes"


class TeamActivityDistribution(DistributionStream):
    """Activity of all teams together in the last 7, 30, 90 and 180 days."""

    name = "team_activity_distribution"
    path = "/reports/getTeamsTeamActivityDistributionCounts(period='{period}')"
    properties = th.PropertiesList(*PERIOD, *TEAM_COUNTS, MORE)


class DeviceUsageDistribution(DistributionStream):
    """Users of Teams on each kind of device in the last 7, 30, 90 and 180 days."""

    name = "device_usage_distribution"
    path = "/reports/getTeamsDeviceUsageDistributionUserCounts(period='{period}')"
    properties = th.PropertiesList(*PERIOD, *DEVICES, MORE)
