"""Laws of the streams of online meetings."""

from __future__ import annotations

import pytest

from tap_msteams_sandbox.areas.chats import Chats
from tap_msteams_sandbox.areas.meetings import Meetings
from tap_msteams_sandbox.areas.meetings.artifacts import unattributed, web_vtt
from tests.conftest import run_tap, selection
from tests.expected import shown
from tests.readers.tenant import page, read
from tests.streams.tables import swift
from tests.target import TalkativeTap, Target

MEETINGS = "online_meetings"
BELOW = ("attendance_reports", "attendance_records", "transcripts", "recordings")
ORGANIZED = ("organizer_transcripts", "organizer_recordings")
QUESTIONS = ("meeting_conversations", "meeting_conversation_messages")
ALL = (MEETINGS, *BELOW, *ORGANIZED, "meeting_insights")
ARTIFACTS = ("transcripts", "recordings")
of_both_ways = pytest.mark.parametrize("stream", ["transcripts", "organizer_transcripts"])
LOOKUP = "GET /users/{id}/onlineMeetings"
CONTENT = "GET /users/{id}/onlineMeetings/{id}/transcripts/{id}/content"


def notices(output):
    return [row for row in output.records["sync_issues"] if row["severity"] == "notice"]


def with_text(stream="transcripts"):
    """A catalog that asks for what was said."""
    catalog = selection([stream])
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"][-1:] == ["content"]:
                item["metadata"]["selected"] = True
    return catalog


@pytest.fixture(scope="module")
def whole(shared_sandbox):
    return run_tap(swift(shared_sandbox), streams=[*ALL, *QUESTIONS])


@pytest.fixture
def meetings(sandbox):
    return sandbox.tenant.part(Meetings)


@pytest.mark.parametrize("stream", [*ALL, *QUESTIONS])
def test_a_full_read_gives_every_row_once_as_graph_shows_it(shared_sandbox, whole, stream):
    assert whole.code == 0
    assert whole.rows(stream) == shown(shared_sandbox.tenant, stream)
    assert len(whole.records[stream]) == len(whole.rows(stream)) > 0


def test_meetings_come_from_chats_and_from_call_records_and_only_missing_ones_are_asked_for_twice(
    sandbox, meetings
):
    output = run_tap(swift(sandbox), streams=[MEETINGS])

    led_to = {(it.organizer.id, it.join_url) for it in sandbox.tenant.part(Chats).meetings()}
    read = {(row["userId"], row["joinWebUrl"]) for row in output.records[MEETINGS]}
    in_channels = {(it.organizer.id, it.url) for it in meetings.visible() if it.in_channel}
    assert in_channels
    assert read - led_to == in_channels
    assert sandbox.count()[LOOKUP] == len(led_to | read) + len(led_to - read)


def test_meetings_are_found_by_addresses_with_quotes(sandbox):
    for chat in sandbox.tenant.part(Chats).all.values():
        chat.join_url = chat.join_url and f"{chat.join_url}&of=O'Brien's"

    output = run_tap(swift(sandbox), streams=[MEETINGS])

    assert output.rows(MEETINGS) == shown(sandbox.tenant, MEETINGS)
    assert any("O'Brien's" in row["joinWebUrl"] for row in output.records[MEETINGS])


def test_a_meeting_that_has_expired_is_nothing_to_report(sandbox, meetings):
    meeting = next(meetings.visible())
    meetings.expire(meeting.id)

    output = run_tap(swift(sandbox), streams=ALL)

    assert not [row for row in output.records["sync_issues"] if row["stream"] in ALL]
    assert meeting.id not in {row["id"] for row in output.records[MEETINGS]}


def test_people_without_a_policy_are_one_notice_and_hold_nobody_up(sandbox, meetings):
    left_out = {it.organizer.id for it in list(meetings.visible())[:2]}
    meetings.without_policy |= left_out

    output = run_tap(swift(sandbox), streams=[*ALL, "sync_issues"])

    assert output.code == 0
    (notice,) = [row for row in notices(output) if row["stream"] == MEETINGS]
    assert "application access policy" in notice["message"]
    assert "Grant-CsApplicationAccessPolicy" in notice["remedy"]
    for stream in ALL:
        assert output.rows(stream) == shown(sandbox.tenant, stream)
        assert not left_out & {row["userId"] for row in output.records[stream]}


def test_addresses_that_let_people_in_are_in_no_log(open_sandbox, clock, caplog):
    sandbox = open_sandbox(clock=clock, faults=["403:where=/onlineMeetings,times=0"])

    output = run_tap(swift(sandbox), streams=[MEETINGS, "sync_issues"])

    issues = [row for row in output.records["sync_issues"] if row["stream"] == MEETINGS]
    assert {row["severity"] for row in issues} == {"gap"}
    assert all(row["subject"]["userId"] for row in issues)
    assert "meetup-join" not in caplog.text + str(issues) + str(output.state)


def test_meetings_of_channels_have_transcripts_too(sandbox, meetings):
    output = run_tap(swift(sandbox), streams=["transcripts"])

    in_channels = {it.id for it in meetings.visible() if it.in_channel}
    assert in_channels & {row["meetingId"] for row in output.records["transcripts"]}


@pytest.mark.parametrize(
    ("of_meetings", "of_organizers"), [*zip(ARTIFACTS, ORGANIZED, strict=True)]
)
def test_what_both_ways_give_has_the_same_keys_and_all_that_only_one_gives_is_of_channels(
    whole, shared_sandbox, of_meetings, of_organizers
):
    one, other = whole.rows(of_meetings), whole.rows(of_organizers)

    assert other.items() <= one.items()
    get = shared_sandbox.tenant.part(Meetings).get
    assert all(get(meeting).in_channel for _, meeting, _ in one.keys() - other.keys())


def test_where_graph_gives_nothing_of_channels_that_is_a_notice_and_no_gap(sandbox, meetings):
    whole = run_tap(swift(sandbox), streams=ARTIFACTS)
    meetings.gives_channels = False

    output = run_tap(swift(sandbox), streams=[*ARTIFACTS, "sync_issues"])

    assert output.code == 0
    told = [row for row in notices(output) if row["stream"] in ARTIFACTS]
    assert [row["count"] for row in told] == [2, 2]
    assert all(row["clientRequestId"] for row in told)
    in_channels = {it.id for it in meetings.visible() if it.in_channel}
    for stream in ARTIFACTS:
        others = {k: row for k, row in whole.rows(stream).items() if k[1] not in in_channels}
        assert output.rows(stream) == others


@of_both_ways
def test_what_was_said_is_read_only_when_it_is_selected(sandbox, meetings, stream):
    run_tap(swift(sandbox), streams=[stream])
    assert sandbox.count()[CONTENT] == 0

    output = run_tap(swift(sandbox), catalog=with_text(stream))

    tenant = sandbox.tenant
    assert sandbox.count()[CONTENT] == len(output.records[stream]) > 0
    for row in output.records[stream]:
        _, session = meetings.held[row["callId"]]
        said = web_vtt(tenant, session, meetings.attendees(session.call_id))
        assert row["content"] == said.decode()


@of_both_ways
def test_a_transcript_without_its_speakers_is_better_than_none(sandbox, meetings, stream):
    meetings.transcripts = "text"
    catalog = with_text(stream)
    catalog["streams"] += selection(["sync_issues"])["streams"]

    output = run_tap({**swift(sandbox), "concurrency": 2}, catalog=catalog)

    assert output.code == 0
    told = [row for row in notices(output) if row["stream"] == stream]
    (notice,) = [row for row in told if row["code"] == "SpeakerAttributionNotAllowed"]
    assert "-EnableAttributedTranscripts" in notice["remedy"]
    for row in output.records[stream]:
        _, session = meetings.held[row["callId"]]
        said = unattributed(sandbox.tenant, session, meetings.attendees(session.call_id))
        assert row["content"] == said.decode()
    asked, read = sandbox.count()[CONTENT], len(output.records[stream])
    assert read < asked < 2 * read  # what is under way when the first one is refused


@of_both_ways
def test_a_tenant_that_gives_no_transcripts_is_one_gap_with_its_own_remedy(
    sandbox, meetings, stream
):
    meetings.transcripts = "off"

    output = run_tap(swift(sandbox), streams=[stream, "sync_issues"])

    assert output.code == 3
    (gap,) = [row for row in output.records["sync_issues"] if row["stream"] == stream]
    assert (gap["severity"], gap["verdict"]) == ("gap", "switchedOff")
    assert gap["code"] == "GraphAccessToTranscriptsDisabled"
    assert "-EnableGraphTranscriptAccess" in gap["remedy"]
    assert not gap["permission"]


def test_a_user_reads_what_was_said_in_meetings_of_others(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock, auth="refresh_token")
    tenant = sandbox.tenant
    meetings, chats = tenant.part(Meetings), tenant.part(Chats)
    for number in range(2):  # every second one has a transcript
        chats.open([tenant.people[1].id, tenant.me.id], f"Theirs {number}", "meeting")
    for meeting in meetings.all():
        if meeting.subject.startswith("Theirs"):
            meetings.hold(meeting.id)

    output = run_tap(swift(sandbox), catalog=with_text())

    assert output.code == 0
    assert tenant.people[1].id in {row["userId"] for row in output.records["transcripts"]}
    assert all(row["content"].startswith("WEBVTT") for row in output.records["transcripts"])


def test_what_took_place_since_shows_in_the_next_run(sandbox, meetings, clock):
    target = Target(sandbox, *ALL)
    target.run()
    meeting = next(it for it in meetings.visible() if it.n % 4 == 0 and not it.in_channel)
    meetings.hold(meeting.id)
    meetings.rename(meeting.id, "Återkoppling 👋")
    clock.forward(3600)

    target.run()

    for stream in ALL:
        new = shown(sandbox.tenant, stream)
        assert {key: target.rows(stream)[key] for key in new} == new


def test_nothing_is_taken_back_since_graph_forgets_what_led_to_it(whole):
    versions = {it["stream"] for it in whole.messages if it["type"] == "ACTIVATE_VERSION"}

    assert not versions & {*ALL}


def test_a_kill_loses_nothing(sandbox):
    target = Target(sandbox, *ALL, tap=TalkativeTap)
    target.run(last=60)
    assert len(target.rows("attendance_records")) < len(shown(sandbox.tenant, BELOW[1]))

    target.run()

    for stream in ALL:
        assert target.rows(stream) == shown(sandbox.tenant, stream)


def test_a_user_reads_the_own_meetings_and_of_others_only_that_they_are(open_sandbox, clock):
    sandbox = open_sandbox(clock=clock, auth="refresh_token")
    tenant = sandbox.tenant
    meetings, chats = tenant.part(Meetings), tenant.part(Chats)
    chats.open([tenant.me.id, tenant.people[1].id], "Mine", "meeting")
    chats.open([tenant.people[1].id, tenant.me.id], "Theirs", "meeting")
    for meeting in meetings.all():
        if meeting.subject in {"Mine", "Theirs"}:
            meetings.hold(meeting.id)

    output = run_tap(swift(sandbox), streams=[*ALL, "sync_issues"])

    me = tenant.me.id
    invited = {it.id for it in meetings.all() if it.knows(me) and it.url and not it.in_channel}
    assert {row["id"] for row in output.records[MEETINGS]} == {
        key for key in invited if not meetings.get(key).expired
    }
    hosted = {it.id for it in meetings.all() if it.hosted_by(me)}
    assert {row["meetingId"] for row in output.records["attendance_reports"]} <= hosted
    assert "Mine" in {row["subject"] for row in output.records[MEETINGS]}
    assert not [row for row in output.records["sync_issues"] if row["severity"] == "gap"]
    assert "attendance_reports" in {row["stream"] for row in notices(output)}


@pytest.mark.parametrize(
    ("stream", "path", "of", "rows"),
    [
        ("call_transcripts", "adhocCalls", "callId", [("s", None), ("t", None), ("u", "WEBVTT")]),
        # The meeting is a key of these, so there is no row.
        ("organizer_transcripts", "onlineMeetings", "meetingId", [("u", "WEBVTT")]),
    ],
)
def test_a_transcript_that_does_not_say_what_it_is_of_has_no_text_and_is_told(
    caplog, stream, path, of, rows
):
    times = {"createdDateTime": "2026-11-20T08:00:00Z"}
    absent, null, known = {"id": "s"}, {"id": "t", of: None}, {"id": "u", of: "m"}
    transcripts = page(*({**row, **times} for row in (absent, null, known)))
    answers = {
        f"/users/a/{path}/getAllTranscripts": transcripts,
        f"/users/a/{path}/m/transcripts/u/content": b"WEBVTT",
        "/users?": page({"id": "a"}),
    }

    output = read(answers, stream, catalog=with_text(stream))

    written = [(it["id"], it.get("content")) for it in output.records[stream]]
    assert sorted(written) == rows
    assert output.code == 3
    assert f"it does not say its {of}" in caplog.text
