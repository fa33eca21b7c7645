"""Laws of shards: processes that divide a tenant, and leave nothing out and nothing twice."""

from __future__ import annotations

import copy
import io
import json
from collections import Counter
from contextlib import redirect_stdout
from random import Random

import pytest
from click.testing import CliRunner

from tap_msteams.cli import merge_states
from tap_msteams.errors import StateError
from tap_msteams.readers import GraphStream
from tap_msteams.run import Shard, is_split
from tap_msteams.settings import Settings, problems
from tap_msteams.streams import STREAMS
from tap_msteams.throttle import Gate
from tests.clock import Clock
from tests.conftest import selection
from tests.people import everything
from tests.target import (
    EXPORT,
    KEYS,
    LIST,
    HastyTap,
    TalkativeTap,
    Target,
    every_route,
    expected_rows,
    key_of,
    known,
)

DECLARED = {stream.name: stream for stream in STREAMS if issubclass(stream, GraphStream)}
SPLIT = {
    *("messages", "deleted_team_messages", "hosted_contents", "drive_items"),
    *("copilot_interactions", "call_transcripts", "call_recordings"),
    *("organizer_transcripts", "organizer_recordings"),
}
CHANGING = ("messages", "drive_items")
BELOW_TEAMS = ("messages", "hosted_contents", "drive_items")
# Of the moment of the run, or of the run itself.
MOMENTARY = {"presence", "sync_runs", "sync_issues"}
TENANT = {"seed": 7, "teams": 9, "channels": 2, "messages": 12, "users": 15}
SIGN_IN = {"access_token": "eyJ.hunter7.x"}
MINUTE = 60
EXPORTED, DELTA = "/teams/1/channels/getAllMessages", "/drives/1/root/delta"
TEAMS, CALLS = "/teams", "/communications/callRecords"
ACTIVATES = {"emit_activate_version_messages": True}


class Shards:
    """A number of processes over one sandbox, each with a state of its own."""

    def __init__(self, sandbox, number, *streams, state=None, tap=HastyTap, **settings):
        self.sandbox = sandbox
        self.all = [
            Target(sandbox, *streams, tap=tap, shards=number, shard=n, **settings)
            for n in range(number)
        ]
        for shard in self.all:
            shard.state = copy.deepcopy(state)

    def run(self):
        """Run them all; their outputs."""
        return [shard.run() for shard in self.all]

    def rows(self, stream):
        """The rows of all shards, of which no two may have the same."""
        found = [item for shard in self.all for item in shard.rows(stream).items()]
        assert max(Counter(key for key, _ in found).values(), default=1) == 1
        return dict(found)


def merged_state(shards, folder):
    """The state that `merge-states` makes of those of all shards."""
    paths = []
    for n, shard in enumerate(shards.all):
        paths.append(folder / f"{n}.json")
        paths[-1].write_text(json.dumps(shard.state or {"bookmarks": {}}))
    result = CliRunner().invoke(merge_states.command, [str(path) for path in paths])
    assert result.exit_code == 0, result
    return json.loads(result.stdout)


@pytest.mark.parametrize("application", [True, False])
@pytest.mark.parametrize("stream", DECLARED.values(), ids=DECLARED)
def test_a_stream_is_split_with_all_that_is_read_below_it_or_read_by_one_shard(stream, application):
    parents = stream.parent_streams(application=application)
    above = {is_split(parent, application=application) for parent in parents}

    assert is_split(stream, application=application) == (stream.name in SPLIT)
    assert above <= {stream.name in SPLIT} or above == {False}


@pytest.mark.parametrize("number", [2, 4, 6, 97])
def test_each_id_belongs_to_one_shard_on_every_machine(number):
    ids = [f"6f1c2f0a-0000-0000-0000-{n:012}" for n in range(500)]
    owners = Counter(n for id_ in ids for n in range(number) if Shard(n, number).owns(id_))

    assert owners.total() == len(ids)
    assert max(owners.values()) < 2 * len(ids) / number + 20
    assert Shard(0, 4).owns("6f1c2f0a-0000-0000-0000-000000000001")


def test_shards_read_together_what_one_process_reads(shared_sandbox):
    alone, shards = Target(shared_sandbox), Shards(shared_sandbox, 6)
    for target in (alone, *shards.all):
        target.catalog = everything()
    alone.run()
    first, *others = shards.run()

    for stream in DECLARED.keys() - MOMENTARY:
        assert shards.rows(stream) == alone.rows(stream)
    assert first.schemas.keys() == {*KEYS}
    for output in others:
        assert output.schemas.keys() == SPLIT | {"sync_runs", "sync_issues"}


def test_shards_give_everybody_the_same_pseudonym(shared_sandbox):
    privacy = {"people": "hash", "people_key": "k" * 16, "guests": "drop"}
    alone = Target(shared_sandbox, "users", *BELOW_TEAMS, **privacy)
    shards = Shards(shared_sandbox, 4, "users", *BELOW_TEAMS, **privacy)
    alone.run()
    shards.run()

    for stream in ("users", *BELOW_TEAMS):
        assert shards.rows(stream) == alone.rows(stream)


def test_shards_ask_for_nothing_twice_but_lists_of_teams_and_channels(open_sandbox):
    alone, together = open_sandbox(TENANT), open_sandbox(TENANT)
    Target(alone, *BELOW_TEAMS, "channels").run()
    Shards(together, 4, *BELOW_TEAMS, "channels").run()
    once, divided = alone.count(), together.count()

    lists = {name for name in divided if name.endswith(("/teams", "/token", "hannels"))}
    assert divided - Counter(dict.fromkeys(lists, 99)) == once - Counter(dict.fromkeys(lists, 99))
    assert divided["GET /teams"] == 4
    # The first shard lists the channels of all teams, the others those of their own.
    assert divided["GET /teams/{id}/allChannels"] < 2 * once["GET /teams/{id}/allChannels"]


@every_route
def test_the_number_of_shards_may_change(open_sandbox, tmp_path, route):
    clock = Clock()
    sandbox = open_sandbox(TENANT, clock=clock, **route)
    alone, state = Target(sandbox, *CHANGING), None
    for number in (1, 3, 4, 1):
        shards = Shards(sandbox, number, *CHANGING, state=state)
        sandbox.tenant.change()
        clock.forward(MINUTE)
        output, outputs = alone.run(), shards.run()

        assert alone.rows() == alone.shown()
        for stream in CHANGING:
            records = [row for it in outputs for row in it.records[stream]]
            assert keys_of(stream, records) == keys_of(stream, output.records[stream])
        state = merged_state(shards, folder=tmp_path)
        clock.forward(MINUTE)


def keys_of(stream, records):
    return Counter(key_of(stream, row) for row in records)


def test_new_teams_have_an_owner_and_gone_ones_are_no_matter(open_sandbox, tmp_path):
    clock = Clock()
    sandbox = open_sandbox(TENANT, clock=clock)
    rows, state = {}, None
    for number in (3, 4):
        shards = Shards(sandbox, number, state=state)
        for _ in range(2):
            for _ in range(6):
                sandbox.tenant.add_team(messages=5)
            sandbox.tenant.remove_team(next(iter(sandbox.tenant.teams)))
            clock.forward(MINUTE)
            codes = {output.code for output in shards.run()}
            rows |= shards.rows("messages")
            there = expected_rows(sandbox.tenant)

            assert codes == {0}
            assert {key: row for key, row in rows.items() if key in there} == there
        state = merged_state(shards, folder=tmp_path)


@pytest.mark.parametrize("route", [EXPORT, LIST], ids=["export", "list"])
def test_killed_shards_go_on_without_gaps_in_whatever_number(open_sandbox, tmp_path, route):
    clock, chance = Clock(), Random(7)
    sandbox = open_sandbox(TENANT, clock=clock, page_size=5, **route)
    tables, state = {}, None
    for number in (3, 4, 2):
        shards = Shards(sandbox, number, state=state, tap=TalkativeTap, lookback_minutes=0)
        for shard in shards.all:
            shard.run(last=chance.randrange(10, 60))
        tables |= shards.rows("messages")
        state = merged_state(shards, folder=tmp_path)
        sandbox.tenant.change()
        clock.forward(MINUTE)
    shards = Shards(sandbox, 3, state=state)
    shards.run()

    assert tables | shards.rows("messages") == expected_rows(sandbox.tenant)


def test_a_state_of_the_whole_tenant_is_cut_to_the_shards_part(open_sandbox, tmp_path):
    sandbox = open_sandbox(TENANT)
    alone = Target(sandbox, "messages", "drive_items", "call_records")
    alone.run()
    shards = Shards(sandbox, 4, "messages", "drive_items", "call_records", state=alone.state)
    shards.run()
    bookmarks = [shard.state["bookmarks"] for shard in shards.all]

    teams = Counter(team for shard in shards.all for team in known(shard.state))
    assert teams == Counter({*sandbox.tenant.teams})
    drives = Counter(drive for it in bookmarks for drive in it["drive_items"].get("open", ()))
    assert drives == Counter({*alone.state["bookmarks"]["drive_items"]["open"]})
    assert ["call_records" in it for it in bookmarks] == [True, False, False, False]
    assert (
        merged_state(shards, folder=tmp_path)["bookmarks"].keys() == alone.state["bookmarks"].keys()
    )


@pytest.mark.parametrize("shard", [{"shards": 4, "shard": 1}, {"shards": 6, "shard": 2}, {}])
def test_the_state_of_another_shard_is_refused_in_one_line(open_sandbox, shard):
    sandbox = open_sandbox(TENANT)
    foreign = Target(sandbox, shards=4, shard=2)
    foreign.run()
    target = Target(sandbox, **shard)
    target.state = foreign.state

    with pytest.raises(StateError, match=r"^state of 'messages' is of shard 2-of-4.*merge-states"):
        target.run()


def test_only_the_first_shard_activates_versions_and_only_of_what_is_not_split(open_sandbox):
    sandbox = open_sandbox(TENANT)
    names = ("teams", "channels", "hosted_contents", "drives", *BELOW_TEAMS)
    first, *others = Shards(sandbox, 4, *names, **ACTIVATES).run()

    assert first.activated == {"teams", "channels", "drives"}
    assert [output.activated for output in others] == [set()] * 3


def test_merge_states_keeps_what_was_read_furthest():
    old, new = "2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z"
    states = [
        {"version": 1, "shard": "0-of-2", "teams": {new: ["a"], old: ["b"]}},
        {
            "version": 1,
            "shard": "1-of-2",
            "teams": {old: ["a", "b", "c"]},
            "listed": {new: ["d"]},
            "channels": {new: {"b": ["x"]}},
            "open": {"c": {"until": new, "next": "https://graph.microsoft.com/v1.0/next"}},
            "unseen": {"2026-11-02": ["c"]},
        },
    ]
    for found in (states, states[::-1]):
        merged = merge_states.merge("messages", found)
        merged["teams"][old].sort()

        assert merged == {
            "version": 1,
            "teams": {old: ["b", "c"], new: ["a"]},
            "listed": {new: ["d"]},
            "channels": {new: {"b": ["x"]}},
            "open": states[1]["open"],
            "unseen": {"2026-11-02": ["c"]},
        }


def test_merge_states_says_whose_state_is_missing(caplog):
    merge_states.merge("messages", [{"version": 1, "shard": "1-of-2", "teams": {}}])

    assert "messages: no state of shard 0-of-2: its part is read from the start" in caplog.text


@pytest.mark.parametrize("text", ["[]", "{", '{"bookmarks": 1}', '{"singer_state": []}'])
def test_merge_states_refuses_what_is_no_state(tmp_path, text):
    path = tmp_path / "state.json"
    path.write_text(text)
    result = CliRunner().invoke(merge_states.command, [str(path)])

    assert isinstance(result.exception, StateError)
    assert str(path) in str(result.exception)


def test_merge_states_writes_for_meltano_what_meltano_wrote(tmp_path):
    state = {"singer_state": {"bookmarks": {"messages": {"version": 1, "teams": {}}}}}
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state))
    result = CliRunner().invoke(merge_states.command, [str(path), str(path)])

    assert json.loads(result.stdout)["singer_state"]["bookmarks"] == {"messages": {"version": 1}}


@pytest.mark.parametrize("number", [1, 4])
def test_shards_divide_the_limits_of_what_several_of_them_ask_for(open_sandbox, number):
    sandbox = open_sandbox(TENANT)
    names = ("messages", "drive_items", "teams", "members")
    for share, divided in ((True, number), (False, 1)):
        tap = tap_of(sandbox, *names, shards=number, shard=number - 1, shards_share_limits=share)
        tap.new_run([tap.streams[name] for name in names], None)
        rates = {path: rate_of(tap.gate, path) for path in (EXPORTED, DELTA, TEAMS, CALLS)}
        whole = {path: rate_of(Gate(), path) for path in rates}

        assert rates[EXPORTED] == pytest.approx(whole[EXPORTED] / divided)
        assert rates[DELTA] == pytest.approx(whole[DELTA] / divided)
        assert [rates[TEAMS], rates[CALLS]] == [whole[TEAMS], whole[CALLS]]


def tap_of(sandbox, *names, **settings):
    with redirect_stdout(io.StringIO()):
        return HastyTap(config={**sandbox.config(), **settings}, catalog=selection(names))


def rate_of(gate, path):
    keys = gate.keys(path)
    gate.admit(keys, 0.0)
    return gate.allowance(keys[0])


def test_kubernetes_says_which_shard_a_pod_is(monkeypatch):
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "3")

    assert Settings.from_config({**SIGN_IN, "shards": 4}).shard == 3
    assert Settings.from_config({**SIGN_IN, "shards": 4, "shard": 1}).shard == 1
    assert Settings.from_config(SIGN_IN).shard is None


@pytest.mark.parametrize(
    ("shards", "wrong"),
    [
        ({"shards": 4}, "'shard' (env TAP_MSTEAMS_SHARD) is missing"),
        ({"shards": 4, "shard": 4}, "'shard' (env TAP_MSTEAMS_SHARD) must be less than 'shards'"),
        ({"shard": 1}, "'shard' (env TAP_MSTEAMS_SHARD) must be less than 'shards'"),
        ({"shards": 0}, "'shards' (env TAP_MSTEAMS_SHARDS) must be at least 1"),
    ],
)
def test_a_process_that_does_not_know_its_part_does_not_start(shards, wrong):
    [line] = problems({**SIGN_IN, **shards})

    assert line.startswith(wrong)
