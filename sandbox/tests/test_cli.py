from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tap_msteams_sandbox import cli

SANDBOX = [sys.executable, "-m", "tap_msteams_sandbox", "--teams", "2", "--users", "9"]
ASK = """
import json, os, urllib.request, ssl
context = ssl.create_default_context(cafile=os.environ["TAP_MSTEAMS_CA_BUNDLE"])
url = os.environ["TAP_MSTEAMS_SANDBOX_URL"] + "/sandbox/requests"
print(urllib.request.urlopen(url, context=context).read().decode())
"""

ASK_GRAPH = """
import os, urllib.error, urllib.request, ssl
context = ssl.create_default_context(cafile=os.environ["TAP_MSTEAMS_CA_BUNDLE"])
def ask():
    try:
        url = os.environ["TAP_MSTEAMS_GRAPH_URL"] + "/v1.0/teams"
        urllib.request.urlopen(url, context=context)
    except urllib.error.HTTPError as error:
        return error.code
"""


def run(*arguments, **options):
    return subprocess.run(
        [*SANDBOX, *arguments], capture_output=True, text=True, timeout=20, check=False, **options
    )


@pytest.mark.parametrize("code", [0, 3])
def test_the_commands_exit_code_is_passed_on(code):
    done = run("--", sys.executable, "-c", f"print('out'); raise SystemExit({code})")

    assert (done.returncode, done.stdout, done.stderr) == (code, "out\n", "")


def test_the_command_finds_the_sandbox_in_its_environment():
    done = run(sys.executable, "-c", ASK)

    assert json.loads(done.stdout)["requests"] == 0, done.stderr


def test_the_environment_is_set_for_the_way_of_signing_in():
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    done = run("--auth", "refresh_token", "--", sys.executable, "-c", code)

    found = json.loads(done.stdout)
    assert found["TAP_MSTEAMS_AUTH_METHOD"] == "refresh_token"
    assert found["TAP_MSTEAMS_GRAPH_URL"].startswith("https://localhost:")
    assert "localhost" in found["NO_PROXY"].split(",")


def test_a_command_that_dies_of_a_signal_gives_128_and_its_number():
    done = run("--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")

    assert done.returncode == 137


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_command(number):
    code = (
        "import os, signal, sys\n"
        # Not print: the signal may come while the line before is still being printed.
        "def leave(number, _): os.write(1, b'bye %d\\n' % number); sys.exit(5)\n"
        f"signal.signal({int(number)}, leave)\n"
        "print('ready', flush=True)\n"
        "while True: signal.pause()\n"
    )
    command = [*SANDBOX, "--", sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        rest = process.stdout.read()

    assert rest == f"bye {int(number)}\n"
    assert process.returncode == 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_a_command_it_serves_and_prints_the_environment(number):
    with subprocess.Popen(SANDBOX, stdout=subprocess.PIPE, text=True) as process:
        lines = {process.stdout.readline()}
        while not any("TAP_MSTEAMS_SANDBOX_URL" in line for line in lines):
            lines.add(process.stdout.readline())
        process.send_signal(number)

    assert process.returncode == 0
    assert all(line.startswith("export TAP_MSTEAMS_") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--teams", "x"], "--teams"),
        (["--users", "0"], "--users"),
        (["--auth", "password"], "--auth"),
        (["--faults", "earthquake"], "there is no fault 'earthquake'"),
        (["--nothing"], "--nothing"),
    ],
)
def test_bad_input_is_said_in_one_line(arguments, problem):
    done = CliRunner().invoke(cli.main, [*arguments, "--", "true"])

    assert done.exit_code == 2
    assert problem in done.stderr.splitlines()[-1]
    assert done.stdout == ""


def test_a_command_that_is_not_there_is_said_in_one_line(capsys):
    assert cli.run(["no-such-command"], {}) == 127

    printed = capsys.readouterr()
    assert printed.err == "tap-msteams-sandbox: no-such-command: command not found\n"
    assert printed.out == ""


def test_a_command_that_cannot_be_run_is_said_in_one_line(tmp_path, capsys):
    assert cli.run([str(tmp_path)], {}) == 126

    assert capsys.readouterr().err == f"tap-msteams-sandbox: {tmp_path}: Permission denied\n"


def test_faults_and_limits_are_for_the_command_too():
    faults = ("--faults", "500:times=1", "--faults", "503:retry_after=2", "--limits")
    code = f"{ASK_GRAPH}\nprint(*[ask() for _ in range(3)])"

    done = run(*faults, "--latency", "1", "--seed", "4", "--", sys.executable, "-c", code)

    assert (done.returncode, done.stdout) == (0, "500 503 401\n"), done.stderr
