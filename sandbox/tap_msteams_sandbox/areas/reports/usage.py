"""Usage: daily figures of people, teams and devices."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company.people import COMPANY
from tap_msteams_sandbox.instants import DAY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person

LAG = timedelta(days=2)
"""How far reports are behind.

https://learn.microsoft.com/en-us/microsoftteams/teams-analytics-and-reports/teams-usage-report
"""

REACH = timedelta(days=28)
"""From how many days back on a single day can be had: fewer than the pages of the reports say.

https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/8720
"""

USER_ACTIVITY = {
    "Report Refresh Date": "reportRefreshDate",
    "Tenant Display Name": "tenantDisplayName",
    "Shared Channel Tenant Display Names": "sharedChannelTenantDisplayNames",
    "User Id": "userId",
    "User Principal Name": "userPrincipalName",
    "Last Activity Date": "lastActivityDate",
    "Is Deleted": "isDeleted",
    "Deleted Date": "deletedDate",
    "Assigned Products": "assignedProducts",
    "Team Chat Message Count": "teamChatMessageCount",
    "Private Chat Message Count": "privateChatMessageCount",
    "Call Count": "callCount",
    "Meeting Count": "meetingCount",
    "Post Messages": "postMessages",
    "Reply Messages": "replyMessages",
    "Urgent Messages": "urgentMessages",
    "Meetings Organized Count": "meetingsOrganizedCount",
    "Meetings Attended Count": "meetingsAttendedCount",
    "Ad Hoc Meetings Organized Count": "adHocMeetingsOrganizedCount",
    "Ad Hoc Meetings Attended Count": "adHocMeetingsAttendedCount",
    "Scheduled One-time Meetings Organized Count": "scheduledOneTimeMeetingsOrganizedCount",
    "Scheduled One-time Meetings Attended Count": "scheduledOneTimeMeetingsAttendedCount",
    "Scheduled Recurring Meetings Organized Count": "scheduledRecurringMeetingsOrganizedCount",
    "Scheduled Recurring Meetings Attended Count": "scheduledRecurringMeetingsAttendedCount",
    "Audio Duration": "audioDuration",
    "Video Duration": "videoDuration",
    "Screen Share Duration": "screenShareDuration",
    "Audio Duration In Seconds": "audioDurationInSeconds",
    "Video Duration In Seconds": "videoDurationInSeconds",
    "Screen Share Duration In Seconds": "screenShareDurationInSeconds",
    "Has Other Action": "hasOtherAction",
    "Is Licensed": "isLicensed",
    "Report Period": "reportPeriod",
}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsuseractivityuserdetail#response"""

TEAM_ACTIVITY = {
    "Report Refresh Date": "reportRefreshDate",
    "Team Name": "teamName",
    "Team Id": "teamId",
    "Team Type": "teamType",
    "Last Activity Date": "lastActivityDate",
    "Report Period": "reportPeriod",
    "Active Users": "activeUsers",
    "Active Channels": "activeChannels",
    "Guests": "guests",
    "Reactions": "reactions",
    "Meetings Organized": "meetingsOrganized",
    "Post Messages": "postMessages",
    "Reply Messages": "replyMessages",
    "Channel Messages": "channelMessages",
    "Urgent Messages": "urgentMessages",
    "Mentions": "mentions",
    "Active Shared Channels": "activeSharedChannels",
    "Active External Users": "activeExternalUsers",
}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsteamactivitydetail#response"""

DEVICE_USAGE = {
    "Report Refresh Date": "reportRefreshDate",
    "User Id": "userId",
    "User Principal Name": "userPrincipalName",
    "Last Activity Date": "lastActivityDate",
    "Is Deleted": "isDeleted",
    "Deleted Date": "deletedDate",
    "Used Web": "usedWeb",
    "Used Windows Phone": "usedWindowsPhone",
    "Used iOS": "usediOS",
    "Used Mac": "usedMac",
    "Used Android Phone": "usedAndroidPhone",
    "Used Windows": "usedWindows",
    "Used Chrome OS": "usedChromeOS",
    "Used Linux": "usedLinux",
    "Is Licensed": "isLicensed",
    "Report Period": "reportPeriod",
}
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsdeviceusageuserdetail#response"""

PRODUCTS = ("MICROSOFT 365 E5", "MICROSOFT TEAMS PHONE STANDARD", "POWER BI (FREE)")

TRUE_OR_FALSE = ("isDeleted",)
"""Columns that say True or False; the others say Yes or No."""


class Reports:
    """The usage reports of a tenant."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        self.concealed = False
        """Whether people and teams are shown as hashes: at Microsoft the default."""
        self.alike = False
        """Whether all people and teams have the same id, of zeros."""
        self.cells: dict[str, str] = {}
        """What stands in the first row of each report, by the heads of the columns."""
        self.short = False
        """Whether the last cell of the first row of each report is missing."""
        self.empty: set[date] = set()
        """The days whose reports are files without a byte."""
        self.left_out: set[date] = set()
        """The days that reports on the whole tenant leave out."""
        self.more: dict[str, str] = {}
        """Columns that Microsoft has added, each with what stands in it."""
        self.spelling: dict[str, str] = {}
        """Columns whose heads are written in another way."""
        self.readers = {tenant.me.id}
        """Who has one of the roles that may read reports."""

    @property
    def today(self) -> date:
        """The day it is."""
        return date.fromisoformat(iso(self.tenant.now())[:10])

    @property
    def refreshed(self) -> date:
        """The newest day with a report."""
        return self.today - LAG

    def days(self) -> list[date]:
        """Return the days with reports, oldest first."""
        first = self.today - REACH + timedelta(days=1)
        return [first + timedelta(days=n) for n in range((self.refreshed - first).days + 1)]

    def text(self, columns: dict[str, str], rows: Iterator[dict[str, Any]]) -> bytes:
        """Return a report as CSV."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow([*(self.spelling.get(head, head) for head in columns), *self.more])
        for number, row in enumerate(rows):
            cells = {head: _cell(name, row[name]) for head, name in columns.items()}
            if not number:
                cells |= {head: cell for head, cell in self.cells.items() if head in cells}
            cells |= self.more
            written = [*cells.values()]
            writer.writerow(written[:-1] if self.short and not number else written)
        return out.getvalue().encode("utf-8-sig")

    def user_activity(self, day: date, period: int = 1) -> Iterator[dict[str, Any]]:
        """Yield a row for each user; for a single day only active ones."""
        for person, random in self._active("activity", day, period):
            counted = {name: random.randint(0, 9) * period for name in _COUNTS}
            seconds = {name: random.choice((0, random.randint(60, 9000))) for name in _DURATIONS}
            yield {
                **self._about(person, day, period),
                "tenantDisplayName": COMPANY,
                "sharedChannelTenantDisplayNames": "Nordlys Energi" if person.guest else None,
                "assignedProducts": list(PRODUCTS[: 1 + person.n % 3]),
                **counted,
                **{name: duration(value) for name, value in seconds.items()},
                **{f"{name}InSeconds": value for name, value in seconds.items()},
                "hasOtherAction": random.random() < 0.5,  # noqa: PLR2004 (half of them)
            }

    def device_usage(self, day: date, period: int = 1) -> Iterator[dict[str, Any]]:
        """Yield a row for each user; for a single day only active ones."""
        for person, random in self._active("devices", day, period):
            used = {name: random.random() < 0.4 for name in _DEVICES}  # noqa: PLR2004 (some)
            yield {**self._about(person, day, period), **used}

    def team_activity(self, day: date, period: int = 1) -> Iterator[dict[str, Any]]:
        """Yield a row for each team."""
        for team in self.tenant.teams.values():
            random = self.tenant.random("report", "teams", str(day), str(period), team.id)
            yield {
                "reportRefreshDate": str(self.refreshed),
                "teamName": self._shown(team.name),
                "teamId": self._id(team.id),
                "teamType": "Private" if team.n % 2 else "Public",
                "lastActivityDate": str(day),
                "reportPeriod": str(period),
                **{name: random.randint(0, 40) for name in _TEAM_COUNTS},
            }

    def _active(self, what: str, day: date, period: int) -> Iterator[tuple[Person, Random]]:
        """Yield the people of a report, each with a random generator."""
        for person in self.tenant.people:
            random = self.tenant.random("report", what, str(day), str(period), person.id)
            if period > 1 or random.random() < 0.7:  # noqa: PLR2004 (most people, most days)
                yield person, random

    def _about(self, person: Person, day: date, period: int) -> dict[str, Any]:
        """Return the first columns of both reports of people."""
        gone = person.n % 17 == 16  # noqa: PLR2004 (few people)
        return {
            "reportRefreshDate": str(self.refreshed),
            "userId": self._id(person.id),
            "userPrincipalName": self._shown(person.principal_name),
            "lastActivityDate": str(day),
            "isDeleted": gone,
            "deletedDate": iso(self.tenant.until - person.n * DAY)[:10] if gone else None,
            "isLicensed": not person.guest,
            "reportPeriod": str(period),
        }

    def _id(self, text: str) -> str:
        """Return an id, or its concealed form."""
        return re.sub(r"[^-]", "0", text) if self.alike else self._shown(text)

    def _shown(self, text: str) -> str:
        """Return a name, or its concealed form."""
        if not self.concealed:
            return text
        salted = f"{self.tenant.id}/{text}".encode()
        return hashlib.blake2b(salted, digest_size=16).hexdigest().upper()


_COUNTS = tuple(name for name in USER_ACTIVITY.values() if name.endswith(("Count", "Messages")))
_DURATIONS = ("audioDuration", "videoDuration", "screenShareDuration")
_DEVICES = tuple(name for name in DEVICE_USAGE.values() if name.startswith("used"))
_TEAM_COUNTS = tuple(TEAM_ACTIVITY.values())[6:]


def duration(seconds: int) -> str:
    """Return a duration in ISO 8601."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "H"), (minutes, "M"), (rest, "S"))
    return "PT" + ("".join(f"{value}{unit}" for value, unit in parts if value) or "0S")


def _cell(name: str, value: object) -> str:
    """Return a value in the reports' format."""
    match value:
        case None:
            return ""
        case bool():
            words = ("False", "True") if name in TRUE_OR_FALSE else ("No", "Yes")
            return words[value]
        case list():
            return "+".join(value)
    return str(value)
