"""What a table has to hold, of whatever target, after a run of the whole pipeline."""

from __future__ import annotations

import json
import re
from datetime import datetime

from docs.computed import streams
from tap_msteams.streams import STREAMS

WHOLE = [
    stream.name for stream in STREAMS if stream.name not in {"presence", "sync_issues", "sync_runs"}
]
"""Streams whose tables are the tenant once more."""

SELECTED = streams.everything()
"""Everything but what costs a request a row."""

DAY = 24 * 60 * 60
"""The seconds between two runs: each report has a new day."""

BY_NAME = {stream.name: stream for stream in STREAMS}
COLUMNS = {
    stream.name: {
        name: declared
        for name, declared in stream.properties.to_dict()["properties"].items()
        if name not in stream.on_request
    }
    for stream in STREAMS
}
NEVER_GIVEN = {"channel_folders": {"sharepointIds", "webDavUrl"}}
"""What Graph gives only when selected, which it does not take here."""

STRANGE = {
    "direct_routing_calls": {"failureDateTime"},
    **{
        it.name: {"reportPeriod", "reportRefreshDate"}
        for it in STREAMS
        if getattr(it, "read", None) and it.read.replication_key == "reportDate"
    },
}
"""Moments of the year 1, which are null in a table, and what tells of a run and not of a day."""

STILL = {
    "app_definitions", "apps", "chat_hosted_contents", "chat_installed_apps",
    "chat_permission_grants", "day_notes", "deleted_team_messages", "deleted_teams",
    "group_owners", "groups", "hosted_contents", "offer_shift_requests", "online_meetings",
    "open_shift_requests", "open_shifts", "organizer_recordings", "recordings", "schedules",
    "scheduling_groups", "shared_with_teams", "swap_shift_requests", "time_off_reasons",
    "times_off", "user_installed_apps", "users",
}  # fmt: skip
"""Streams that a day of work leaves as they are."""


ENVIRONMENT = {
    "TAP_MSTEAMS__SELECT": json.dumps(SELECTED),
    # Graph gives 14 usage reports in ten minutes: nobody waits for that here.
    "TAP_MSTEAMS_RATE_LIMIT_SHARE": "0",
}


def expected_rows(tenant, name):
    """What the tenant shows; a message says in its identity where it belongs."""
    shown = {row["parentReference"]["driveId"] for row in tenant.expected("channel_folders")}
    shown |= {row["id"] for row in tenant.expected("drives") if "system" not in row}
    groups = {row["id"] for row in tenant.expected("groups")}
    for row in tenant.expected(name):
        if row.get("groupId", "") not in groups and name in {"group_members", "group_owners"}:
            continue
        hidden = "system" in row or (name == "drive_items" and row["driveId"] not in shown)
        if name not in {"drives", "drive_items"} or not hidden:
            yield {**(row.get("channelIdentity") or {}), **row}


def key_of(stream, row):
    """The key of a row; of presence only the person, as the tenant knows no observations."""
    names = BY_NAME[stream].primary_keys
    return tuple(row[name] for name in names if name != "observedDateTime")


def keyed(stream, rows):
    found = {}
    for row in rows:
        found.setdefault(key_of(stream, row), row)
    return found


def plain(stream, row):
    """The columns of a row that are Graph's, moments as such."""
    left_out = {
        *BY_NAME[stream].__dict__.get("added", ()),
        *getattr(BY_NAME[stream], "computed", ()),
        *NEVER_GIVEN.get(stream, ()),
        *STRANGE.get(stream, ()),
    }
    return {
        name: moment(row.get(name)) if declared.get("format") == "date-time" else row.get(name)
        for name, declared in COLUMNS[stream].items()
        if name not in left_out
    }


def moment(text):
    """A moment without its zone, which is UTC everywhere here."""
    return text and datetime.fromisoformat(text).replace(tzinfo=None)


def gone(stream, rows, shown):
    """The keys of a table's rows that the tenant shows no more; what expires there stays here."""
    return set() if BY_NAME[stream].appends else rows.keys() - shown.keys()


FOUND_BY_CALLS = re.compile(r"call_.*|attendance_.*|transcripts|recordings")


def due(which, stream, shown, rows):
    """The rows that a run has to have read: what calls of long ago lead to is not read again."""
    if which and FOUND_BY_CALLS.fullmatch(stream):
        return {key: row for key, row in shown.items() if row == rows.get(key)}
    return shown
