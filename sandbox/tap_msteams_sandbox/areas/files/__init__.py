"""Drives, the folders of channels, and what is in them."""

from __future__ import annotations

from tap_msteams_sandbox.areas.files.answers import AREA
from tap_msteams_sandbox.areas.files.library import Files

__all__ = ["AREA", "Files"]
