"""Preflight: checks and estimates before a run, from a sample of each stream."""

from __future__ import annotations

from tap_msteams.preflight.doctor import examine
from tap_msteams.preflight.estimate import estimate

__all__ = ["estimate", "examine"]
