"""Kinds of streams: the only place where Singer and Graph meet."""

from __future__ import annotations

from tap_msteams.base.action import ActionStream
from tap_msteams.base.collection import GraphStream
from tap_msteams.base.declaration import DeclaredStream
from tap_msteams.base.delta import DeltaStream
from tap_msteams.base.exports import ExportStream
from tap_msteams.base.journal import IssueStream, JournalStream, RunStream
from tap_msteams.base.messages import MessageStream
from tap_msteams.base.nested import NestedStream
from tap_msteams.base.outcome import Outcome, outcomes
from tap_msteams.base.reports import ReportStream
from tap_msteams.base.run import Issue, Run
from tap_msteams.base.stream import TapStream
from tap_msteams.base.windows import WindowStream

__all__ = [
    "ActionStream",
    "DeclaredStream",
    "DeltaStream",
    "ExportStream",
    "GraphStream",
    "Issue",
    "IssueStream",
    "JournalStream",
    "MessageStream",
    "NestedStream",
    "Outcome",
    "ReportStream",
    "Run",
    "RunStream",
    "TapStream",
    "WindowStream",
    "outcomes",
]
