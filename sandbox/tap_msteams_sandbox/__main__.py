"""`python -m tap_msteams_sandbox`: the command without its name."""

from __future__ import annotations

from tap_msteams_sandbox.cli import main

main(prog_name="tap-msteams-sandbox")
