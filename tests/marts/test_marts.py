"""The marts of the dbt package hold what the tenant holds, in each database."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict

import answers
import pytest
from postgres import ROOT, Postgres

from tap_msteams_sandbox import Tenant
from tests.clock import Clock
from tests.cloud import Sandbox
from tests.marts.built import InDuckDB, InPostgres
from tests.warehouse import moment

pytestmark = pytest.mark.usefixtures("own_meltano")

MODELS = sorted(
    path.stem
    for place in ("details", "marts")
    for path in (ROOT / "dbt/models" / place).glob("*.sql")
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Postgres(tmp_path_factory.mktemp("server") / "postgres")
    server.start(port=0)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def sandbox():
    tenant = Tenant(seed=12, teams=2, channels=3, messages=25, users=12)
    with Sandbox(tenant=tenant, clock=Clock(time.time())) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def databases(tmp_path_factory, server):
    folder = tmp_path_factory.mktemp("marts")
    return InPostgres(folder / "postgres", server), InDuckDB(folder / "duckdb")


@pytest.fixture(scope="module")
def said(own_meltano, databases, sandbox):  # noqa: ARG001 - loads with a Meltano of its own
    """What dbt said of each node, in each database."""
    return [it.load(sandbox.environment()) for it in databases]


@pytest.fixture(scope="module")
def marts(databases, said):  # noqa: ARG001 - built first
    """The rows of each model in each database."""
    return {model: [it.rows(model) for it in databases] for model in MODELS}


@pytest.fixture(scope="module")
def expected_rows(sandbox):
    return lambda stream: [*sandbox.tenant.expected(stream)]


@pytest.fixture(scope="module")
def written(expected_rows):
    """Messages of people and apps, and where they are, by place and id."""
    found = {}
    for row in expected_rows("messages"):
        place = row["channelIdentity"]
        found["channel", place["teamId"], place["channelId"], row["id"]] = row
    for row in expected_rows("chat_messages"):
        found["chat", None, row["chatId"], row["id"]] = row
    return {key: row for key, row in found.items() if row["messageType"] == "message"}


def key_of(row):
    return row["place"], row["team_id"], row["channel_id"] or row["chat_id"], row["message_id"]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs/queries/marts").glob("*.sql")), ids=lambda it: it.stem
)
def test_the_queries_of_the_documents_find_the_same_in_each_database(databases, marts, path):  # noqa: ARG001 - built first
    [in_postgres, in_duckdb] = [it.asked(path.read_text()) for it in databases]

    assert in_postgres
    assert [[*row] for row in in_postgres] == [[*row] for row in in_duckdb]


def test_the_documents_show_what_the_queries_of_the_marts_find(server, tmp_path):
    found = answers.of_marts(server, tmp_path)

    shown = json.loads((answers.MARTS / "answers.json").read_text())
    assert shown == found, "run `python demo/answers.py` and `make fix`"


def test_every_test_of_the_package_passes_without_a_warning(said):
    for statuses in said:
        assert {*statuses.values()} == {"success", "pass"}


@pytest.mark.parametrize("model", MODELS)
def test_both_databases_hold_the_same(marts, model):
    ours, theirs = marts[model]

    def sortable(rows):
        return sorted(json.dumps(loose(row), default=str, sort_keys=True) for row in rows)

    assert ours
    assert sortable(ours) == sortable(theirs)


def loose(row):
    """A row with its JSON as such, which one database gives as a text."""
    return {
        name: json.loads(it) if isinstance(it, str) and it[:1] in "[{" and name in JSON else it
        for name, it in row.items()
    }


JSON = {"attachments", "mentions", "reactions", "event_detail_json"}


def test_messages_say_where_they_are_and_who_wrote_them(marts, expected_rows, written):
    teams = {row["id"]: row["displayName"] for row in expected_rows("teams")}
    [rows, _] = marts["msteams__messages"]

    assert {key_of(row) for row in rows} == {*written}
    assert len(rows) == len(written)
    for row in rows:
        shown = written[key_of(row)]
        author = next(filter(None, (shown["from"] or {}).values()), {})
        assert row["sender_id"] == author.get("id")
        assert row["created_at"] == moment(shown["createdDateTime"])
        assert row["is_deleted"] == (shown["deletedDateTime"] is not None)
        assert row["team_name"] == teams.get(row["team_id"])
        assert row["body"] == shown["body"]["content"]


@pytest.mark.parametrize(
    ("model", "column", "of_graph"),
    [
        ("msteams__mentions", "mention_text", ("mentions", "mentionText")),
        ("msteams__reactions", "reaction", ("reactions", "reactionType")),
        ("msteams__attachments", "attachment_id", ("attachments", "id")),
    ],
)
def test_lists_in_messages_are_rows(marts, expected_rows, model, column, of_graph):
    name, key = of_graph
    expected = Counter()
    for row in expected_rows("messages") + expected_rows("chat_messages"):
        expected.update((row["id"], item[key]) for item in row.get(name) or ())

    [rows, _] = marts[model]

    assert Counter((row["message_id"], row[column]) for row in rows) == expected


def test_a_mention_says_whom_it_means(marts, expected_rows):
    expected = Counter()
    for row in expected_rows("messages") + expected_rows("chat_messages"):
        for item in row.get("mentions") or ():
            expected[next(it["id"] for it in item["mentioned"].values() if it)] += 1

    [rows, _] = marts["msteams__mentions"]

    assert Counter(row["mentioned_id"] for row in rows) == expected


def test_a_thread_is_answered_by_somebody_else(marts, written):
    channels = {key: row for key, row in written.items() if key[0] == "channel"}
    posts = {key: row for key, row in channels.items() if not row["replyToId"]}
    replies = defaultdict(list)
    for key, row in channels.items():
        if row["replyToId"] and not row["deletedDateTime"]:
            replies[(*key[:3], row["replyToId"])].append(row)
    [rows, _] = marts["msteams__threads"]

    assert len(rows) == len(posts)
    assert any(row["minutes_to_first_answer"] for row in rows)
    for row in rows:
        key = ("channel", row["team_id"], row["channel_id"], row["thread_id"])
        answers = [
            moment(it["createdDateTime"])
            for it in replies[key]
            if sender(it) and sender(posts[key]) and sender(it) != sender(posts[key])
        ]
        first = min(answers, default=None)
        assert row["replies"] == len(replies[key])
        assert row["first_answer_at"] == first
        if first:
            waited = first - moment(posts[key]["createdDateTime"])
            assert row["minutes_to_first_answer"] == pytest.approx(
                waited.total_seconds() / 60, abs=1e-4
            )


def sender(row):
    return next((it["id"] for it in (row["from"] or {}).values() if it), None)


def test_replies_know_their_post(marts, written):
    expected = Counter(
        (key[1], key[2], row["replyToId"], row["id"])
        for key, row in written.items()
        if key[0] == "channel" and row["replyToId"]
    )

    [rows, _] = marts["msteams__replies"]

    names = ("team_id", "channel_id", "thread_id", "reply_id")
    assert Counter(tuple(row[name] for name in names) for row in rows) == expected


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("msteams__team_days", ("day", "team_id")),
        ("msteams__channel_days", ("day", "team_id", "channel_id")),
        ("msteams__person_days", ("day", "user_id")),
    ],
)
def test_each_message_counts_on_its_day(marts, written, model, names):
    expected = Counter()
    for (place, team, channel, _), row in written.items():
        user = (row["from"] or {}).get("user")
        known = {
            "day": row["createdDateTime"][:10],
            "team_id": team,
            "channel_id": channel,
            "user_id": user and user["id"],
        }
        if user if "user_id" in names else place == "channel":
            expected[tuple(known[name] for name in names)] += 1

    [rows, _] = marts[model]

    assert {tuple(row[name] for name in names): row["messages"] for row in rows} == expected


def test_who_came_and_left_is_what_teams_wrote(marts, expected_rows):
    expected = Counter()
    for row in expected_rows("messages"):
        event = row["eventDetail"] or {}
        kind = event.get("@odata.type", "").rpartition(".")[2]
        if kind.startswith(("membersAdded", "membersJoined", "membersDeleted", "membersLeft")):
            what = "came" if kind.startswith(("membersAdded", "membersJoined")) else "left"
            when = moment(row["createdDateTime"])
            expected.update((it["id"], what, when) for it in event["members"])
    [rows, _] = marts["msteams__membership_history"]

    found = Counter((it["user_id"], it["what"], it["happened_at"]) for it in rows)

    assert found == expected


def test_every_stay_in_a_meeting_is_a_row(marts, expected_rows):
    records = expected_rows("attendance_records")
    expected = Counter(
        (row["reportId"], row["id"], moment(it["joinDateTime"]), it["durationInSeconds"])
        for row in records
        for it in row["attendanceIntervals"] or ()
    )
    [stays, _] = marts["msteams__attendance_intervals"]
    [attendance, _] = marts["msteams__meeting_attendance"]

    names = ("report_id", "attendance_id", "joined_at", "seconds")
    found = Counter(tuple(row[name] for name in names) for row in stays)

    known = {key for key in found if key in expected}
    assert known == {*found}
    assert found == Counter({key: expected[key] for key in found})
    seconds = {(it["reportId"], it["id"]): it["totalAttendanceInSeconds"] for it in records}
    for row in attendance:
        assert row["seconds"] == seconds[row["report_id"], row["attendance_id"]]


def test_a_call_has_its_participants_and_the_quality_of_its_streams(marts, expected_rows):
    participants = Counter(row["callId"] for row in expected_rows("call_participants"))
    sessions = Counter(row["callId"] for row in expected_rows("call_sessions"))
    failed = Counter(row["callId"] for row in expected_rows("call_sessions") if row["failureInfo"])
    losses = defaultdict(list)
    for row in expected_rows("call_segments"):
        for media in row["media"] or ():
            losses[row["callId"]] += [it["averagePacketLossRate"] for it in media["streams"]]
    [rows, _] = marts["msteams__call_quality"]

    assert {row["call_id"] for row in rows} == {row["id"] for row in expected_rows("call_records")}
    for row in rows:
        call = row["call_id"]
        measured = [it for it in losses[call] if it is not None]
        assert row["participants"] == participants[call]
        assert (row["sessions"], row["failed_sessions"]) == (sessions[call], failed[call])
        assert row["streams"] == len(losses[call])
        assert row["worst_packet_loss_rate"] == pytest.approx(max(measured, default=None), abs=1e-4)


def test_every_observation_of_presence_counts_in_its_hour(marts, expected_rows):
    [rows, _] = marts["msteams__presence_hours"]

    found = Counter()
    for row in rows:
        found[row["availability"]] += row["observations"]

    assert found == Counter(row["availability"] for row in expected_rows("presence"))


def test_shifts_last_from_their_start_to_their_end(marts, expected_rows):
    expected = {
        ("shift", row["teamId"], row["id"]): row["sharedShift"]
        for row in expected_rows("shifts")
        if row["sharedShift"]
    }
    cards = {row["id"] for row in expected_rows("time_cards") if row["clockInEvent"]}
    [rows, _] = marts["msteams__shifts"]

    shifts = {("shift", it["team_id"], it["entry_id"]): it for it in rows if it["kind"] == "shift"}

    assert shifts.keys() == expected.keys()
    assert {it["entry_id"] for it in rows if it["kind"] == "time_card"} == cards
    for key, row in shifts.items():
        start, end = (moment(expected[key][f"{it}DateTime"]) for it in ("start", "end"))
        assert row["hours"] == pytest.approx((end - start).total_seconds() / 3600, abs=1e-4)


def test_adoption_adds_up_the_usage_reports(marts, expected_rows):
    chats = Counter()
    for row in expected_rows("user_activity"):
        chats[row["reportDate"]] += row["privateChatMessageCount"]
    [rows, _] = marts["msteams__adoption"]

    found = {row["day"]: row["chat_messages"] for row in rows}

    assert found
    assert found == {day: chats[day] for day in found}


def test_adoption_history_has_half_a_year_of_the_tenants_totals(marts, expected_rows):
    totals = {row["reportDate"]: row for row in expected_rows("user_activity_counts")}
    teams = {row["reportDate"]: row for row in expected_rows("team_counts")}
    [rows, _] = marts["msteams__adoption_history"]

    assert {row["day"] for row in rows} >= totals.keys()
    for row in rows:
        if row["day"] in totals:
            assert row["chat_messages"] == totals[row["day"]]["privateChatMessages"]
            assert row["public_teams"] == teams[row["day"]]["publicTeams"]


def test_each_interaction_with_copilot_counts_on_its_day_and_in_its_app(marts, expected_rows):
    expected = Counter()
    for row in expected_rows("copilot_interactions"):
        if row["interactionType"] == "userPrompt":
            app = row["appClass"].rpartition(".")[2]
            expected[row["createdDateTime"][:10], row["userId"], app] += 1
    [rows, _] = marts["msteams__copilot_days"]

    found = {(row["day"], row["user_id"], row["app"]): row["prompts"] for row in rows}

    assert found
    assert found == expected


def test_registrations_know_who_came(marts, expected_rows):
    seconds, sessions = Counter(), defaultdict(set)
    for row in expected_rows("event_attendance_records"):
        seconds[row["registrationId"]] += row["totalAttendanceInSeconds"]
        sessions[row["registrationId"]].add(row["sessionId"])
    registrations = {row["id"]: row for row in expected_rows("webinar_registrations")}
    [rows, _] = marts["msteams__webinar_registrations"]
    [attendance, _] = marts["msteams__event_attendance"]

    assert {row["registration_id"] for row in rows} == registrations.keys()
    assert any(row["seconds"] for row in rows)
    for row in rows:
        key = row["registration_id"]
        assert (row["seconds"], row["sessions_attended"]) == (seconds[key], len(sessions[key]))
        assert row["is_from_outside"] == (registrations[key]["userId"] is None)
    assert len(attendance) == len(expected_rows("event_attendance_records"))
    assert {row["kind"] for row in attendance} == {"webinar", "townhall"}


def test_telephone_numbers_know_their_people(marts, expected_rows):
    names = {row["id"]: row["displayName"] for row in expected_rows("users")}
    numbers = {
        row["telephoneNumber"]: row["assignmentTargetId"]
        for row in expected_rows("telephone_numbers")
    }
    [rows, _] = marts["msteams__telephone_numbers"]

    assert {row["telephone_number"]: row["user_id"] for row in rows} == numbers
    assert {row["user_name"] for row in rows} == {names.get(it) for it in numbers.values()}


def test_hashed_people_and_dropped_content_are_the_same_rows_without_them(
    databases, sandbox, marts
):
    hidden = databases[0]
    statuses = hidden.load(
        sandbox.environment(),
        "hidden",
        TAP_MSTEAMS_PEOPLE="hash",
        TAP_MSTEAMS_PEOPLE_KEY="a key of the marts, for hashes",
        TAP_MSTEAMS_MESSAGE_CONTENT="drop",
    )

    rows = hidden.rows("msteams__messages", "hidden")
    threads = hidden.rows("msteams__threads", "hidden")

    assert {*statuses.values()} == {"success", "pass"}
    assert len(rows) == len(marts["msteams__messages"][0])
    assert not any(row["body"] for row in rows)
    plain = {
        row["sender_id"] for row in marts["msteams__messages"][0] if row["sender_kind"] == "user"
    }
    assert not plain & {row["sender_id"] for row in rows}
    waited = Counter(row["minutes_to_first_answer"] for row in threads)
    assert waited == Counter(row["minutes_to_first_answer"] for row in marts["msteams__threads"][0])


@pytest.mark.parametrize("which", [0, 1], ids=["postgres", "duckdb"])
def test_streams_and_columns_that_are_not_selected_leave_empty_models(databases, sandbox, which):
    database = databases[which]
    select = ["teams.id", "messages.*", "!messages.reactions", "!messages.from"]
    statuses = database.load(sandbox.environment(), "few", TAP_MSTEAMS__SELECT=json.dumps(select))

    assert {*statuses.values()} == {"success", "pass"}
    assert {model for model in MODELS if not database.rows(model, "few")} >= {
        "msteams__reactions",
        "msteams__shifts",
        "msteams__adoption",
        "msteams__person_days",
    }
    assert database.rows("msteams__threads", "few")
