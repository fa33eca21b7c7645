"""Laws of messages of channels: the export where it is allowed, otherwise lists of channels."""

from __future__ import annotations

import logging

import pytest

from tap_msteams.errors import (
    ExpiredError,
    ForbiddenError,
    MissingError,
    NotGrantedError,
    UnavailableError,
    UnsupportedError,
)
from tests.conftest import selection
from tests.readers.tenant import issues, page, read
from tests.target import known

EXPORT, PLACE = "/teams/T/channels/getAllMessages", "/teams/T/channels/C/messages"
GONE = MissingError("/x", 404, code="NotFound")
CLOSED = ForbiddenError("/x", 403, message="closed")


def message(id_, changed="2026-11-01T00:00:00Z", **more):
    return {"id": id_, "createdDateTime": changed, "lastModifiedDateTime": changed, **more}


def listed(*pages, **more):
    """A team whose channel has these pages of conversations, since its export is refused."""
    links = [f"{PLACE}?", *(f"/page{n}" for n in range(2, len(pages) + 1)), None]
    found = {
        link: page(*rows, **({"@odata.nextLink": following} if following else {}))
        for link, following, rows in zip(links, links[1:], pages, strict=False)
    }
    team = {"/teams?": page({"id": "T"}), "/teams/T/channels?": page({"id": "C"}), EXPORT: CLOSED}
    return {**team, **found, **more}


def ids(output):
    return [it["id"] for it in output.records["messages"]]


# Lists


def test_a_list_is_read_down_to_the_start_and_yields_what_was_changed_in_the_time_chosen():
    created = {"id": "created", "createdDateTime": "2026-11-06T00:00:00Z"}
    replies = [message("reply"), message("answer", "2026-11-07T00:00:00Z")]
    pages = [
        [message("later", "2026-11-12T00:00:00Z"), message("end", "2026-11-10T00:00:00Z"), created],
        [message("start", "2026-11-05T00:00:00Z", createdDateTime=None, replies=replies)],
        [message("before", "2026-11-04T23:59:59Z", createdDateTime="2026-11-06T00:00:00Z")],
        [message("lost", "2026-11-03T00:00:00Z")],
    ]
    # The conversation above is one that was moved up by its answer.
    pages.insert(2, [message("first", "2026-11-05T00:00:00Z")])
    chosen = {"start_date": "2026-11-05", "end_date": "2026-11-10"}
    output = read(listed(*pages), "messages", **chosen)

    assert (ids(output), output.code) == (["created", "start", "answer", "first"], 0)
    assert [it for it in output.asked if "page" in it] == ["/page2", "/page3", "/page4"]


@pytest.mark.parametrize("number", [4, 5])
@pytest.mark.parametrize("is_expired", [False, True])
def test_a_long_list_that_broke_off_goes_on_where_it_was(number, is_expired, caplog):
    caplog.set_level(logging.INFO)
    pages = [[message(str(n), f"2026-11-{19 - n:02}T00:00:00Z")] for n in range(1, 6)]
    answers, link = listed(*pages), f"/page{number}"
    first = read({**answers, link: UnavailableError("/x", 503)}, "messages")
    second_answers = {**answers, "/page5": ExpiredError("/x", 410)} if is_expired else answers
    caplog.clear()
    second = read(second_answers, "messages", state=first.state)

    assert ids(first) == [str(n) for n in range(1, number)]
    assert known(first.state) == {}
    goes_on = number == 5
    told = "messages C: its link has expired, reading it again"
    assert (told in caplog.messages) == (goes_on and is_expired)
    if goes_on and not is_expired:
        assert [it for it in second.asked if "page" in it] == ["/page5"]
        assert ids(second) == ["5"]
    if not is_expired:
        assert {*ids(first), *ids(second)} == {*"12345"}
        assert (known(second.state).keys(), second.code) == ({"T"}, 0)
    else:
        assert (known(second.state), ids(second)) == ({}, [*"1234"])


@pytest.mark.parametrize("gone", ["/teams/T/channels?", f"{PLACE}?"])
@pytest.mark.parametrize("is_above", [True, False])
def test_what_is_not_found_is_gone_where_what_is_above_is_gone_too(gone, is_above):
    above = "/teams/T" if "messages" not in gone else "/teams/T/channels/C"
    answers = listed([message("1")])
    del answers[gone]
    answers[above] = lambda request: GONE if (request.url == above) == is_above else b"{}"
    answers = {gone: GONE, **answers}
    output = read(answers, "messages")

    assert [it for it, _ in issues(output)] == ["notice" if is_above else "gap"]
    assert known(output.state) == {}


def test_channels_on_several_pages_are_all_read():
    more = page({"id": "D"})
    answers = listed(
        [message("1")],
        **{
            "/teams/T/channels?": page({"id": "C"}, **{"@odata.nextLink": "/channels2"}),
            "/channels2": more,
            "/teams/T/channels/D/messages?": page(message("2")),
        },
    )
    output = read(answers, "messages")
    assert (sorted(ids(output)), known(output.state).keys()) == (["1", "2"], {"T"})


def test_of_channels_that_are_listed_for_messages_alone_those_chosen_are_read():
    channels = {"C": "General", "D": "Secret", "E": None}
    rows = ({"id": it, "displayName": name} for it, name in channels.items())
    more = {f"/teams/T/channels/{it}/messages?": page(message(it)) for it in channels}
    answers = listed(**{**more, "/teams/T/channels?": page(*rows)})
    output = read(answers, "messages", channels=["!Secret"])

    assert (sorted(ids(output)), output.code) == (["C", "E"], 0)
    assert "/teams/T/channels?$select=displayName,id" in output.asked


def test_who_may_not_list_channels_is_told_the_permission_for_it():
    answers = listed(**{"/teams/T/channels?": NotGrantedError("/x", 403)})
    output = read(answers, "messages")
    told = [it["permission"] for it in output.records["sync_issues"]]
    assert told == ["Channel.ReadBasic.All"]


def test_the_replies_of_a_long_thread_are_read_from_the_start_where_its_link_is_missing():
    replies = [message(f"r{n}") for n in range(1_001)]
    answers = listed([message("1", replies=replies[:1_000])])
    answers = {f"{PLACE}/1/replies?$top=50": page(*replies), **answers}
    output = read(answers, "messages")
    assert ids(output) == ["1", *(it["id"] for it in replies)]


@pytest.mark.parametrize("is_refused", [True, False])
def test_a_list_waits_for_the_contents_of_its_messages(is_refused):
    catalog = selection(["messages", "hosted_contents"])
    for item in (it for entry in catalog["streams"] for it in entry["metadata"]):
        if item["breadcrumb"] == ["properties", "contentBytes"]:
            item["metadata"]["selected"] = True
    body = {"content": '<img src="https://x/messages/1/hostedContents/p/$value">'}
    contents = CLOSED if is_refused else b"bytes"
    answers = listed([message("1", body=body)], **{f"{PLACE}/1/hostedContents": contents})
    output = read(answers, catalog=catalog)

    [found] = output.records["hosted_contents"]
    assert (found["channelId"], found["messageId"]) == ("C", "1")
    assert found.get("contentBytes") == (None if is_refused else "Ynl0ZXM=")
    assert known(output.state).keys() == (set() if is_refused else {"T"})


# The export


def everywhere(answer):
    """Two teams with a message each, of which the exports get this answer."""
    found = {"/teams?": page({"id": "T"}, {"id": "U"})}
    for team in "TU":
        place = f"/teams/{team}/channels"
        found |= {
            f"{place}/getAllMessages": answer,
            f"{place}?": page({"id": "C"}),
            f"{place}/C/messages?": page(message(team)),
            f"/teams/{team}": b"{}",
        }
    return found


@pytest.mark.parametrize(
    ("answer", "exports", "told"),
    [
        (CLOSED, 2, ["T: export refused, reading its channels", "U: export refused"]),
        (UnsupportedError("/x", 402), 1, ["messages: export refused, reading channel by channel"]),
        (GONE, 2 * 3, ["T: export refused, reading its channels", "U: export refused"]),
        (page(message("x", channelIdentity={"teamId": "T", "channelId": "C"})), 2, []),
    ],
)
def test_the_export_is_tried_for_each_team_unless_the_tenant_is_refused(
    answer, exports, told, caplog
):
    caplog.set_level(logging.INFO)
    output = read(everywhere(answer), "messages")

    asked = [it for it in output.asked if "getAllMessages" in it]
    assert len(asked) == exports
    assert sorted(ids(output)) == (["T", "U"] if told else ["x", "x"])
    assert (issues(output), output.code) == ([], 0)
    said = [it for it in caplog.messages if "export refused" in it]
    assert len(said) == len(told)
    assert all(any(text in it for it in said) for text in told)


def test_teams_are_listed_once_the_tenant_is_refused_though_the_first_export_was_read():
    teams = [f"{n:02}" for n in range(20)]
    answers = {"/teams?": page(*({"id": it} for it in teams))}
    for team in teams:
        place = f"/teams/{team}/channels"
        answers |= {
            f"{place}/getAllMessages": UnsupportedError("/x", 402),
            f"{place}?": page({"id": "C"}),
            f"{place}/C/messages?": page(message(team)),
        }
    found = message("00", channelIdentity={"teamId": "00", "channelId": "C"})
    answers["/teams/00/channels/getAllMessages"] = page(found)
    output = read(answers, "messages", concurrency=1)

    assert (sorted(ids(output)), issues(output), output.code) == (teams, [], 0)
    assert 2 <= len([it for it in output.asked if "getAllMessages" in it]) < 12


@pytest.mark.parametrize("number", [1, 2])
def test_an_export_after_a_list_of_several_pages_is_read_from_the_start(number):
    pages = [[message(str(n))] for n in range(number)]
    first = read(listed(*pages), "messages")
    second = read({**listed(*pages), EXPORT: page()}, "messages", state=first.state)

    assert first.state["bookmarks"]["messages"].keys() & {"listed", "teams"} == {
        "teams" if number == 1 else "listed"
    }
    [export] = [it for it in second.asked if "getAllMessages" in it]
    assert ("gt%201970-01-01" in export) == (number == 2)
