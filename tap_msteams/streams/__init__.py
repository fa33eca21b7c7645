"""All streams of the tap: a class in one of these modules is a stream, nothing to register."""

from __future__ import annotations

from tap_msteams.base import GraphStream
from tap_msteams.streams import directory, messages, presence, teams

STREAMS: tuple[type[GraphStream], ...] = tuple(
    item
    for module in (directory, teams, messages, presence)
    for item in vars(module).values()
    if isinstance(item, type)
    and issubclass(item, GraphStream)
    and item.__module__ == module.__name__
)
"""Every stream, in the order of the modules and of the classes in them."""
