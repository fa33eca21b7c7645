"""Laws of memory: what has been written is not held until the next page has come."""

from __future__ import annotations

import gc
from uuid import uuid4

import pytest

from tap_msteams.client import Page
from tap_msteams.errors import ForbiddenError
from tests.client.fake_graph import NOON
from tests.readers.tenant import page, read

TEAM = {"/teams?": page({"id": "T"})}
CLOSED = {"/teams/T/channels/getAllMessages": ForbiddenError("/x", 403, message="closed")}
LISTED = TEAM | CLOSED | {"/teams/T/ch": page({"id": "C"})}
DRIVE = TEAM | {
    "/groups/T/drives?": page({"id": "D"}),
    "/link": page(**{"@odata.deltaLink": "/later"}),
}
BEFORE = "2026-11-19T12:00:00.000Z"
OWED = {
    "version": 1,
    "open": {"D": {"until": BEFORE, "next": "/link"}},
    "deletions": {BEFORE: ["D"]},
}
PAGES = 4


@pytest.mark.parametrize(
    ("stream", "start", "others", "state"),
    [
        ("channels", "/teams/T/", TEAM, None),
        ("messages", "/teams/T/channels/getAllMessages", TEAM, None),
        ("messages", "/teams/T/channels/C/", LISTED, None),
        ("call_records", "/communications/callRecords?", {}, None),
        ("drive_items", "/drives/D/", DRIVE, None),
        ("drive_items", "/drives/D/", DRIVE, OWED),
    ],
    ids=["collection", "export", "lists", "window", "delta", "deletions"],
)
def test_rows_are_freed_before_the_next_page_is_asked_for(stream, start, others, state):
    held, mine = [], [str(uuid4()) for _ in range(PAGES)]

    def answer(request):
        number = int(request.url.removeprefix("/page/")) if "/page/" in request.url else 1
        pages = [it for it in gc.get_objects() if type(it) is Page]
        held.extend(row["id"] for it in pages for row in it.rows if row["id"] in mine)
        links = (
            {"@odata.nextLink": f"/page/{number + 1}"}
            if number < PAGES
            else {"@odata.deltaLink": "/later"}
        )
        return page({"id": mine[number - 1], **facts}, **links)

    names = ("startDateTime", "createdDateTime", "lastModifiedDateTime")
    facts = {"channelIdentity": {"channelId": "C"}, **dict.fromkeys(names, str(NOON))}
    before = {"bookmarks": {stream: state}} if state else None
    output = read({start: answer, "/page/": answer, **others}, stream, state=before)

    assert [row["id"] for row in output.records[stream]] == mine
    assert held == []
