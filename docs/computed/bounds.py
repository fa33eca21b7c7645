"""The table of bounds on what a server can make the tap do."""

from __future__ import annotations

from docs.computed.markdown import grid
from tap_msteams import bounds


def table() -> str:
    """All bounds of requests to Graph, in the order of their definitions."""
    found = [it for it in vars(bounds).values() if isinstance(it, bounds.Bound)]
    return grid(
        ("what", "at most", "then"),
        ((it.of, f"{it.value:,.0f} {it.unit}", it.then) for it in found),
    )
