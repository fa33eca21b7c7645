"""Laws of an output that cannot be written to, and of a system that gives no more."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from pathlib import Path

import pytest

from tests.commands.machine import CONFIDENTIAL, ROOT, SECRET
from tests.conftest import PATIENCE

FULL = Path("/dev/full")
COMMANDS = [[], ["--discover"], ["--about"], ["--version"], ["doctor"], ["admin-consent-url"]]

every_command = pytest.mark.parametrize("arguments", COMMANDS, ids=lambda it: "".join(it) or "run")


def troubles(machine, arguments, **options):
    """The lines that a program writes beside information, which it ends with."""
    done = subprocess.run(
        machine.command(*arguments),
        stderr=subprocess.PIPE,
        text=True,
        env=machine.environment,
        cwd=ROOT,
        timeout=PATIENCE,
        check=False,
        **options,
    )
    assert done.returncode == 1
    return [line for line in done.stderr.splitlines() if "| INFO " not in line]


@pytest.fixture
def application(machine):
    """A computer of an application, which needs nobody to sign in."""
    return machine(
        auth_method="service_principal",
        tenant_id="contoso.onmicrosoft.com",
        client_id=CONFIDENTIAL,
        client_secret=SECRET,
        redirect_uri=None,
        rate_limit_share=0,
    )


@pytest.mark.skipif(not FULL.exists(), reason="needs a disk that is always full")
@every_command
def test_a_full_disk_is_told_in_one_line(application, arguments):
    with FULL.open("wb") as full:
        *_, line = troubles(application, arguments, stdout=full)
    assert line.endswith("stdout cannot be written to: No space left on device")


@pytest.mark.parametrize("arguments", [[], ["--version"], ["doctor"]], ids="".join)
def test_a_closed_output_is_told_in_one_line(application, arguments):
    command = ["sh", "-c", '"$@" >&-', "sh", *application.command(*arguments)]
    application.command = lambda *_: command
    [line] = troubles(application, arguments)
    assert "stdout is closed" in line


def test_threads_that_the_system_refuses_are_told_in_one_line(application):
    def bound():
        resource.setrlimit(resource.RLIMIT_AS, (300_000_000, 300_000_000))

    [line] = troubles(application, [], stdout=subprocess.DEVNULL, preexec_fn=bound)
    assert "'concurrency'" in line


def test_a_full_folder_for_temporary_files_is_told_in_one_line(application, tmp_path):
    def bound():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    application.variables["PYTHONDONTWRITEBYTECODE"] = "1"  # the files of others stay whole
    people = [f"{number:0100}" for number in range(30_000)]
    marks = {"version": 1, "users": {"2026-11-20T03:00:00.000Z": people}}
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"bookmarks": {"chat_messages": marks}}))
    [line] = troubles(application, ["merge-states", str(path)], preexec_fn=bound)
    assert "have no room in the folder for temporary files" in line


def test_twenty_open_files_are_enough(executable, shared_sandbox):
    def bound():
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))

    subprocess.run(
        [*executable, "--config=ENV"],
        stdout=subprocess.DEVNULL,
        env={**os.environ, **shared_sandbox.environment()},
        preexec_fn=bound,
        check=True,
    )
