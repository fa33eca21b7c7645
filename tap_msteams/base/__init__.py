"""Kinds of streams: the only place where Singer and Graph meet."""

from __future__ import annotations

from tap_msteams.base.action import ActionStream
from tap_msteams.base.collection import GraphStream
from tap_msteams.base.journal import IssueStream
from tap_msteams.base.messages import MessageStream
from tap_msteams.base.run import Issue, Run
from tap_msteams.base.stream import TapStream

__all__ = [
    "ActionStream",
    "GraphStream",
    "Issue",
    "IssueStream",
    "MessageStream",
    "Run",
    "TapStream",
]
