"""Laws of the unit of failure: one thread, one id, one content costs itself and nothing else."""

from __future__ import annotations

import pytest

from tap_msteams.client import Graph
from tap_msteams.errors import ForbiddenError, MissingError, RejectedError, UnavailableError
from tests.conftest import selection
from tests.readers.tenant import Mine, Tenant, issues, page, read
from tests.target import known

# Threads of a channel


def message(id_, **more):
    moment = "2026-11-01T00:00:00Z"
    return {"id": id_, "createdDateTime": moment, "lastModifiedDateTime": moment, **more}


def thread(id_, link=None):
    link = {"replies@odata.nextLink": link} if link else {}
    return message(id_, replies=[message(f"{id_}-1", replyToId=id_)], **link)


@pytest.mark.parametrize(
    "error",
    [
        ForbiddenError("/x", 403),
        MissingError("/x", 404, code="NotFound"),
        RejectedError("/x", 400),
        UnavailableError("/x", 503),
    ],
)
def test_a_thread_whose_replies_cannot_be_read_costs_no_other_thread(error):
    answers = {
        "/teams?": page({"id": "T"}),
        "/teams/T/channels?": page({"id": "C"}, {"id": "D"}),
        "/teams/T/channels/C/messages?": page(thread("1"), thread("2", "/more"), thread("3")),
        "/teams/T/channels/D/messages?": page(thread("4")),
        "/more": error,
        "/teams/T/channels/getAllMessages": ForbiddenError("/x", 403, message="closed"),
    }
    catalog = selection(["messages", "sync_issues"])
    first = read(answers, catalog=catalog)
    found = {it["id"] for it in first.records["messages"]}

    assert found == {f"{n}{reply}" for n in range(1, 5) for reply in ("", "-1")}
    assert issues(first) == [("gap", {"teamId": "T", "channelId": "C", "messageId": "2"})]
    assert first.code == 3

    answers["/more"] = page(message("2-2", replyToId="2"))
    second = read(answers, catalog=catalog, state=first.state)
    assert "2-2" in {it["id"] for it in second.records["messages"]}
    assert (second.code, known(second.state).keys()) == (0, {"T"})


def test_a_thread_that_is_listed_and_said_to_be_gone_is_looked_for_again():
    place, gone = "/teams/T/channels/C/messages", MissingError("/x", 404, code="NotFound")
    answers = {
        "/teams?": page({"id": "T"}),
        "/teams/T/channels?": page({"id": "C"}),
        f"{place}?": page(thread("1"), thread("2", "/more")),
        f"{place}/2": gone,
        "/more": gone,
        "/teams/T/channels/getAllMessages": ForbiddenError("/x", 403, message="closed"),
    }
    first = read(answers, "messages")
    answers["/more"] = page(message("2-2", replyToId="2"))
    second = read(answers, "messages", state=first.state)

    assert [severity for severity, _ in issues(first)] == ["notice"]
    assert not known(first.state)
    assert "2-2" in {it["id"] for it in second.records["messages"]}


@pytest.mark.parametrize(
    "link",
    [
        "messages/2/replies?$skiptoken=a",
        "/v1.0/teams/T/channels/C/messages/2/replies?$skiptoken=a",
        "HTTPS://Graph.Microsoft.com:443/v1.0/teams/T/channels/C/messages/2/replies?$skiptoken=a",
    ],
)
def test_the_link_to_more_replies_has_any_form(link):
    class Resolving(Tenant):
        resolve = Graph.resolve

    place = "/teams/T/channels/C/messages"
    answers = {
        "/teams?": page({"id": "T"}),
        "/teams/T/channels?": page({"id": "C"}),
        f"{place}?": page(thread("2", link)),
        f"https://graph.microsoft.com/v1.0{place}/2/replies?": page(message("2-2")),
        "/teams/T/channels/getAllMessages": ForbiddenError("/x", 403, message="closed"),
    }
    output = read(answers, "messages", kind=Resolving)

    assert (output.code, issues(output)) == (0, [])
    assert {it["id"] for it in output.records["messages"]} == {"2", "2-1", "2-2"}


def test_what_is_the_users_own_is_a_gap_where_the_token_does_not_say_whose_it_is():
    output = read({}, "user_installed_apps", kind=Mine)
    assert (output.code, issues(output), output.asked) == (3, [("gap", {})], [])
    message = "the token does not say whose it is"
    assert [it["message"] for it in output.records["sync_issues"]] == [message]


def test_what_is_the_users_own_is_read_below_whom_the_token_names():
    class Anna(Mine):
        user_id = "anna"

    answers = {"/users/anna/teamwork/installedApps": page({"id": "1"})}
    output = read(answers, "user_installed_apps", kind=Anna)

    [found] = output.records["user_installed_apps"]
    assert (found["userId"], found["id"], output.code) == ("anna", "1", 0)


@pytest.mark.parametrize("settings", [{}, {"start_date": "2026-11-01"}])
def test_a_message_that_does_not_say_its_time_counts_as_new(settings):
    answers = {
        "/me/joinedTeams": page({"id": "T"}),
        "/teams/T/": page({"id": "C"}),
        "/teams/T/channels/C/messages?": page({"id": "1", "replies": [{"id": "2"}]}),
    }
    answers = dict(sorted(answers.items(), key=lambda it: -len(it[0])))
    output = read(answers, "messages", kind=Mine, **settings)

    assert [it["id"] for it in output.records["messages"]] == ["1", "2"]
    assert (output.code, issues(output)) == (0, [])


def test_a_channel_is_read_down_to_its_own_bookmark():
    place, link = "/teams/T/channels/C/messages", {"@odata.nextLink": "/more"}
    answers = {
        "/teams?": page({"id": "T"}),
        "/teams/T/channels?": page({"id": "C"}),
        f"{place}?": page(thread("1"), **link),
        "/more": page(),
        "/teams/T/channels/getAllMessages": ForbiddenError("/x", 403, message="closed"),
    }
    known = {"version": 1, "teams": {"2026-10-01T00:00:00.000Z": ["T"]}}
    newer = {"channels": {"2026-11-02T00:00:00.000Z": {"T": ["C"]}}}
    asked = []
    for state in (known, {**known, **newer}):
        asked += [
            "/more" in read(answers, "messages", state={"bookmarks": {"messages": state}}).asked
        ]
    assert asked == [True, False]


# Rows


CARDS = [
    *("card.codesnippet", "card.announcement", "card.adaptive"),
    "teams.messaging-announcementBanner",
]


@pytest.mark.parametrize("stream", ["hosted_contents", "chat_hosted_contents"])
def test_a_message_has_the_contents_of_its_cards_and_not_those_of_messages_that_it_quotes(stream):
    def address(n):
        return f'{{"url":"https://x/messages/1/hostedContents/{n}/$value"}}'

    cards = [f"application/vnd.microsoft.{it}" for it in CARDS]
    kinds = [*cards, "forwardedMessageReference", None]
    attachments = [{"contentType": it, "content": address(n)} for n, it in enumerate(kinds)]
    place = {"teamId": "T", "channelId": "C"}
    more = {"body": {"content": ""}, "attachments": attachments}
    export = page(message("1", chatId="X", channelIdentity=place, **more))
    answers = {
        "/users?": page({"id": "U"}),
        "/users/U/chats/getAllMessages": export,
        "/teams?": page({"id": "T"}),
        "/teams/T/channels/getAllMessages": export,
    }
    output = read(answers, stream)

    found = [it["id"] for it in output.records[stream]]
    assert (output.code, found) == (0, [str(n) for n in range(len(cards))])


def test_a_row_without_its_key_is_told_and_holds_no_bookmark():
    chats = {"1": "X", "2": None, "3": "X", "4": ""}
    export = page(*(message(id_, chatId=chat) for id_, chat in chats.items()))
    answers = {"/users?": page({"id": "U"}), "/users/U/chats/getAllMessages": export}
    output = read(answers, "chat_messages")

    assert [it["id"] for it in output.records["chat_messages"]] == ["1", "3"]
    assert (output.code, issues(output)) == (3, [("gap", {"userId": "U"})] * 2)
    [known] = output.state["bookmarks"]["chat_messages"]["users"].values()
    assert known == ["U"]


@pytest.mark.parametrize("session", [7, ["s"], {"s": 1}, True, None, ""])
def test_a_key_of_another_type_costs_its_row_alone(session):
    rows = [{"id": "1", "sessionId": session}, {"id": "2", "sessionId": "s"}]
    answers = {"/users?": page({"id": "U"}), "/copilot/users/U/": page(*rows)}

    output = read(answers, "copilot_interactions")

    assert [it["id"] for it in output.records["copilot_interactions"]] == ["2"]
    assert (output.code, issues(output)) == (3, [("gap", {"userId": "U"})])


# Ids of people


def presences(bad, most=650):
    def answer(request):
        ids = request.body["ids"]
        assert len(ids) <= most
        if bad & {*ids}:
            return RejectedError(request.url, 400, message="an id is not valid")
        return page(*({"id": it, "availability": "Away"} for it in ids))

    return answer


def people(number):
    return [f"{n:04}" for n in range(number)]


@pytest.mark.parametrize("bad", [{"0000"}, {"0649"}, {"0100", "0101", "0777"}])
def test_an_id_that_is_refused_costs_no_other_id(bad):
    answers = {
        "/users?": page(*({"id": it} for it in people(800))),
        "/communications/getPresencesByUserId": presences(bad),
    }
    output = read(answers, "presence")

    assert {it["id"] for it in output.records["presence"]} == {*people(800)} - bad
    assert sorted(it["userId"] for _, it in issues(output)) == sorted(bad)
    assert {severity for severity, _ in issues(output)} == {"gap"}
    assert len(output.asked) < 70


def test_a_request_that_is_refused_whatever_the_ids_is_not_asked_for_each_of_them():
    answers = {
        "/users?": page(*({"id": it} for it in people(800))),
        "/communications/getPresencesByUserId": RejectedError("/x", 400),
    }
    output = read(answers, "presence")

    assert not output.records["presence"]
    assert {} in [subject for _, subject in issues(output)]
    assert len(output.asked) < 60
    assert output.code == 3


# Content


@pytest.mark.parametrize("error", [ForbiddenError("/x", 403), RejectedError("/x", 400)])
def test_a_record_whose_content_is_refused_is_written_without_it(error):
    pictures = [f'<img src="https://x/messages/{n}/hostedContents/p{n}/$value">' for n in (1, 2)]
    place = {"teamId": "T", "channelId": "C"}
    rows = [
        message(str(n), channelIdentity=place, body={"content": text})
        for n, text in enumerate(pictures, 1)
    ]
    answers = {
        "/teams?": page({"id": "T"}),
        "/teams/T/channels/getAllMessages": page(*rows),
        "/teams/T/channels/C/messages/1/": error,
        "/teams/T/channels/C/messages/2/": b"bytes",
    }
    catalog = selection(["messages", "hosted_contents", "sync_issues"])
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"] == ["properties", "contentBytes"]:
                item["metadata"]["selected"] = True
    first = read(answers, catalog=catalog)

    found = {it["id"]: it.get("contentBytes") for it in first.records["hosted_contents"]}
    assert found == {"p1": None, "p2": "Ynl0ZXM="}
    assert [severity for severity, _ in issues(first)] == ["gap"]
    assert (first.code, known(first.state)) == (3, {})

    answers["/teams/T/channels/C/messages/1/"] = b"bytes"
    second = read(answers, catalog=catalog, state=first.state)
    assert {it["contentBytes"] for it in second.records["hosted_contents"]} == {"Ynl0ZXM="}
    assert (second.code, known(second.state).keys()) == (0, {"T"})


REFUSALS = {
    ForbiddenError("/x", 403, code="Forbidden", message="Forbidden"): "notice",
    ForbiddenError("/x", 403, code="Forbidden", message="A policy keeps this chat."): "gap",
    ForbiddenError("/x", 403, code="UnknownError"): "gap",
    ForbiddenError("/x", 403, message="<html>"): "gap",
}


@pytest.mark.parametrize(("error", "severity"), REFUSALS.items(), ids=range(len(REFUSALS)))
def test_a_picture_of_a_chat_is_refused_for_the_reason_that_graph_gives(error, severity):
    text = '<img src="https://x/messages/1/hostedContents/p/$value">'
    answers = {
        "/users?": page({"id": "p"}),
        "/users/p/chats/getAllMessages": page(message("1", chatId="c", body={"content": text})),
        "/chats/c/messages/1/hostedContents/p": error,
    }
    catalog = selection(["chat_messages", "chat_hosted_contents", "sync_issues"])
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"] == ["properties", "contentBytes"]:
                item["metadata"]["selected"] = True
    first = read(answers, catalog=catalog)

    assert [it["id"] for it in first.records["chat_hosted_contents"]] == ["p"]
    assert [it for it, _ in issues(first)] == [severity]

    answers["/chats/c/messages/1/hostedContents/p"] = b"bytes"
    second = read(answers, catalog=catalog, state=first.state)
    found = [it.get("contentBytes") for it in second.records["chat_hosted_contents"]]
    assert "Ynl0ZXM=" in found or severity == "notice"
    assert second.code == 0


# Records without an id

ADDRESS = "https://teams.microsoft.com/l/meetup-join/1"
ATTENDANCE = {
    "/users?": page({"id": "p"}),
    "/users/p/chats": page(
        {"id": "c", "onlineMeetingInfo": {"joinWebUrl": ADDRESS, "organizer": {"id": "p"}}}
    ),
    "/communications/callRecords?": page(),
    "/users/p/onlineMeetings?": page({"id": "m"}),
    "/users/p/onlineMeetings/m/attendanceReports?": page({"id": "r"}),
    "/users/p/onlineMeetings/m/attendanceReports": page({"id": "r"}),
}
PEOPLE = [
    {"id": "given", "identity": {"id": "a", "displayName": "A"}},
    {"identity": {"id": "b", "displayName": "B"}, "role": "Attendee"},
    {"id": None, "emailAddress": "c@x.example"},
    {"id": "", "identity": {"id": None, "displayName": "Guest"}, "totalAttendanceInSeconds": 5},
    {"identity": None, "role": "Presenter"},
]


@pytest.mark.parametrize("settings", [{}, {"people": "hash", "people_key": "k" * 32}])
def test_people_who_took_part_have_a_row_each_though_graph_gives_their_records_no_id(settings):
    reports = "/users/p/onlineMeetings/m/attendanceReports/r/attendanceRecords"
    answers = {reports: page(*PEOPLE), **ATTENDANCE}
    first, second = (read(answers, "attendance_records", **settings) for _ in range(2))

    ids = [it["id"] for it in first.records["attendance_records"]]
    assert (len(set(ids)), issues(first), first.code) == (len(PEOPLE), [], 0)
    assert ids == [it["id"] for it in second.records["attendance_records"]]
    assert settings or ids[:3] == ["given", "b", "c@x.example"]
    assert first.records["attendance_records"][1]["role"] == "Attendee"


# Ids that come twice


def test_an_id_that_comes_twice_in_one_answer_is_said_once_a_run_and_stream():
    twice = page({"id": "1"}, {"id": "1"}, {"id": "2"})
    answers = {"/teams?": page({"id": "T"}, {"id": "U"}), "/teams/": twice}
    output = read(answers, "members", "tags")

    told = [(it["stream"], it["severity"], it["code"]) for it in output.records["sync_issues"]]
    assert sorted(told) == [(it, "notice", "rowsWithOneId") for it in ("members", "tags")]
    assert len(output.records["members"]) == 6
    assert output.code == 0


def test_an_id_that_two_parents_have_is_nothing_to_say():
    answers = {"/teams?": page({"id": "T"}, {"id": "U"}), "/teams/": page({"id": "1"})}
    assert issues(read(answers, "members", "tags")) == []
