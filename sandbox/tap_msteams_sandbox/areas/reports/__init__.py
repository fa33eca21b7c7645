"""Usage reports: CSV behind a redirect."""

from __future__ import annotations

from tap_msteams_sandbox.areas.reports.answers import AREA
from tap_msteams_sandbox.areas.reports.downloads import Downloads
from tap_msteams_sandbox.areas.reports.usage import Reports

__all__ = ["AREA", "Downloads", "Reports"]
