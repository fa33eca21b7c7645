"""Virtual events: webinars and town halls, and who took part."""

from __future__ import annotations

from tap_msteams_sandbox.areas.events.answers import AREA

__all__ = ["AREA"]
