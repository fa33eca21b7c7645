"""Laws of spans of time: each row once, nothing asked for in vain, the newest copy wins."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from tap_msteams.run import moment
from tests.client.fake_graph import NOON
from tests.readers.tenant import Tenant, issues, page, read

LOGS = {"pstn_calls": "getPstnCalls", "direct_routing_calls": "getDirectRoutingCalls"}
every_log = pytest.mark.parametrize("log", LOGS)
YEAR = timedelta(days=365)


def calls(*, at_bounds=False):
    """A log with a call at both ends of each span, or with none."""

    def answer(request):
        bounds = re.findall(r"DateTime=([^,)]+)", request.url)
        since, until = map(datetime.fromisoformat, (it.replace("%3A", ":") for it in bounds))
        assert timedelta() < until - since <= timedelta(days=90), bounds
        return page(*({"id": it, "startDateTime": it} for it in bounds if at_bounds))

    return {f"/communications/callRecords/{name}": answer for name in LOGS.values()}


@every_log
def test_a_call_between_two_spans_comes_once(log):
    output = read(calls(at_bounds=True), log)
    found = [it["id"] for it in output.records[log]]

    assert len(output.asked) >= 5
    assert len(found) == len(set(found)) == len(output.asked) + 1


@every_log
@pytest.mark.parametrize("end", [NOON - timedelta(days=400), NOON - timedelta(days=366)])
def test_nothing_is_asked_for_before_what_graph_keeps(log, end):
    output = read(calls(), log, end_date=moment(end))
    assert (output.asked, issues(output), output.code) == ([], [], 0)


@every_log
def test_nothing_is_asked_for_where_the_end_has_been_read(log):
    first = read(calls(), log)
    second = read(calls(), log, state=first.state, end_date=moment(NOON - timedelta(days=30)))

    assert (second.asked, issues(second), second.code) == ([], [], 0)
    assert second.state["bookmarks"] == first.state["bookmarks"]


# Calls of which Graph takes a start only


CALLS = "/communications/callRecords?"


def test_what_graph_sends_beyond_the_end_is_left_out():
    end = NOON - timedelta(days=5)
    times = [end - timedelta(hours=1), end, end + timedelta(hours=1)]
    rows = page(*({"id": str(n), "startDateTime": moment(it)} for n, it in enumerate(times)))
    output = read({CALLS: rows}, "call_records", end_date=moment(end))

    assert [it["id"] for it in output.records["call_records"]] == ["0"]


def test_all_that_graph_keeps_is_asked_for_and_no_more(caplog):
    lost = "2026-09-01T00:00:00.000Z"
    states = [
        None,
        {"bookmarks": {"call_records": {"version": 1, "whole": {lost: ["call_records"]}}}},
    ]
    for state in states:
        [url] = read({CALLS: page()}, "call_records", state=state).asked
        since = datetime.fromisoformat(url.partition("ge%20")[2].partition("&")[0])
        assert timedelta() < since - (NOON - timedelta(days=30)) <= timedelta(minutes=5)
    told = [it for it in caplog.messages if "the last complete run was on 2026-09-01" in it]
    assert len(told) == 1


class Wavering(Tenant):
    """A tenant of which the first answer comes from a server with a wrong clock."""

    def __init__(self, answers):
        super().__init__(answers)
        self.started = None

    def send(self, request):
        answer = super().send(request)
        if self.started is None:
            self._start(NOON - timedelta(days=20 * (len(self.sent) == 1)), NOON)
        return answer


@every_log
def test_a_bookmark_is_where_the_last_span_ends_whatever_a_clock_says_later(log):
    output = read(calls(), log, kind=Wavering)
    bounds = re.findall(r"toDateTime=([^,)]+)", output.asked[-1].replace("%3A", ":"))

    assert output.state["bookmarks"][log]["whole"] == {bounds[0]: [log]}


def message(text, minute, chat="chat"):
    changed = f"2026-11-01T00:{minute:02}:00.5Z"
    body = {"content": text, "contentType": "text"}
    return {"id": "1", "chatId": chat, "lastModifiedDateTime": changed, "body": body}


@pytest.mark.parametrize("copies", [("new", "old"), ("old", "new"), ("old", "new", "old")])
def test_of_several_copies_of_a_message_the_newest_is_written_last(copies):
    times = {"old": 1, "new": 2}
    people = [f"p{n}" for n in range(len(copies))]
    answers = {"/users?": page(*({"id": it} for it in people))}
    for person, copy in zip(people, copies, strict=True):
        answers[f"/users/{person}/chats/getAllMessages"] = page(message(copy, times[copy]))
    output = read(answers, "chat_messages", concurrency=1)

    found = [it["body"]["content"] for it in output.records["chat_messages"]]
    assert found[-1] == "new"
    assert found.count("new") == 1


def test_copies_that_are_alike_are_written_once():
    answers = {
        "/users?": page({"id": "p0"}, {"id": "p1"}),
        "/users/p0/chats/getAllMessages": page(message("same", 1)),
        "/users/p1/chats/getAllMessages": page(message("same", 1)),
    }
    assert len(read(answers, "chat_messages").records["chat_messages"]) == 1


def test_messages_that_changed_at_one_moment_are_all_written():
    rows = [message("text", 1) | {"id": str(n)} for n in range(3)]
    answers = {"/users?": page({"id": "p0"}), "/users/p0/chats/getAllMessages": page(*rows)}
    found = read(answers, "chat_messages").records["chat_messages"]

    assert [it["id"] for it in found] == ["0", "1", "2"]
