"""The law of laws: whatever happens on the way, in the end the target holds the tenant.

Random tenants, changes between and during runs, faults and kills; then one quiet run.
`HYPOTHESIS_PROFILE=fuzz` tries thousands of them.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from random import Random

import pytest
from hypothesis import event, given, settings

from tap_msteams.errors import TapError
from tap_msteams_sandbox import Tenant
from tests.area_scenarios import (
    ABOUT_REPORTS,
    FAMILIES,
    LINKED,
    Act,
    AreaScenario,
    Ledger,
    area_scenarios,
    catalog_of,
    filled,
    is_read_anew,
)
from tests.clock import Clock
from tests.cloud import Sandbox
from tests.life import Life
from tests.message_scenarios import MESSAGES, World, message_scenarios
from tests.process import Process
from tests.scenarios import PROFILE, for_at_most
from tests.target import TalkativeTap, Target, key_of
from tests.targets.loaders import LOADERS, plain
from tests.warehouse import COLUMNS


def has_gaps(output):
    return any(it["severity"] == "gap" for it in output.records["sync_issues"])


@given(message_scenarios)
@PROFILE
@for_at_most(seconds=12)
def test_whatever_happens_the_target_holds_the_tenant_in_the_end(scenario):
    clock = Clock()
    with Sandbox(tenant=Tenant(**scenario.tenant), clock=clock, **scenario.sandbox) as sandbox:
        world = World(sandbox, clock)
        target = Target(sandbox, tap=TalkativeTap, **scenario.tap)
        target.catalog = catalog_of(["messages", "sync_issues"])
        for chapter in scenario.chapters:
            chapter.begin(sandbox, clock, world.do)
            code, gaps = 1, True
            with suppress(TapError):
                output = target.run(chapter.last, drops=chapter.drops)
                code, gaps = output.code, has_gaps(output)
            event("killed" if code is None else f"exit code {code}")
            if chapter.is_told and code == 0 and not gaps:
                event("told to be complete")
                assert world.held(target) == target.shown()
        world.calm()

        output = target.run()
        assert (output.code, output.records["sync_issues"]) == (0, [])
        assert world.held(target) == target.shown()

        clock.forward(3600)
        target.run()
        assert target.run().records == {}


@given(area_scenarios)
@settings(PROFILE, max_examples=PROFILE.max_examples // 5)
@for_at_most(seconds=8)
def test_whatever_happens_in_any_part_of_teams_the_target_holds_it_in_the_end(scenario):
    clock = Clock()
    with Sandbox(tenant=Tenant(**scenario.tenant), clock=clock, **scenario.sandbox) as sandbox:
        life, ledger = Life(sandbox.tenant), Ledger(sandbox, scenario)
        for chapter in scenario.chapters:
            chapter.begin(sandbox, clock, life.do)
            with suppress(TapError):
                ledger.run(chapter.last, drops=chapter.drops)
        sandbox.faults.clear()
        sandbox.service.graph.export_refusal = None
        clock.forward(60)

        output = ledger.run()
        assert output.code == 0
        for stream in scenario.streams:
            expected, held = filled(ledger.expected(stream)), filled(ledger.rows(stream))
            assert {key: held.get(key) for key in expected} == expected, stream
            if is_read_anew(stream, scenario.streams, application=not ledger.is_delegated):
                assert stream in output.activated
                assert held.keys() == expected.keys(), stream

        clock.forward(3600)
        ledger.run()
        again = ledger.run().records
        assert not any(again[stream] for stream in LINKED)


def as_stored(stream, row, value=lambda stored, _: stored):
    """A row in the spelling of a table."""
    left_out = ABOUT_REPORTS.get(stream, ())
    return {
        name: plain(value(row.get(name), declared))
        for name, declared in COLUMNS[stream].items()
        if name not in left_out
    }


def plain_key(stream, row):
    return tuple(map(plain, key_of(stream, row)))


def killed(target, chance, folder, **settings):
    """What a process of the tap has written that is killed after some line."""
    process = Process([sys.executable, "-m", "tap_msteams"], folder, target, **settings)
    process.read(chance.randrange(150))
    process.popen.kill()
    lines = b"".join(process.rest()).splitlines()
    process.end()
    return lines


@pytest.mark.parametrize("seed", range(3 if PROFILE.derandomize else 40))
def test_the_process_can_be_killed_at_any_line(seed, tmp_path):
    chance = Random(seed)
    sizes = {"seed": seed, "teams": 8, "channels": 2, "messages": 12, "users": 9}
    route = [{}, {"export": False}, {"auth": "refresh_token"}][seed % 3]
    faults = [f"random:rate=0.02,seed={seed},where={MESSAGES}"]
    options = {"clock": Clock(), "page_size": 7, "faults": faults, **route}
    with Sandbox(tenant=Tenant(**sizes), **options) as sandbox:
        world = World(sandbox, options["clock"])
        target = Target(sandbox, tap=TalkativeTap)
        for _ in range(2):
            target.take(killed(target, chance, tmp_path))
            world.tenant.change()
            world.clock.forward(60)
        world.calm()
        assert target.run().code == 0
        assert world.held(target) == target.shown()


@pytest.mark.parametrize("seed", range(1 if PROFILE.derandomize else 20))
@pytest.mark.parametrize("name", ["target-jsonl", "target-duckdb"])
def test_a_target_goes_on_with_its_own_state_after_kills_in_any_part_of_teams(name, seed, tmp_path):
    chance = Random(f"{name} {seed}")
    sizes = {"seed": seed, "teams": 3, "channels": 2, "messages": 6, "users": 9}
    options = {"clock": Clock(), "page_size": 3, "faults": [f"random:rate=0.02,seed={seed}"]}
    streams = chance.choice(FAMILIES)
    scenario = AreaScenario(sizes, options, {}, [], streams, contents=False)
    loader = LOADERS[name](name, tmp_path)
    with Sandbox(tenant=Tenant(**sizes), **options) as sandbox:
        life, ledger = Life(sandbox.tenant), Ledger(sandbox, scenario)
        for _ in range(2):
            lines = killed(ledger, chance, tmp_path)
            ledger.take(lines)
            ledger.state = loader.load(lines)
            for what in ("day", "file", "call", "chat"):
                life.do(Act(what, chance.randrange(1000)))
            options["clock"].forward(60)
        sandbox.faults.clear()
        output = ledger.run()
        assert output.code == 0
        assert loader.load(output.lines) == output.state
        for stream in streams:
            held = {plain_key(stream, row): row for row in loader.rows(stream)}
            for row in ledger.expected(stream).values():
                stored = held[plain_key(stream, row)]
                assert as_stored(stream, stored, loader.value) == as_stored(stream, row), stream
