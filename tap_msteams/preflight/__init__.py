"""Preflight: what can be known before a run, by asking Graph for a little of each stream."""

from __future__ import annotations

from tap_msteams.preflight.doctor import examine
from tap_msteams.preflight.estimate import estimate

__all__ = ["estimate", "examine"]
