from __future__ import annotations

import subprocess
import sys

import pytest

from tap_msteams.auth.store import TokenStore
from tests.auth.stored import APP, kept, path
from tests.conftest import PATIENCE

__all__ = ["path"]

LOOP = """
import sys
from pathlib import Path
from tap_msteams.auth.store import TokenStore

store = TokenStore(Path(sys.argv[1]), "app")
turn = 0
while True:
    turn += 1
    with store.locked() as entry:
        print(turn, flush=True)
        entry.redeemed = [str(turn)] * 3000
        entry.refresh_token = str(turn)
"""

ASK_ONCE = """
import logging
import sys
from pathlib import Path
from tap_msteams.auth.store import TokenStore

logging.basicConfig(stream=sys.stderr, level=logging.INFO)
store = TokenStore(Path(sys.argv[1]), "app")
print("ready", flush=True)
sys.stdin.readline()
with store.locked() as entry:
    if not entry.fresh(store.clock(), ["x"]):
        print("asked", flush=True)
        entry.keep({"access_token": "new", "expires_in": 3600}, ["x"], store.clock())
    assert entry.access_token == "new"
"""

HOLD = """
import sys
from pathlib import Path
from tap_msteams.auth.store import TokenStore

with TokenStore(Path(sys.argv[1]), "app").locked() as entry:
    entry.refresh_token = "never written"
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def started():
    """Start a script that uses the store; ends them all."""
    running = []

    def start(script, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_processes_with_an_expired_token_ask_once(path, started):
    processes = [started(ASK_ONCE, path) for _ in range(4)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    assert sorted(said) == [""] * 3 + ["asked\n"]
    assert [process.returncode for process in processes] == [0] * 4


def test_threads_take_turns_as_processes_do(path, at_once):
    def add():
        with TokenStore(path, APP).locked() as entry:
            entry.redeemed = [*entry.redeemed, "x"]

    assert at_once(add, 16) == [None] * 16
    assert len(kept(TokenStore(path, APP)).redeemed) == 16


@pytest.mark.parametrize("turns", [2, 3, 5, 8])
def test_a_kill_at_any_moment_leaves_a_whole_store_and_no_lock(path, started, turns):
    process = started(LOOP, path)
    for _ in range(turns):
        process.stdout.readline()
    process.kill()  # wherever it has come to since
    process.wait()
    with TokenStore(path, "app").locked() as entry:
        assert entry.redeemed == [entry.refresh_token] * 3000
        entry.refresh_token = "next"
    assert kept(TokenStore(path, "app")).refresh_token == "next"
    assert {item.name for item in path.parent.iterdir()} == {"tokens.json", "tokens.json.lock"}


def test_the_lock_goes_with_the_process_that_held_it(path, started):
    holder = started(HOLD, path)
    assert holder.stdout.readline() == "held\n"
    waiter = started(ASK_ONCE, path)
    assert waiter.stdout.readline() == "ready\n"
    waiter.stdin.write("go\n")
    waiter.stdin.flush()
    assert "Waiting" in waiter.stderr.readline()
    holder.kill()
    assert waiter.wait(PATIENCE) == 0
    assert kept(TokenStore(path, "app")).refresh_token is None
