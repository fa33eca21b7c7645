"""Laws of lists that were not read whole: what is read below them is not all there is."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout

import pytest

from tap_msteams.errors import ForbiddenError, RejectedError, UnsupportedError
from tap_msteams.run import CIRCLE
from tests.client.fake_graph import NOON, FakeGraph, body
from tests.conftest import Output, selection
from tests.readers import tenant
from tests.readers.library import SETTINGS, Books, Reading, Reminders
from tests.readers.tenant import Mine
from tests.target import HastyTap

BROKEN = b"null"


def page(*rows):
    return b'{"value":[%s]}' % b",".join(rows)


def row(id_, **more):
    return json.dumps({"id": id_, **more}).encode()


# What is read below a list


async def test_a_list_that_was_not_read_leaves_everything_below_it_incomplete():
    reading = Reading(FakeGraph({"/shelves": [ForbiddenError("/shelves", 403)]}), Books, Reminders)
    await reading.read()
    assert [it.is_complete for it in reading.run.streams.values() if it.emits] == [False, False]


async def test_everything_below_a_list_that_was_read_is_complete():
    reading = Reading(FakeGraph({"/shelves": [body("a")]}), Books, Reminders)
    await reading.read()
    assert [it.is_complete for it in reading.run.streams.values() if it.emits] == [True, True]


async def test_a_row_that_cannot_be_read_leaves_what_is_below_it_incomplete():
    graph = FakeGraph({"/shelves": [page(row("a"), BROKEN)]})
    reading = Reading(graph, Books, Reminders)
    await reading.read()
    assert len(reading.rows["books"]) == 1
    assert [it.is_complete for it in reading.run.streams.values() if it.emits] == [False, False]


async def test_a_last_page_that_leads_to_itself_is_told_once_with_the_number_of_lists():
    pages = {f"/shelves/{it}/books": [body("1", "2", following=f"/{it}")] for it in "ab"}
    ends = {f"/{it}": [body("3", following=f"/{it}")] for it in "ab"}
    reading = Reading(FakeGraph({"/shelves": [body("a", "b")], **pages, **ends}), Books)
    await reading.read()

    [issue] = reading.issues
    assert len(reading.ids(Books)) == 6
    assert (issue.severity, issue.stream, issue.code) == ("notice", "books", CIRCLE)
    assert issue.message.startswith("the last page of 2 lists leads to itself")
    assert issue.remedy.startswith("nothing to do, unless rows are missing")


# Lists of which a run reads a part


def of_team(request):
    team, *below = request.url.split("?")[0].split("/")[2:]
    return page(row(team)) if below else row(team)


TEAMS = {
    "/teams?": page(*(row(it, displayName=it) for it in "abcdefgh")),
    "/teams/": of_team,
}


@pytest.mark.parametrize(
    "parts", [[{"teams": ["a", "f"]}, {"teams": ["!a", "!f"]}], [{}]], ids=["choices", "whole"]
)
def test_parts_of_a_list_make_up_the_whole_and_none_says_that_the_others_are_gone(parts):
    settings = {"emit_activate_version_messages": True}
    outputs = [tenant.read(TEAMS, "teams", "channels", **settings, **it) for it in parts]

    for stream in ("teams", "channels"):
        ids = [it["id"] for output in outputs for it in output.records.get(stream, [])]
        assert sorted(ids) == [*"abcdefgh"]
        assert all((stream in it.activated) == (len(parts) == 1) for it in outputs)
    for output in outputs:
        teams = {it["id"] for it in output.records["teams"]}
        assert {it.split("/")[2] for it in output.asked if "hannels" in it} == teams
        assert (output.code, tenant.issues(output)) == (0, [])


@pytest.mark.parametrize(
    ("stream", "settings", "kind", "message"),
    [
        (
            "associated_teams",
            {},
            Mine,
            "Graph has it for applications only, not for a signed-in user",
        ),
        (
            *("deleted_teams", {"teams": ["!Secret"]}, tenant.Tenant),
            "1 left out: Graph tells their ids only, and settings exclude names",
        ),
        (
            *("deleted_team_messages", {"channels": ["x"]}, tenant.Tenant),
            "'channels' (env TAP_MSTEAMS_CHANNELS) chooses by what Graph does not tell here",
        ),
    ],
)
def test_what_cannot_be_chosen_or_is_not_offered_is_told_and_not_taken_for_gone(
    stream, settings, kind, message
):
    settings = {"emit_activate_version_messages": True, **settings}
    answers = {"/teamwork/deletedTeams": page(row("D"))}
    output = tenant.read(answers, stream, kind=kind, **settings)

    told = [(it["stream"], it["severity"], it["message"]) for it in output.records["sync_issues"]]
    assert told == [(stream, "notice", message)]
    assert output.records["sync_issues"][0]["remedy"]
    assert output.records.keys() == {"sync_issues"}
    assert (output.activated, output.code) == (set(), 0)
    assert {*output.asked} <= {"/teamwork/deletedTeams"}


@pytest.mark.parametrize(
    ("stream", "channels"),
    [("channel_members", "P"), ("channel_folders", "SP"), ("drive_items", "P")],
)
def test_of_a_list_of_channels_those_are_parents_that_have_something_below_them(stream, channels):
    others = "https://graph.microsoft.com/v1.0/teams/U/channels/X"
    kinds = {"S": "standard", "P": "private"}
    rows = [row(it, membershipType=kind) for it, kind in kinds.items()]
    listed = page(row("X", membershipType="shared", **{"@odata.id": others}), *rows)
    answers = {"/teams?": page(row("T")), "/teams/T/allChannels": listed, "/": page()}
    output = tenant.read(answers, stream)

    asked = [it.split("?")[0].split("/") for it in output.asked]
    assert [it[4] for it in asked if it[3:4] == ["channels"]] == [*channels]


# Messages by the lists of channels

LISTED = ("/teams/T/channels?$select=id", "/teams/T/allChannels?")


class Channels(FakeGraph):
    """A tenant of one team with channels, each of one message; its export is refused."""

    def __init__(self, channels):
        super().__init__()
        self.channels, self.started = channels, NOON

    def send(self, request):
        url = request.url
        if url.startswith("/teams?"):
            answer = page(row("T"))
        elif url.startswith(LISTED):
            answer = page(*self.channels)
        elif "/messages?" in url:
            channel = url.split("/")[4]
            moment = "2026-11-01T00:00:00Z"
            answer = page(row("1", lastModifiedDateTime=moment, subject=channel))
        else:
            answer = UnsupportedError(url, 402)
        self._answers[url] = [answer]
        return super().send(request)


def read(channels, *streams, state=None):
    """What a run reads of the messages of some channels."""
    tap = HastyTap(config=SETTINGS, catalog=selection([*streams, "sync_issues"]), state=state)
    tap.graph = Channels(channels)
    captured = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with redirect_stdout(captured):
        code = tap.read()
    return Output(captured.buffer.getvalue().splitlines(), code)


def found(output):
    return {it["channelId"] for it in output.records.get("messages", [])}


@pytest.mark.parametrize("streams", [("messages",), ("channels", "messages")])
def test_a_channel_whose_row_cannot_be_read_is_read_from_its_start_by_the_next_run(streams):
    first = read([row("a"), BROKEN], *streams)
    told = {(it["stream"], it["severity"]) for it in first.records["sync_issues"]}
    assert (found(first), first.code) == ({"a"}, 3)
    assert ("messages", "gap") in told

    second = read([row("a"), row("b")], *streams, state=first.state)
    assert "b" in found(second)
    assert second.code == 0


# Properties that are asked for


REFUSED = RejectedError("/teams", 400)


@pytest.mark.parametrize("is_selects", [False, True])
def test_a_refusal_costs_others_properties_only_where_it_is_that_of_select(is_selects):
    def channels(request):
        team = request.url.split("/")[2]
        is_refused = team == "a" and not (is_selects and "$select" not in request.url)
        return REFUSED if is_refused else page(row(team))

    answers = {"/teams?": page(*map(row, "abcdefgh")), "/teams/": channels}
    catalog = selection(["channels", "sync_issues"], channels=["summary"])
    output = tenant.read(answers, catalog=catalog, concurrency=1)
    [last] = [it for it in output.asked if it.startswith("/teams/h/")]

    assert ("$select=" in last) != is_selects
    assert output.code == (0 if is_selects else 3)
    assert {it["id"] for it in output.records["channels"]} == {*"abcdefgh"[not is_selects :]}
