"""The command line: Singer's, and the commands of this tap."""

from __future__ import annotations

from tap_msteams.cli.program import main

__all__ = ["main"]
