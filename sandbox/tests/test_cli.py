from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tap_msteams_sandbox import cli

SANDBOX = [sys.executable, "-m", "tap_msteams_sandbox", "--teams", "2", "--users", "9"]
ASK = """
import json, os, urllib.request, ssl
context = ssl.create_default_context(cafile=os.environ["MSTEAMS_SANDBOX_CA_BUNDLE"])
url = os.environ["MSTEAMS_SANDBOX_GRAPH_URL"] + "/sandbox/requests"
print(urllib.request.urlopen(url, context=context).read().decode())
"""

ASK_GRAPH = """
import os, urllib.error, urllib.request, ssl
context = ssl.create_default_context(cafile=os.environ["MSTEAMS_SANDBOX_CA_BUNDLE"])
def ask():
    try:
        url = os.environ["MSTEAMS_SANDBOX_GRAPH_URL"] + "/v1.0/teams"
        urllib.request.urlopen(url, context=context)
    except urllib.error.HTTPError as error:
        return error.code
"""

ASK_AS_AN_APPLICATION = """
import json, os, urllib.error, urllib.parse, urllib.request, ssl
facts = {k.removeprefix("MSTEAMS_SANDBOX_").lower(): v for k, v in os.environ.items()}
context = ssl.create_default_context(cafile=facts["ca_bundle"])
def ask(url, *arguments):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, *arguments), context=context)
    except urllib.error.HTTPError as error:
        return error
form = {
    "client_id": facts["client_id"], "client_secret": facts["client_secret"],
    "grant_type": "client_credentials", "scope": facts["graph_url"] + "/.default",
}
address = f"{facts['authority_host']}/{facts['tenant_id']}/oauth2/v2.0/token"
token = json.load(ask(address, urllib.parse.urlencode(form).encode()))["access_token"]
headers = {"Authorization": f"Bearer {token}"}
address = facts["graph_url"] + "/v1.0/"
print(*(ask(address + path, None, headers).status for path in ("teams", "users")))
"""


def run(*arguments, **options):
    return subprocess.run(
        [*SANDBOX, *arguments], capture_output=True, text=True, timeout=120, check=False, **options
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
    assert found["MSTEAMS_SANDBOX_AUTH"] == "refresh_token"
    assert found["MSTEAMS_SANDBOX_GRAPH_URL"].startswith("https://localhost:")
    assert "localhost" in found["NO_PROXY"].split(",")


def test_authorities_of_the_machine_do_not_take_the_place_of_the_sandboxes(tmp_path):
    others = tmp_path / "others.pem"
    others.write_text("# the authority of a proxy")
    ask = """
import os, requests
session = requests.Session()
session.verify = os.environ["MSTEAMS_SANDBOX_CA_BUNDLE"]
session.get(os.environ["MSTEAMS_SANDBOX_GRAPH_URL"] + "/sandbox/requests")
print(open(os.environ["REQUESTS_CA_BUNDLE"]).readline())
"""
    environment = os.environ | {"REQUESTS_CA_BUNDLE": str(others)}
    told = run("--", sys.executable, "-c", ask, env=environment)
    assert (told.returncode, told.stdout.strip()) == (0, "# the authority of a proxy")


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
        while not any("MSTEAMS_SANDBOX_GRAPH_URL" in line for line in lines):
            lines.add(process.stdout.readline())
        process.send_signal(number)

    assert process.returncode == 0
    assert all(re.match(r"export [A-Z_]+=\S", line) for line in lines)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--teams", "x"], "--teams"),
        (["--users", "0"], "--users"),
        (["--auth", "password"], "--auth"),
        (["--faults", "earthquake"], "there is no fault 'earthquake'"),
        (["--roles", "Team.ReadBasic"], "'Team.ReadBasic'; did you mean 'Team.ReadBasic.All'?"),
        (["--without", "Nothing"], "no endpoint asks for the permission 'Nothing'"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
        (["--port", "0"], "--port"),
        (["--nothing"], "--nothing"),
    ],
)
def test_bad_input_is_said_in_one_line(arguments, problem):
    done = CliRunner().invoke(cli.main, [*arguments, "--", "true"])

    assert done.exit_code == 2
    assert problem in done.stderr.splitlines()[-1]
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("options", "statuses"),
    [
        (["--roles", "Team.ReadBasic.All"], "200 403"),
        (["--roles", "Team.ReadBasic.All, Chat.Read.All", "--roles", "User.Read.All"], "200 200"),
        (["--without", "User.Read.All"], "200 403"),
        (["--roles", "Team.ReadBasic.All,User.Read.All", "--without", "User.Read.All"], "200 403"),
    ],
)
def test_only_the_permissions_named_are_granted(options, statuses):
    done = run(*options, "--", sys.executable, "-c", ASK_AS_AN_APPLICATION)

    assert done.stdout == f"{statuses}\n", done.stderr


def free_ports(count):
    """The first of so many ports in a row on which nobody listens, in an order of this process."""
    ports = range(10_000, 30_000, count)  # which systems choose for nobody
    first = os.getpid() % len(ports)
    for port in (*ports[first:], *ports[:first]):
        try:
            for number in range(port, port + count):
                with socket.socket() as free:
                    free.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    raise AssertionError


def test_it_listens_where_it_is_told_to():
    port = free_ports(5)
    code = "import os; print(*[v for k, v in os.environ.items() if 'https://' in v])"
    options = ["--host", "127.0.0.1", "--port", str(port), "--name", "sandbox.example"]
    done = run(*options, "--", sys.executable, "-c", code)

    assert f"https://sandbox.example:{port}" in done.stdout.split(), done.stderr
    assert f"https://sandbox.example:{port + 1}" in done.stdout.split()


def test_a_port_that_is_taken_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", str(port), "--", "true")

    assert done.returncode == 2
    assert f"127.0.0.1', {port}" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


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
