"""Laws of the settings that keep people, and what they wrote, out of what leaves the tap."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from urllib.parse import unquote

import pytest

from tap_msteams.errors import SettingsError, TapError
from tap_msteams.privacy import Privacy
from tap_msteams.schema import Card, ContentBytes, FileUrl, FreeText, Html, WebVtt
from tap_msteams.settings import Settings
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.chats import Chats
from tap_msteams_sandbox.graph import ROLES
from tests.cloud import Sandbox
from tests.conftest import PATIENCE, run_tap
from tests.people import (
    DECLARED,
    KEY,
    NAMES,
    SMALL,
    anyone,
    described,
    everything,
    people_of,
    places,
)
from tests.target import UNPACED

HASH = {"people": "hash", "people_key": KEY, "body_text": True}
DROP = {"message_content": "drop"}
NO_GUESTS = {"guests": "drop"}
HASHED = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(scope="module")
def tenant():
    with Sandbox(tenant=Tenant(**SMALL)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def read(tenant):
    """Reads everything, once for the same settings."""
    known = {}

    def reading(**settings):
        key = json.dumps(settings, sort_keys=True)
        if key not in known:
            config = {**tenant.config(), **UNPACED, **settings}
            known[key] = run_tap(config, catalog=everything())
        return known[key]

    return reading


# Nobody is in the output


def test_people_are_everywhere_where_nothing_is_hidden(tenant, read):
    found = places(read(), people_of(tenant))
    assert len({where.partition(".")[0] for where in found}) > 40
    assert {"users.id", "messages.body.content", "transcripts.content"} <= found
    assert any(where.startswith("STATE") for where in found)


@pytest.mark.parametrize("content", [DROP, {}], ids=["drop", "keep"])
def test_nobody_is_anywhere_in_the_output(tenant, read, content):
    output = read(**HASH, **content)
    assert places(output, people_of(tenant)) == set()
    assert {name for name in NAMES if output.records[name]} == set(NAMES)


def test_strangers_in_chats_are_hidden_too(tenant, read):
    strangers = {
        person.id
        for chat in tenant.tenant.part(Chats).all.values()
        for person in chat.people
        if person not in chat.audience
    }
    assert strangers
    raw = b"\n".join(read(**HASH).lines).decode()
    assert [id_ for id_ in strangers if id_ in raw] == []


@pytest.mark.parametrize("verbosity", ["info", "debug"])
def test_nobody_is_in_the_log(tenant, executable, tmp_path, verbosity):
    """Also with the words of refusals, of which there are some for people without a licence."""
    config = {**tenant.config(), **UNPACED, **HASH, "verbosity": verbosity}
    command = list(executable)
    for name, content in {"config": config, "catalog": everything()}.items():
        (tmp_path / name).write_text(json.dumps(content))
        command += [f"--{name}", str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "userId=" in done.stderr
    pattern = anyone(people_of(tenant))
    assert [it for it in done.stderr.splitlines() if pattern.search(unquote(it).lower())] == []


def test_a_user_sees_nobody_either(open_sandbox):
    """Whose meetings cannot be read is told by a hash, which `users` takes for an id."""
    sandbox = open_sandbox(SMALL, auth="refresh_token")
    config = {**sandbox.config(), **UNPACED, **HASH}
    output = run_tap(config, catalog=everything())
    assert places(output, people_of(sandbox)) == set()
    told = {it["subject"].get("userId") for it in output.records["sync_issues"]} - {None}
    chosen = f"!{next(iter(told & of_users(output)))}"
    fewer = run_tap({**config, "users": [chosen]}, streams=["users"])
    assert of_users(output) - of_users(fewer) == {chosen[1:]}


def test_state_of_before_is_taken_over_without_its_people(tenant):
    """Who switches it on reads nothing twice, and finds nobody in STATE from then on."""
    names = ("users", "chat_messages")
    config = {**tenant.config(), **UNPACED}
    before = run_tap(config, streams=names)
    after = run_tap({**config, **HASH}, streams=names, state=before.state)
    again = run_tap({**config, **HASH}, streams=names, state=after.state)
    assert places(before, people_of(tenant)) >= {"chat_messages.from.user.id"}
    assert places(after, people_of(tenant)) == places(again, people_of(tenant)) == set()
    rows = [len(it.records["chat_messages"]) for it in (before, after, again)]
    assert rows[1] == rows[2] < rows[0] / 4


# Hashes


def of_users(output):
    return {row["id"] for row in output.records["users"]}


def test_hashes_are_those_that_the_setting_describes(tenant, read):
    person = tenant.tenant.people[0]

    rows = {row["id"]: row for row in read(**HASH).records["users"]}
    assert rows[described(person.id)]["mail"] == described(person.mail)
    assert rows[described(person.id)]["displayName"] == described(person.display_name)


JOINS = (
    ("members", lambda row: row["userId"]),
    ("presence", lambda row: row["id"]),
    ("tag_members", lambda row: row["userId"]),
    ("shifts", lambda row: row["userId"]),
    ("messages", lambda row: ((row["from"] or {}).get("user") or {}).get("id")),
    ("drive_items", lambda row: (row.get("createdBy") or {}).get("user", {}).get("id")),
    ("online_meetings", lambda row: row["participants"]["organizer"]["identity"]["user"]["id"]),
    ("user_activity", lambda row: row["userId"]),
)


@pytest.mark.parametrize(("stream", "person"), JOINS, ids=[name for name, _ in JOINS])
def test_the_same_person_has_the_same_hash_in_all_streams(read, stream, person):
    plain, hashed = (
        {person(row) for row in output.records[stream]} - {None}
        for output in (read(), read(**HASH))
    )
    assert hashed & of_users(read(**HASH))
    assert hashed == {described(id_) for id_ in plain}


def test_what_leads_from_one_stream_to_another_still_does(read):
    output = read(**HASH)
    chats = {row["id"] for row in output.records["chats"]}
    assert {row["chatId"] for row in output.records["chat_members"]} <= chats
    assert {row["chatInfo"]["threadId"] for row in output.records["online_meetings"]} & chats
    meetings = {row["id"] for row in output.records["online_meetings"]}
    assert {row["meetingId"] for row in output.records["transcripts"]} <= meetings
    addresses = {row["joinWebUrl"] for row in output.records["online_meetings"]}
    assert addresses & {row["joinWebUrl"] for row in output.records["call_records"]}


def test_another_key_makes_other_hashes(tenant, read):
    config = {**tenant.config(), **UNPACED, **HASH, "people_key": "x" * 16}
    assert not of_users(read(**HASH)) & of_users(run_tap(config, streams=["users"]))


def test_no_row_is_lost_or_falls_together_with_another(read):
    plain, hashed = read(), read(**HASH)
    for stream in set(NAMES) - {"presence", "sync_runs", "sync_issues"}:
        assert len(plain.rows(stream)) == len(hashed.rows(stream)), stream


# What people wrote


WRITTEN = {Card, ContentBytes, FileUrl, FreeText, Html, WebVtt}


def values(value, where):
    """The values at a place in a record, in all elements of lists on the way."""
    if isinstance(value, list):
        return [found for item in value for found in values(item, where)]
    if not where or value is None:
        return [value]
    return values(value.get(where[0]), where[1:])


def test_nothing_that_somebody_wrote_is_left(read):
    output = read(**NO_GUESTS, **DROP)
    written = [where for where, kind in DECLARED if kind in WRITTEN]
    assert len(written) > 60
    for stream, *where in written:
        found = [it for row in output.records[stream] for it in values(row, where)]
        assert {None} >= {*found}, (stream, where)


def test_what_is_written_is_left_otherwise(read):
    rows = read(**HASH).records["messages"]
    assert any("barometer" in row["body"]["content"] for row in rows)
    assert any(row["subject"] for row in rows)


# Guests


def test_no_guest_is_anywhere_in_the_output(tenant, read):
    guests = [person for person in tenant.tenant.people if person.guest]
    found = places(read(**NO_GUESTS, **DROP), guests)
    assert len(places(read(), guests)) > 40
    assert found == set()


def test_who_is_no_guest_stays(tenant, read):
    people = {person.id for person in tenant.tenant.people if not person.guest}
    assert of_users(read(**NO_GUESTS, **DROP)) == people


def test_only_what_a_guest_wrote_is_left_out(tenant, read):
    guests = {person.id for person in tenant.tenant.people if person.guest}

    def writers(row):
        about = [row["from"], (row["eventDetail"] or {}).get("initiator")]
        about += [(row["eventDetail"] or {}).get("meetingOrganizer")]
        about += [{"user": (row["eventDetail"] or {}).get("conversationMemberUser")}]
        return {((it or {}).get("user") or {}).get("id") for it in about}

    expected = {key for key, row in read().rows("messages").items() if not writers(row) & guests}
    assert set(read(**NO_GUESTS, **DROP).rows("messages")) == expected


def test_guests_that_cannot_be_listed_end_the_run(open_sandbox):
    sandbox = open_sandbox(roles=set(ROLES) - {"User.Read.All"})
    with pytest.raises(TapError, match=r"grant User\.Read\.All"):
        run_tap({**sandbox.config(), **NO_GUESTS}, streams=["teams"])


# Other ways out


def test_what_maps_and_batches_see_is_hidden_too(tenant, tmp_path):
    config = {**tenant.config(), **UNPACED, **HASH}
    maps = {"stream_maps": {"users": {"copy": "record['mail']"}}}
    mapped = run_tap({**config, **maps}, streams=["users"])
    assert all(HASHED.fullmatch(row["copy"]) for row in mapped.records["users"])
    batches = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": tmp_path.as_uri()},
    }
    run_tap({**config, "batch_config": batches}, streams=["users"])
    raw = "".join(gzip.decompress(path.read_bytes()).decode() for path in tmp_path.glob("*.gz"))
    assert HASHED.search(raw)
    assert not anyone(people_of(tenant)).search(raw.lower())


def test_nothing_is_looked_at_where_all_is_kept():
    assert not Privacy(Settings.from_config({"auth_method": "managed_identity"}))


# Settings


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"people": "hash"}, "'people_key'.* is missing"),
        ({"people": "hash", "people_key": "short"}, "at least 16 characters"),
        ({"people": "hide"}, "'people'.* must be one of keep, hash"),
        ({"message_content": "none"}, "'message_content'.* must be one of keep, drop"),
        ({"guest": "drop"}, "did you mean 'guests'"),
    ],
    ids=lambda it: it if isinstance(it, str) else "-".join(it),
)
def test_a_wrong_setting_stops_the_run_before_the_first_request(tenant, settings, said):
    asked = len(tenant.requests)
    with pytest.raises(SettingsError, match=said):
        run_tap({**tenant.config(), **settings}, streams=["users"])
    assert len(tenant.requests) == asked
