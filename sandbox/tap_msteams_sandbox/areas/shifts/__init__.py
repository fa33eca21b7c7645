"""Schedules, shifts and requests."""

from __future__ import annotations

from tap_msteams_sandbox.areas.shifts.answers import AREA
from tap_msteams_sandbox.areas.shifts.schedule import Schedule, Shifts

__all__ = ["AREA", "Schedule", "Shifts"]
