"""The tap: its settings, its catalog, and the order of a run."""

from __future__ import annotations

from tap_msteams.tap.tap import TapMSTeams

__all__ = ["TapMSTeams"]
