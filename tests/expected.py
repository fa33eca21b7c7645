"""What a target has to hold of each stream, told from the tenant itself."""

from __future__ import annotations

import base64

from tap_msteams.streams import STREAMS
from tap_msteams_sandbox.areas.calls.telephony import NEVER
from tap_msteams_sandbox.areas.chats import Chats
from tap_msteams_sandbox.areas.chats.messages import picture
from tap_msteams_sandbox.areas.workspace.sharing import SOURCE
from tests.target import DECLARED, key_of

# Only with $select, which that endpoint does not take; and only with a user's token.
NOT_SENT = {
    "channel_folders": {"sharepointIds", "webDavUrl"},
    "teams": {"isMembershipLimitedToOwners"},
}
ON_REQUEST = {stream.name: {*stream.on_request} for stream in STREAMS}


def shown(tenant, stream, *, asked_for=()):
    """The rows that an application has to be given, by key, less what was not asked for."""
    names = DECLARED[stream] - (ON_REQUEST[stream] - {*asked_for}) - NOT_SENT.get(stream, set())
    found = {}
    for row in list(tenant.expected(stream)):
        if leads_to(tenant, stream, row):
            adapted = {
                **(row.get("channelIdentity") or {}),
                **row,
                **adapted_to(tenant, stream, row),
            }
            kept = {name: adapted[name] for name in adapted.keys() & names}
            found[key_of(stream, kept)] = kept
    return found


def adapted_to(tenant, stream, row):
    """What the tap says otherwise than Graph does."""
    if stream == "channel_members":
        return {"originalSourceMembershipUrl": row.get(SOURCE)}
    if stream in {"chat_members", "group_members", "group_owners"}:
        return {"memberType": row["@odata.type"].rpartition(".")[2]}
    if stream == "chat_hosted_contents" and not tenant.part(Chats).all[row["chatId"]].foreign:
        content = base64.b64encode(picture(row["id"])).decode()
        return {"contentBytes": content, "contentType": "image/png"}
    if stream == "meeting_conversation_messages":
        kind = row["@odata.type"].rpartition(".")[2]
        return {"messageType": kind, "conversationId": row["conversation"]["id"]}
    if stream == "direct_routing_calls" and row["failureDateTime"] == NEVER:
        return {"failureDateTime": None}
    return {}


def leads_to(tenant, stream, row):
    """Whether there is a way to a row."""
    if stream == "drives":
        return "system" not in row
    if stream == "drive_items":
        return row["driveId"] in drives(tenant)
    if stream in {"group_members", "group_owners"}:
        return row["groupId"] in {it["id"] for it in tenant.expected("groups")}
    return True


def drives(tenant):
    """The drives of teams, and of channels whose files are open."""
    teams = {row["id"] for row in tenant.expected("drives") if "system" not in row}
    return teams | {row["parentReference"]["driveId"] for row in tenant.expected("channel_folders")}
