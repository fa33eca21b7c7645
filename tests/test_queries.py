"""The queries in the documents, on a company that is loaded three nights in a row."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta

import answers
import pytest
from postgres import ROOT, Postgres, PostgresError

QUERIES = sorted(path.stem for path in answers.DIRECTORY.glob("*.sql"))


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    directory = tmp_path_factory.mktemp("answers")
    server = Postgres(directory / "postgres")
    server.start(port=0)
    answers.load(server, directory)
    yield server
    server.remove()


@pytest.fixture(scope="module")
def found(postgres):
    return answers.answers(postgres)


@pytest.fixture
def rows(postgres):
    return lambda query: postgres.rows(query, answers.SCHEMA)


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_finds_something(rows, name):
    assert rows(answers.query(name))


def test_the_documents_show_what_the_queries_find(found):
    shown = json.loads((answers.DIRECTORY / "answers.json").read_text())

    assert shown == found, "run `python demo/answers.py` and `make fix`"


def test_everybody_has_one_latest_presence(found, rows):
    people = rows('select "displayName" as name from users where _sdc_deleted_at is null')
    [latest] = rows('select max("observedDateTime") as last from presence')

    assert Counter(row["person"] for row in found["latest_presence"]) == Counter(
        row["name"] for row in people
    )
    assert {row["observed"] for row in found["latest_presence"]} == {latest["last"]}


def test_a_thread_is_its_post_and_then_its_replies_in_time(found):
    threads = {}
    for row in found["threads"]:
        place = (row["team"], row["channel"], row["thread"])
        threads.setdefault(place, []).append(row)

    for messages in threads.values():
        assert [it["place"] for it in messages] == ["post", *["reply"] * (len(messages) - 1)]
        assert sorted(it["written"] for it in messages) == [it["written"] for it in messages]


def test_every_team_is_active_or_not(found, rows):
    teams = rows('select "displayName" as name from teams where _sdc_deleted_at is null')
    [recent] = rows(
        "select count(*) as messages from messages where \"messageType\" = 'message' and"
        ' "createdDateTime" > (select max("startedDateTime") from sync_runs) - interval \'30 days\''
    )

    assert {row["team"] for row in found["active_teams"]} == {row["name"] for row in teams}
    assert sum(it["posts"] + it["replies"] for it in found["active_teams"]) == recent["messages"]


def test_who_is_gone_from_a_team_is_in_its_history(found, rows):
    gone = rows('select "displayName" as name from members where _sdc_deleted_at is not null')
    told = [row["person"] for row in found["membership_history"] if row["what"] == "was gone"]

    assert told
    assert Counter(told) == Counter(row["name"] for row in gone)
    assert {"came", "left"} < {row["what"] for row in found["membership_history"]}


def test_a_silent_channel_has_been_silent_for_as_long_as_it_says(found):
    for row in found["inactive_channels"]:
        since = datetime.fromisoformat(row["last_message"] or row["opened"])
        end = since + timedelta(days=row["days_silent"])

        assert row["days_silent"] >= 30
        assert (
            timedelta() <= datetime.fromisoformat("2026-11-03T08:00:00") - end < timedelta(days=1)
        )


def test_all_guests_are_found_those_in_no_team_too(found, rows):
    [guests] = rows("select count(*) as guests from users where \"userType\" = 'Guest'")

    assert len(found["guests"]) == guests["guests"]
    assert any(row["teams"] is None for row in found["guests"])


def test_what_the_last_run_did_not_read_is_named_with_its_team(found):
    assert {row["severity"] for row in found["missing_rows"]} == {"gap"}
    assert {row["team"] for row in found["missing_rows"]} == {"Sales EMEA"}
    assert all(row["channel"] and row["remedy"] for row in found["missing_rows"])


def test_a_monitor_hears_of_gaps_and_of_nights_without_a_run(rows):
    alerts = [row["alert"] for row in rows(answers.query("alerts"))]

    assert "no run since 2026-11-03 08:00" in alerts
    assert any(alert.startswith("messages has ") for alert in alerts)


def test_a_query_that_is_wrong_is_not_taken_for_an_empty_one(postgres):
    with pytest.raises(PostgresError, match="no_such_table"):
        postgres.rows("table no_such_table", answers.SCHEMA)


def test_every_query_is_shown_in_the_documents():
    text = "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    queries = [*answers.DIRECTORY.rglob("*.sql")]

    shown = {path for path in queries if path.read_text().strip() in text}

    assert shown == {*queries}
