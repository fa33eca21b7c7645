"""Totals: figures of the whole tenant, day by day or of a period."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.reports.usage import LAG, duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_msteams_sandbox.areas.reports.usage import Reports

LONGEST = 180
"""The days of the longest period."""

HEAD = {"Report Refresh Date": "reportRefreshDate"}
DAY = {"Report Date": "reportDate"}
PERIOD = {"Report Period": "reportPeriod"}

USER_ACTIVITY_COUNTS = {
    **HEAD,
    **DAY,
    "Team Chat Messages": "teamChatMessages",
    "Post Messages": "postMessages",
    "Reply Messages": "replyMessages",
    "Private Chat Messages": "privateChatMessages",
    "Calls": "calls",
    "Meetings": "meetings",
    "Audio Duration": "audioDuration",
    "Video Duration": "videoDuration",
    "Screen Share Duration": "screenShareDuration",
    "Meetings Organized": "meetingsOrganized",
    "Meetings Attended": "meetingsAttended",
    **PERIOD,
}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsuseractivitycounts#response"""

USER_ACTIVITY_USER_COUNTS = {
    **HEAD,
    **DAY,
    "Team Chat Messages": "teamChatMessages",
    "Private Chat Messages": "privateChatMessages",
    "Calls": "calls",
    "Meetings": "meetings",
    "Other Actions": "otherActions",
    **PERIOD,
}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsuseractivityusercounts#response"""

TEAMS = {
    "Active Users": "activeUsers",
    "Active Channels": "activeChannels",
    "Guests": "guests",
    "Reactions": "reactions",
    "Meetings Organized": "meetingsOrganized",
    "Post Messages": "postMessages",
    "Channel Messages": "channelMessages",
    "Active Shared Channels": "activeSharedChannels",
    "Active External Users": "activeExternalUsers",
    "Reply Messages": "replyMessages",
    "Urgent Messages": "urgentMessages",
    "Mentions": "mentions",
}

TEAM_ACTIVITY_COUNTS = {**HEAD, **PERIOD, **DAY, **TEAMS}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsteamactivitycounts#response"""

TEAM_ACTIVITY_DISTRIBUTION = {**HEAD, **PERIOD, **TEAMS}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsteamactivitydistributioncounts#response"""

TEAM_COUNTS = {
    **HEAD,
    **DAY,
    "Public Teams": "publicTeams",
    "Active Public Teams": "activePublicTeams",
    "Private Teams": "privateTeams",
    "Active Private Teams": "activePrivateTeams",
}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsteamcounts#response"""

DEVICES = {
    "Web": "web",
    "Windows Phone": "windowsPhone",
    "Android Phone": "androidPhone",
    "iOS": "ios",
    "Mac": "mac",
    "Windows": "windows",
    "Chrome OS": "chromeOS",
    "Linux": "linux",
}

DEVICE_USAGE_USER_COUNTS = {**HEAD, **DEVICES, **DAY, **PERIOD}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsdeviceusageusercounts#response"""

DEVICE_USAGE_DISTRIBUTION = {**HEAD, **DEVICES, **PERIOD}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsdeviceusagedistributionusercounts#response"""


def daily(
    reports: Reports, columns: Mapping[str, str], days: int = LONGEST
) -> Iterator[dict[str, Any]]:
    """Yield a row for each day of a period, the newest first."""
    for back in range(days):
        day = reports.refreshed - timedelta(days=back)
        if day in reports.left_out:
            continue
        about = {"reportDate": str(day), "reportPeriod": str(days)}
        yield _row(reports, columns, day, about)


def summed(reports: Reports, columns: Mapping[str, str], days: int) -> Iterator[dict[str, Any]]:
    """Yield the row of a period."""
    yield _row(reports, columns, reports.refreshed, {"reportPeriod": str(days)})


def _row(
    reports: Reports, columns: Mapping[str, str], day: date, about: dict[str, str]
) -> dict[str, Any]:
    """Return a row; the figures of the newest days still grow."""
    scope = "" if "reportDate" in about else about["reportPeriod"]
    random = reports.tenant.random("totals", *columns.values(), str(day), scope)
    missing = max(0, LAG.days - (reports.refreshed - day).days) if not scope else 0
    figures: dict[str, Any] = {}
    for name in columns.values():
        number = max(0, random.randint(0, 400) - missing)
        figures[name] = duration(number * 60) if name.endswith("Duration") else number
    fixed: dict[str, Any] = {"reportRefreshDate": str(reports.refreshed), **about}
    if "windowsPhone" in figures:
        fixed["windowsPhone"] = 0
    return figures | {name: it for name, it in fixed.items() if name in columns.values()}
