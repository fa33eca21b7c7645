"""What the documents compute: text in Markdown, YAML or SVG, a function for each place."""

from __future__ import annotations
