"""A computer with a user, who runs the tap there, also at a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from tap_msteams.cli.program import Program
from tap_msteams.errors import TapError
from tap_msteams.tap import TapMSTeams
from tests.auth.person import Person
from tests.conftest import MEASURED, PATIENCE

PUBLIC = "6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a103"
CONFIDENTIAL = "6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a102"
SECRET = "Qx8Q~the-client-secret"
SCOPES = frozenset({"Team.ReadBasic.All", "Channel.ReadBasic.All", "User.Read"})
ROOT = Path(__file__).parent.parent.parent


class Machine:
    """A computer with a user, who runs the tap there."""

    def __init__(self, sandbox, home):
        self.sandbox, self.home = sandbox, home
        self.home.mkdir(exist_ok=True)
        self.config = {
            "authority_host": sandbox.authority_host,
            "graph_url": sandbox.graph_url,
            "ca_bundle": sandbox.ca_bundle,
            "client_id": PUBLIC,
            "redirect_uri": "http://localhost/done",
        }
        self.variables = {}

    @property
    def store(self):
        return self.home / "state/tap-msteams/tokens.json"

    @property
    def environment(self):
        own = {name: it for name, it in os.environ.items() if name in {"PATH", "PYTHONPATH"}}
        state = {"XDG_STATE_HOME": str(self.home / "state")}
        return {**own, **MEASURED, "HOME": str(self.home), **state, **self.variables}

    def command(self, *arguments):
        path = self.home / "config.json"
        path.write_text(json.dumps(self.config))
        return [sys.executable, "-m", "tap_msteams", "--config", str(path), *arguments]

    def run(self, *arguments, given="", code=0):
        """Run a command in this process."""
        return self.invoke(self.command(*arguments)[3:], given, code)

    def invoke(self, arguments, given="", code=0):
        """Run the program in this process."""
        program = Program.beside(TapMSTeams.get_singer_command())
        runner = CliRunner(env=self.environment, catch_exceptions=False)
        done = runner.invoke(program, arguments, input=given)
        assert done.exit_code == code, done.output
        return done

    def refused(self, *arguments):
        """The line that a command in this process ends with."""
        with pytest.raises(TapError) as raised:
            self.run(*arguments)
        [line] = str(raised.value).splitlines()
        return line

    def launch(self, *arguments, given="", code=0, command=None):
        """Run a command as its user does, in a process of its own."""
        done = subprocess.run(
            command or self.command(*arguments),
            input=given,
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=ROOT,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    @contextmanager
    def running(self, *arguments):
        process = subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=ROOT,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def browse(self, *command):
        """Have pages opened by a program."""
        self.variables["BROWSER"] = " ".join([sys.executable, "-m", *command])

    def person(self):
        return Person(self.sandbox.ca_bundle)

    def sign_in(self):
        """Sign in with any browser; return what the user is told."""
        address = self.person().visit(self.run("url").stdout.strip())
        return self.run("exchange", address).stderr

    @property
    def tokens(self):
        """What must not be shown, as far as it is in the store."""
        [entry] = json.loads(self.store.read_text())["apps"].values()
        flows = [flow["content"].get("code_verifier") for flow in entry.get("flows", {}).values()]
        found = [entry.get("refresh_token"), entry.get("access_token"), *flows]
        return [token for token in found if token]


def shown(process, pattern):
    """What a command shows its user on stderr."""
    said = []
    for line in process.stderr:
        if found := re.search(pattern, line):
            return found[1]
        said.append(line)
    pytest.fail(f"it ended before: {''.join(said)}")


def error_of(done):
    """The one line that a process has ended with."""
    assert done.stdout == ""
    [line] = [line for line in done.stderr.splitlines() if "| ERROR " in line]
    return line


def confidential():
    return {"client_id": CONFIDENTIAL, "client_secret": SECRET, "redirect_uri": None}


class Terminal:
    """What a person sees and types, while stdout goes elsewhere."""

    def __init__(self, machine, arguments):
        self.said = b""
        self.screen, inner = pty.openpty()
        self.process = subprocess.Popen(
            machine.command(*arguments),
            stdin=inner,
            stdout=subprocess.PIPE,
            stderr=inner,
            env=machine.environment,
            cwd=ROOT,
            start_new_session=True,
        )
        os.close(inner)

    def says(self, pattern):
        while not (found := re.search(pattern, self.said)):
            self.said += os.read(self.screen, 4096)
        return found.groups()

    def types(self, text):
        os.write(self.screen, f"{text}\n".encode())

    def rest(self):
        """Read to the end, which is a good one; return what went to stdout."""
        watcher = threading.Thread(target=self._watch)
        watcher.start()
        out, _ = self.process.communicate(timeout=PATIENCE)
        watcher.join()
        assert self.process.returncode == 0, self.said
        return out

    def _watch(self):
        with suppress(OSError):  # the other end is closed
            while more := os.read(self.screen, 4096):
                self.said += more


@contextmanager
def at_terminal(machine, *arguments):
    terminal = Terminal(machine, arguments)
    try:
        yield terminal
    finally:
        terminal.process.kill()
        terminal.process.communicate()
        os.close(terminal.screen)
