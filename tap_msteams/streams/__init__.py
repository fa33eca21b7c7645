"""All streams of the tap: a class in one of these modules is a stream, nothing to register."""

from __future__ import annotations

from tap_msteams.base import TapStream
from tap_msteams.streams import directory, messages, presence, runs, teams

STREAMS: tuple[type[TapStream], ...] = tuple(
    item
    for module in (directory, teams, messages, presence, runs)
    for item in vars(module).values()
    if isinstance(item, type) and issubclass(item, TapStream) and item.__module__ == module.__name__
)
"""Every stream, in the order of the modules and of the classes in them."""
