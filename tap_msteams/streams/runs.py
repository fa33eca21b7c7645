"""The tap's own runs."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.base import IssueStream
from tap_msteams.schema import counts, moments, record, texts


class SyncIssues(IssueStream):
    """What a run did not read, and why."""

    name = "sync_issues"
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property(
            "severity",
            th.StringType,
            description="gap: rows may be missing, the next run reads them; notice: none are.",
        ),
        th.Property("stream", th.StringType),
        th.Property(
            "subject",
            record(*texts("teamId", "channelId")),
            description="What was not read; empty for the whole stream.",
        ),
        *counts("status"),
        *texts("code", "message"),
        th.Property("requestId", th.StringType, description="Microsoft's id of the answer."),
        th.Property("permission", th.StringType, description="The permission to grant, if any."),
        *texts("remedy"),
        *moments("occurredDateTime"),
    )
