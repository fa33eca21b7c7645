from __future__ import annotations

from urllib.parse import quote

import pytest

from sandbox.tests.answers import error
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.chats import Chats
from tap_msteams_sandbox.areas.meetings import Meetings

SMALL = {"seed": 7, "teams": 3, "channels": 3, "messages": 10, "users": 30}


def clock(tenant):
    return lambda: tenant.until / 1000


@pytest.fixture
def client(open_client):
    tenant = Tenant(**SMALL)
    return open_client(tenant, clock=clock(tenant))


@pytest.fixture
def meetings(client):
    return client.sandbox.tenant.part(Meetings)


def of_a_kind(meetings, test):
    return next(meeting for meeting in meetings.visible() if test(meeting))


def place(meeting, rest=""):
    return f"/users/{meeting.organizer.id}/onlineMeetings/{meeting.id}{rest}"


def lookup(user, url):
    wanted = quote(f"JoinWebUrl eq '{url}'", safe="")
    return f"/users/{user}/onlineMeetings?$filter={wanted}"


def below(rows, meeting, *more):
    ids = {"userId": meeting.organizer.id, "meetingId": meeting.id, **dict(more)}
    return [
        {key: value for key, value in row.items() if key not in ids}
        for row in rows
        if all(row[key] == value for key, value in ids.items())
    ]


def test_a_meeting_is_found_by_the_address_of_its_chat(client, meetings):
    tenant = client.sandbox.tenant
    found = {meeting.url: meeting for meeting in meetings.visible()}
    chats = [it for it in tenant.part(Chats).meetings() if it.join_url in found]

    assert chats
    for url, organizer, chat in chats:
        (row,) = client.get(lookup(organizer.id, url)).json()["value"]
        assert row["joinWebUrl"] == url
        assert row["chatInfo"]["threadId"] == chat.id
        assert row["id"] == found[url].id
        alone = client.get(f"/users/{organizer.id}/onlineMeetings/{row['id']}").json()
        assert {**row, "@odata.context": alone["@odata.context"]} == alone


def test_meetings_cannot_be_listed(client):
    person = client.sandbox.tenant.me.id

    assert error(client.get(f"/users/{person}/onlineMeetings")) == (400, "InvalidArgument")


def test_an_address_that_is_not_escaped_finds_nothing(client, meetings):
    meeting = next(meetings.visible())

    response = client.get(
        f"/users/{meeting.organizer.id}/onlineMeetings?$filter=JoinWebUrl eq '{meeting.url}'"
    )

    assert response.status_code in {400, 404}


def test_a_meeting_is_found_by_the_number_that_people_type(client, meetings):
    meeting = next(meetings.visible())
    wanted = f"joinMeetingIdSettings/joinMeetingId eq '{meeting.join_meeting_id}'"

    rows = client.get(f"/users/{meeting.organizer.id}/onlineMeetings?$filter={wanted}").json()

    assert [row["id"] for row in rows["value"]] == [meeting.id]


def test_who_is_invited_may_look_a_meeting_up_and_a_stranger_may_not(client, meetings):
    meeting = of_a_kind(meetings, lambda it: it.people)
    guest = next(it for it in meeting.people if it.id not in meetings.without_policy)
    people = client.sandbox.tenant.people
    stranger = next(
        it for it in people if not meeting.knows(it.id) and it.id not in meetings.without_policy
    )

    assert client.get(lookup(guest.id, meeting.url)).status_code == 200
    assert error(client.get(lookup(stranger.id, meeting.url))) == (403, "Forbidden")


def test_an_expired_meeting_is_not_found_any_more(client, meetings):
    meeting = next(meetings.visible())
    meetings.expire(meeting.id)

    for path in (lookup(meeting.organizer.id, meeting.url), place(meeting, "/transcripts")):
        assert error(client.get(path)) == (404, "NotFound")
    assert meeting.id not in {it["id"] for it in client.sandbox.tenant.expected("online_meetings")}


def test_an_application_needs_a_policy_for_each_person(client, meetings):
    meeting = next(meetings.visible())
    meetings.without_policy.add(meeting.organizer.id)

    response = client.get(lookup(meeting.organizer.id, meeting.url))

    assert error(response) == (403, "Forbidden")
    assert "No application access policy found for this app" in response.text


def test_no_more_than_the_fifty_newest_reports_are_listed(client, meetings):
    meeting = of_a_kind(meetings, lambda it: len(it.sessions) > 50)

    rows = client.get(place(meeting, "/attendanceReports")).json()["value"]

    ends = [row["meetingEndDateTime"] for row in rows]
    assert len(rows) == 50
    assert ends == sorted(ends, reverse=True)
    expected = client.sandbox.tenant.expected("attendance_reports")
    assert rows == below(expected, meeting)


def test_a_meeting_of_a_channel_lists_the_reports_of_all_meetings_there(client, meetings):
    first, second = [it for it in meetings.visible() if it.in_channel][:2]

    rows = client.get(place(first, "/attendanceReports")).json()["value"]

    assert rows == client.get(place(second, "/attendanceReports")).json()["value"]
    assert len(rows) == len(first.sessions) + len(second.sessions)
    report = place(first, f"/attendanceReports/{rows[0]['id']}")
    assert error(client.get(report)) == (400, "BadRequest")
    assert client.rows(f"{report}/attendanceRecords")


def test_records_come_with_their_report_or_on_their_own(client, meetings):
    meeting = of_a_kind(meetings, lambda it: it.sessions and not it.in_channel)
    report = client.rows(place(meeting, "/attendanceReports"))[0]
    path = place(meeting, f"/attendanceReports/{report['id']}")

    records = client.rows(f"{path}/attendanceRecords")

    assert client.get(f"{path}?$expand=attendanceRecords").json()["attendanceRecords"] == records
    assert "attendanceRecords" not in client.get(path).json()
    assert len(records) == report["totalParticipantCount"]
    assert len({record["id"] for record in records}) == len(records)
    expected = client.sandbox.tenant.expected("attendance_records")
    assert records == below(expected, meeting, ("reportId", report["id"]))


def test_only_who_hosts_a_meeting_sees_who_attended(client, meetings):
    meeting = of_a_kind(meetings, lambda it: len(it.people) > 1)
    guest = next(
        it
        for it in meeting.people
        if it is not meeting.coorganizer and it.id not in meetings.without_policy
    )

    response = client.get(f"/users/{guest.id}/onlineMeetings/{meeting.id}/attendanceReports")

    assert error(response) == (403, "Forbidden")


@pytest.mark.parametrize("kind", ["transcripts", "recordings"])
def test_what_was_said_and_filmed_has_a_list_and_a_content(client, meetings, kind):
    meeting = of_a_kind(meetings, lambda it: it.n % 4 == 0 and it.sessions and not it.in_channel)

    rows = client.get(place(meeting, f"/{kind}")).json()["value"]

    expected = client.sandbox.tenant.expected(kind)
    whose = {"userId": meeting.organizer.id}
    assert [{**row, **whose} for row in rows] == [
        row for row in expected if row["meetingId"] == meeting.id
    ]
    content = client.get(place(meeting, f"/{kind}/{rows[0]['id']}/content"))
    assert content.headers["Content-Type"] in {"text/vtt", "video/mp4"}
    if kind == "transcripts":
        assert content.content.decode().startswith("WEBVTT\r\n\r\n00:00:00.000 --> ")


@pytest.mark.parametrize("kind", ["transcripts", "recordings"])
def test_channels_may_have_neither_transcripts_nor_recordings(client, meetings, kind):
    meeting = of_a_kind(meetings, lambda it: it.in_channel)
    assert client.get(place(meeting, f"/{kind}")).status_code == 200

    meetings.gives_channels = False

    assert error(client.get(place(meeting, f"/{kind}"))) == (400, "BadRequest")


@pytest.mark.parametrize("option", ["$top=5", "$select=id", "$filter=id eq '1'"])
def test_lists_of_transcripts_take_no_options(client, meetings, option):
    meeting = of_a_kind(meetings, lambda it: not it.in_channel)

    assert client.get(place(meeting, f"/transcripts?{option}")).status_code == 400


def test_a_user_reads_the_own_meetings_without_any_policy(open_client):
    tenant = Tenant(**SMALL)
    meetings = tenant.part(Meetings)
    tenant.part(Chats).open([tenant.me.id, tenant.people[1].id], "Review", "meeting")
    meetings.without_policy.add(tenant.me.id)
    client = open_client(tenant, auth="refresh_token")
    meeting = next(it for it in meetings.all() if it.organizer is tenant.me)
    wanted = quote(f"JoinWebUrl eq '{meeting.url}'", safe="")

    assert client.get(f"/me/onlineMeetings?$filter={wanted}").status_code == 200
    assert client.get(f"/me/onlineMeetings/{meeting.id}/attendanceReports").status_code == 200
    other = next(it for it in tenant.people if it is not tenant.me)
    assert client.get(lookup(other.id, meeting.url)).status_code == 403


def test_a_meeting_that_is_held_leaves_a_report(client, meetings):
    tenant = client.sandbox.tenant
    meeting = of_a_kind(meetings, lambda it: len(it.sessions) == 1)

    meetings.hold(meeting.id)

    assert len(client.rows(place(meeting, "/attendanceReports"))) == 2
    assert tenant.change()["meetings"]


def test_late_roles_are_unknown_to_who_does_not_ask_for_them(client, meetings):
    meeting = of_a_kind(meetings, lambda it: it.coorganizer)

    def roles(**options):
        row = client.get(place(meeting), **options).json()
        return [it["role"] for it in row["participants"]["attendees"]]

    assert "coorganizer" in roles()
    assert "coorganizer" not in roles(headers={"Prefer": "return=minimal"})
