"""The table of bounds on what a server can make the tap do."""

from __future__ import annotations

from docs.computed.markdown import grid
from tap_msteams.bounds import BOUNDS


def table() -> str:
    """All bounds of requests to Graph."""
    return grid(
        ("what", "at most", "then"),
        ((it.of, f"{it.value:,.0f} {it.unit}", it.then) for it in BOUNDS),
    )
