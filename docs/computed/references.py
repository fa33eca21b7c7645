"""References of the tables to each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_msteams.schema import PersonId
from tap_msteams.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.declaration import TapStream

    Table = type[TapStream]

TABLES = {stream.name: stream for stream in STREAMS}

ELSEWHERE = {
    ("groups", "id"): "teams",
    ("communities", "groupId"): None,
    ("copilot_interactions", "sessionId"): None,
    ("messages", "chatId"): None,
    ("deleted_team_messages", "chatId"): None,
    ("deleted_team_messages", "channelId"): None,
    ("messages", "replyToId"): "messages",
    ("deleted_team_messages", "replyToId"): "deleted_team_messages",
    ("transcripts", "callId"): "call_records",
    ("recordings", "callId"): "call_records",
    ("meeting_insights", "callId"): "call_records",
    ("organizer_transcripts", "callId"): "call_records",
    ("organizer_recordings", "callId"): "call_records",
    ("organizer_transcripts", "meetingId"): "online_meetings",
    ("organizer_recordings", "meetingId"): "online_meetings",
    ("meeting_conversation_messages", "conversationId"): "meeting_conversations",
    ("meeting_conversation_messages", "replyToId"): "meeting_conversation_messages",
    ("sync_issues", "runId"): "sync_runs",
}
"""References whose names do not tell their table; None: the column is no reference."""

NESTED = (
    ("messages", ("from", "user", "id"), "users"),
    ("messages", ("channelIdentity", "teamId"), "teams"),
    ("chat_messages", ("from", "user", "id"), "users"),
    ("installed_apps", ("teamsApp", "id"), "apps"),
    ("user_installed_apps", ("teamsApp", "id"), "apps"),
    ("chat_installed_apps", ("teamsApp", "id"), "apps"),
    ("tabs", ("teamsApp", "id"), "apps"),
    ("chats", ("onlineMeetingInfo", "joinWebUrl"), "online_meetings"),
    ("online_meetings", ("chatInfo", "threadId"), "chats"),
    ("attendance_records", ("identity", "id"), "users"),
    ("call_records", ("organizer_v2", "identity", "user", "id"), "users"),
    ("call_participants", ("identity", "user", "id"), "users"),
    ("call_sessions", ("caller", "associatedIdentity", "id"), "users"),
    ("call_sessions", ("callee", "associatedIdentity", "id"), "users"),
    ("channel_folders", ("parentReference", "driveId"), "drives"),
    ("drive_items", ("parentReference", "id"), "drive_items"),
    ("sync_issues", ("subject", "teamId"), "teams"),
)
"""References from within an object of one table to another table."""


def leads_to(table: Table) -> dict[str, str]:
    """The columns of a table that reference others, with the names of these."""
    return {
        name: found
        for name in table.properties.wrapped
        if (found := _target(table, name)) and (found, name) != (table.name, "id")
    }


def _target(table: Table, column: str) -> str | None:
    """The table that a column references, if any."""
    if (table.name, column) in ELSEWHERE:
        return ELSEWHERE[table.name, column]
    for above in _above(table):
        if getattr(above, "fills", None) == column:
            return above.name
    if column == "id":
        kind = table.properties.wrapped["id"].wrapped
        return "users" if kind is PersonId else None
    words = re.findall("[A-Za-z][a-z]*", column)
    if words.pop() != "Id":
        return None
    for start in range(len(words)):
        name = "_".join(words[start:]).lower() + "s"
        if name in TABLES and name not in {"apps", "messages"}:
            return name
    return None


def _above(table: Table) -> Iterator[Table]:
    """The ancestors of a table, the nearest first."""
    parents = getattr(table, "parents", ())
    while parents:
        yield parents[0]
        parents = parents[0].parents
