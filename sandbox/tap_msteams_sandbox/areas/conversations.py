"""Conversations: the mailbox of a Microsoft 365 group, with threads and posts.

https://learn.microsoft.com/en-us/graph/api/resources/conversation
"""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.company.people import DOMAIN
from tap_msteams_sandbox.company.prose import SUBJECTS, fill
from tap_msteams_sandbox.instants import DAY, HOUR, SECOND, iso
from tap_msteams_sandbox.odata import PAGED, Paging, entity, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.team import Team
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

READ = (
    "Group-Conversation.Read.All", "Group-Conversation.ReadWrite.All", "Group.Read.All",
    "Group.ReadWrite.All",
)  # fmt: skip

PAGE = Paging(default=20, maximum=1000)
"""The pages of Exchange Online; Microsoft documents no sizes for these collections."""

THREADS = "GET /groups/{id}/conversations/{id}/threads"

MOST, LONGEST = 5, 3
"""Conversations of a group, and posts of a thread."""

AREA = Area("Conversations", roles=("Group-Conversation.Read.All",))


class Mailbox:
    """The conversations of a group, each with one thread, as Outlook writes them."""

    def __init__(self, tenant: Company, team: Team) -> None:
        random = tenant.random("mailbox", str(team.n))
        self.conversations: list[Row] = []
        self.threads: dict[str, list[Row]] = {}
        self.posts: dict[str, list[Row]] = {}
        for n in range(random.randrange(1, MOST) if team.people else 0):
            people = random.sample(team.people, min(LONGEST, len(team.people)))
            topic = fill(random, random.choice(SUBJECTS))
            begun = (tenant.until - random.randrange(1, 300) * DAY) // SECOND * SECOND
            key, thread = (_key(f"{kind}/{team.id}/{n}") for kind in ("AAQk", "AAQkT"))
            posts = [
                _post(key, thread, person, f"{topic} ({place})", begun + place * HOUR)
                for place, person in enumerate(people)
            ]
            head = {
                "hasAttachments": False,
                "lastDeliveredDateTime": posts[-1]["receivedDateTime"],
                "preview": posts[-1]["body"]["content"],
                "topic": topic,
                "uniqueSenders": [person.display_name for person in people],
            }
            to = {"emailAddress": {"name": team.name, "address": f"{team.nickname}@{DOMAIN}"}}
            more = {"ccRecipients": [], "isLocked": False, "toRecipients": [to]}
            self.conversations.append({"id": key, **head})
            self.threads[key] = [{"id": thread, **head, **more}]
            self.posts[thread] = posts


def _key(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def _post(conversation: str, thread: str, author: Person, text: str, instant: int) -> Row:
    """Return a post as Exchange Online keeps it."""
    person = {"emailAddress": {"name": author.display_name, "address": author.mail}}
    return {
        "id": _key(f"AAMk/{thread}/{instant}"),
        "changeKey": _key(str(instant)),
        "categories": [],
        "createdDateTime": iso(instant),
        "lastModifiedDateTime": iso(instant + SECOND),
        "receivedDateTime": iso(instant),
        "hasAttachments": False,
        "conversationId": conversation,
        "conversationThreadId": thread,
        "body": {"contentType": "text", "content": text},
        "from": person,
        "sender": person,
        "newParticipants": [],
    }


class Mailboxes:
    """The mailboxes of all groups."""

    def __init__(self, tenant: Company) -> None:
        self._tenant = tenant
        self._known: dict[str, Mailbox] = {}

    def of(self, team: Team) -> Mailbox:
        """Return the mailbox of a group."""
        if team.id not in self._known:
            self._known[team.id] = Mailbox(self._tenant, team)
        return self._known[team.id]


_declared = partial(
    AREA.endpoint, application=READ, delegated=READ, options=PAGED | {"$select"}, paging=PAGE
)


@_declared("GET /groups/{id}/conversations", "group-list-conversations")
def conversations(call: Call) -> bytes:
    """GET /groups/{id}/conversations."""
    return _page(call, "conversations", _mailbox(call).conversations)


@_declared("GET /groups/{id}/threads", "group-list-threads")
def all_threads(call: Call) -> bytes:
    """GET /groups/{id}/threads."""
    return _page(call, "threads", [it for them in _mailbox(call).threads.values() for it in them])


@_declared(THREADS, "conversation-list-threads")
def threads(call: Call) -> bytes:
    """GET /groups/{id}/conversations/{id}/threads."""
    return _page(call, "threads", _found(_mailbox(call).threads, call.names[1]))


@_declared(
    "GET /groups/{id}/conversations/{id}/threads/{id}/posts", "conversationthread-list-posts"
)
@_declared("GET /groups/{id}/threads/{id}/posts", "conversationthread-list-posts")
def posts(call: Call) -> bytes:
    """GET .../threads/{id}/posts."""
    return _page(call, "posts", _found(_mailbox(call).posts, call.names[-1]))


@AREA.endpoint(
    "GET /groups/{id}/conversations/{id}", "conversation-get", application=READ, delegated=READ
)
def conversation(call: Call) -> bytes:
    """GET /groups/{id}/conversations/{id}."""
    for row in _mailbox(call).conversations:
        if row["id"] == call.names[1]:
            return entity(call.context("conversations/$entity"), msgspec.json.encode(row))
    raise _absent()


def _mailbox(call: Call) -> Mailbox:
    team = call.tenant.teams.get(call.names[0])
    if team is None:
        raise _absent()
    return call.tenant.part(Mailboxes).of(team)


def _found(rows: dict[str, list[Row]], key: str) -> list[Row]:
    if key not in rows:
        raise _absent()
    return rows[key]


def _absent() -> GraphError:
    # https://learn.microsoft.com/en-us/graph/errors
    msg = "The specified object was not found in the store."
    return GraphError(404, "ErrorItemNotFound", msg)


def _page(call: Call, what: str, rows: Sequence[Row]) -> bytes:
    names = call.query.selected(rows[0] if rows else ("id",))
    start, size = call.query.number() or 0, call.size
    shown = [pick(row, names) for row in rows[start : start + size]]
    more = call.next_link(start + size) if start + size < len(rows) else None
    return page(call.context(f"groups('{call.names[0]}')/{what}"), shown, next_link=more)


@AREA.rows("conversations")
def every_conversation(tenant: Company) -> Iterator[Row]:
    """Yield the conversations of all groups."""
    for team in tenant.teams.values():
        for row in tenant.part(Mailboxes).of(team).conversations:
            yield {"groupId": team.id, **row}


@AREA.rows("posts")
def every_post(tenant: Company) -> Iterator[Row]:
    """Yield the posts of all groups."""
    for team in tenant.teams.values():
        for rows in tenant.part(Mailboxes).of(team).posts.values():
            for row in rows:
                yield {"groupId": team.id, **row}
