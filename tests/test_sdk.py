"""What the SDK promises of every tap, and what its own suite only pretends to check."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from jsonschema import FormatChecker
from singer_sdk.singerlib import Catalog
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from tap_msteams.readers import Delta, Export, GraphStream, Report, Window
from tap_msteams.streams import STREAMS
from tap_msteams.tap import TapMSTeams
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.chats import Chats
from tap_msteams_sandbox.areas.meetings import Meetings
from tests.cloud import Sandbox
from tests.conftest import SMALL, run_tap, selection

GRAPH_STREAMS = [stream for stream in STREAMS if issubclass(stream, GraphStream)]
KINDS = Delta | Export | Report | Window
"""Readers that go on at bookmarks."""

NAMES = [stream.name for stream in GRAPH_STREAMS]
APPLICATION, USER, MACHINE = "service_principal", "refresh_token", "managed_identity"

every_stream = pytest.mark.parametrize("stream", GRAPH_STREAMS, ids=lambda stream: stream.name)

# What a run tells of itself comes at its end, and the suite reads streams one by one.
OF_THE_RUN = ["sync_issues", "sync_runs"]

# What is of the moment at which it is asked for.
OBSERVED = {"presence"}

# Facets of files, and what only a later run sees: https://learn.microsoft.com/graph/api/driveitem-delta
NOT_SENT = {
    ("drive_items", "deleted"),
    *(("channel_folders", name) for name in ("audio", "bundle", "deleted", "description", "file")),
    *(("channel_folders", name) for name in ("image", "location", "malware", "package", "photo")),
    *(("channel_folders", name) for name in ("pendingOperations", "publication", "remoteItem")),
    *(("channel_folders", name) for name in ("root", "searchResult", "shared", "video")),
    # Not without $select, which that endpoint does not take.
    *(("channel_folders", name) for name in ("cTag", "sharepointIds", "webDavUrl")),
    # In the list of a user's own teams only.
    ("teams", "isMembershipLimitedToOwners"),
    # Holds what nobody has declared.
    *((name, "additionalData") for name in NAMES),
}


def everything(*, without=()):
    """A catalog with every property selected, those that have to be asked for too."""
    catalog = selection([*NAMES, *OF_THE_RUN])
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"]:
                name = (entry["tap_stream_id"], item["breadcrumb"][-1])
                item["metadata"]["selected"] = name not in without
    return catalog


def not_for(auth):
    """The streams that Graph has for applications only, where a user signs in."""
    if auth != USER:
        return set()
    return {stream.name for stream in GRAPH_STREAMS if stream.sign_in == "application"}


@contextmanager
def tenant_of_all(auth):
    """A sandbox that has rows of every stream for whoever signs in."""
    tenant = Tenant(**{**SMALL, "seed": 16, "teams": 7, "messages": 20})
    _, *others = (person.id for person in tenant.people if person.licensed)
    for n in range(13):
        tenant.part(Chats).open([tenant.me.id, *others[n : n + 3]], f"Planning {n}", "meeting")
    meetings = tenant.part(Meetings)
    for meeting in meetings.all():
        if meeting.organizer is tenant.me and not meeting.expired:
            meetings.hold(meeting.id)
    with Sandbox(tenant=tenant, auth=auth) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def sandbox():
    with tenant_of_all(APPLICATION) as opened:
        yield opened


# The suite: once, for it looks at the tap and not at who signs in.

# Enough to build the tests from; the sandbox's own configuration comes before they run.
SETTINGS = {"auth_method": "managed_identity"}

Suite = get_tap_test_class(
    TapMSTeams,
    config=SETTINGS,
    catalog=everything(without=NOT_SENT),
    parse_env_config=False,
    suite_config=SuiteConfig(max_records_limit=400, ignore_no_records_for_streams=OF_THE_RUN),
)


# Deletions are always declared, and a first read has none.
@pytest.mark.filterwarnings("ignore:.*not in records. .{'deleted'}:UserWarning")
class TestTap(Suite):
    @pytest.fixture(scope="class", autouse=True)
    @staticmethod
    def _settings(sandbox):
        SETTINGS.clear()
        SETTINGS.update(sandbox.unpaced())


# What differs between those who sign in


@pytest.fixture(scope="module", params=[APPLICATION, USER])
def auth(request):
    return request.param


@pytest.fixture(scope="module")
def output(auth, sandbox):
    """A run over all that an application or a user can read."""
    if auth == APPLICATION:
        return run_tap(sandbox.unpaced(), catalog=everything())
    with tenant_of_all(auth) as opened:
        return run_tap(opened.unpaced(), catalog=everything())


@pytest.mark.parametrize("auth", [APPLICATION], indirect=True)
def test_a_machine_reads_what_an_application_reads(output, sandbox, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", sandbox.imds_url)
    by_machine = run_tap(sandbox.unpaced(MACHINE), catalog=everything())
    assert by_machine.code == output.code
    for stream in {*NAMES} - OBSERVED:
        assert by_machine.rows(stream) == output.rows(stream)


# What the suite leaves out


@every_stream
def test_primary_keys_are_unique_and_never_null(output, auth, stream):
    keys = [tuple(row[key] for key in stream.primary_keys) for row in output.records[stream.name]]
    assert len(set(keys)) == len(keys)
    assert bool(keys) is (stream.name not in not_for(auth))
    assert all(part is not None for key in keys for part in key)


def test_the_last_state_holds_bookmarks_and_nothing_of_the_sdks_own(output, auth):
    incremental = {it.name for it in GRAPH_STREAMS if isinstance(it.read, KINDS)}
    parents = {parent.name for it in GRAPH_STREAMS for parent in it.parents}
    marks = {name: it for name, it in output.state["bookmarks"].items() if len(it) > 1}
    assert set(marks) == incremental - not_for(auth)
    for entry in marks.values():
        assert set(entry) <= {"version", "versions", "whole", "listed", "open", "below", *parents}


def is_moment(text):
    """Whether a text is a moment; texts alone are looked at."""
    return not isinstance(text, str) or bool(datetime.fromisoformat(text))


def test_every_record_comes_after_its_schema_and_fits_into_it(output):
    formats = FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(is_moment)
    validators = {}
    for message in output.messages:
        if message["type"] == "SCHEMA":
            schema = {**message["schema"], "additionalProperties": False}
            validators[message["stream"]] = DEFAULT_JSONSCHEMA_VALIDATOR(
                schema, format_checker=formats
            )
        elif message["type"] == "RECORD":
            validators[message["stream"]].validate(message["record"])
    assert {*NAMES, *OF_THE_RUN} == validators.keys()


# What Graph never fills: https://learn.microsoft.com/graph/api/resources/chatmessage and others
ALWAYS_NULL = {
    ("users", "deletedDateTime"),
    ("call_records", "organizer"),
    ("users", "identityParentId"),
    ("teams", "firstChannelName"),
    ("messages", "chatId"),
    ("deleted_team_messages", "chatId"),
    ("permission_grants", "deletedDateTime"),
    ("call_transcripts", "meetingId"),
    ("call_recordings", "meetingId"),
    ("group_members", "deletedDateTime"),
    ("group_owners", "deletedDateTime"),
    ("groups", "deletedDateTime"),
    ("chats", "viewpoint"),
    ("chat_messages", "channelIdentity"),
    ("chat_messages", "replyToId"),
    ("chat_messages", "subject"),
    ("chat_messages", "summary"),
    ("chat_messages", "webUrl"),
    ("chat_permission_grants", "deletedDateTime"),
    *NOT_SENT,
}


@every_stream
def test_every_declared_property_comes_with_a_value_at_least_once(output, auth, stream):
    asked = stream.name not in not_for(auth)
    declared = {item.name for item in stream.properties.wrapped.values() if asked}
    filled = {
        name
        for row in output.records[stream.name]
        for name, value in row.items()
        if value is not None
    }
    assert {(stream.name, name) for name in declared - filled} <= ALWAYS_NULL


def test_the_catalog_is_one_of_singers():
    tap = TapMSTeams(config={}, validate_config=False)
    found = json.loads(tap.catalog_json_text)
    assert json.loads(json.dumps(Catalog.from_dict(found).to_dict())) == found
    assert {entry["tap_stream_id"] for entry in found["streams"]} == {it.name for it in STREAMS}


# Batches


def batches(output):
    """The rows in the files of a run's batches, by stream; checks what each STATE stands for."""
    rows, written = defaultdict(list), defaultdict(set)
    for message in output.messages:
        if message["type"] == "BATCH":
            for url in message["manifest"]:
                lines = gzip.decompress(Path(url.removeprefix("file://")).read_bytes())
                rows[message["stream"]] += map(json.loads, lines.splitlines())
            for row in rows["messages"]:
                written[row["teamId"]].add((row["channelId"], row["id"]))
        elif message["type"] == "STATE":
            marks = message["value"].get("bookmarks", {}).get("messages", {})
            for team in (team for ids in marks.get("teams", {}).values() for team in ids):
                yield team, frozenset(written[team])
    yield None, dict(rows)


def test_batches_hold_the_same_rows_and_state_never_runs_ahead_of_them(open_sandbox, tmp_path):
    sandbox = open_sandbox()
    streams = ["teams", "channels", "members", "users", "messages"]
    config = sandbox.unpaced(
        emit_activate_version_messages=True,
        batch_config={
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": tmp_path.as_uri(), "prefix": "part-"},
            "batch_size": 50,
        },
    )
    output = run_tap(config, streams=streams)
    assert output.code == 0
    assert {message["type"] for message in output.messages} == {"SCHEMA", "BATCH", "STATE"}
    *marks, (_, rows) = batches(output)
    plain = run_tap(sandbox.unpaced(), streams=streams)
    for stream in streams:
        keys = plain.schemas[stream]["key_properties"]
        found = {tuple(row[key] for key in keys): row for row in rows[stream]}
        assert found == plain.rows(stream)
        assert len(found) == len(rows[stream])
    whole = defaultdict(set)
    for row in sandbox.tenant.expected():
        whole[row["channelIdentity"]["teamId"]].add(
            (row["channelIdentity"]["channelId"], row["id"])
        )
    assert {team for team, _ in marks} == set(whole)
    assert all(written == whole[team] for team, written in marks)
    again = run_tap(config, streams=["messages"], state=output.state)
    assert {message["type"] for message in again.messages} == {"SCHEMA", "STATE"}


def test_batches_leave_what_could_not_be_read_to_the_next_run(open_sandbox, tmp_path):
    sandbox = open_sandbox(faults=["random:rate=0.3,seed=3,retry_after=0"])
    refused = next(iter(sandbox.tenant.teams))
    sandbox.faults.add(f"403:where={refused}/channels,times=0")
    storage = {"root": tmp_path.as_uri(), "prefix": "part-"}
    encoding = {"format": "jsonl", "compression": "gzip"}
    config = sandbox.unpaced(batch_config={"encoding": encoding, "storage": storage})
    first = run_tap(config, streams=["messages"])
    sandbox.faults.clear()
    twice = [run_tap(config, streams=["messages"], state=first.state) for _ in range(2)]

    def read(output):
        *_, (_, rows) = batches(output)
        return {(it["channelIdentity"]["teamId"], it["id"]) for it in rows.get("messages", ())}

    every = {(it["channelIdentity"]["teamId"], it["id"]) for it in sandbox.tenant.expected()}
    rest = {it for it in every if it[0] == refused}
    assert (first.code, read(first)) == (3, every - rest)
    assert [(it.code, read(it)) for it in twice] == [(0, rest)] * 2  # of one and the same state


# Versions


def versions(output):
    """The activated versions, by stream, with whether they came after the last record."""
    last = {
        message["stream"]: place
        for place, message in enumerate(output.messages)
        if message["type"] == "RECORD"
    }
    return {
        message["stream"]: (message["version"], place > last[message["stream"]])
        for place, message in enumerate(output.messages)
        if message["type"] == "ACTIVATE_VERSION"
    }


FULL = {"teams", "channels", "members", "users"}

# Graph forgets what they hold, so that rows stay.
KEPT = {it.name for it in GRAPH_STREAMS if it.appends or isinstance(it.read, KINDS)}


def test_full_reads_are_activated_after_their_last_record_and_nothing_else_is(shared_sandbox):
    output = run_tap(shared_sandbox.unpaced(emit_activate_version_messages=True), streams=NAMES)
    activated = versions(output)
    assert set(activated) == {*NAMES} - KEPT > FULL
    assert all(after for _, after in activated.values())
    for message in output.messages:
        if message["type"] == "RECORD":
            expected = activated.get(message["stream"], (None, True))[0]
            assert message.get("version") == expected


def test_nothing_is_activated_unless_asked_for(shared_sandbox):
    assert versions(run_tap(shared_sandbox.unpaced(), streams=sorted(FULL))) == {}


@pytest.mark.parametrize(
    ("fault", "never", "all_the_same"),
    [
        ("403:where=/allChannels\\?", {"channels"}, {"teams", "members", "users"}),
        ("403:where=/members,after=1", {"members"}, {"teams", "channels", "users"}),
        ("403:where=GET /v1.0/teams/[^/]+\\?", {"teams"}, {"users"}),
        ("403:where=/users,permission=User.Read.All", {"users"}, {"teams", "channels", "members"}),
        ("403:where=GET /v1.0/teams\\?,after=1", {"teams", "channels", "members"}, {"users"}),
    ],
)
def test_a_read_that_is_not_complete_is_not_activated(open_sandbox, fault, never, all_the_same):
    sandbox = open_sandbox(page_size=2, faults=[fault])
    config = sandbox.unpaced(emit_activate_version_messages=True, on_error="report")
    activated = set(versions(run_tap(config, streams=sorted(FULL))))
    assert all_the_same <= activated
    assert never.isdisjoint(activated)


@pytest.mark.parametrize("export", [True, False], ids=["export", "list"])
def test_an_overlap_with_the_run_before_does_not_reach_before_the_start(open_sandbox, export):
    sandbox = open_sandbox(export=export)
    marks = {"version": 1, "teams": {"2026-10-20T00:00:00.000Z": list(sandbox.tenant.teams)}}
    config = sandbox.unpaced(start_date="2026-10-19T12:00:00Z", lookback_minutes=1440)
    state = {"bookmarks": {"messages": marks}}
    output = run_tap(config, streams=["messages"], state=state)
    since = [
        (row["channelIdentity"]["channelId"], row["id"])
        for row in sandbox.tenant.expected()
        if row["lastModifiedDateTime"] >= "2026-10-19T12:00:00Z"
    ]
    assert since
    assert sorted((row["channelId"], row["id"]) for row in output.records["messages"]) == sorted(
        since
    )
