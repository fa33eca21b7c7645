"""Messages of channels: lists, replies and the export."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.deltas import OPTIONS as DELTA
from tap_msteams_sandbox.areas.deltas import Deltas
from tap_msteams_sandbox.areas.lookup import channel_of, team_of
from tap_msteams_sandbox.filters import window
from tap_msteams_sandbox.instants import DAY
from tap_msteams_sandbox.limits import TEAMS, Limit
from tap_msteams_sandbox.odata import PAGED, Paging, entity, page
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.message import Message, Thread
    from tap_msteams_sandbox.company.team import Channel
    from tap_msteams_sandbox.endpoints import Call

READ = ("ChannelMessage.Read.All", "Group.Read.All", "Group.ReadWrite.All")

MESSAGES = Paging(default=20, maximum=50)
"""Posts of a channel, and the replies to one of them.

https://learn.microsoft.com/en-us/graph/api/channel-list-messages#optional-query-parameters
"""

REMEMBERED = 240 * DAY
"""How far back a delta of messages goes.

https://learn.microsoft.com/en-us/graph/api/chatmessage-delta
"""

EXPORT = Paging(default=50, maximum=250, clamps=True)
"""The export of a team; the page's advice taken as the server's limit.

https://learn.microsoft.com/en-us/microsoftteams/export-teams-content
"""

INLINE_REPLIES = 1000
"""The most replies that come with their post.

https://learn.microsoft.com/en-us/graph/api/channel-list-messages#optional-query-parameters
"""


AREA = Area(
    "Messages",
    roles=("ChannelMessage.Read.All",),
    limits=(
        Limit(
            "channel messages", r"GET /teams/\{id\}/channels/\{id\}/messages.*", 20, 1, TEAMS,
        ),
        Limit("export", r"GET /teams/\{id\}/channels/getAllMessages", 200, 1, TEAMS),
    ),
)  # fmt: skip

PATH = "GET /teams/{id}/channels/{id}/messages"


@AREA.endpoint(
    PATH,
    "channel-list-messages",
    application=READ,
    delegated=READ,
    options=PAGED | {"$expand"},
    paging=MESSAGES,
)
def messages(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/messages: the chain that changed last comes first."""
    channel = channel_of(call)
    expanded = _expands_replies(call)
    size = call.size
    threads = channel.newest(call.query.pair(), size + 1)
    shown = threads[:size]
    more = call.next_link(shown[-1].rank) if len(threads) > size else None
    if expanded:
        rows = [_with_replies(call, channel, thread) for thread in shown]
    else:
        rows = [thread.root.row for thread in shown]
    return page(call.context(_address(channel)), rows, count=len(rows), next_link=more)


@AREA.endpoint(
    f"{PATH}/delta",
    "chatmessage-delta",
    application=READ,
    delegated=READ,
    options=DELTA | {"$top", "$filter", "$expand"},
    paging=MESSAGES,
)
def changed_messages(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/messages/delta: posts of the last eight months."""
    channel = channel_of(call)
    expanded = _expands_replies(call)
    since, _ = window(call.query.get("$filter"))
    since = max(since, call.tenant.now() - REMEMBERED)
    rows = {
        str(thread.root.id): _with_replies(call, channel, thread) if expanded else thread.root.row
        for thread in channel.threads.values()
        if thread.root.modified > since and thread.visible(call.tenant.kept_since)
    }
    return call.tenant.part(Deltas).answer(call, "Collection(chatMessage)", rows)


@AREA.endpoint(
    f"{PATH}/{{id}}", "chatmessage-get", application=READ, delegated=READ, options={"$expand"}
)
def message(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/messages/{id}."""
    channel = channel_of(call)
    thread = _thread(call, channel)
    row = _with_replies(call, channel, thread) if _expands_replies(call) else thread.root.row
    return entity(call.context(f"{_address(channel)}/$entity"), row)


@AREA.endpoint(
    f"{PATH}/{{id}}/replies",
    "chatmessage-list-replies",
    application=READ,
    delegated=READ,
    options=PAGED,
    paging=MESSAGES,
)
def replies(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/messages/{id}/replies: the newest first."""
    channel = channel_of(call)
    found = _replies(call, _thread(call, channel))
    after = call.query.number()
    if after is not None:
        found = [reply for reply in found if reply.id < after]
    shown = found[: call.size]
    more = call.next_link(shown[-1].id) if len(shown) < len(found) else None
    what = f"{_address(channel)}('{call.names[2]}')/replies"
    rows = [reply.row for reply in shown]
    return page(call.context(what), rows, count=len(rows), next_link=more)


@AREA.endpoint(
    "GET /teams/{id}/channels/getAllMessages",
    "channel-getallmessages",
    application=("ChannelMessage.Read.All",),
    delegated=None,
    options=PAGED | {"$filter"},
    paging=EXPORT,
)
def export(call: Call) -> bytes:
    """GET /teams/{id}/channels/getAllMessages: posts and replies alike, in no order of time."""
    return exported(call, team_of(call).export(*window(call.query.get("$filter"))))


def exported(
    call: Call, found: list[Message], row: Callable[[Message], bytes] = attrgetter("exported")
) -> bytes:
    """Return a page of messages, which are sorted by place."""
    after = call.query.pair()
    start = bisect_right(found, after, key=_place) if after else 0
    shown = found[start : start + call.size]
    more = call.next_link(shown[-1].place) if start + len(shown) < len(found) else None
    rows = [row(message) for message in shown]
    what = "Collection(microsoft.graph.chatMessage)"
    return page(call.context(what), rows, count=len(rows), next_link=more)


def _place(message: Message) -> tuple[int, int]:
    return message.place


def _address(channel: Channel) -> str:
    """Return the metadata's name for the messages of a channel."""
    return f"teams('{channel.team.id}')/channels('{channel.id}')/messages"


def _expands_replies(call: Call) -> bool:
    """Whether the replies are expanded, the only relation that can be."""
    if (asked := call.query.get("$expand")) is None:
        return False
    if asked != "replies":
        msg = f"Parsing OData Select and Expand failed: '{asked}' cannot be expanded."
        raise GraphError.bad_request(msg)
    return True


def _thread(call: Call, channel: Channel) -> Thread:
    """Return the thread that the path names by its root."""
    name = call.names[2]
    thread = channel.threads.get(int(name)) if name.isdecimal() else None
    if thread is None or not thread.visible(call.tenant.kept_since):
        msg = f"Message {name}"
        raise GraphError.not_found(msg)
    return thread


def _replies(call: Call, thread: Thread) -> list[Message]:
    """Return the replies that Graph still shows, newest first."""
    kept_since = call.tenant.kept_since
    return [reply for reply in reversed(thread.replies) if reply.visible(kept_since)]


def _with_replies(call: Call, channel: Channel, thread: Thread) -> bytes:
    """Return a post with its replies inline, and a link to the rest of very many."""
    found = _replies(call, thread)
    shown = found[: call.inline_replies]
    path = f"/teams/{channel.team.id}/channels/{channel.id}/messages/{thread.root.id}/replies"
    what = f"{_address(channel)}('{thread.root.id}')/replies"
    head: dict[str, object] = {
        "replies@odata.context": call.context(what),
        "replies@odata.count": len(shown),
    }
    if len(shown) < len(found):
        head["replies@odata.nextLink"] = call.link_to(path, shown[-1].id)
    return (
        thread.root.row[:-1]
        + b","
        + msgspec.json.encode(head)[1:-1]
        + b',"replies":['
        + b",".join([reply.row for reply in shown])
        + b"]}"
    )


@AREA.rows("messages")
def all_messages(tenant: Company) -> Iterator[dict[str, Any]]:
    """Yield the messages of all teams in the shape of the export."""
    everything = (float("-inf"), float("inf"))
    for team in tenant.teams.values():
        for found in team.export(*everything):
            yield msgspec.json.decode(found.exported)
