"""The tap as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import threading

from tests.conftest import PATIENCE
from tests.target import UNPACED


class Process:
    """The tap as a process of its own, whose output a test reads line by line."""

    def __init__(self, command, directory, target, variables=(), **settings):
        files = {
            "config": {**UNPACED, **target.sandbox.config(), **settings},
            "catalog": target.catalog,
        }
        if target.state:
            files["state"] = target.state
        arguments = list(command)
        for name, content in files.items():
            path = directory / f"{name}.json"
            path.write_text(json.dumps(content))
            arguments += [f"--{name}", str(path)]
        # A page of records does not fit into the pipe: without a reader the tap is stuck in it.
        self.popen = subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pipesize=4096,
            env={**os.environ, **dict(variables)},
        )
        self.stdout = self.popen.stdout
        self.lines, self.told = [], []
        self._heard = threading.Condition()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self):
        """Keep what it says on stderr, less the figures."""
        for line in self.popen.stderr:
            if b"METRIC" not in line:
                with self._heard:
                    self.told.append(line.decode())
                    self._heard.notify_all()

    def read(self, lines):
        """Read so many lines, or to the end."""
        while len(self.lines) < lines and (line := self.stdout.readline()):
            self.lines.append(line)

    def rest(self):
        """Read to the end; a line that was cut off is none."""
        self.lines += [line for line in self.stdout if line.endswith(b"\n")]
        return self.lines

    def says(self, word):
        """Wait until a word is in the log."""
        with self._heard:
            said = self._heard.wait_for(lambda: any(word in it for it in self.told), PATIENCE)
            assert said, self.told

    def end(self):
        """Wait for the end; return the exit code."""
        code = self.popen.wait(PATIENCE)
        self._listener.join()
        self.stdout.close()
        self.popen.stderr.close()
        return code

    def kill(self):
        """End it at once."""
        self.popen.kill()
        self.end()
