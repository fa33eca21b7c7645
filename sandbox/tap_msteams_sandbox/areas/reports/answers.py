"""Usage reports: CSV behind a redirect."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.reports import totals
from tap_msteams_sandbox.areas.reports.downloads import Downloads
from tap_msteams_sandbox.areas.reports.usage import (
    DEVICE_USAGE,
    REACH,
    TEAM_ACTIVITY,
    USER_ACTIVITY,
    Reports,
)
from tap_msteams_sandbox.limits import Limit
from tap_msteams_sandbox.odata import entity
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.endpoints import Call

    Rows = Callable[[Reports, date, int], Iterator[dict[str, Any]]]

READ = ("Reports.Read.All",)
SETTINGS = ("ReportSettings.Read.All", "ReportSettings.ReadWrite.All")

FORMAT = frozenset({"$format", "$top"})
"""https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsdeviceusageuserdetail?view=graph-rest-beta#query-parameters"""

PERIODS = {"D7": 7, "D30": 30, "D90": 90, "D180": 180}

LIMITS = "https://learn.microsoft.com/en-us/graph/throttling-limits#reports-service-limits"

USERS, TEAMS, DEVICES = REPORTS = (
    "getTeamsUserActivityUserDetail",
    "getTeamsTeamActivityDetail",
    "getTeamsDeviceUsageUserDetail",
)

TOTALS = {
    "getTeamsUserActivityCounts": ("user_activity_counts", totals.USER_ACTIVITY_COUNTS),
    "getTeamsUserActivityUserCounts": (
        "user_activity_user_counts",
        totals.USER_ACTIVITY_USER_COUNTS,
    ),
    "getTeamsTeamActivityCounts": ("team_activity_counts", totals.TEAM_ACTIVITY_COUNTS),
    "getTeamsTeamActivityDistributionCounts": (
        "team_activity_distribution",
        totals.TEAM_ACTIVITY_DISTRIBUTION,
    ),
    "getTeamsTeamCounts": ("team_counts", totals.TEAM_COUNTS),
    "getTeamsDeviceUsageUserCounts": ("device_usage_user_counts", totals.DEVICE_USAGE_USER_COUNTS),
    "getTeamsDeviceUsageDistributionUserCounts": (
        "device_usage_distribution",
        totals.DEVICE_USAGE_DISTRIBUTION,
    ),
}
"""The reports on the whole tenant: their collections and columns."""

AREA = Area(
    "Reports",
    roles=(*READ, SETTINGS[0]),
    limits=(
        *(
            Limit(f"report {number}", rf"GET /reports/{name}\(\)", 14, 600, LIMITS)
            for number, name in enumerate((*REPORTS, *TOTALS))
        ),
        Limit("reports", r"GET /reports/.*", 40, 600, LIMITS),
    ),
)

_PERIOD = re.compile(r"period='(?P<period>[^']*)'")
_DATE = re.compile(r"date='?(?P<date>[^']*)'?")


def _report(call: Call, columns: dict[str, str], rows: Rows) -> Reply:
    """Redirect to the report of a period or of a day."""
    reports = _reports(call)
    if match := _PERIOD.fullmatch(call.names[0]):
        found = rows(reports, reports.refreshed, _days(match["period"]))
    elif match := _DATE.fullmatch(call.names[0]):
        day = _day(reports, match["date"])
        # Of a day that is not counted yet, the report has no rows.
        found = rows(reports, day, 1) if day <= reports.refreshed else iter(())
        if day in reports.empty:
            return _file(call, b"")
    else:
        msg = "Either period or date has to be given."
        raise GraphError(400, "InvalidArgument", msg)
    return _file(call, reports.text(columns, found))


def _reports(call: Call) -> Reports:
    """Return the reports, if they may be read."""
    reports = call.tenant.part(Reports)
    if call.caller.user is not None and call.caller.user not in reports.readers:
        # https://learn.microsoft.com/en-us/graph/reportroot-authorization
        msg = "Invalid permission."
        raise GraphError(403, "S2SUnauthorized", msg)
    if call.query.get("$format") not in {None, "text/csv"}:
        msg = "The format is not supported."
        raise GraphError(400, "InvalidArgument", msg)
    return reports


def _days(period: str) -> int:
    """Return the number of days of a period."""
    if period not in PERIODS:
        msg = f"Invalid period value specified: {period}."
        raise GraphError(400, "InvalidArgument", msg)
    return PERIODS[period]


def _file(call: Call, content: bytes) -> Reply:
    """Redirect to a file."""
    address = call.tenant.part(Downloads).offer(content)
    return Reply(302, headers={"Location": address, "Content-Type": "text/plain"})


def _day(reports: Reports, text: str) -> date:
    """Return the day that is asked for."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        msg = f"Invalid date value specified: {text}."
        raise GraphError(400, "InvalidArgument", msg) from None
    if not reports.today - REACH < day <= reports.today:
        msg = f"Invalid date value specified: {day}. "
        msg += f"Only support data for the past {REACH.days} days."
        raise GraphError(400, "InvalidArgument", msg)
    return day


@AREA.endpoint(
    f"GET /reports/{USERS}()",
    "reportroot-getteamsuseractivityuserdetail",
    application=READ,
    delegated=READ,
    options=FORMAT,
)
def user_activity(call: Call) -> Reply:
    """GET /reports/getTeamsUserActivityUserDetail(...)."""
    return _report(call, USER_ACTIVITY, Reports.user_activity)


@AREA.endpoint(
    f"GET /reports/{TEAMS}()",
    "reportroot-getteamsteamactivitydetail",
    application=READ,
    delegated=READ,
    options=FORMAT,
)
def team_activity(call: Call) -> Reply:
    """GET /reports/getTeamsTeamActivityDetail(...)."""
    return _report(call, TEAM_ACTIVITY, Reports.team_activity)


@AREA.endpoint(
    f"GET /reports/{DEVICES}()",
    "reportroot-getteamsdeviceusageuserdetail",
    application=READ,
    delegated=READ,
    options=FORMAT,
)
def device_usage(call: Call) -> Reply:
    """GET /reports/getTeamsDeviceUsageUserDetail(...)."""
    return _report(call, DEVICE_USAGE, Reports.device_usage)


def _declare_total(function: str, collection: str, columns: dict[str, str]) -> None:
    """Declare a report on the whole tenant, and its rows."""
    make = totals.daily if "reportDate" in columns.values() else totals.summed

    def answer(call: Call) -> Reply:
        reports = _reports(call)
        match = _PERIOD.fullmatch(call.names[0])
        if match is None:
            msg = "The period has to be given."
            raise GraphError(400, "InvalidArgument", msg)
        found = make(reports, columns, _days(match["period"]))
        return _file(call, reports.text(columns, found))

    def rows(tenant: Company) -> Iterator[dict[str, Any]]:
        reports = tenant.part(Reports)
        for days in (180,) if make is totals.daily else PERIODS.values():
            for row in make(reports, columns, days):
                yield {**row, "additionalColumns": dict(reports.more)}

    answer.__doc__ = f"GET /reports/{function}(period)."
    AREA.endpoint(
        f"GET /reports/{function}()",
        f"reportroot-{function.lower()}",
        application=READ,
        delegated=READ,
        options=FORMAT,
    )(answer)
    AREA.rows(collection)(rows)


for _function, (_collection, _columns) in TOTALS.items():
    _declare_total(_function, _collection, _columns)


@AREA.endpoint(
    "GET /admin/reportSettings", "adminreportsettings-get", application=SETTINGS, delegated=SETTINGS
)
def settings(call: Call) -> bytes:
    """GET /admin/reportSettings."""
    row = {"displayConcealedNames": call.tenant.part(Reports).concealed}
    return entity(call.context("admin/reportSettings/$entity"), msgspec.json.encode(row))


def _all(rows: Rows) -> Callable[[Company], Iterator[dict[str, Any]]]:
    """Return a function that yields the rows of all days, each with its day."""

    def of(tenant: Company) -> Iterator[dict[str, Any]]:
        reports = tenant.part(Reports)
        for day in reports.days():
            for row in rows(reports, day, 1):
                yield {"reportDate": str(day), **row, "additionalColumns": dict(reports.more)}

    return of


AREA.rows("user_activity")(_all(Reports.user_activity))
AREA.rows("team_activity")(_all(Reports.team_activity))
AREA.rows("device_usage")(_all(Reports.device_usage))
