"""Questions: what is asked and answered in meetings, by Viva Engage."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.meetings.area import AREA, QUESTION
from tap_msteams_sandbox.areas.meetings.calendar import Meetings
from tap_msteams_sandbox.areas.products import ENGAGE, require
from tap_msteams_sandbox.instants import MINUTE, iso
from tap_msteams_sandbox.odata import PAGED, Paging, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.areas.meetings.meeting import Meeting, Session
    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

STATES = ("published", "pendingReview", "dismissed")


@AREA.endpoint(
    "GET /communications/getAllOnlineMeetingMessages",
    "cloudcommunications-getallonlinemeetingmessages",
    application=QUESTION, delegated=None, options={"$expand", *PAGED} - {"$top"},
    paging=Paging(5, 5),
)  # fmt: skip
def messages(call: Call) -> bytes:
    """GET /communications/getAllOnlineMeetingMessages, on pages of a size that is not documented.

    The next link is that of Microsoft's example: rooted, and without the version.
    """
    require(call, ENGAGE)
    expanded = call.query.get("$expand")
    if expanded not in {None, "conversation"}:
        msg = f"Could not find a property named '{expanded}'."
        raise GraphError.bad_request(msg)
    rows = list(all_messages(call.tenant))
    start, size = call.query.number() or 0, call.size
    shown = rows[start : start + size]
    if not expanded:
        shown = [{k: v for k, v in row.items() if k != "conversation"} for row in shown]
    more = call.next_link(start + size) if start + size < len(rows) else None
    context = call.context("communications/getAllOnlineMeetingMessages")
    link = more and more.removeprefix(call.root)
    return page(context, [pick(row, None) for row in shown], next_link=link)


@AREA.rows("meeting_conversation_messages")
def all_messages(tenant: Company) -> Iterator[Row]:
    """Yield all questions with their answers."""
    for meeting in tenant.part(Meetings).all():
        if meeting.n % 3 == 0:
            for session in meeting.sessions[-2:]:
                yield from _asked(meeting, session)


@AREA.rows("meeting_conversations")
def all_conversations(tenant: Company) -> Iterator[Row]:
    """Yield all conversations, each of several messages."""
    for row in all_messages(tenant):
        if row["replyToId"] is None:
            yield row["conversation"]


def _asked(meeting: Meeting, session: Session) -> Iterator[Row]:
    """Yield a question in a call, what Engage says of it, and the answer."""
    starter, conversation = _key("Message", session.call_id, 0), _key("Thread", session.call_id)
    asks = meeting.people[0] if meeting.people else meeting.organizer
    thread = {
        "@odata.type": "#microsoft.graph.onlineMeetingEngagementConversation",
        "id": conversation,
        "creationMode": "none",
        "starterId": starter,
        "moderationState": STATES[meeting.n % len(STATES)],
        "upvoteCount": meeting.n % 7,
        "onlineMeetingId": meeting.id,
        "organizer": _who(meeting.organizer),
    }
    said = (
        ("Question", asks, "<p>When is it done?</p>"),
        ("System", None, "<p>The question was published.</p>"),
        ("Discussion", meeting.organizer, "<p>In May.</p>"),
    )
    for number, (kind, person, text) in enumerate(said):
        instant = iso(session.start + number * MINUTE)
        yield {
            "@odata.type": f"#microsoft.graph.engagementConversation{kind}Message",
            "id": _key("Message", session.call_id, number),
            "creationMode": "none",
            "createdDateTime": instant,
            "lastModifiedDateTime": instant,
            "replyToId": starter if number else None,
            **({} if number else {"title": "The plan"}),
            "from": _who(person) if person else None,
            "body": {"contentType": "html", "content": text},
            "conversation": thread,
        }


def _key(kind: str, call_id: str, number: int = 0) -> str:
    """Return an id as Viva Engage makes them."""
    text = f'{{"_type":"{kind}","id":"{int(call_id[:8], 16)}{number}"}}'
    return base64.b64encode(text.encode()).decode().rstrip("=")


def _who(person: Person) -> Row:
    """Return a person as Viva Engage shows one."""
    return {"user": {"id": person.id, "displayName": person.display_name}}
