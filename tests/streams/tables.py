"""What a target holds after some runs, and what it has to hold."""

from __future__ import annotations

from tap_msteams.streams import STREAMS
from tap_msteams_sandbox.areas.workspace.sharing import SOURCE
from tests.conftest import selection

DECLARED = {stream.name: stream for stream in STREAMS}


def swift(sandbox):
    return sandbox.unpaced(emit_activate_version_messages=True)


def catalog(streams, *, also=(), without=()):
    """A catalog of streams with more or fewer properties than by default."""
    found = selection(streams)
    for entry in found["streams"]:
        for item in entry["metadata"]:
            path = ".".join([entry["tap_stream_id"], *item["breadcrumb"][1:]])
            if path in {*also, *without}:
                item["metadata"]["selected"] = path in also
    return found


def key(stream, row):
    return tuple(row[name] for name in DECLARED[stream].primary_keys)


def expected_rows(tenant, stream, *, without=()):
    """The rows that the tap has to give, by key."""
    declared = {item.name for item in DECLARED[stream].properties.wrapped.values()} - {*without}
    rows = {}
    for shown in list(tenant.expected(stream)):
        row = {**(shown.get("channelIdentity") or {}), **shown}
        if stream == "channel_members":
            row["originalSourceMembershipUrl"] = row.pop(SOURCE, None)
        rows[key(stream, row)] = {k: v for k, v in row.items() if k in declared}
    return rows


def by_default(stream):
    return DECLARED[stream].on_request


class Table:
    """What a target holds after some runs: versions that are not active any more are gone."""

    def __init__(self, stream):
        self.stream, self.rows, self.runs = stream, {}, 0

    def take(self, output):
        self.runs += 1  # a version is of a second, in which there may be two runs here
        for message in output.messages:
            if message.get("stream") != self.stream:
                continue
            if message["type"] == "RECORD":
                row = message["record"]
                self.rows[key(self.stream, row)] = (self.runs, row)
            elif message["type"] == "ACTIVATE_VERSION":
                self.rows = {k: it for k, it in self.rows.items() if it[0] == self.runs}

    def shown(self):
        return {k: row for k, (_, row) in self.rows.items()}
