"""The tap's own runs."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.readers import IssueStream, OutcomeStream
from tap_msteams.schema import (
    Public,
    Untouched,
    moments,
    strings,
    texts,
)

_RUN = "The same in all rows of one run."


class SyncRuns(OutcomeStream):
    """The result of each run for each stream, with counts and times."""

    name = "sync_runs"
    primary_keys = ("runId", "stream")
    properties = th.PropertiesList(
        th.Property("runId", th.StringType, required=True, description=_RUN),
        th.Property("stream", th.StringType, required=True),
        *moments("startedDateTime", "endedDateTime"),
        th.Property(
            "rows", th.IntegerType, description="0 if only ids were read, for other streams."
        ),
        th.Property(
            "requests", th.IntegerType, description="Each attempt counts, answered or not."
        ),
        th.Property("retries", th.IntegerType, description="Requests that were sent again."),
        th.Property(
            "seconds",
            th.NumberType,
            description="From the first request to the last row; streams are read side by side.",
        ),
        th.Property(
            "waitedSeconds",
            th.NumberType,
            description="Seconds of these in which limits, a 429 or a pause held all requests.",
        ),
        th.Property(
            "throttledSeconds", th.NumberType, description="Seconds that Graph asked to wait (429)."
        ),
        th.Property("gaps", th.IntegerType, description="Rows may be missing: see sync_issues."),
        th.Property("notices", th.IntegerType, description="Also in sync_issues."),
        th.Property(
            "bookmarkBefore",
            th.DateTimeType,
            description="The oldest bookmark of its parents before the run.",
        ),
        th.Property("bookmarkAfter", th.DateTimeType, description="The same after the run."),
        th.Property("exitCode", th.IntegerType, description="Exit code of the run; 0 is complete."),
        th.Property("version", th.StringType, description="Version of the tap."),
    )


class SyncIssues(IssueStream):
    """Issues of each run: what was not read, with the reason and the remedy."""

    name = "sync_issues"
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("runId", th.StringType, description=_RUN),
        th.Property(
            "severity",
            th.StringType,
            description="gap: rows may be missing, and the next run reads them; "
            "notice: no rows are missing.",
        ),
        th.Property("stream", th.StringType),
        th.Property(
            "subject",
            Untouched(*texts("teamId", "channelId")),
            description="Ids of what was not read; empty for the whole stream.",
        ),
        th.Property(
            "count",
            th.IntegerType,
            description="The number of parents concerned; `subject` is the first of them.",
        ),
        th.Property(
            "verdict",
            th.StringType,
            description="What happened: gone, refused, notGranted, unavailable and so on.",
        ),
        th.Property("status", th.IntegerType, description="HTTP status of Graph's answer."),
        *texts("code"),
        *strings(Public, "message"),
        th.Property("requestId", th.StringType, description="Microsoft's id of the answer."),
        th.Property(
            "clientRequestId",
            th.StringType,
            description="The tap's id of the request, which Microsoft's support asks for, too.",
        ),
        th.Property("permission", th.StringType, description="The permission to grant, if any."),
        *texts("remedy"),
        *moments("occurredDateTime"),
    )
