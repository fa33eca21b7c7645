"""Computed parts of the documents: functions that return Markdown, YAML or SVG."""

from __future__ import annotations
