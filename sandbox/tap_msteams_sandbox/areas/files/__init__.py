"""Drives, their items, and the folders of channels."""

from __future__ import annotations

from tap_msteams_sandbox.areas.files.answers import AREA
from tap_msteams_sandbox.areas.files.library import Files

__all__ = ["AREA", "Files"]
