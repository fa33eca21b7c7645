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
PAGES = 4


@pytest.mark.parametrize(
    ("stream", "start", "others"),
    [
        ("channels", "/teams/T/", TEAM),
        ("messages", "/teams/T/channels/getAllMessages", TEAM),
        ("messages", "/teams/T/channels/C/", TEAM | CLOSED | {"/teams/T/ch": page({"id": "C"})}),
        ("call_records", "/communications/callRecords?", {}),
    ],
    ids=["collection", "export", "lists", "window"],
)
def test_rows_are_freed_before_the_next_page_is_asked_for(stream, start, others):
    held, mine = [], [str(uuid4()) for _ in range(PAGES)]

    def answer(request):
        number = int(request.url.removeprefix("/page/")) if "/page/" in request.url else 1
        pages = [it for it in gc.get_objects() if type(it) is Page]
        held.extend(row["id"] for it in pages for row in it.rows if row["id"] in mine)
        links = {"@odata.nextLink": f"/page/{number + 1}"} if number < PAGES else {}
        return page({"id": mine[number - 1], **facts}, **links)

    names = ("startDateTime", "createdDateTime", "lastModifiedDateTime")
    facts = {"channelIdentity": {"channelId": "C"}, **dict.fromkeys(names, str(NOON))}
    output = read({start: answer, "/page/": answer, **others}, stream)

    assert [row["id"] for row in output.records[stream]] == mine
    assert held == []
