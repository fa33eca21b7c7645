"""All streams of the tap: each class in one of these modules is a stream."""

from __future__ import annotations

from tap_msteams.declaration import TapStream
from tap_msteams.streams import (
    apps,
    artifacts,
    calls,
    chat_apps,
    chats,
    copilot,
    directory,
    events,
    files,
    meetings,
    messages,
    organization,
    presence,
    questions,
    reports,
    runs,
    shifts,
    teams,
)

STREAMS: tuple[type[TapStream], ...] = tuple(
    item
    for module in (
        directory,
        organization,
        teams,
        apps,
        messages,
        chats,
        chat_apps,
        copilot,
        presence,
        meetings,
        artifacts,
        questions,
        events,
        calls,
        shifts,
        reports,
        files,
        runs,
    )
    for item in vars(module).values()
    if isinstance(item, type) and issubclass(item, TapStream) and item.__module__ == module.__name__
    if "name" in vars(item)
)
"""All streams, in the order of the modules and of the classes in them."""
