"""Pictures of the tap's output on a terminal, for the documents.

`python demo/screens.py` writes them anew; they show times, so that no two are the same.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

from postgres import ROOT
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from tap_msteams.readers import GraphStream
from tap_msteams.streams import STREAMS
from tap_msteams_sandbox import Sandbox, Tenant

WIDTH = 100
MOMENT = 15
"""Seconds after which the picture of the live view is taken."""

GRANTED = {
    it.permission for it in STREAMS if it.selected_by_default and issubclass(it, GraphStream)
}
MISSING = {"ChannelMessage.Read.All"}
"""Permissions that are not granted, so that the doctor has a finding."""


def main() -> None:
    """Take all pictures."""
    pictures = ROOT / "docs" / "pictures"
    small = Tenant(seed=7, teams=12, channels=5, messages=80, users=60)
    with Sandbox(small, roles=GRANTED - MISSING) as sandbox:
        draw(pictures / "doctor.svg", shown(sandbox, "doctor"), "tap-msteams doctor")
    large = Tenant(seed=7, teams=600, channels=6, messages=900, users=4000)
    with Sandbox(large) as sandbox:
        draw(pictures / "estimate.svg", shown(sandbox, "estimate"), "tap-msteams estimate")
    middle = Tenant(seed=7, teams=60, channels=6, messages=120, users=300)
    with Sandbox(middle, export=False, limits=True, latency=0.06) as sandbox:
        draw(pictures / "progress.svg", watched(sandbox), "tap-msteams")


def shown(sandbox: Sandbox, command: str) -> str:
    """The output of a command."""
    done = subprocess.run(
        (sys.executable, "-m", "tap_msteams", command, "--config", "ENV"),
        env={**os.environ, **sandbox.environment(), "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return f"$ tap-msteams {command} --config ENV\n\n{done.stdout.decode()}"


def watched(sandbox: Sandbox) -> str:
    """The last lines of a terminal during a run."""
    tmux = ("tmux", "-L", "tap-msteams-screens")
    run = shlex.join((sys.executable, "-m", "tap_msteams", "--config", "ENV")) + " > /dev/null"
    size = ("-x", str(WIDTH), "-y", "24")
    environment = {**os.environ, **sandbox.environment(), "TAP_MSTEAMS_VERBOSITY": "warning"}
    subprocess.run((*tmux, "new-session", "-d", *size, run), env=environment, check=True)
    time.sleep(MOMENT)
    taken = subprocess.run((*tmux, "capture-pane", "-e", "-p"), stdout=subprocess.PIPE, check=True)
    subprocess.run((*tmux, "kill-session"), check=True)
    lines = taken.stdout.decode().rstrip().splitlines()
    first = max(place for place, line in enumerate(lines) if " requests · " in line)
    return "$ tap-msteams --config ENV | target-postgres\n\n" + "\n".join(lines[first:])


def draw(path: Path, shown: str, title: str) -> None:
    """A picture of a text in the colours of a terminal."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere)
        console.print(Text.from_ansi(shown))
        # The picture must not load fonts from another host.
        template = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
        path.write_text(console.export_svg(title=title, code_format=template))


if __name__ == "__main__":
    main()
