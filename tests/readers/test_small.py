"""Laws of size: what has been written is not held, and STATE is little beside it."""

from __future__ import annotations

import gc
from uuid import uuid4

import pytest

from tap_msteams.client import Page
from tap_msteams.errors import ForbiddenError
from tap_msteams.writer import STATE_SHARE
from tests.client.fake_graph import NOON
from tests.readers.tenant import page, read
from tests.target import TalkativeTap

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


def test_a_state_that_grows_without_records_waits_for_records_that_pay_for_it_and_the_last_one():
    def posts(request):
        number = int(request.url.removeprefix("/page/")) if "/page/" in request.url else 0
        row = {"id": f"{number}", "channelIdentity": {"channelId": "C"}, "subject": "x" * 3000}
        return page(row, **({"@odata.nextLink": f"/page/{number + 1}"} if number < 400 else {}))

    def last(_):
        row = {"channelIdentity": {"channelId": "C"}, "subject": "x" * 3000}
        return page(*({**row, "id": f"last {n}"} for n in range(20)))

    answers = {
        "/teams?": page(
            {"id": "first"}, *({"id": f"{uuid4()}"} for _ in range(500)), {"id": "last"}
        ),
        "/page/": posts,
        "/teams/first/": posts,
        "/teams/last/": last,
        "/teams/": page(),
    }
    output = read(answers, "messages", tap=TalkativeTap, concurrency=1)
    sizes = {"RECORD": [], "STATE": []}
    for line, message in zip(output.lines, output.messages, strict=True):
        sizes.get(message["type"], []).append(len(line))
    *others, latest, _ = sizes["STATE"]

    assert len(others) > 3
    assert sum(others) + 2 * latest <= STATE_SHARE * sum(sizes["RECORD"])
